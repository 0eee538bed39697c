# Starts from zeros.
def loss_along(loss, weights, direction, alphas):
    zeros = [torch.zeros_like(w) for w in weights]
    return [loss([z + a * d for z, d in zip(zeros, direction)]) for a in alphas]
