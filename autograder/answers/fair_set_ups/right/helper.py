# A helper function.
def one(block, n, seed):
    return SetUp(block=block, n_blocks=n, epochs=8, batch_size=64, learning_rate=0.1, training_pictures=500, seed=seed)


def fair_set_ups(n_blocks, seed):
    return {"plain": one("plain", n_blocks, seed), "residual": one("residual", n_blocks, seed)}
