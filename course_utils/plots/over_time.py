"""How two networks drift apart: the accuracy gap epoch by epoch, and a number for each layer over depth."""

import statistics
from collections.abc import Mapping, Sequence

from matplotlib.ticker import MaxNLocator

from course_utils.plots.curves import runs_by_name
from course_utils.plots.style import (
    FAINT,
    INK,
    LessonFigure,
    caption,
    in_course_style,
    legend,
    looks_of,
    panels,
    two_digits,
)


@in_course_style
def plot_gap(histories, first: str = "plain", second: str = "residual") -> LessonFigure:
    """Test accuracy of `second` minus that of `first`, in percentage points, against the epoch.

    histories: as for `plot_curves`; runs are paired in their order. A thin line for each pair, a thick one for the mean.
    Raises ValueError for a name that is not there, and for different numbers of runs or epochs.
    """
    runs = runs_by_name(histories)
    for name in (first, second):
        if name not in runs:
            raise ValueError(f"found no network {name!r}; there are {', '.join(map(repr, runs))}")
    pairs = list(zip(runs[first], runs[second], strict=True))
    gaps = [[b - a for a, b in zip(one.test_accuracy, other.test_accuracy, strict=True)] for one, other in pairs]
    means = [statistics.fmean(of_epoch) for of_epoch in zip(*gaps, strict=True)]
    epochs = range(1, len(means) + 1)
    figure, axes = panels(1, width=7.2)
    for index, gap in enumerate(gaps):
        axes.plot(epochs, gap, color=FAINT, lw=1.2, marker=".", label="one seed" if index == 0 else None)
    axes.plot(epochs, means, color=INK, lw=3, marker="o", label="mean over seeds")
    axes.axhline(0, color=FAINT, lw=1)
    axes.set_title(f"test accuracy, {second} minus {first} (percentage points)")
    axes.set_xlabel("epoch")
    axes.xaxis.set_major_locator(MaxNLocator(nbins=8, integer=True, min_n_ticks=1))
    legend(figure, axes)
    best = max(range(len(means)), key=lambda k: means[k])
    figure.alt = (
        f"Gap in test accuracy by epoch, mean over {len(gaps)} seeds: {means[0]:+.1f} percentage points after the first"
        f" epoch, {means[best]:+.1f} at its largest (epoch {best + 1}), {means[-1]:+.1f} after the last."
    )
    return figure


@in_course_style
def plot_by_layer(
    values: Mapping[str, Mapping[str, Sequence[float]]], what: str, logarithmic: bool = True
) -> LessonFigure:
    """A number for each layer, against its place from first to last: one panel for each key, one line for each network.

    values: title of a panel -> name -> numbers in the order of the layers. what: what the numbers are, with the unit.
    """
    if not values:
        raise ValueError("found nothing to plot; expected {title: {name: numbers}}")
    names = list(next(iter(values.values())))
    looks = looks_of(names)
    figure, grid = panels(len(values), width=4.1 * len(values) if len(values) > 1 else 7.2)
    all_axes = list(grid) if len(values) > 1 else [grid]
    for axes, (title, by_name) in zip(all_axes, values.items(), strict=True):
        for name, numbers in by_name.items():
            axes.plot(range(1, len(numbers) + 1), numbers, **looks[name].line, label=name)
        axes.set_title(title)
        axes.set_xlabel("conv layer, first to last")
        axes.xaxis.set_major_locator(MaxNLocator(nbins=5, integer=True, min_n_ticks=1))
        if logarithmic:
            axes.set_yscale("log")
    if logarithmic:  # the same range in all panels
        low, high = min(axes.get_ylim()[0] for axes in all_axes), max(axes.get_ylim()[1] for axes in all_axes)
        for axes in all_axes:
            axes.set_ylim(low, high)
    all_axes[0].set_ylabel(what)
    legend(figure, all_axes[0])
    figure.alt = f"{what}, by layer. " + " ".join(
        f"{title}, {name}: {two_digits(numbers[0])} in the first layer, {two_digits(numbers[-1])} in the last."
        for title, by_name in values.items()
        for name, numbers in by_name.items()
    )
    caption(figure, "")
    return figure
