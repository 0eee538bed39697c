"""Training curves, and accuracy against depth: from histories to figures."""

import itertools
import statistics
from collections.abc import Mapping, Sequence

from matplotlib.ticker import MaxNLocator

from course_utils.plots.style import LessonFigure, caption, in_course_style, legend, looks_of, panels, percent_axis
from course_utils.training import Comparison, History


@in_course_style
def plot_curves(histories: Mapping[str, History | Sequence[History]]) -> LessonFigure:
    """Training loss, training accuracy and test accuracy against the epoch, side by side.

    histories: name -> one `History`, or several that differ in their seed (or the whole `Comparison`). Of several, the
    line is their mean and the band reaches from the lowest to the highest. A name with "plain" or "resid"/"resnet" in
    it gets the looks of that family. Raises ValueError when there is nothing to draw.
    """
    runs = runs_by_name(histories)
    looks = looks_of(runs)
    figure, (loss, train, test) = panels(3, width=9)
    for axes, title, field in (
        (loss, "training loss", "train_loss"),
        (train, "training accuracy (%)", "train_accuracy"),
        (test, "test accuracy (%)", "test_accuracy"),
    ):
        for name, of_name in runs.items():
            by_epoch = list(zip(*(getattr(run, field) for run in of_name), strict=True))
            epochs = range(1, len(by_epoch) + 1)
            every = max(1, len(by_epoch) // 8)
            means = [statistics.fmean(values) for values in by_epoch]
            axes.plot(epochs, means, **looks[name].line, markevery=every, label=name, clip_on=False)
            if len(of_name) > 1:
                lowest, highest = [min(values) for values in by_epoch], [max(values) for values in by_epoch]
                axes.fill_between(epochs, lowest, highest, color=looks[name].color, alpha=0.2, linewidth=0)
        axes.set_title(title)
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(nbins=4, integer=True, min_n_ticks=1))
    loss.set_ylim(bottom=0)
    every_run = [run for of_name in runs.values() for run in of_name]
    accuracies = [value for run in every_run for value in run.train_accuracy + run.test_accuracy]
    for axes in (train, test):
        percent_axis(axes, accuracies)
    legend(figure, loss)
    seeds = max(len(of_name) for of_name in runs.values())
    figure.alt = "Loss and accuracy by epoch. " + " ".join(
        f"{name}: final training loss {statistics.fmean(run.train_loss[-1] for run in of_name):.2f}, training accuracy"
        f" {statistics.fmean(run.train_accuracy[-1] for run in of_name):.1f} %, test accuracy"
        f" {statistics.fmean(run.test_accuracy[-1] for run in of_name):.1f} %."
        for name, of_name in runs.items()
    )
    caption(figure, f"line: mean of {seeds} seeds; band: lowest to highest" if seeds > 1 else "")
    return figure


@in_course_style
def plot_depth(histories: Mapping) -> LessonFigure:
    """Accuracy after the last epoch against depth, on the training and on the test pictures.

    histories: number of conv layers -> one `History` or several that differ in their seed; or, to compare families,
    name -> such a mapping. The line joins the means; every run is a small dot. Raises ValueError for an empty mapping.
    """
    if not histories:
        raise ValueError("found no histories to plot; expected {conv layers: history}, such as {7: ..., 19: ...}")
    families = histories if all(isinstance(value, Mapping) for value in histories.values()) else {"plain": histories}
    runs = {
        name: {depth: as_runs(by_depth[depth]) for depth in sorted(by_depth)} for name, by_depth in families.items()
    }
    looks = looks_of(runs)
    figure, (train, test) = panels(2, width=7.2)
    seen = []
    for axes, title, field in (
        (train, "training accuracy (%)", "train_accuracy"),
        (test, "test accuracy (%)", "test_accuracy"),
    ):
        for name, by_depth in runs.items():
            final = {depth: [getattr(run, field)[-1] for run in of_depth] for depth, of_depth in by_depth.items()}
            seen += itertools.chain(*final.values())
            means = [statistics.fmean(values) for values in final.values()]
            axes.plot(list(final), means, **looks[name].line, label=name, clip_on=False)
            for depth, values in final.items():
                if len(values) > 1:
                    axes.plot([depth] * len(values), values, ls="", marker="_", ms=13, mew=2, color=looks[name].color)
        axes.set_title(title)
        axes.set_xlabel("conv layers")
        axes.set_xticks(sorted({depth for by_depth in runs.values() for depth in by_depth}))
        axes.margins(x=0.12)
    for axes in (train, test):
        percent_axis(axes, seen)
    if len(runs) > 1:
        legend(figure, train)
    seeds = max(len(of_depth) for by_depth in runs.values() for of_depth in by_depth.values())
    figure.alt = "Final accuracy by depth. " + " ".join(
        f"{name}, {depth} conv layers: training {statistics.fmean(run.train_accuracy[-1] for run in of_depth):.1f} %,"
        f" test {statistics.fmean(run.test_accuracy[-1] for run in of_depth):.1f} %."
        for name, by_depth in runs.items()
        for depth, of_depth in by_depth.items()
    )
    caption(figure, f"line: mean of {seeds} seeds; short strokes: each of them" if seeds > 1 else "")
    return figure


def runs_by_name(histories) -> dict[str, tuple[History, ...]]:
    if isinstance(histories, Comparison):
        histories = histories.histories
    if not isinstance(histories, Mapping) or not histories:
        raise ValueError(f'found {histories!r} to show; expected a dict of histories, such as {{"plain": history}}')
    return {name: as_runs(value) for name, value in histories.items()}


def as_runs(value: History | Sequence[History]) -> tuple[History, ...]:
    """One history as a tuple of one, several as they are; all of them with the same number of epochs."""
    runs = (value,) if isinstance(value, History) else tuple(value)
    if not runs or not all(isinstance(run, History) for run in runs):
        raise ValueError(f"found {value!r}; expected a History, as `fit` returns it, or several of them")
    epochs = {len(run.train_loss) for run in runs}
    if len(epochs) > 1:
        raise ValueError(f"found runs of {sorted(epochs)} epochs under one name; a mean needs runs of the same length")
    return runs
