"""One thread for torch: the tensors here are tiny, and waiting threads slow each other down on a busy machine."""

import torch

torch.set_num_threads(1)
