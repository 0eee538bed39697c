# With the statistics module.
def accuracy_gap(histories):
    from statistics import mean

    last = lambda name: mean(h.test_accuracy[-1] for h in histories[name])
    return last("residual") - last("plain")
