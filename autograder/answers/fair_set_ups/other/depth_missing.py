# Dicts that say nothing but the block.
def fair_set_ups(n_blocks, seed):
    return {block: {"block": block} for block in ("plain", "residual")}
