# A comprehension in a comprehension.
def loss_along(loss, weights, direction, alphas):
    return [loss([w + alpha * d for w, d in zip(weights, direction)]) for alpha in alphas]
