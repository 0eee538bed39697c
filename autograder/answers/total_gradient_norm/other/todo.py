# Still a TODO.
def total_gradient_norm(model):
    raise NotImplementedError
