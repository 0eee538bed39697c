# The largest entry of all.
def total_gradient_norm(model):
    return nn.utils.clip_grad_norm_(model.parameters(), float("inf"), norm_type=float("inf"))
