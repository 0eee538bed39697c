"""Every figure of the course, in one style: plain is vermilion, dashed, square; residual is blue, solid, round.

So the two can be told apart by colour-blind readers, printed grey, and on a phone (which is why figures are small and
their letters large). Functions return a `LessonFigure`, which a notebook shows as the value of a cell. They draw with
matplotlib's objects, not with pyplot: no window, no display, and nobody's matplotlib settings are read or changed.
"""

import html
import io
import itertools
import statistics
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps

import matplotlib.style
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch
from matplotlib.ticker import MaxNLocator
from torch import nn

from course_utils.training import Comparison, History

PLAIN = "#D55E00"  # vermilion and blue of the palette of Okabe and Ito (2008), made for all kinds of colour vision
RESIDUAL = "#0072B2"
INK = "#222222"
FAINT = "#8A8A8A"
PAPER = "#FFFFFF"

_STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": 14,
    "axes.titlesize": 14,
    "axes.titlelocation": "left",
    "axes.labelsize": 14,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#E4E4E4",
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 13,
    "ytick.labelsize": 13,
    "lines.linewidth": 2.2,
    "lines.markersize": 7,
    "legend.frameon": False,
    "legend.fontsize": 14,
    "figure.facecolor": PAPER,
    "figure.dpi": 100,
    "savefig.dpi": 200,
}


@dataclass(frozen=True)
class _Look:
    """How one network is drawn, everywhere."""

    color: str
    dashes: str | tuple
    marker: str

    @property
    def line(self) -> dict:
        """As keyword arguments of matplotlib's `plot`."""
        return {"color": self.color, "linestyle": self.dashes, "marker": self.marker}


# The first look of a family is its own; the others are for a second and third network of the same family.
_LOOKS = {
    "plain": (
        _Look(PLAIN, (0, (4, 1.5)), "s"),
        _Look("#8F3F00", (0, (1.2, 1.2)), "v"),
        _Look("#E58A3C", (0, (6, 1.5, 1.2, 1.5)), "P"),
    ),
    "residual": (_Look(RESIDUAL, "-", "o"), _Look("#003B5C", (0, (8, 1.5)), "D"), _Look("#4C9FD3", "-", "^")),
    "other": (
        _Look("#009E73", "-", "^"),
        _Look("#7A3E6B", (0, (6, 1.5, 1.2, 1.5)), "D"),
        _Look("#E69F00", (0, (4, 1.5)), "X"),
        _Look("#222222", (0, (1.2, 1.2)), "v"),
    ),
}


def _course_style():
    """A context with matplotlib's defaults and the course's settings, whatever they are outside."""
    return matplotlib.style.context(["default", _STYLE])


class LessonFigure(Figure):
    """A matplotlib figure that a notebook shows by itself, whether or not pyplot was ever imported."""

    def draw(self, renderer) -> None:
        with _course_style():  # matplotlib makes ticks and lays out only now, by the settings of this moment
            super().draw(renderer)

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        """The picture at twice the resolution of the page, with the size at which it is meant to be shown."""
        png = io.BytesIO()
        with _course_style():
            self.savefig(png, format="png", dpi=2 * self.dpi)
        width, height = self.get_size_inches() * self.dpi
        return png.getvalue(), {"width": round(width), "height": round(height)}


def _in_course_style(draw: Callable[..., LessonFigure]) -> Callable[..., LessonFigure]:
    """Make a function draw in the course's style."""

    @wraps(draw)
    def draw_in_style(*args, **kwargs):
        with _course_style():
            return draw(*args, **kwargs)

    return draw_in_style


# ---- curves ----------------------------------------------------------------------------------------------------------


@_in_course_style
def plot_curves(histories: Mapping[str, History | Sequence[History]]) -> LessonFigure:
    """Training loss, training accuracy and test accuracy against the epoch, side by side.

    histories: name -> one `History`, or several that differ in their seed (or the whole `Comparison`). Of several, the
    line is their mean and the band reaches from the lowest to the highest. A name with "plain" or "resid"/"resnet" in
    it gets the looks of that family. Raises ValueError when there is nothing to draw.
    """
    runs = _runs_by_name(histories)
    looks = _looks(runs)
    figure, (loss, train, test) = _panels(3, width=9)
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
        _percent_axis(axes, accuracies)
    _legend(figure, loss)
    seeds = max(len(of_name) for of_name in runs.values())
    _caption(figure, f"line: mean of {seeds} seeds; band: lowest to highest" if seeds > 1 else "")
    return figure


