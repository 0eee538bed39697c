# One too many in A.
what_differs = {"A": {"learning_rate", "epochs"}, "B": {"n_blocks"}, "C": {"epochs", "training_pictures"}}
