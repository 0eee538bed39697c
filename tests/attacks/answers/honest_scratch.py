# what: scratch cells around the answer, failing ones among them, and one that hands in by itself
# lesson: 02
# earns: exactly 35
RIGHT_BLOCK
# %% before
import google.colab
# %% before
1 / 0
# %% before
this is no Python
# %%
assert ResidualBlock(4, 4)(torch.randn(1, 4, 5, 5)).shape == (1, 4, 5, 6), "my own check is wrong"
# %%
hand_in("residual_block", ResidualBlock)
# %%
help(ResidualBlock)
