# Subtracts with numpy.
import numpy as np


def loss_along(loss, weights, direction, alphas):
    values = np.array([loss([w + a * d for w, d in zip(weights, direction)]) for a in alphas])
    return values - loss(weights)
