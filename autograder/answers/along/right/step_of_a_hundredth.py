# A large step that is still small enough.
def along(function, x, v):
    return 100 * (function(x + 0.01 * v) - function(x))
