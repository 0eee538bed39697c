# Lets clip_grad_norm_ measure, one parameter at a time, without clipping.
from collections import OrderedDict


def gradient_norms(model):
    norms = OrderedDict()
    for name, p in model.named_parameters():
        if p.grad is not None:
            norms[name] = torch.nn.utils.clip_grad_norm_([p], float("inf"))
    return norms
