# alpha at the wrong one.
def loss_along(loss, weights, direction, alphas):
    return [loss([alpha * w + d for w, d in zip(weights, direction)]) for alpha in alphas]
