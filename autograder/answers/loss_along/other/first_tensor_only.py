# Moves the first tensor only.
def loss_along(loss, weights, direction, alphas):
    return [loss([weights[0] + a * direction[0], *weights[1:]]) for a in alphas]
