# Tuples and a frozenset.
what_differs = {"C": frozenset(["epochs", "training_pictures"]), "B": ("n_blocks",), "A": ("learning_rate",)}
