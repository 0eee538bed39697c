# In double precision, a generator turned into a tuple.
def loss_along(loss, weights, direction, alphas):
    def at(alpha):
        return loss(tuple(w.double() + alpha * d.double() for w, d in zip(weights, direction)))

    return tuple(at(float(a)) for a in alphas)
