# Takes the tensors out of the lists that were given.
def loss_along(loss, weights, direction, alphas):
    pairs = []
    while weights:
        pairs.append((weights.pop(0), direction.pop(0)))
    return [loss([w + a * d for w, d in pairs]) for a in alphas]
