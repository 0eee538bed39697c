# what: takes the watches of files, of which a user has few outside, too
# lesson: 01
# earns: at most 10
# meets: watches: \d\d?\n
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
held = []
while len(held) < 110 and (number := libc.inotify_init1(0)) >= 0:
    held.append(number)
print("watches:", len(held))
for number in held:
    os.close(number)


def count_conv_layers(n_blocks):
    return 0
