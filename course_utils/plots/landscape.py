"""Slices of the loss over the weights: along lines, and over planes, as contours and as surfaces."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import LogNorm
from matplotlib.ticker import MaxNLocator

from course_utils.plots.gradients import log_axis
from course_utils.plots.style import INK, LessonFigure, caption, in_course_style, legend, looks_of, panels, two_digits

LOWEST = 1e-3
"""Losses below this are drawn as this, in nats: on a logarithmic scale, zero would be infinitely deep."""


@in_course_style
def plot_loss_lines(
    lines: Mapping[str, Sequence[Sequence[float]]], alphas: Sequence[float], title: str = "loss along a direction"
) -> LessonFigure:
    """The loss on straight lines through the trained weights, on a logarithmic scale.

    lines: name of a network -> one list of losses for each direction; every direction is a thin line, their geometric
    mean a thick one. alphas: the steps at which they were taken. Raises ValueError where there is nothing to draw.
    """
    if not lines or not all(len(of_name) for of_name in lines.values()):
        raise ValueError("found no lines to draw; expected {network: [losses, ...]}")
    figure, axes = panels(1, width=7.2)
    looks, words = looks_of(lines), []
    for name, of_name in lines.items():
        losses = np.maximum(np.array(of_name, dtype=float), LOWEST)
        mean = np.exp(np.log(losses).mean(0))
        axes.plot(alphas, mean, **looks[name].line, label=name, markevery=max(1, len(mean) // 10))
        for one in losses if len(losses) > 1 else ():
            axes.plot(alphas, one, color=looks[name].color, linewidth=1, alpha=0.45)
        lowest, *ends = (two_digits(value) for value in (mean.min(), mean[0], mean[-1]))
        words.append(f"{name}: {lowest} at the lowest, {' and '.join(ends)} at the ends.")
    log_axis(axes)
    axes.set_title(title)
    axes.set_xlabel("step α along the direction")
    axes.xaxis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 5, 10]))
    legend(figure, axes)
    count = max(len(of_name) for of_name in lines.values())
    caption(figure, f"thick: geometric mean of {count} directions; thin: each of them" if count > 1 else "")
    figure.alt = f"{title}, logarithmic. " + " ".join(words)
    return figure


def _levels(grids: Mapping[str, Sequence[Sequence[float]]]) -> tuple[dict[str, np.ndarray], np.ndarray, LogNorm]:
    arrays = {title: np.maximum(np.array(grid, dtype=float), LOWEST) for title, grid in grids.items()}
    if not arrays:
        raise ValueError("found no slices to draw; expected {title: grid}")
    low, high = (reduce([reduce(one) for one in arrays.values()]) for reduce in (np.min, np.max))
    return arrays, np.geomspace(low, high * 1.0001, 15), LogNorm(low, high)


@in_course_style
def plot_loss_contours(
    grids: Mapping[str, Sequence[Sequence[float]]], alphas: Sequence[float], columns: int = 2
) -> LessonFigure:
    """The loss over planes through the trained weights (the cross), as contours: one scale of colours, dark for low.

    grids: title of a panel -> rows of losses, a row for each step along the second direction. Contours are equally spaced
    in the logarithm of the loss, the same in all panels: where they are dense, the ground is steep.
    """
    arrays, levels, scale = _levels(grids)
    rows = -(-len(arrays) // columns)
    figure = LessonFigure(figsize=(3.6 * columns + 1.2, 3.5 * rows + 0.3), layout="constrained")
    all_axes = figure.subplots(rows, columns, squeeze=False).flatten()
    for axes in all_axes[len(arrays) :]:
        axes.set_axis_off()
    for axes, (title, grid) in zip(all_axes, arrays.items(), strict=False):
        picture = axes.contourf(alphas, alphas, grid, levels=levels, norm=scale, cmap="cividis")
        axes.contour(alphas, alphas, grid, levels=levels, colors=INK, linewidths=0.7)
        axes.plot(0, 0, marker="+", color="white", markersize=13, markeredgewidth=2.2)
        axes.set_aspect("equal")
        axes.grid(False)
        axes.set_title(title)
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 5, 10]))
    bar = figure.colorbar(picture, ax=list(all_axes), label="loss", pad=0.02, shrink=0.8)
    bar.set_ticks(
        [tick for tick in (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100) if levels[0] <= tick <= levels[-1]]
    )
    bar.ax.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    bar.ax.minorticks_off()
    figure.alt = "Contours of the loss around the trained weights. " + " ".join(
        f"{title}: {two_digits(grid[len(grid) // 2, len(grid) // 2])} in the middle,"
        f" {two_digits(np.median(_rim(grid)))} at the rim."
        for title, grid in arrays.items()
    )
    return figure


def _rim(grid: np.ndarray) -> np.ndarray:
    return np.concatenate([grid[0], grid[-1], grid[:, 0], grid[:, -1]])


@in_course_style
def plot_loss_surfaces(grids: Mapping[str, Sequence[Sequence[float]]], alphas: Sequence[float]) -> LessonFigure:
    """The same planes as `plot_loss_contours`, as surfaces side by side: the height is the logarithm of the loss."""
    arrays, levels, scale = _levels(grids)
    figure = LessonFigure(figsize=(9, 4.4), layout="constrained")
    across, along = np.meshgrid(alphas, alphas)
    low, high = np.log10(levels[0]), np.log10(levels[-1])
    for place, (title, grid) in enumerate(arrays.items(), start=1):
        axes = figure.add_subplot(1, len(arrays), place, projection="3d")
        colors = _colours(grid, scale)
        axes.plot_surface(
            across, along, np.log10(grid), facecolors=colors, rstride=1, cstride=1, linewidth=0, shade=False
        )
        axes.plot_wireframe(across, along, np.log10(grid), color=INK, linewidth=0.35, alpha=0.7)
        axes.set_title(title, loc="center")
        axes.set_zlim(low, high)
        axes.view_init(elev=28, azim=-60)
        axes.set_box_aspect((1, 1, 0.75))
        ticks = [t for t in (0.001, 0.01, 0.1, 1, 10, 100) if low <= np.log10(t) <= high]
        axes.set_zticks(np.log10(ticks), [f"{t:g}" for t in ticks])
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(MaxNLocator(nbins=3, steps=[1, 2, 5, 10]))
    caption(figure, "height: the loss, logarithmic; across: the two directions")
    figure.alt = "Surfaces of the loss around the trained weights, logarithmic height. " + " ".join(
        f"{title}: from {two_digits(grid.min())} to {two_digits(grid.max())}." for title, grid in arrays.items()
    )
    return figure


def _colours(grid: np.ndarray, scale: LogNorm) -> np.ndarray:
    return colormaps["cividis"](scale(grid))
