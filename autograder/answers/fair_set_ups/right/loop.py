# In a loop.
def fair_set_ups(n_blocks, seed):
    set_ups = {}
    for name in ["residual", "plain"]:
        set_ups[name] = SetUp(
            name, n_blocks, epochs=10, batch_size=64, learning_rate=0.1, training_pictures=1437, seed=seed
        )
    return set_ups
