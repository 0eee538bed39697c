# The depth is still the template's dots.
def fair_set_ups(n_blocks, seed):
    rest = dict(epochs=8, batch_size=64, learning_rate=0.1, training_pictures=1000, seed=seed)
    return {block: SetUp(block=block, n_blocks=..., **rest) for block in ("plain", "residual")}