@_in_course_style
def plot_depth(histories: Mapping) -> LessonFigure:
    """Accuracy after the last epoch against depth, on the training and on the test pictures.

    histories: number of conv layers -> one `History` or several that differ in their seed; or, to compare families,
    name -> such a mapping. The line joins the means; every run is a small dot. Raises ValueError for an empty mapping.
    """
    if not histories:
        raise ValueError("found no histories to plot; expected {conv layers: history}, such as {7: ..., 19: ...}")
    families = histories if all(isinstance(value, Mapping) for value in histories.values()) else {"plain": histories}
    runs = {
        name: {depth: _as_runs(by_depth[depth]) for depth in sorted(by_depth)} for name, by_depth in families.items()
    }
    looks = _looks(runs)
    figure, (train, test) = _panels(2, width=7.2)
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
        _percent_axis(axes, seen)
    if len(runs) > 1:
        _legend(figure, train)
    seeds = max(len(of_depth) for by_depth in runs.values() for of_depth in by_depth.values())
    _caption(figure, f"line: mean of {seeds} seeds; short strokes: each of them" if seeds > 1 else "")
    return figure


def _panels(n: int, width: float):
    """A figure with `n` axes side by side."""
    figure = LessonFigure(figsize=(width, 3.9), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.1, h_pad=0.06)
    return figure, figure.subplots(1, n)


def _legend(figure: LessonFigure, axes) -> None:
    """Above the panels; as many names in a row as fit."""
    handles, names = axes.get_legend_handles_labels()
    inches_each = 0.9 + 0.12 * max(len(name) for name in names)
    columns = max(1, min(len(names), 3, int(figure.get_figwidth() / inches_each)))
    figure.legend(handles=handles, loc="outside upper center", ncols=columns, handlelength=3)


def _caption(figure: LessonFigure, text: str) -> None:
    if text:
        figure.supxlabel(text, fontsize=12.5, color="#555555")


def _percent_axis(axes, values: Iterable[float]) -> None:
    """From just below the lowest to just above the highest, but over 20 points at least: noise should look like noise."""
    values = list(values)
    low, high = max(0, min(values) - 4), min(102, max(values) + 4)
    if high - low < 20:
        low = max(0, min(low, (low + high) / 2 - 10))
        high = min(102, low + 20)
        low = high - 20
    axes.set_ylim(low, high)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10]))


def _looks(names: Iterable[str]) -> dict[str, _Look]:
    """The look of each name: its family's own for the first, a relative for each further one."""
    taken = dict.fromkeys(_LOOKS, 0)
    looks = {}
    for name in names:
        said = str(name).lower()
        family = "plain" if "plain" in said else "residual" if "resid" in said or "resnet" in said else "other"
        looks[name] = _LOOKS[family][taken[family] % len(_LOOKS[family])]
        taken[family] += 1
    return looks


def _runs_by_name(histories) -> dict[str, tuple[History, ...]]:
    if isinstance(histories, Comparison):
        histories = histories.histories
    if not isinstance(histories, Mapping) or not histories:
        raise ValueError(f'found {histories!r} to show; expected a dict of histories, such as {{"plain": history}}')
    return {name: _as_runs(value) for name, value in histories.items()}


def _as_runs(value: History | Sequence[History]) -> tuple[History, ...]:
    """One history as a tuple of one, several as they are; all of them with the same number of epochs."""
    runs = (value,) if isinstance(value, History) else tuple(value)
    if not runs or not all(isinstance(run, History) for run in runs):
        raise ValueError(f"found {value!r}; expected a History, as `fit` returns it, or several of them")
    epochs = {len(run.train_loss) for run in runs}
    if len(epochs) > 1:
        raise ValueError(f"found runs of {sorted(epochs)} epochs under one name; a mean needs runs of the same length")
    return runs


# ---- pictures --------------------------------------------------------------------------------------------------------


