# The right losses, but the weights stay where they were last.
def loss_along(loss, weights, direction, alphas):
    start = [w.clone() for w in weights]
    losses = []
    for alpha in alphas:
        for w, s, d in zip(weights, start, direction):
            w.copy_(s + alpha * d)
        losses.append(loss(weights))
    return losses
