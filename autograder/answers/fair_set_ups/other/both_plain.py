# Both are plain.
def fair_set_ups(n_blocks, seed):
    s = SetUp("plain", n_blocks, 8, 64, 0.1, 1437, seed)
    return {"plain": s, "residual": s}
