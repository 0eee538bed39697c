# A step of 1.
def along(function, x, v):
    step = 1
    return (function(x + step * v) - function(x)) / step
