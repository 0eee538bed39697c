"""The table beside the curves."""

import html
import itertools
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from course_utils.plots.curves import runs_by_name
from course_utils.training import History


@dataclass(frozen=True)
class SummaryTable:
    """Rows of text under a header; a notebook shows it as a table, print shows it aligned."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str

    def __str__(self) -> str:
        columns = list(zip(self.header, *self.rows, strict=True))
        widths = [max(map(len, column)) for column in columns]
        lines = []
        for row in (self.header, tuple("-" * w for w in widths), *self.rows):
            first, *others = (
                cell.ljust(w) if k == 0 else cell.rjust(w) for k, (cell, w) in enumerate(zip(row, widths, strict=True))
            )
            lines.append("  ".join([first, *others]).rstrip())
        return "\n".join([*lines, self.note])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        def cells(row: Sequence[str], tag: str) -> str:
            align = itertools.chain(["left"], itertools.repeat("right"))
            return "".join(
                f'<{tag} style="text-align:{side};padding:.3em .7em">{html.escape(cell)}</{tag}>'
                for cell, side in zip(row, align, strict=False)
            )

        body = "".join(f"<tr>{cells(row, 'td')}</tr>" for row in self.rows)
        return (
            '<div style="overflow-x:auto"><table style="border-collapse:collapse">'
            f"<thead><tr>{cells(self.header, 'th')}</tr></thead><tbody>{body}</tbody></table>"
            f"<p>{html.escape(self.note)}</p></div>"
        )


def summary_table(histories: Mapping[str, History | Sequence[History]]) -> SummaryTable:
    """One row a network: conv layers, parameters, training and test accuracy after the last epoch, seconds a run.

    histories: as for `plot_curves`. Of several seeds: mean ± standard deviation (of the sample, n - 1) of accuracies,
    mean of seconds. Raises ValueError when there is nothing to show.
    """
    runs = runs_by_name(histories)
    rows = tuple(
        (
            str(name),
            str(of_name[0].conv_layers),
            f"{of_name[0].parameters:,}",
            _mean_and_std([run.train_accuracy[-1] for run in of_name]),
            _mean_and_std([run.test_accuracy[-1] for run in of_name]),
            f"{statistics.fmean(run.seconds for run in of_name):.1f} s",
        )
        for name, of_name in runs.items()
    )
    seeds = max(len(of_name) for of_name in runs.values())
    note = "Accuracies after the last epoch"
    note += f": mean ± standard deviation over {seeds} seeds. Time: mean of a run." if seeds > 1 else "; one run each."
    header = ("network", "conv layers", "parameters", "training accuracy", "test accuracy", "time")
    return SummaryTable(header, rows, note)


def _mean_and_std(values: Sequence[float]) -> str:
    if len(values) == 1:
        return f"{values[0]:.1f} %"
    return f"{statistics.fmean(values):.1f} ± {statistics.stdev(values):.1f} %"
