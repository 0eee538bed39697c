# Lists.
what_differs = dict(A=["learning_rate"], B=["n_blocks"], C=["training_pictures", "epochs"])
