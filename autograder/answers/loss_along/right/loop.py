# Loops; returns a numpy array.
import numpy as np


def loss_along(loss, weights, direction, alphas):
    losses = np.zeros(len(alphas))
    for i, a in enumerate(alphas):
        moved = []
        for w, d in zip(weights, direction):
            moved.append(w + a * d)
        losses[i] = loss(moved)
    return losses
