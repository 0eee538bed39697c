# weights is replaced in every round.
def loss_along(loss, weights, direction, alphas):
    losses = []
    for alpha in alphas:
        weights = [w + alpha * d for w, d in zip(weights, direction)]
        losses.append(loss(weights))
    return losses
