# Only the direction.
def loss_along(loss, weights, direction, alphas):
    return [loss([alpha * d for d in direction]) for alpha in alphas]
