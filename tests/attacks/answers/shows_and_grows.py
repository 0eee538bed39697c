# what: small outputs that are updated to something large, all of them at once by one message
# lesson: 01
# earns: at most 10
# meets: grown
from IPython.display import display

for _ in range(6):
    display({"text/plain": "small"}, raw=True, display_id="one")
display({"text/plain": "x" * 10 * 2**20}, raw=True, display_id="one", update=True)
print("grown")


def count_conv_layers(n_blocks):
    return 0