@_in_course_style
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
    return figure


# ---- diagrams --------------------------------------------------------------------------------------------------------


@_in_course_style
def draw_block(kind: str) -> LessonFigure:
    """The block diagram of a "plain" or a "residual" block; the layers that both have stand at the same places.

    Raises ValueError for another kind.
    """
    if kind not in ("plain", "residual"):
        raise ValueError(f'kind is {kind!r}; expected "plain" or "residual"')
    color = PLAIN if kind == "plain" else RESIDUAL
    figure, axes = _canvas(width=4.1, height=5.7)
    x, height, gap = 1.15, 0.44, 0.22
    layers = ("conv1  3×3", "bn1", "ReLU", "conv2  3×3", "bn2")
    tops = [4.78 - k * (height + gap) for k in range(len(layers))]
    for name, top in zip(layers, tops, strict=True):
        _box(axes, x, top, 1.7, height, name, color, filled=name.startswith("conv"))
    for above, below in itertools.pairwise(tops):
        _arrow(axes, (x, above - height), (x, below))
    end, plus, relu = tops[-1] - height, 1.26, 0.92
    axes.text(x, 5.5, "x", ha="center", va="center", fontsize=18, style="italic")
    _arrow(axes, (x, 5.34), (x, tops[0]))
    if kind == "plain":
        _arrow(axes, (x, end), (x, relu))
    else:
        fork, side = 5.1, 2.6
        _arrow(axes, (x, end), (x, plus + 0.15))
        _plus(axes, x, plus, color)
        _arrow(axes, (x, plus - 0.15), (x, relu))
        axes.plot([x, side, side], [fork, fork, plus], color=color, lw=3, solid_joinstyle="round")
        _arrow(axes, (side, plus), (x + 0.15, plus), color=color, lw=3)
        axes.text(side + 0.14, 3.15, "shortcut", fontsize=15, weight="bold", color=color, va="bottom")
        axes.text(
            side + 0.14,
            3.08,
            "x itself,\nor 1×1 conv\n+ bn where\nthe shape\nchanges",
            fontsize=13,
            va="top",
        )
    _box(axes, x, relu, 1.7, height, "ReLU", color, filled=False)
    _arrow(axes, (x, relu - height), (x, 0.26))
    result = "ReLU(F(x))" if kind == "plain" else "ReLU(F(x) + x)"
    axes.text(x, 0.13, result, ha="center", va="center", fontsize=15, style="italic")
    return figure


@dataclass(frozen=True)
class _BlockFacts:
    """What can be read off a block without running it. shortcut: "none", "identity", "projection" or "other"."""

    in_channels: int
    out_channels: int
    stride: int
    shortcut: str
    projection: str  # the size of the projection's kernel, such as "1×1"


class _CannotDraw(Exception):
    """The network is not built as `draw_network` expects; the message says where."""


@_in_course_style
def draw_network(model: nn.Module) -> LessonFigure:
    """The assembled network: stem, three stages of numbered blocks with their shortcuts, average pool, classifier.

    model: any module with `stage1`, `stage2` and `stage3` that hold blocks in their order, as `SimpleResNet` and
    `PlainDeepCNN` do. Everything drawn is read off the model (channels, strides, shortcuts), not assumed. Where it is
    built in another way, the figure says in words what was found instead.
    """
    try:
        stages = [_stage_facts(model, f"stage{k}") for k in (1, 2, 3)]
    except _CannotDraw as problem:
        return _message(f"This network cannot be drawn: {problem}")

    shortcuts = {block.shortcut: block.projection for stage in stages for block in stage}
    color = PLAIN if set(shortcuts) == {"none"} else RESIDUAL
    width, row, bar, block = 7.2, 1.42, 0.46, 0.46
    left, right = 0.3, width - 0.3
    height = 0.2 + bar + row * len(stages) + 0.5 + bar + 0.55
    figure, axes = _canvas(width, height)

    # One line runs through everything, row by row, like text: out of a row on the right, into the next on the left.
    stem, head = height - 0.2 - bar, 0.55 + bar
    rows = [stem - row * (k + 1) + 0.35 for k in range(len(stages))]  # the middle of each row of blocks
    _box(axes, width / 2, stem + bar, right - left, bar, _stem_in_words(model), INK, filled=False)
    line = [(left + 0.15, stem)]
    for y in rows:
        line += [
            (left + 0.15, y),
            (right - 0.15, y),
            (right - 0.15, y - block / 2 - 0.14),
            (left + 0.15, y - block / 2 - 0.14),
        ]
    line[-1:] = [(right - 0.15, head)]
    axes.plot(*zip(*line[:-1], strict=True), color=INK, lw=1.8, zorder=1, solid_joinstyle="round")
    _arrow(axes, line[-2], line[-1])
    for k, (stage, y) in enumerate(zip(stages, rows, strict=True), start=1):
        axes.text(left + 0.3, y + 0.58, _stage_in_words(k, stage), fontsize=14, va="center")
        _draw_stage(axes, stage, left + 0.3, right - 0.3, y, block, color)
    _box(axes, width / 2, head, right - left, bar, _head_in_words(model), INK, filled=False)
    _draw_network_key(axes, shortcuts, left, 0.27, color)
    return figure


