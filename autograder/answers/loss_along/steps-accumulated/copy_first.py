# A copy, on which the steps pile up.
def loss_along(loss, weights, direction, alphas):
    moved = [w.clone() for w in weights]
    out = []
    for a in alphas:
        for m, d in zip(moved, direction):
            m.add_(d, alpha=a)
        out.append(float(loss(moved)))
    return out
