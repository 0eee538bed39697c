# what: leaves Python as a polite program does, before anything is defined
# lesson: 01
# earns: at most 10
# meets: NameError
import sys

sys.exit(0)
