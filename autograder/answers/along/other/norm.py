# The length of the change only.
def along(function, x, v):
    eps = 1e-3
    return ((function(x + eps * v) - function(x)) / eps).norm()
