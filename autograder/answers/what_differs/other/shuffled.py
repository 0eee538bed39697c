# Right fields, wrong letters.
what_differs = {"A": {"n_blocks"}, "B": {"epochs", "training_pictures"}, "C": {"learning_rate"}}
