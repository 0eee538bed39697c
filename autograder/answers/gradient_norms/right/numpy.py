# With numpy, in double precision.
import numpy as np


def gradient_norms(model):
    out = {}
    for n, p in model.named_parameters():
        if p.grad is not None:
            out[n] = np.linalg.norm(p.grad.detach().cpu().numpy().astype("float64").ravel())
    return out
