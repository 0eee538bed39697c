"""Block diagrams and network plans, drawn by code: what a module holds, read off the module."""

import itertools
import textwrap
from dataclasses import dataclass

from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch, Rectangle
from torch import nn

from course_utils.plots.style import FAINT, INK, PAPER, PLAIN, RESIDUAL, LessonFigure, in_course_style


@in_course_style
def draw_block(kind: str) -> LessonFigure:
    """The block diagram of a "plain" or a "residual" block; the layers that both have stand at the same places.

    Raises ValueError for another kind.
    """
    if kind not in ("plain", "residual"):
        raise ValueError(f'kind is {kind!r}; expected "plain" or "residual"')
    color = PLAIN if kind == "plain" else RESIDUAL
    figure, axes = canvas(width=4.1, height=5.7)
    x, height, gap = 1.15, 0.44, 0.22
    layers = ("conv1  3×3", "bn1", "ReLU", "conv2  3×3", "bn2")
    tops = [4.78 - k * (height + gap) for k in range(len(layers))]
    for name, top in zip(layers, tops, strict=True):
        draw_box(axes, x, top, 1.7, height, name, color, filled=name.startswith("conv"))
    for above, below in itertools.pairwise(tops):
        draw_arrow(axes, (x, above - height), (x, below))
    end, plus, relu = tops[-1] - height, 1.26, 0.92
    axes.text(x, 5.5, "x", ha="center", va="center", fontsize=18, style="italic")
    draw_arrow(axes, (x, 5.34), (x, tops[0]))
    if kind == "plain":
        draw_arrow(axes, (x, end), (x, relu))
    else:
        fork, side = 5.1, 2.6
        draw_arrow(axes, (x, end), (x, plus + 0.15))
        _plus(axes, x, plus, color)
        draw_arrow(axes, (x, plus - 0.15), (x, relu))
        axes.plot([x, side, side], [fork, fork, plus], color=color, lw=3, solid_joinstyle="round")
        draw_arrow(axes, (side, plus), (x + 0.15, plus), color=color, lw=3)
        axes.text(side + 0.14, 3.15, "shortcut", fontsize=15, weight="bold", color=color, va="bottom")
        axes.text(
            side + 0.14,
            3.08,
            "x itself,\nor 1×1 conv\n+ bn where\nthe shape\nchanges",
            fontsize=13,
            va="top",
        )
    draw_box(axes, x, relu, 1.7, height, "ReLU", color, filled=False)
    draw_arrow(axes, (x, relu - height), (x, 0.26))
    result = "ReLU(F(x))" if kind == "plain" else "ReLU(F(x) + x)"
    axes.text(x, 0.13, result, ha="center", va="center", fontsize=15, style="italic")
    figure.alt = f"A {kind} block, from x down: {', '.join(layers)}, then "
    figure.alt += "ReLU." if kind == "plain" else "the shortcut adds x, then ReLU."
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


@in_course_style
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
    figure, axes = canvas(width, height)

    # One line runs through everything, row by row, like text: out of a row on the right, into the next on the left.
    stem, head = height - 0.2 - bar, 0.55 + bar
    rows = [stem - row * (k + 1) + 0.35 for k in range(len(stages))]  # the middle of each row of blocks
    draw_box(axes, width / 2, stem + bar, right - left, bar, _stem_in_words(model), INK, filled=False)
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
    draw_arrow(axes, line[-2], line[-1])
    for k, (stage, y) in enumerate(zip(stages, rows, strict=True), start=1):
        axes.text(left + 0.3, y + 0.58, _stage_in_words(k, stage), fontsize=14, va="center")
        _draw_stage(axes, stage, left + 0.3, right - 0.3, y, block, color)
    draw_box(axes, width / 2, head, right - left, bar, _head_in_words(model), INK, filled=False)
    _draw_network_key(axes, shortcuts, left, 0.27, color)
    parts = [
        _stem_in_words(model),
        *itertools.starmap(_stage_in_words, enumerate(stages, start=1)),
        _head_in_words(model),
    ]
    figure.alt = f"{'; '.join(parts)}. Shortcuts: {', '.join(sorted(shortcuts))}."
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
        draw_box(axes, x, y + height / 2, min(pitch * 0.6, 0.9), height, str(number), color, filled=True)
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


