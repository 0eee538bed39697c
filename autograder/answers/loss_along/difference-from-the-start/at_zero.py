# Subtracts the value at alpha = 0.
def loss_along(loss, weights, direction, alphas):
    values = [loss([w + a * d for w, d in zip(weights, direction)]) for a in alphas]
    zero = values[list(alphas).index(0.0)]
    return [v - zero for v in values]
