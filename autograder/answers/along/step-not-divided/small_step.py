# Forgets to divide, with a smaller step.
def along(function, x, v):
    h = 1e-5
    y0 = function(x)
    y1 = function(x + h * v)
    return y1 - y0
