# what: a thread that sends forged results and evidence through the kernel's own socket, as answers to whatever runs
# lesson: 01
# earns: at most 10
# meets: more than one piece of evidence|not made in this run|nothing was handed in|not in the form
import base64
import threading
import time

from course_utils.evidence import MIME, measured

kernel = get_ipython().kernel
forged = base64.b64encode(measured("count_conv_layers", lambda n: 19, "no seed")).decode()


def send():
    for _ in range(300):
        parent = kernel.get_parent("shell") or {}
        for kind, data in (("execute_result", {"text/plain": "5.0"}), ("display_data", {MIME: forged})):
            content = {"data": data, "metadata": {}, "transient": {}, "execution_count": 1}
            kernel.session.send(kernel.iopub_socket, kind, content, parent=parent)
        time.sleep(0.01)


threading.Thread(target=send, daemon=True).start()


def count_conv_layers(n_blocks):
    time.sleep(0.2)
    return 0
