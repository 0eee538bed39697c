# Moves the weights in place, and puts them back.
def loss_along(loss, weights, direction, alphas):
    before = [w.clone() for w in weights]
    losses = []
    for alpha in alphas:
        for w, b, d in zip(weights, before, direction):
            w.copy_(b + alpha * d)
        losses.append(loss(weights))
    for w, b in zip(weights, before):
        w.copy_(b)
    return losses
