# Every field, everywhere.
fields = {"block", "n_blocks", "epochs", "batch_size", "learning_rate", "training_pictures", "seed"}
what_differs = {letter: fields for letter in "ABC"}
