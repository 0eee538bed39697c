# Steps by v.
def along(function, x, v):
    return function(x + v) - function(x)
