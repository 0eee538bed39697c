# Sorts the alphas first.
def loss_along(loss, weights, direction, alphas):
    return [loss([w + a * d for w, d in zip(weights, direction)]) for a in sorted(alphas)]
