# Forgets the weights in the loop.
def loss_along(loss, weights, direction, alphas):
    out = []
    for alpha in alphas:
        moved = []
        for w, d in zip(weights, direction):
            moved.append(d * alpha)
        out.append(loss(moved))
    return out
