# torch.add with alpha, a tensor of losses.
def loss_along(loss, weights, direction, alphas):
    values = []
    for a in alphas:
        values.append(loss([torch.add(w, d, alpha=a) for w, d in zip(weights, direction)]))
    return torch.tensor(values)
