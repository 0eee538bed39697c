# function(v).
def along(function, x, v):
    return function(v)
