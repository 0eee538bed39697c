# With torch.
def accuracy_gap(histories):
    acc = lambda runs: torch.tensor([h.test_accuracy for h in runs], dtype=torch.float64)[:, -1].mean()
    return (acc(histories["residual"]) - acc(histories["plain"])).item()
