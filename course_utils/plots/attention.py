"""Where a network looks: maps laid over pictures, and how often a map points at the right place."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from matplotlib.colors import LinearSegmentedColormap

from course_utils.plots.style import LessonFigure, in_course_style

HEAT = LinearSegmentedColormap.from_list("heat", ["#00000000", "#E69F00AA", "#F0E442F2"])
"""From nothing over orange to yellow (Okabe and Ito's), ever more opaque: it also grows lighter when printed grey."""


@in_course_style
def show_maps(
    pictures: torch.Tensor, maps: Mapping[str, torch.Tensor], titles: Sequence[str], smooth: bool = True
) -> LessonFigure:
    """Maps over pictures: a column for each picture, the picture itself first, below it one row for each name.

    pictures: (N, 3, H, W) with values from 0 to 1; maps: name -> (N, h, w), not below 0, enlarged to the picture here
    and scaled to each map's own largest value; titles: N words; smooth: False shows a map's own pixels. A map of zeros
    shows the bare picture, and says so. Raises ValueError for maps that do not fit the pictures.
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
