# A tuple.
def fair_set_ups(n_blocks, seed):
    return SetUp("plain", n_blocks, 8, 64, 0.1, 1437, seed), SetUp("residual", n_blocks, 8, 64, 0.1, 1437, seed)