def _stage_facts(model: nn.Module, name: str) -> list[_BlockFacts]:
    if isinstance(model, type):
        raise _CannotDraw(f"{model.__name__} is a class; build a network first, such as {model.__name__}(n_blocks=3).")
    stage = getattr(model, name, None)
    if not isinstance(stage, nn.Module):
        found = "is missing" if stage is None else f"is {_short(stage)}"
        raise _CannotDraw(f"`{name}` {found}; expected an nn.Sequential of blocks.")
    blocks = list(stage.children())
    if not blocks:
        raise _CannotDraw(f"`{name}` holds no blocks; expected at least one.")
    return [_block_facts(block, f"{name}[{i}]") for i, block in enumerate(blocks)]


def _block_facts(block: nn.Module, where: str) -> _BlockFacts:
    convs = [
        module
        for name, module in block.named_modules()
        if isinstance(module, nn.Conv2d) and "shortcut" not in name.split(".")
    ]
    if not convs:
        raise _CannotDraw(f"`{where}` ({type(block).__name__}) holds no convolution; expected a block with two.")
    shortcut, projection = getattr(block, "shortcut", None), ""
    if shortcut is None:
        kind = "none"
    elif not isinstance(shortcut, nn.Module):
        raise _CannotDraw(f"the shortcut of `{where}` is {_short(shortcut)}; expected a module (an nn.Module).")
    elif inside := [module for module in shortcut.modules() if isinstance(module, nn.Conv2d)]:
        kind, projection = "projection", "×".join(map(str, inside[0].kernel_size))
    elif all(isinstance(module, nn.Identity | nn.Sequential) for module in shortcut.modules()):
        kind = "identity"
    else:
        kind = "other"
    stride = 1
    for conv in convs:
        stride *= conv.stride[0]
    return _BlockFacts(convs[0].in_channels, convs[-1].out_channels, stride, kind, projection)


def _draw_stage(axes, stage: list[_BlockFacts], left: float, right: float, y: float, height: float, color: str) -> None:
    """One row: a numbered box a block, and over it a line for its shortcut. Of more than 9, the middle is left out."""
    numbered = list(enumerate(stage, start=1))
    if len(numbered) > 9:
        numbered = [*numbered[:4], None, *numbered[-4:]]
    pitch = (right - left) / len(numbered)
    reach = min(pitch * 0.43, 0.8)  # from the middle of a box to where its shortcut leaves and joins the line
    for k, entry in enumerate(numbered):
        x = left + pitch * (k + 0.5)
        if entry is None:
            axes.text(x, y, "…", ha="center", va="center", fontsize=20, backgroundcolor=PAPER, zorder=3)
            continue
        number, block = entry
        _box(axes, x, y + height / 2, min(pitch * 0.6, 0.9), height, str(number), color, filled=True)
        if block.shortcut != "none":
            xs, ys = [x - reach, x - reach, x + reach, x + reach], [y, y + 0.38, y + 0.38, y]
            axes.plot(xs, ys, color=color, solid_joinstyle="round", **_SHORTCUT_LINES[block.shortcut])


