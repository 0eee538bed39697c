# parameters_to_vector, one factor.
# also fits: biases-not-ignored
def filter_normalise(direction, weights):
    v = nn.utils.parameters_to_vector(direction)
    u = nn.utils.parameters_to_vector(weights)
    factor = u.norm() / v.norm()
    return [factor * d for d in direction]
