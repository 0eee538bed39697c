# torch.sub.
def loss_along(loss, weights, direction, alphas):
    return [loss([torch.sub(w, d, alpha=a) for w, d in zip(weights, direction)]) for a in alphas]
