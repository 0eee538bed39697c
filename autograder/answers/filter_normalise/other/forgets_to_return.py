# Changes in place and returns nothing.
def filter_normalise(direction, weights):
    for d, w in zip(direction, weights):
        if d.dim() <= 1:
            d.fill_(0)
        else:
            for f, g in zip(d, w):
                f.mul_(g.norm() / (f.norm() + 1e-10))
