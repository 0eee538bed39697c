# Only the block, which is what is compared.
what_differs = {"A": {"block"}, "B": {"block"}, "C": {"block"}}
