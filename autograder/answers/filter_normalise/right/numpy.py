# With numpy, in double precision; gives arrays back as tensors.
import numpy as np


def filter_normalise(direction, weights):
    out = []
    for d, w in zip(direction, weights):
        d, w = d.numpy().astype("float64"), w.numpy().astype("float64")
        new = np.zeros_like(d)
        if d.ndim > 1:
            for i in range(d.shape[0]):
                n = np.sqrt((d[i] ** 2).sum())
                if n > 0:
                    new[i] = d[i] / n * np.sqrt((w[i] ** 2).sum())
        out.append(torch.tensor(new))
    return out
