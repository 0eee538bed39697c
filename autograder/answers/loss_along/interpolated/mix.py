# A mixture of both.
def loss_along(loss, weights, direction, alphas):
    return [loss([(1 - a) * w + a * d for w, d in zip(weights, direction)]) for a in alphas]
