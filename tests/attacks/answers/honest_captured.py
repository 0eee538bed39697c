# what: a captured answer, bars, widgets and an animation
# lesson: 02
# earns: exactly 35
%%capture captured
import ipywidgets
import matplotlib.animation
import matplotlib.pyplot as plt
from IPython.display import HTML, clear_output, display
from tqdm.auto import tqdm, trange

for _ in trange(3):
    pass


RIGHT_BLOCK


class ResidualBlock(ResidualBlock):
    def forward(self, x):
        clear_output(wait=True)
        display(HTML("<progress>"))
        for _ in tqdm(range(2), leave=False):
            pass
        return super().forward(x)
# %% before
%matplotlib widget
# %% before
%matplotlib tk
# %%
out = ipywidgets.Output()
with out:
    print("inside")
display(out)
ipywidgets.interact(lambda x: print(x), x=(0, 10))
# %%
figure, axes = plt.subplots()
(line,) = axes.plot([0, 1], [0, 1])
moving = matplotlib.animation.FuncAnimation(figure, lambda i: line.set_ydata([0, i]), frames=3)
HTML(moving.to_jshtml())