_SHORTCUT_LINES = {
    "identity": {"lw": 2.4, "ls": "-"},
    "projection": {"lw": 3.2, "ls": (0, (1.2, 0.8))},
    "other": {"lw": 2.4, "ls": (0, (4, 1, 1, 1))},
}


def _draw_network_key(axes, shortcuts: dict[str, str], x: float, y: float, color: str) -> None:
    """What the lines over the blocks mean: only those that occur."""
    words = {
        "identity": "identity",
        "projection": f"{shortcuts.get('projection')} projection",
        "other": "another",
        "none": "none" if set(shortcuts) == {"none"} else "",
    }
    axes.text(x, y, "shortcuts:", fontsize=14, va="center")
    x += 1.15
    for kind in (kind for kind in words if kind in shortcuts):
        if kind != "none":
            axes.plot([x, x + 0.45], [y, y], color=color, **_SHORTCUT_LINES[kind])
            x += 0.55
        axes.text(x, y, words[kind], fontsize=14, va="center")
        x += 0.11 * len(words[kind]) + 0.25


def _stem_in_words(model: nn.Module) -> str:
    conv = getattr(model, "conv1", None)
    if not isinstance(conv, nn.Conv2d):
        return "stem"
    size = "×".join(map(str, conv.kernel_size))
    return f"stem: conv {size}, {conv.in_channels} → {conv.out_channels} channels"


def _head_in_words(model: nn.Module) -> str:
    fc = getattr(model, "fc", None)
    linear = f"fc: {fc.in_features} → {fc.out_features} logits" if isinstance(fc, nn.Linear) else "classifier"
    return f"average pool, {linear}"


def _stage_in_words(number: int, stage: list[_BlockFacts]) -> str:
    blocks = f"{len(stage)} block{'s' * (len(stage) > 1)}"
    channels = f"{stage[0].in_channels} → {stage[-1].out_channels}"
    if stage[0].in_channels == stage[-1].out_channels:
        channels = f"{stage[0].in_channels}"
    stride = 1
    for block in stage:
        stride *= block.stride
    size = {1: "same size", 2: "half the size"}.get(stride, f"1/{stride} of the size")
    return f"stage {number}: {blocks}, {channels} channels, {size}"


def _short(thing) -> str:
    return "still `...`" if thing is ... else f"a {type(thing).__name__}"


@_in_course_style
def _message(text: str) -> LessonFigure:
    figure, axes = _canvas(width=7.2, height=1.6)
    axes.text(0.3, 0.8, textwrap.fill(text, 58), fontsize=14, va="center")
    return figure


def _canvas(width: float, height: float):
    """A figure, and axes that fill it, without frame, on which one unit is one inch."""
    figure = LessonFigure(figsize=(width, height))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(0, height))
    axes.set_axis_off()
    return figure, axes


def _box(axes, x: float, top: float, width: float, height: float, text: str, color: str, filled: bool) -> None:
    """A box with `text`, centred at `x`, hanging from `top`."""
    axes.add_patch(
        FancyBboxPatch(
            (x - width / 2, top - height), width, height, boxstyle="round,pad=0,rounding_size=0.08",
            facecolor=color if filled else PAPER, edgecolor=color, linewidth=1.8, zorder=2,
        )
    )  # fmt: skip
    ink = PAPER if filled else INK
    axes.text(x, top - height / 2, text, ha="center", va="center", fontsize=14, color=ink, zorder=3)


def _arrow(axes, start: tuple[float, float], end: tuple[float, float], color: str = INK, lw: float = 1.8) -> None:
    axes.add_patch(
        FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=13, shrinkA=0, shrinkB=0, color=color, lw=lw)
    )


def _plus(axes, x: float, y: float, color: str) -> None:
    axes.add_patch(Circle((x, y), 0.15, facecolor=color, edgecolor=color, zorder=3))
    axes.plot([x - 0.08, x + 0.08], [y, y], color=PAPER, lw=2.4, zorder=4)
    axes.plot([x, x], [y - 0.08, y + 0.08], color=PAPER, lw=2.4, zorder=4)


# ---- table -----------------------------------------------------------------------------------------------------------


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
    runs = _runs_by_name(histories)
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
