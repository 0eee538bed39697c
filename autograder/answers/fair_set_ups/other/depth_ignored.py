# Always 5 blocks.
def fair_set_ups(n_blocks, seed):
    return {
        "plain": SetUp(
            block="plain", n_blocks=5, epochs=8, batch_size=64, learning_rate=0.1, training_pictures=1437, seed=seed
        ),
        "residual": SetUp(
            block="residual", n_blocks=5, epochs=8, batch_size=64, learning_rate=0.1, training_pictures=1437, seed=seed
        ),
    }
