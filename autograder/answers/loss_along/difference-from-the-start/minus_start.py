# How much the loss grows.
def loss_along(loss, weights, direction, alphas):
    start = loss(weights)
    return [loss([w + a * d for w, d in zip(weights, direction)]) - start for a in alphas]
