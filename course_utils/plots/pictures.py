"""Pictures: of a data set, and in rows to be compared."""

import itertools
from collections.abc import Mapping

import torch

from course_utils.plots.style import LessonFigure, in_course_style


@in_course_style
def show_pictures(data, n: int = 10) -> LessonFigure:
    """`n` training pictures with the names of their classes, one class after the other: as many of each as possible.

    Ten a row, or five where names are long. data: as `load_data` gives it. Raises ValueError for n below 1.
    """
    if n < 1:
        raise ValueError(f"n is {n}; expected at least 1 picture to show")
    labels = data.train.labels.cpu()
    by_class = [(labels == k).nonzero().flatten().tolist() for k in range(len(data.classes))]
    in_turn = [i for layer in itertools.zip_longest(*by_class) for i in layer if i is not None][:n]
    images = data.unnormalise(data.train[in_turn][0]).clamp(0, 1).permute(0, 2, 3, 1).cpu().numpy()

    columns = min(len(in_turn), 10 if max(map(len, data.classes)) <= 3 else 5)
    rows = -(-len(in_turn) // columns)
    width = 7.2
    figure = LessonFigure(figsize=(width, rows * (width / columns + 0.24)), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.03, h_pad=0.03, wspace=0.02, hspace=0.02)
    all_axes = figure.subplots(rows, columns, squeeze=False).flatten()
    for axes in all_axes:
        axes.set_axis_off()
    for axes, image, i in zip(all_axes, images, in_turn, strict=False):
        axes.imshow(image, interpolation="nearest")
        axes.set_title(data.classes[labels[i]], loc="center", fontsize=14, pad=4)
    figure.alt = "Training pictures of: " + ", ".join(data.classes[labels[i]] for i in in_turn) + "."
    return figure


@in_course_style
def show_rows(rows: Mapping[str, Mapping[str, torch.Tensor]]) -> LessonFigure:
    """Pictures to be compared: one row for each network, one column for each title.

    rows: name of a row -> title -> picture, (H, W, 3) from 0 to 1; the titles are the same in every row. Raises
    ValueError where they are not, or where there is nothing to show.
    """
    titles = [list(row) for row in rows.values()]
    if not titles or not titles[0]:
        raise ValueError("found no pictures to show; expected {row: {title: picture}}")
    if any(own != titles[0] for own in titles):
        raise ValueError(f"found rows with the titles {' and '.join(map(str, titles))}; expected the same in every row")
    height, width = next(iter(next(iter(rows.values())).values())).shape[:2]
    page = 10
    figure = LessonFigure(
        figsize=(page, len(rows) * page / len(titles[0]) * height / width + 0.5), layout="constrained"
    )
    figure.get_layout_engine().set(w_pad=0.03, h_pad=0.03, wspace=0.02, hspace=0.02)
    words = []
    grid = figure.subplots(len(rows), len(titles[0]), squeeze=False)
    for row, (name, pictures) in zip(grid, rows.items(), strict=True):
        first = next(iter(pictures.values()))
        for axes, (title, picture) in zip(row, pictures.items(), strict=True):
            axes.imshow(picture.cpu().numpy(), interpolation="nearest")
            axes.set(xticks=[], yticks=[])
            axes.spines[:].set_visible(False)
            axes.set_title(title if axes in grid[0] else "", loc="center", pad=4)
        row[0].set_ylabel(name)
        alike = [f"{_correlation(picture, first):.1f} at “{title}”" for title, picture in list(pictures.items())[1:]]
        words.append(f"{name}: {', '.join(alike)}.")
    figure.alt = f"Pictures in rows, and how alike each is to the first of its row, “{titles[0][0]}” (correlation). "
    figure.alt += " ".join(words)
    return figure


def _correlation(one: torch.Tensor, other: torch.Tensor) -> float:
    """Pearson's correlation of two pictures' pixels; 0 where one of them is of a single colour."""
    one, other = one.flatten().double() - one.double().mean(), other.flatten().double() - other.double().mean()
    norms = one.norm() * other.norm()
    return float(one @ other / norms) if norms > 0 else 0.0
