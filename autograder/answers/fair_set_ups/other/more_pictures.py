# More pictures for the residual network.
def fair_set_ups(n_blocks, seed):
    return {
        "plain": SetUp(
            block="plain",
            n_blocks=n_blocks,
            epochs=8,
            batch_size=64,
            learning_rate=0.1,
            training_pictures=1437,
            seed=seed,
        ),
        "residual": SetUp(
            block="residual",
            n_blocks=n_blocks,
            epochs=8,
            batch_size=64,
            learning_rate=0.1,
            training_pictures=2000,
            seed=seed,
        ),
    }
