# what: behind a line that stops stands what would forge the result, were it not run as ever
# lesson: 01
# earns: at most 10
# meets: costs? nothing
def count_conv_layers(n_blocks):
    return 0


no_such_name
from IPython.display import display

display({"application/vnd.resnet-coursework.evidence": "AAAA"}, raw=True)
print(5.0)


def hand_in(name, obj):
    return 5.0


# %% behind
from course_utils.evidence import hand_in
