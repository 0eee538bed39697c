# The step depends on the length of v, in float64.
def along(function, x, v):
    h = 1e-4 / v.norm()
    there = function(x + h * v)
    here = function(x)
    return ((there - here) / h).detach()
