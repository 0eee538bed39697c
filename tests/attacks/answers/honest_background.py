# what: a thread and a process that are still at work, and a loader with workers
# lesson: 02
# earns: exactly 35
import subprocess
import threading
import time
from torch.utils.data import DataLoader

threading.Thread(target=lambda: [time.sleep(0.1) or print("still here") for _ in range(20)], daemon=True).start()
subprocess.Popen(["sleep", "3"])
assert len(list(DataLoader(list(range(8)), batch_size=2, num_workers=2))) == 4


RIGHT_BLOCK
