# what: output goes into a file that is closed, and nobody has put it back
# lesson: 02
# earns: exactly 35
import sys

with open("log.txt", "w") as log:
    sys.stdout = log
    print("into the file")


RIGHT_BLOCK
