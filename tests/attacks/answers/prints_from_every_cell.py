# what: as much output in every cell as one cell may keep, and evidence in cells that are not graded
# lesson: 01
# earns: exactly 15
# meets: cut off after
def count_conv_layers(n_blocks):
    return 1 + 6 * n_blocks


line = "x" * 2**20
# %%
print(line, line)
# %%
print(line, line)
# %%
print(line, line)
# %%
from course_utils.evidence import MIME
from IPython.display import display

display({MIME: line}, raw=True)
