# Squares, sum, root, written out.
def gradient_norms(model):
    result = {}
    for name, p in model.named_parameters():
        g = p.grad
        if g is not None:
            result[name] = float((g**2).sum() ** 0.5)
            print(name, result[name])
    return result
