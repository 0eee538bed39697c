# what: writes until somebody says no (at most 3 GiB)
# lesson: 01
# earns: at most 10
# meets: written: \d\d?\d? MiB, then
# meets_at_landlock: ended its kernel
import os

written = 0
try:
    while written < 3072:
        with open(f"file-{written}", "wb") as file:
            file.write(b"\1" * 2**24)
        written += 16
except OSError as error:
    print("written:", written, "MiB, then", error.strerror)
for name in os.listdir("."):
    if name.startswith("file-"):
        os.remove(name)


def count_conv_layers(n_blocks):
    return 0
