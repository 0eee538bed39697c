"""What goes on inside, as figures: gradients over time and depth, blocks compared, feature maps."""

import statistics
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from matplotlib.colors import LogNorm
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from course_utils.plots.curves import runs_by_name
from course_utils.plots.style import FAINT, LessonFigure, caption, in_course_style, legend, looks_of, panels, two_digits
from course_utils.training import Comparison, History

BAND = "line: mean of {} seeds; band: lowest to highest"


@in_course_style
def plot_gradient_norms(histories: Mapping[str, History | Sequence[History]] | Comparison) -> LessonFigure:
    """The norm of the whole gradient by epoch, on a logarithmic scale; of several seeds the mean and the range.

    histories: name -> one `History` or several, or a `Comparison`. Raises ValueError where no gradients were recorded.
    """
    runs = runs_by_name(histories)
    if not all(run.total_gradient_norm for of_name in runs.values() for run in of_name):
        raise ValueError("found a history without gradient norms; train again to record them")
    figure, axes = panels(1, width=7.2)
    looks = looks_of(runs)
    words = []
    for name, of_name in runs.items():
        by_epoch = list(zip(*(run.total_gradient_norm for run in of_name), strict=True))
        means = [statistics.fmean(values) for values in by_epoch]
        epochs = range(1, len(means) + 1)
        axes.plot(epochs, means, **looks[name].line, markevery=max(1, len(means) // 8), label=name)
        if len(of_name) > 1:
            low, high = [min(values) for values in by_epoch], [max(values) for values in by_epoch]
            axes.fill_between(epochs, low, high, color=looks[name].color, alpha=0.2, linewidth=0)
        words.append(f"{name}: {two_digits(means[0])} in the first epoch, {two_digits(means[-1])} in the last.")
    log_axis(axes)
    axes.set_title("norm of the whole gradient")
    axes.set_xlabel("epoch")
    axes.xaxis.set_major_locator(MaxNLocator(nbins=8, integer=True, min_n_ticks=1))
    legend(figure, axes)
    seeds = max(map(len, runs.values()))
    caption(figure, BAND.format(seeds) if seeds > 1 else "")
    figure.alt = "Norm of the whole gradient by epoch, logarithmic. " + " ".join(words)
    return figure


@in_course_style
def plot_over_depth(
    values: Mapping[str, Mapping[str, float] | Sequence[Mapping[str, float]]],
    title: str,
    xlabel: str = "block, from the input on",
    log: bool = False,
    level: tuple[float, str] | None = None,
    ylim: tuple[float, float] | None = None,
    complete: Mapping[str, float] | None = None,
) -> LessonFigure:
    """One number for each layer or block, from the input (left) to the output (right), a line for each network.

    values: name of a network -> {layer: number} in order, or several of them, one a seed (mean and range are drawn).
    level: (height, words) of a grey line, such as guessing. complete: name of a network -> height of a dotted line, its
    number with all layers in place. Raises ValueError where there is nothing to draw, or `complete` names others.
    """
    runs = {name: [given] if isinstance(given, Mapping) else list(given) for name, given in values.items()}
    if not runs or not all(of_name and all(of_name) for of_name in runs.values()):
        raise ValueError("found nothing to draw; expected {network: {layer: number}}")
    if unknown := set(complete or ()) - set(runs):
        raise ValueError(f"complete names {sorted(unknown)}, of which there are no values; expected of {list(runs)}")
    figure, axes = panels(1, width=7.2)
    looks = looks_of(runs)
    words = []
    for name, of_name in runs.items():
        numbers = np.array([list(run.values()) for run in of_name], dtype=float)  # (seeds, layers)
        places = np.arange(1, numbers.shape[1] + 1)
        axes.plot(
            places, numbers.mean(0), **looks[name].line, label=name, markevery=max(1, len(places) // 12), clip_on=False
        )
        if len(of_name) > 1:
            axes.fill_between(places, numbers.min(0), numbers.max(0), color=looks[name].color, alpha=0.2, linewidth=0)
        mean = numbers.mean(0)
        words.append(
            f"{name}: {two_digits(mean[0])} at the first, {two_digits(mean[len(mean) // 2])} in the middle,"
            f" {two_digits(mean[-1])} at the last."
        )
    for name, height in (complete or {}).items():
        axes.axhline(height, color=looks[name].color, linestyle=":", label=f"{name}, complete")
        words.append(f"{name}, complete: {height:.3g}.")
    if log:
        log_axis(axes)
    if ylim:
        axes.set_ylim(*ylim)
    if level:
        axes.axhline(level[0], color=FAINT, linewidth=1.2)
        axes.annotate(
            f" {level[1]}", (1, level[0]), xycoords=("axes fraction", "data"), va="center", color=FAINT, fontsize=12.5
        )
    axes.set_title(title)
    axes.set_xlabel(xlabel)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=10, integer=True, min_n_ticks=1))
    legend(figure, axes)
    seeds = max(map(len, runs.values()))
    caption(figure, BAND.format(seeds) if seeds > 1 else "")
    figure.alt = f"{title}, by {xlabel}. " + " ".join(words)
    return figure


@in_course_style
def plot_gradient_map(histories: Mapping[str, History | Sequence[History]] | Comparison) -> LessonFigure:
    """The gradient's norm in every conv layer of the main path (across) and every epoch (down): a panel a network.

    Of several seeds, their geometric mean. One logarithmic scale of colours for all panels, dark for small.
    Raises ValueError where no gradients were recorded.
    """
    maps = {name: _conv_map(of_name) for name, of_name in runs_by_name(histories).items()}
    if not all(one.size for one in maps.values()):
        raise ValueError("found a history without gradient norms; train again to record them")
    figure, all_axes = panels(len(maps), width=9)
    every = np.concatenate([one[one > 0] for one in maps.values()])
    scale = LogNorm(every.min(), every.max())
    words = []
    for axes, (name, one) in zip(np.atleast_1d(all_axes), maps.items(), strict=True):
        edges = np.arange(one.shape[1] + 1) + 0.5, np.arange(one.shape[0] + 1) + 0.5
        picture = axes.pcolormesh(*edges, one, norm=scale, cmap="cividis")
        axes.grid(False)
        axes.invert_yaxis()
        axes.set_title(name)
        axes.set_xlabel("conv layer, from the input on")
        axes.yaxis.set_major_locator(MaxNLocator(nbins=8, integer=True, min_n_ticks=1))
        axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True, min_n_ticks=1))
        ratio = one[:, 0] / one[:, -1]
        words.append(
            f"{name}: the gradient of the first conv layer is {two_digits(ratio[0])} times that of the last in the first"
            f" epoch, {two_digits(ratio[-1])} times in the last epoch."
        )
    np.atleast_1d(all_axes)[0].set_ylabel("epoch")
    bar = figure.colorbar(picture, ax=all_axes, label="norm of the gradient", pad=0.02)
    bar.ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    figure.alt = "Norm of the gradient by conv layer and epoch. " + " ".join(words)
    return figure


