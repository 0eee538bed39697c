# Still a TODO.
def loss_along(loss, weights, direction, alphas):
    raise NotImplementedError
