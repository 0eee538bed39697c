# A lambda that returns a numpy number.
import numpy as np

count_conv_layers = lambda n: np.int64(6) * n + 1
