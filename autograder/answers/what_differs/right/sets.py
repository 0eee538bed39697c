# Sets.
what_differs = {
    "A": {"learning_rate"},
    "B": {"n_blocks"},
    "C": {"epochs", "training_pictures"},
}
