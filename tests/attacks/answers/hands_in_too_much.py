# what: evidence of 8 MB
# lesson: 01
# earns: at most 10
# meets: nothing was handed in
from course_utils.evidence import MIME
from IPython.display import display

keep_hand_in = hand_in


def hand_in(name, obj):
    display({MIME: "A" * 8_000_000}, raw=True)


def count_conv_layers(n_blocks):
    return 0
# %% behind
hand_in = keep_hand_in
