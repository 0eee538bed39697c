# clip_grad_norm_ with norm_type 1.
def total_gradient_norm(model):
    return nn.utils.clip_grad_norm_(model.parameters(), float("inf"), norm_type=1)
