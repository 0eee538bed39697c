# what: everything that torch and numpy can be told for all that follows
# lesson: 02
# earns: exactly 35
import numpy as np

torch.set_default_dtype(torch.float64)
torch.set_default_device("meta")
torch.set_grad_enabled(False)
torch.use_deterministic_algorithms(True)
torch.set_float32_matmul_precision("medium")
torch.set_flush_denormal(True)
torch.manual_seed(0)
np.random.seed(0)
np.seterr(all="raise")


RIGHT_BLOCK
