# Still a TODO.
def fair_set_ups(n_blocks, seed):
    return {"plain": ..., "residual": ...}
