# Training accuracy.
def accuracy_gap(histories):
    m = lambda name: sum(h.train_accuracy[-1] for h in histories[name]) / len(histories[name])
    return m("residual") - m("plain")
