# what: every warning is an error
# lesson: 02
# earns: exactly 35
import warnings

warnings.simplefilter("error")
torch.set_warn_always(True)


RIGHT_BLOCK
