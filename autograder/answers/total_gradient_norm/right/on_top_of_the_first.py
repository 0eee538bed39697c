# Uses a dict of norms.
import math


def my_norms(model):
    return {n: p.grad.norm().item() for n, p in model.named_parameters() if p.grad is not None}


def total_gradient_norm(model):
    return math.sqrt(sum(v * v for v in my_norms(model).values()))
