"""Where a network looks: maps laid over pictures, and how often a map points at the right place."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from matplotlib.colors import LinearSegmentedColormap

from course_utils.plots.diagrams import canvas, draw_arrow, draw_box
from course_utils.plots.style import (
    FAINT,
    INK,
    LessonFigure,
    caption,
    in_course_style,
    legend,
    looks_of,
    panels,
)

FORWARD, BACKWARD = "#00795A", "#7A3E6B"

HEAT = LinearSegmentedColormap.from_list("heat", ["#00000000", "#E69F00AA", "#F0E442F2"])
"""From nothing over orange to yellow (Okabe and Ito's), ever more opaque: it also grows lighter when printed grey."""


@in_course_style
def show_maps(
    pictures: torch.Tensor,
    maps: Mapping[str, torch.Tensor],
    titles: Sequence[str],
    smooth: bool = True,
    quartered: bool = False,
) -> LessonFigure:
    """Maps over pictures: a column for each picture, the picture itself first, below it one row for each name.

    pictures: (N, 3, H, W) with values from 0 to 1; maps: name -> (N, h, w), not below 0, enlarged to the picture here
    and scaled to each map's own largest value; titles: N words; smooth: False shows a map's own pixels; quartered: True
    draws thin lines between the quarters. A map of zeros shows the bare picture, and says so. Raises ValueError for maps that do not fit the pictures.
    """
    for name, of_name in maps.items():
        if of_name.ndim != 3 or len(of_name) != len(pictures):
            raise ValueError(
                f"the maps of {name!r} are {tuple(of_name.shape)}; expected (N, h, w) with N = {len(pictures)}"
            )
    columns, rows = len(pictures), 1 + len(maps)
    size = min(1.5, 7.2 / columns)
    figure = LessonFigure(figsize=(columns * size + 1.0, rows * size + 0.35), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.03, h_pad=0.03, wspace=0.02, hspace=0.02)
    grid = figure.subplots(rows, columns, squeeze=False)
    as_shown = pictures.detach().clamp(0, 1).permute(0, 2, 3, 1).cpu().numpy()
    for row, name in zip(grid, ("picture", *maps), strict=True):
        for column, axes in enumerate(row):
            axes.set(xticks=[], yticks=[])
            axes.grid(False)
            for spine in axes.spines.values():
                spine.set_visible(False)
            dimmed = as_shown[column] * (1 if name == "picture" else 0.55)
            axes.imshow(dimmed, interpolation="nearest")
            if quartered:
                axes.axhline(pictures.shape[2] / 2 - 0.5, color="white", lw=1.5, zorder=4)
                axes.axvline(pictures.shape[3] / 2 - 0.5, color="white", lw=1.5, zorder=4)
            if name != "picture":
                _lay_over(axes, maps[name][column], pictures.shape[2:], smooth)
        row[0].set_ylabel(name, fontsize=13)
    for axes, title in zip(grid[0], titles, strict=True):
        axes.set_title(title, loc="center", fontsize=13, pad=4)
    figure.alt = (
        f"{columns} pictures ({', '.join(titles)}), and over each where the map of {' and of '.join(maps)} is large. "
        + " ".join(f"Largest values of {name}: {_listed(of_name)}." for name, of_name in maps.items())
    )
    return figure


def _lay_over(axes, one: torch.Tensor, size, smooth: bool) -> None:
    heat = one.detach().float().cpu()
    if not heat.max() > 0:
        axes.text(0.5, 0.06, "all zero", transform=axes.transAxes, ha="center", fontsize=12, color="white")
        return
    how = {"mode": "bilinear", "align_corners": False} if smooth else {"mode": "nearest"}
    enlarged = F.interpolate((heat / heat.max())[None, None], size=tuple(size), **how)[0, 0].clamp(0, 1)
    axes.imshow(enlarged.numpy(), cmap=HEAT, vmin=0, vmax=1, interpolation="bilinear" if smooth else "nearest")


def _listed(maps: torch.Tensor) -> str:
    return ", ".join(f"{value:.2g}" for value in np.atleast_1d(maps.detach().flatten(1).amax(1).cpu().numpy()))


@in_course_style
def draw_grad_cam() -> LessonFigure:
    """The way of Grad-CAM: forward to the logit of one class, back to a layer, and what is made of the two."""
    figure, axes = canvas(width=7.2, height=4.1)
    for x, name, width in ((0.85, "picture", 1.3), (2.75, "layers", 1.2), (6.35, "logit of\none class", 1.4)):
        draw_box(axes, x, 3.75, width, 0.7, name, INK, filled=False)
    draw_box(axes, 4.55, 3.75, 1.2, 0.7, "layers", INK, filled=False)
    draw_box(axes, 3.65, 2.45, 1.9, 0.6, "A: activations", FORWARD, filled=True)
    draw_box(axes, 6.25, 2.45, 1.7, 0.6, "gradients", BACKWARD, filled=True)
    draw_box(axes, 6.25, 1.35, 1.7, 0.6, "mean over\npixels: α", BACKWARD, filled=False)
    draw_box(axes, 3.65, 1.35, 1.9, 0.6, "Σ α · A", FORWARD, filled=False)
    draw_box(axes, 1.1, 1.35, 1.7, 0.6, "ReLU: map", INK, filled=True)
    for start, end in (((1.5, 3.4), (2.15, 3.4)), ((3.35, 3.4), (3.95, 3.4)), ((5.15, 3.4), (5.65, 3.4))):
        draw_arrow(axes, start, end)
    draw_arrow(axes, (3.65, 3.4), (3.65, 2.45), color=FORWARD)
    draw_arrow(axes, (6.25, 3.05), (6.25, 2.45), color=BACKWARD)
    draw_arrow(axes, (6.25, 1.85), (6.25, 1.35), color=BACKWARD)
    draw_arrow(axes, (3.65, 1.85), (3.65, 1.35), color=FORWARD)
    draw_arrow(axes, (5.4, 1.05), (4.6, 1.05), color=BACKWARD)
    draw_arrow(axes, (2.7, 1.05), (1.95, 1.05))
    axes.text(3.65, 0.35, "one number\na pixel", ha="center", va="center", fontsize=12.5)
    axes.text(6.25, 0.35, "one number\na channel", ha="center", va="center", fontsize=12.5)
    axes.text(1.1, 0.35, "nothing\nbelow zero", ha="center", va="center", fontsize=12.5)
    figure.alt = (
        "A picture goes through layers to the logit of one class. Its activations A are taken on the way, the gradients of"
        " the logit on the way back. The mean of the gradients over pixels gives a weight alpha for each channel; the sum"
        " of alpha times A over channels, with everything below zero cut off by ReLU, is the map."
    )
    return figure


@in_course_style
def plot_shares(shares: Mapping[str, Mapping[str, Sequence[float]]], chance: float) -> LessonFigure:
    """How much of the maps is in the right place, in percent: a line for each network, over the stages.

    shares: name -> stage -> one share for each seed, from 0 to 1; chance: the share of a map that says nothing.
    """
    looks = looks_of(shares)
    figure, axes = panels(1, width=7.2)
    stages = list(next(iter(shares.values())))
    for name, by_stage in shares.items():
        values = 100 * np.array([by_stage[stage] for stage in stages])
        axes.plot(range(len(stages)), values.mean(1), **looks[name].line, label=name)
        axes.fill_between(
            range(len(stages)), values.min(1), values.max(1), color=looks[name].color, alpha=0.2, linewidth=0
        )
    axes.axhline(100 * chance, color=FAINT, lw=1.5, ls=":")
    axes.text(-0.1, 100 * chance - 2, "pointing nowhere", va="top", fontsize=12.5, color="#555555")
    axes.set_xticks(range(len(stages)), stages)
    axes.set_ylim(0, 102)
    axes.set_title("share of the map in the right quarter (%)")
    legend(figure, axes)
    seeds = len(next(iter(next(iter(shares.values())).values())))
    caption(figure, f"line: mean of {seeds} seeds; band: lowest to highest" if seeds > 1 else "")
    figure.alt = "Share of the map in the right quarter, by stage. " + " ".join(
        f"{name}: " + ", ".join(f"{stage} {100 * float(np.mean(by_stage[stage])):.0f} %" for stage in stages) + "."
        for name, by_stage in shares.items()
    )
    return figure
