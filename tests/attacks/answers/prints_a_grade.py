# what: prints points, and hands in nothing
# lesson: 01
# earns: at most 10
# meets: nothing was handed in
def count_conv_layers(n_blocks):
    return 0


def hand_in(name, obj):
    print(5.0)
    return 5.0


# %% behind
from course_utils.evidence import hand_in
