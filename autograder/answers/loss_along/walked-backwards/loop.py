# Minus in a loop.
def loss_along(loss, weights, direction, alphas):
    losses = []
    for a in alphas:
        moved = []
        for w, d in zip(weights, direction):
            moved.append(w - d * a)
        losses.append(loss(moved))
    return losses
