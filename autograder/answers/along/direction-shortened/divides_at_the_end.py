# Divides by the length of the step instead of by the step.
def along(function, x, v):
    step = 1e-3 * v
    return (function(x + step) - function(x)) / step.norm()
