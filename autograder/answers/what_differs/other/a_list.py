# A list in place of a dict.
what_differs = [{"learning_rate"}, {"n_blocks"}, {"epochs", "training_pictures"}]
