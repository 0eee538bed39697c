# Walks towards the direction.
def loss_along(loss, weights, direction, alphas):
    losses = []
    for alpha in alphas:
        point = [w + alpha * (d - w) for w, d in zip(weights, direction)]
        losses.append(loss(point))
    return losses
