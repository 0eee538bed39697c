# what: well sealed evidence with a report that is nested 200,000 deep
# lesson: 01
# earns: at most 10
# meets: the evidence cannot be read
import base64
import hashlib
import hmac
import os

import numpy as np
import safetensors.numpy
from course_utils.evidence import MIME
from IPython.display import display

keep_hand_in = hand_in


def hand_in(name, obj):
    metadata = {"name": name, "report": "[" * 200_000}
    body = safetensors.numpy.save({"values": np.zeros(5)}, metadata=metadata)
    seal = hmac.new(os.environ["COURSE_SEED"].encode(), body, hashlib.sha256).digest()
    display({MIME: base64.b64encode(seal + body).decode()}, raw=True)


def count_conv_layers(n_blocks):
    return 0
# %% behind
hand_in = keep_hand_in
