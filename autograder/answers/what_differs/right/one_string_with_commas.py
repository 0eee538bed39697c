# Two names stand in one string.
what_differs = {"A": "learning_rate", "B": "n_blocks", "C": "epochs, training_pictures"}
