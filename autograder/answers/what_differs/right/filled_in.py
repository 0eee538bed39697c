# Filled in step by step.
what_differs = {"A": set(), "B": set(), "C": set()}
what_differs["A"].add("learning_rate")
what_differs["B"].add("n_blocks")
what_differs["C"] |= {"epochs"}
what_differs["C"] |= {"training_pictures"}
