# what: contexts that were entered by hand and never left
# lesson: 02
# earns: exactly 35
import decimal

import numpy as np

opened = [
    torch.no_grad(),
    torch.inference_mode(),
    torch.autocast("cpu"),
    torch.device("meta"),
    torch.autograd.set_detect_anomaly(True),
    torch.profiler.profile(),
    np.errstate(all="raise"),
    decimal.localcontext(prec=2),
    torch.random.fork_rng(),
]
for context in opened:
    if hasattr(context, "__enter__"):
        context.__enter__()


RIGHT_BLOCK
