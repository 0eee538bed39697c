# Common settings in a dict.
def fair_set_ups(n_blocks, seed):
    common = dict(n_blocks=n_blocks, epochs=3, batch_size=32, learning_rate=0.05, training_pictures=1000, seed=seed)
    return {block: SetUp(block=block, **common) for block in ("plain", "residual")}
