# One, and the other with dataclasses.replace.
def fair_set_ups(n_blocks, seed):
    from dataclasses import replace

    plain = SetUp("plain", n_blocks, 15, 128, 0.1, 50_000, seed)
    return {"plain": plain, "residual": replace(plain, block="residual")}
