# what: all that one switches on to find a mistake
# lesson: 02
# earns: exactly 35
import cProfile
import faulthandler
import gc
import sys
import threading
import tracemalloc

gc.disable()
gc.set_debug(gc.DEBUG_STATS)
tracemalloc.start()
sys.setrecursionlimit(10_000)
sys.setswitchinterval(0.0001)
torch.set_num_threads(64)
torch.set_printoptions(precision=1)
torch.nn.modules.module.register_module_forward_hook(lambda module, given, out: print(type(module).__name__, out.shape))
torch.nn.modules.module.register_module_full_backward_hook(lambda module, given, out: print("back", type(module)))
torch.Tensor.__repr__ = lambda self, **options: f"tensor{tuple(self.shape)}"
profile = cProfile.Profile()


RIGHT_BLOCK
# %%
sys.settrace(lambda frame, event, argument: None)
threading.settrace(lambda *_: None)
