# Only one of the two in C.
what_differs = {"A": {"learning_rate"}, "B": {"n_blocks"}, "C": {"epochs"}}
