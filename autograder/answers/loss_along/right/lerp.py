# Interpolates between weights and weights + direction.
def loss_along(loss, weights, direction, alphas):
    ends = [w + d for w, d in zip(weights, direction)]
    print(len(alphas), "steps")
    return [loss([torch.lerp(w, e, a) for w, e in zip(weights, ends)]) for a in alphas]
