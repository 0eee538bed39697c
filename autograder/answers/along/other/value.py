# Returns the value.
def along(function, x, v):
    return function(x)
