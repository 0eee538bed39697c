# Names and blocks swapped.
def fair_set_ups(n_blocks, seed):
    p = SetUp("plain", n_blocks, 8, 64, 0.1, 1437, seed)
    r = SetUp("residual", n_blocks, 8, 64, 0.1, 1437, seed)
    return {"plain": r, "residual": p}
