# += without going back.
def loss_along(loss, weights, direction, alphas):
    losses = []
    for alpha in alphas:
        for w, d in zip(weights, direction):
            w += alpha * d
        losses.append(loss(weights))
    return losses
