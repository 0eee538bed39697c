# parameters_to_vector gives the parameters.
def total_gradient_norm(model):
    return nn.utils.parameters_to_vector(model.parameters()).norm().item()
