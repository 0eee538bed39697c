# Raises: a field is missing.
def fair_set_ups(n_blocks, seed):
    return {
        name: SetUp(block=name, n_blocks=n_blocks, epochs=8, learning_rate=0.1, training_pictures=1437, seed=seed)
        for name in ("plain", "residual")
    }
