# Only one of the two.
def fair_set_ups(n_blocks, seed):
    return {"residual": SetUp("residual", n_blocks, 8, 64, 0.1, 1437, seed)}
