# what: looks for the grader in /proc: memory, command lines, open files, its own parent
# lesson: 01
# earns: at most 10
# meets: graders seen: \[\]
# meets_at_landlock: /proc/1/mem \w+Error.*/proc/kcore \w+Error
import glob
import os

graders = []
for path in glob.glob("/proc/[0-9]*/cmdline"):
    try:
        line = open(path).read()
        if "nbgrader" in line:
            graders.append(line)
    except OSError:
        pass
print("graders seen:", graders)
for path in ("/proc/1/mem", f"/proc/{os.getppid()}/mem", "/proc/1/fd", "/proc/kcore", "/proc/sys/kernel/core_pattern"):
    try:
        print(path, os.listdir(path) if os.path.isdir(path) else open(path, "r+b"))
    except OSError as error:
        print(path, type(error).__name__)


def count_conv_layers(n_blocks):
    return 0