def log_axis(axes) -> None:
    """A logarithmic y axis with few ticks, in plain numbers."""
    axes.set_yscale("log")
    low, high = axes.get_ylim()
    decades = np.log10(high / low)
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if decades < 1.2 else (1, 3) if decades < 2.5 else (1,)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())


def _conv_map(runs: Sequence[History]) -> np.ndarray:
    """(epochs, conv layers of the main path), geometric mean over the runs."""
    maps = []
    for run in runs:
        layers = [name for name in run.gradient_norms if "conv" in name and "shortcut" not in name]
        maps.append(np.array([run.gradient_norms[name] for name in layers]).T)
    return np.exp(np.mean(np.log(np.maximum(maps, 1e-12)), axis=0)) if all(one.size for one in maps) else np.empty(0)


@in_course_style
def show_feature_maps(
    picture: torch.Tensor, maps: Mapping[str, Mapping[str, torch.Tensor]], channel: int = 0
) -> LessonFigure:
    """One channel after every block, a row for each network, from the input (left) on.

    picture: (3, H, W), from 0 to 1. maps: network -> {block: (channels, H, W)}, all of one stage, so that a channel is
    the same channel all along. Every map is scaled by itself, dark for its lowest value.
    """
    rows, columns = len(maps), 1 + max(map(len, maps.values()))
    figure = LessonFigure(figsize=(9, 0.55 + rows * (9 / columns + 0.3)), layout="constrained")
    all_axes = figure.subplots(rows, columns, squeeze=False)
    for axes in all_axes.flatten():
        axes.set(xticks=[], yticks=[])
        axes.grid(False)
        for side in axes.spines.values():
            side.set_visible(False)
    for row, (name, blocks) in zip(all_axes, maps.items(), strict=True):
        row[0].imshow(picture.detach().cpu().permute(1, 2, 0).clamp(0, 1).numpy(), interpolation="nearest")
        row[0].set_title("picture", loc="center", fontsize=13)
        row[0].set_ylabel(name)
        for index, (axes, features) in enumerate(zip(row[1:], blocks.values(), strict=False)):
            axes.imshow(features[channel].detach().cpu().numpy(), cmap="cividis", interpolation="nearest")
            axes.set_title("stem" if index == 0 else f"block {index}", loc="center", fontsize=13)
    figure.alt = (
        f"Channel {channel} after the stem and after each block: one row for " + " and one for ".join(maps) + "."
    )
    return figure
