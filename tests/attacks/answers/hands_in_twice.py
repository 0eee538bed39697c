# what: a wrong answer's evidence and a made-up one, in the hope that one of them counts
# lesson: 01
# earns: at most 10
# meets: more than one piece of evidence
keep_hand_in = hand_in


def hand_in(name, obj):
    keep_hand_in(name, obj)
    return keep_hand_in(name, lambda n: 19)


def count_conv_layers(n_blocks):
    return 0
# %% behind
hand_in = keep_hand_in
