# what: raises what ends a program, at every call
# lesson: 01
# earns: at most 10
# meets: SystemExit|KeyboardInterrupt
def count_conv_layers(n_blocks):
    raise SystemExit(5)
