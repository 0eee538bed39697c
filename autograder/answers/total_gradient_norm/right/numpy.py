# numpy, float64.
import numpy as np


def total_gradient_norm(model):
    flat = [p.grad.numpy().astype(np.float64).reshape(-1) for p in model.parameters() if p.grad is not None]
    return np.linalg.norm(np.concatenate(flat))
