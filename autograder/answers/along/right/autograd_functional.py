# The older jvp.
def along(function, x, v):
    return torch.autograd.functional.jvp(function, x, v)[1]
