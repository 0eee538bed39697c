# Prints in place of returning.
def fair_set_ups(n_blocks, seed):
    print(
        {
            "plain": SetUp("plain", n_blocks, 8, 64, 0.1, 1437, seed),
            "residual": SetUp("residual", n_blocks, 8, 64, 0.1, 1437, seed),
        }
    )
