"""The look of every figure: plain is vermilion, dashed, square; residual is blue, solid, round.

So the two can be told apart by colour-blind readers, printed grey, and on a phone (which is why figures are small and
their letters large). Figures are drawn with matplotlib's objects, not with pyplot: no window, no display, and nobody's
matplotlib settings are read or changed.
"""

import io
from base64 import b64encode
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from html import escape

import matplotlib.style
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

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
class Look:
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
        Look(PLAIN, (0, (4, 1.5)), "s"),
        Look("#8F3F00", (0, (1.2, 1.2)), "v"),
        Look("#E58A3C", (0, (6, 1.5, 1.2, 1.5)), "P"),
    ),
    "residual": (Look(RESIDUAL, "-", "o"), Look("#003B5C", (0, (8, 1.5)), "D"), Look("#4C9FD3", "-", "^")),
    "other": (
        Look("#009E73", "-", "^"),
        Look("#7A3E6B", (0, (6, 1.5, 1.2, 1.5)), "D"),
        Look("#E69F00", (0, (4, 1.5)), "X"),
        Look("#222222", (0, (1.2, 1.2)), "v"),
    ),
}


def course_style():
    """A context with matplotlib's defaults and the course's settings, whatever they are outside."""
    return matplotlib.style.context(["default", _STYLE])


class LessonFigure(Figure):
    """A matplotlib figure that a notebook shows by itself, whether or not pyplot was ever imported.

    alt: what it shows, in words, for those who do not see it: the figure's text, metadata of its picture, and behind
    a line below it, because JupyterLab reads neither to anybody.
    """

    alt: str = ""

    def __repr__(self) -> str:
        return self.alt or super().__repr__()

    def draw(self, renderer) -> None:
        with course_style():  # matplotlib makes ticks and lays out only now, by the settings of this moment
            super().draw(renderer)

    def _ipython_display_(self) -> None:
        from IPython.display import display  # only IPython calls this, and nothing else needs it

        png, about = self._repr_png_()
        display(
            {"image/png": b64encode(png).decode(), "text/plain": repr(self)}, metadata={"image/png": about}, raw=True
        )
        if self.alt:
            words = f"<details><summary><small>in words</small></summary>{escape(self.alt)}</details>"
            display({"text/html": words}, raw=True)

    def _repr_png_(self) -> tuple[bytes, dict[str, int | str]]:
        """The picture at twice the resolution of the page, with the size at which it is meant to be shown, and `alt`."""
        png = io.BytesIO()
        with course_style():
            self.savefig(png, format="png", dpi=2 * self.dpi)
        width, height = self.get_size_inches() * self.dpi
        return png.getvalue(), {"width": round(width), "height": round(height), "alt": self.alt}


def in_course_style(draw: Callable[..., LessonFigure]) -> Callable[..., LessonFigure]:
    """Make a function draw in the course's style."""

    @wraps(draw)
    def draw_in_style(*args, **kwargs):
        with course_style():
            return draw(*args, **kwargs)

    return draw_in_style


def panels(n: int, width: float):
    """A figure with `n` axes side by side."""
    figure = LessonFigure(figsize=(width, 3.9), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.1, h_pad=0.06)
    return figure, figure.subplots(1, n)


def legend(figure: LessonFigure, axes) -> None:
    """Above the panels; as many names in a row as fit."""
    handles, names = axes.get_legend_handles_labels()
    inches_each = 0.9 + 0.12 * max(len(name) for name in names)
    columns = max(1, min(len(names), 3, int(figure.get_figwidth() / inches_each)))
    figure.legend(handles=handles, loc="outside upper center", ncols=columns, handlelength=3)


def caption(figure: LessonFigure, text: str) -> None:
    if text:
        figure.supxlabel(text, fontsize=12.5, color="#555555")


def two_digits(number: float) -> str:
    """A number as one reads it aloud: two digits that count, as 0.0042, 17 or 930, without exponents up to a million."""
    return f"{float(f'{number:.2g}'):g}"


def percent_axis(axes, values: Iterable[float]) -> None:
    """From just below the lowest to just above the highest, but over 20 points at least: noise should look like noise."""
    values = list(values)
    low, high = max(0, min(values) - 4), min(102, max(values) + 4)
    if high - low < 20:
        low = max(0, min(low, (low + high) / 2 - 10))
        high = min(102, low + 20)
        low = high - 20
    axes.set_ylim(low, high)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10]))


def looks_of(names: Iterable[str]) -> dict[str, Look]:
    """The look of each name: its family's own for the first, a relative for each further one."""
    taken = dict.fromkeys(_LOOKS, 0)
    looks = {}
    for name in names:
        said = str(name).lower()
        family = "plain" if "plain" in said else "residual" if "resid" in said or "resnet" in said else "other"
        looks[name] = _LOOKS[family][taken[family] % len(_LOOKS[family])]
        taken[family] += 1
    return looks
