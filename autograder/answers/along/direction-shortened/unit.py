# Makes v a unit vector.
def along(function, x, v):
    eps = 1e-3
    u = v / v.norm()
    return (function(x + eps * u) - function(x)) / eps
