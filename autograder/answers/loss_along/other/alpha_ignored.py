# The loss at the weights, again and again.
def loss_along(loss, weights, direction, alphas):
    return [loss(weights) for alpha in alphas]
