# what: evidence that is a list, in the one place where text is expected
# lesson: 01
# earns: at most 10
# meets: not in the form that hand_in gives it
from course_utils.evidence import MIME
from IPython.display import display

keep_hand_in = hand_in


def hand_in(name, obj):
    display({MIME: ["QUFB"] * 4}, raw=True)


def count_conv_layers(n_blocks):
    return 0
# %% behind
hand_in = keep_hand_in
