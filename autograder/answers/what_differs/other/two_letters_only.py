# C is missing.
what_differs = {"A": {"learning_rate"}, "B": {"n_blocks"}}
