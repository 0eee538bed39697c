# A step back, subtracted as if it were a step forward.
def along(function, x, v):
    eps = 1e-3
    return (function(x - eps * v) - function(x)) / eps
