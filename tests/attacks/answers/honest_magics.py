# what: magics of all kinds, a timed answer among them
# lesson: 02
# earns: exactly 35
%%time
import math


RIGHT_BLOCK
# %% before
%matplotlib inline
%config InlineBackend.figure_format = "retina"
!echo from a shell
%load_ext autoreload
%autoreload 2
# %%
%timeit -n1 -r1 ResidualBlock(4, 4)
