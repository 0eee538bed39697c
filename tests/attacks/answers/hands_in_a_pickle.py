# what: evidence that would run code where it is unpickled, bare and sealed
# lesson: 01
# earns: at most 10
# meets: the evidence cannot be read
import base64
import hashlib
import hmac
import os
import pickle

from course_utils.evidence import MIME
from IPython.display import display

keep_hand_in = hand_in


class Opens:
    def __reduce__(self):
        return (os.system, ("touch SECRET_FILE.pickled",))


def hand_in(name, obj):
    body = pickle.dumps(Opens())
    seal = hmac.new(os.environ["COURSE_SEED"].encode(), body, hashlib.sha256).digest()
    display({MIME: base64.b64encode(seal + body).decode()}, raw=True)


def count_conv_layers(n_blocks):
    return 0
# %% behind
hand_in = keep_hand_in
