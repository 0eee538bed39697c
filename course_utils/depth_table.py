"""The table of the depth study, read from runs on disk: what was measured is shown, and what was not says so.

The study trains for 180 epochs and looks at 50, 100 and 180; `python -m course_utils compare --recipe depth` makes such
a run. Beside it stand the figures of He et al. (2015), Table 6, where there are any.
"""

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from course_utils.plots.tables import SummaryTable
from course_utils.runs import UNFINISHED, RunError, read
from course_utils.training import History

PLACES = (Path("runs"), Path("../runs"), Path("../../runs"))
"""Where runs may lie as seen from a lesson: beside it, or at the root of the repository."""
EPOCHS = (50, 100, 180)
NETWORKS = ("plain-20", "residual-20", "plain-56", "residual-56")
PUBLISHED = {"residual-20": 91.25, "residual-56": 93.03}
"""Test accuracy in percent: 100 minus the error in He et al. (2015), Table 6. Of plain networks it has curves only."""
MISSING = "not measured here"


@dataclass(frozen=True)
class MeasuredNetwork:
    """One network of a finished run: its histories, one for each seed, and where they come from."""

    histories: tuple[History, ...]
    data: str
    shortcut: str
    folder: str


def measured_networks(places: Sequence[Path] = PLACES) -> dict[str, MeasuredNetwork]:
    """The newest run of each network on CIFAR-10 pictures that went on for all epochs of the table."""
    found: dict[str, MeasuredNetwork] = {}
    for folder in _finished(places):
        try:
            run = read(folder)
        except RunError:
            continue
        asked = run.about["asked"]
        if asked.get("data") == "digits" or asked.get("limit"):
            continue
        for name, histories in run.comparison.histories.items():
            if name in NETWORKS and all(len(history.test_accuracy) >= EPOCHS[-1] for history in histories):
                found[name] = MeasuredNetwork(
                    histories, str(asked.get("data")), str(asked.get("shortcut")), folder.name
                )
    return found


def _finished(places: Sequence[Path]) -> Iterator[Path]:
    """The folders of finished runs, oldest first: their names begin with the time."""
    folders = [folder for place in places if place.is_dir() for folder in place.iterdir()]
    return iter(
        sorted((f for f in folders if (f / "run.json").is_file() and not f.name.endswith(UNFINISHED)), key=_name)
    )


def _name(folder: Path) -> str:
    return folder.name


def depth_table(places: Sequence[Path] = PLACES) -> SummaryTable:
    """Test accuracy after 50, 100 and 180 epochs, and training accuracy at the end: a row for each network of the study."""
    found = measured_networks(places)
    header = ("network", *(f"test, {epoch} epochs" for epoch in EPOCHS), f"training, {EPOCHS[-1]} epochs", "published")
    rows = []
    for name in NETWORKS:
        published = f"{PUBLISHED[name]:.2f} %" if name in PUBLISHED else "curve only"
        if name not in found:
            rows.append((name, *[MISSING] * (len(EPOCHS) + 1), published))
            continue
        runs = found[name].histories
        test = [_percent([run.test_accuracy[epoch - 1] for run in runs]) for epoch in EPOCHS]
        rows.append((name, *test, _percent([run.train_accuracy[EPOCHS[-1] - 1] for run in runs]), published))
    origins = sorted({f"{one.folder} ({one.data}, shortcuts: {one.shortcut})" for one in found.values()})
    note = f"From {', '.join(origins)}." if origins else f"No run of {EPOCHS[-1]} epochs was found in runs/."
    return SummaryTable(header, tuple(rows), f"{note} Published: He et al. (2015), Table 6.")


def _percent(values: list[float]) -> str:
    mean = statistics.fmean(values)
    return f"{mean:.2f} %" if len(values) == 1 else f"{mean:.2f} ± {statistics.stdev(values):.2f} %"
