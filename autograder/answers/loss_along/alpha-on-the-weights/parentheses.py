# alpha in front of both.
def loss_along(loss, weights, direction, alphas):
    return [loss([a * (w + d) for w, d in zip(weights, direction)]) for a in alphas]