@in_course_style
def _message(text: str) -> LessonFigure:
    figure, axes = canvas(width=7.2, height=1.6)
    axes.text(0.3, 0.8, textwrap.fill(text, 58), fontsize=14, va="center")
    return figure


def canvas(width: float, height: float):
    """A figure, and axes that fill it, without frame, on which one unit is one inch."""
    figure = LessonFigure(figsize=(width, height))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(0, height))
    axes.set_axis_off()
    return figure, axes


def draw_box(axes, x: float, top: float, width: float, height: float, text: str, color: str, filled: bool) -> None:
    """A box with `text`, centred at `x`, hanging from `top`."""
    axes.add_patch(
        FancyBboxPatch(
            (x - width / 2, top - height), width, height, boxstyle="round,pad=0,rounding_size=0.08",
            facecolor=color if filled else PAPER, edgecolor=color, linewidth=1.8, zorder=2,
        )
    )  # fmt: skip
    ink = PAPER if filled else INK
    axes.text(x, top - height / 2, text, ha="center", va="center", fontsize=14, color=ink, zorder=3)


def draw_arrow(axes, start: tuple[float, float], end: tuple[float, float], color: str = INK, lw: float = 1.8) -> None:
    axes.add_patch(
        FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=13, shrinkA=0, shrinkB=0, color=color, lw=lw)
    )


def _plus(axes, x: float, y: float, color: str) -> None:
    axes.add_patch(Circle((x, y), 0.15, facecolor=color, edgecolor=color, zorder=3))
    axes.plot([x - 0.08, x + 0.08], [y, y], color=PAPER, lw=2.4, zorder=4)
    axes.plot([x, x], [y - 0.08, y + 0.08], color=PAPER, lw=2.4, zorder=4)


@in_course_style
def draw_padded_shortcut() -> LessonFigure:
    """Option A by example: of 4 channels of 8×8 pixels, every second pixel; then two channels of zeros on each side."""
    figure, axes = canvas(width=7.2, height=3.9)
    kept = [[row % 2 == 0 and column % 2 == 0 for column in range(8)] for row in range(8)]
    _pixels(axes, 0.25, 1.25, 0.2, kept, 4)
    axes.text(1.3, 0.72, "x: 4 channels, 8×8", ha="center", fontsize=13)
    draw_arrow(axes, (2.75, 2.2), (3.35, 2.2))
    axes.text(3.05, 2.4, "stride 2", ha="center", fontsize=12.5)
    _pixels(axes, 3.5, 1.65, 0.2, [[True] * 4] * 4, 4)
    axes.text(4.1, 0.72, "every second\npixel", ha="center", va="center", fontsize=13)
    draw_arrow(axes, (4.95, 2.2), (5.4, 2.2))
    for k in range(8):
        empty = k in (0, 1, 6, 7)
        y = 3.28 - 0.32 * k
        draw_box(axes, 6.15, y, 1.2, 0.26, "", FAINT if empty else RESIDUAL, filled=not empty)
        axes.text(6.15, y - 0.135, "zeros" if empty else f"channel {k - 1}", ha="center", va="center", fontsize=11.5,
                  color=INK if empty else PAPER, zorder=4)  # fmt: skip
    axes.text(6.15, 0.42, "8 channels, 4×4", ha="center", fontsize=13)
    figure.alt = (
        "Option A. x has 4 channels of 8 by 8 pixels. Every second pixel in both directions is kept: 4 channels of 4 by 4."
        " Two channels of zeros are put before them and two after: 8 channels of 4 by 4."
    )
    return figure


def _pixels(axes, left: float, bottom: float, size: float, kept: list[list[bool]], channels: int) -> None:
    """`channels` grids, one behind the other; the kept pixels of the first are filled."""
    rows = len(kept)
    for behind in reversed(range(channels)):
        x, y = left + 0.12 * behind, bottom + 0.12 * behind
        for row, of_row in enumerate(kept):
            for column, keep in enumerate(of_row):
                color = RESIDUAL if keep else PAPER
                corner = (x + size * column, y + size * (rows - 1 - row))
                axes.add_patch(
                    Rectangle(corner, size, size, facecolor=color, edgecolor=FAINT, lw=0.8, zorder=3 - behind / 8)
                )
