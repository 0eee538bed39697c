# what: hands in a right answer's evidence that was made under another seed
# lesson: 01
# earns: at most 10
# meets: the evidence was not made in this run
import base64

from course_utils.evidence import MIME, measured
from IPython.display import display

keep_hand_in = hand_in
copied = base64.b64encode(measured("count_conv_layers", lambda n: 1 + 6 * n, "the seed of a friend")).decode()


def hand_in(name, obj):
    display({MIME: copied}, raw=True)


def count_conv_layers(n_blocks):
    return 0
# %% behind
hand_in = keep_hand_in
