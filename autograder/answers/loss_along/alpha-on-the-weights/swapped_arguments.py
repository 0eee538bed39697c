# weights and direction change places.
def loss_along(loss, weights, direction, alphas):
    losses = []
    for a in alphas:
        losses.append(loss([d + a * w for w, d in zip(weights, direction)]))
    return losses
