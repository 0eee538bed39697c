# lerp from the weights to the direction.
def loss_along(loss, weights, direction, alphas):
    return [loss([torch.lerp(w, d, a) for w, d in zip(weights, direction)]) for a in alphas]
