"""Figures and tables: what they show, read back from the figure itself, and how they can be read."""

import base64
import html
import io
import subprocess
import sys
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import matplotlib as mpl
import nbformat
import numpy as np
import pytest
import torch
from IPython.core.interactiveshell import InteractiveShell
from IPython.display import display
from IPython.utils.capture import capture_output
from matplotlib.colors import to_rgb
from PIL import Image
from torch import nn
from torchvision.models import resnet18

from course_utils.data import Data, Split
from course_utils.models import PlainBlock, PlainDeepCNN
from course_utils.plots import (
    PLAIN,
    RESIDUAL,
    draw_block,
    draw_network,
    plot_curves,
    plot_depth,
    show_pictures,
    show_rows,
    summary_table,
)
from course_utils.plots.style import two_digits
from course_utils.training import Comparison, History, Recipe

ROOT = Path(__file__).resolve().parents[1]

LOSS = {"plain": [(2.0, 1.5, 1.2), (2.2, 1.3, 1.0)], "residual": [(1.0, 0.5, 0.1), (1.4, 0.3, 0.2)]}


def history(loss=(2.0, 1.0), train=None, test=None, conv_layers=31, parameters=464154, seconds=2.0):
    train = train or tuple(100 - 20 * value for value in loss)
    test = test or tuple(value - 5 for value in train)
    return History(loss, train, test, (0.1,) * len(loss), seconds, conv_layers, parameters, Recipe())


@pytest.fixture
def histories():
    return {name: tuple(history(loss) for loss in runs) for name, runs in LOSS.items()}


class ShortcutBlock(PlainBlock):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__(in_channels, out_channels, stride)
        self.shortcut = nn.Sequential()
        if stride != 1 or in_channels != out_channels:
            conv = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)
            self.shortcut = nn.Sequential(conv, nn.BatchNorm2d(out_channels))


class StudentNet(nn.Module):
    """A network as a student may write it: other containers and names than ours, but three stages of blocks."""

    def __init__(self, n_blocks=3, block=ShortcutBlock):
        super().__init__()
        self.stage1 = nn.ModuleList([block(16, 16) for _ in range(n_blocks)])
        self.stage2 = nn.Sequential(block(16, 32, 2), *[block(32, 32) for _ in range(n_blocks - 1)])
        self.stage3 = nn.Sequential(block(32, 64, 2), *[block(64, 64) for _ in range(n_blocks - 1)])


@pytest.fixture
def pictures():
    g = torch.Generator().manual_seed(0)
    classes = ("airplane", "automobile", "ship")
    labels = torch.tensor([2, 2, 2, 0, 1, 0, 1])
    split = Split(torch.rand(7, 3, 5, 5, generator=g) * 2 - 1, labels)
    return Data("made up", split, split, classes, (0.5, 0.4, 0.3), (0.25, 0.2, 0.15))


def words(figure):
    """All that is written in a figure."""
    texts = [t for t in figure.findobj(mpl.text.Text) if t.get_visible() and t.get_text().strip()]
    return [t.get_text() for t in texts]


def lines(axes):
    return {line.get_label(): line for line in axes.get_lines()}


# ---- curves ----------------------------------------------------------------------------------------------------------


def test_curves_are_the_mean_and_the_band_reaches_from_lowest_to_highest(histories):
    figure = plot_curves(histories)
    for axes, field in zip(figure.axes, ("train_loss", "train_accuracy", "test_accuracy"), strict=True):
        for name, band in zip(histories, axes.collections, strict=True):
            values = np.array([getattr(run, field) for run in histories[name]])
            line = lines(axes)[name]
            np.testing.assert_allclose(line.get_xdata(), [1, 2, 3])
            np.testing.assert_allclose(line.get_ydata(), values.mean(0))
            corners = band.get_paths()[0].vertices
            for epoch in (1, 2, 3):
                heights = corners[corners[:, 0] == epoch, 1]
                assert (heights.min(), heights.max()) == pytest.approx(
                    (values[:, epoch - 1].min(), values[:, epoch - 1].max())
                )


def test_curves_say_what_line_and_band_are(histories):
    assert "line: mean of 2 seeds; band: lowest to highest" in words(plot_curves(histories))


def test_a_single_run_has_no_band_and_claims_none():
    figure = plot_curves({"plain": history()})
    assert not any(axes.collections for axes in figure.axes)
    assert not any("band" in text for text in words(figure))


def test_curves_of_a_comparison_are_those_of_its_histories(histories):
    comparison = Comparison(histories, {}, (0, 1), Recipe())
    assert plot_curves(comparison)._repr_png_() == plot_curves(histories)._repr_png_()


def test_panels_carry_names_and_units(histories):
    written = words(plot_curves(histories))
    assert {"training loss", "training accuracy (%)", "test accuracy (%)", "epoch", "plain", "residual"} <= set(written)


@pytest.mark.parametrize("order", [("plain", "residual"), ("residual", "plain")])
def test_plain_and_residual_always_have_the_same_two_looks(histories, order):
    drawn = lines(plot_curves({name: histories[name] for name in order}).axes[0])
    assert (drawn["plain"].get_color(), drawn["plain"].get_marker(), drawn["plain"].is_dashed()) == (PLAIN, "s", True)
    residual = drawn["residual"]
    assert (residual.get_color(), residual.get_marker(), residual.is_dashed()) == (RESIDUAL, "o", False)


def test_networks_of_one_family_differ_in_more_than_color():
    names = ["plain, 7 layers", "plain, 19 layers", "plain, 31 layers"]
    drawn = lines(plot_curves({name: history() for name in names}).axes[0])
    assert len({drawn[name].get_marker() for name in names}) == 3
    assert len({drawn[name].get_color() for name in names}) == 3
    reds = [to_rgb(drawn[name].get_color()) for name in names]
    assert all(red > green > blue for red, green, blue in reds)  # all of them shades of vermilion


def test_the_two_colors_differ_in_brightness_when_printed_grey():
    grey = [np.dot(to_rgb(color), (0.299, 0.587, 0.114)) for color in (PLAIN, RESIDUAL)]
    assert abs(grey[0] - grey[1]) > 0.1


def test_runs_of_different_length_under_one_name_are_refused():
    with pytest.raises(ValueError, match=r"found runs of \[2, 3\] epochs under one name"):
        plot_curves({"plain": [history((2.0, 1.0)), history((2.0, 1.0, 0.5))]})


@pytest.mark.parametrize("nothing", [{}, None, {"plain": ()}, {"plain": ["a run"]}])
def test_nothing_to_draw_is_said_in_words(nothing):
    with pytest.raises(ValueError, match="expected a dict of histories|expected a History"):
        plot_curves(nothing)


# ---- depth -----------------------------------------------------------------------------------------------------------


def test_depth_shows_the_last_epoch_of_every_run_and_joins_the_means():
    by_depth = {
        31: [history(train=(10, 50), test=(10, 40)), history(train=(10, 70), test=(10, 60))],
        7: [history(train=(20, 99), test=(10, 98)), history(train=(20, 97), test=(20, 94))],
    }
    training, test = plot_depth(by_depth).axes
    for axes, means in ((training, [98, 60]), (test, [96, 50])):
        np.testing.assert_allclose(lines(axes)["plain"].get_xdata(), [7, 31])
        np.testing.assert_allclose(lines(axes)["plain"].get_ydata(), means)
        assert list(axes.get_xticks()) == [7, 31]
    strokes = {tuple(line.get_ydata()) for line in training.get_lines() if line.get_label() != "plain"}
    assert strokes == {(99, 97), (50, 70)}


def test_depth_compares_families_in_their_own_looks():
    figure = plot_depth({"plain": {7: history(), 31: history()}, "residual": {31: history()}})
    drawn = lines(figure.axes[0])
    assert (drawn["plain"].get_color(), drawn["residual"].get_color()) == (PLAIN, RESIDUAL)
    assert list(drawn["residual"].get_xdata()) == [31]


def test_small_differences_in_accuracy_are_not_blown_up():
    figure = plot_depth({7: history(train=(1, 90.0), test=(1, 89.5)), 19: history(train=(1, 90.4), test=(1, 90))})
    low, high = figure.axes[0].get_ylim()
    assert high - low >= 20
    assert low < 89.5 < 90.4 < high


def test_depth_without_histories_is_refused():
    with pytest.raises(ValueError, match="found no histories to plot"):
        plot_depth({})


# ---- pictures --------------------------------------------------------------------------------------------------------


def test_pictures_are_shown_as_they_are_one_class_after_the_other(pictures):
    figure = show_pictures(pictures, n=4)
    shown = [axes for axes in figure.axes if axes.images]
    assert [axes.get_title() for axes in shown] == ["airplane", "automobile", "ship", "airplane"]
    expected = pictures.train.images * torch.tensor(pictures.std).view(3, 1, 1) + torch.tensor(pictures.mean).view(
        3, 1, 1
    )
    for axes, index in zip(shown, (3, 4, 0, 5), strict=True):
        shown_pixels = torch.as_tensor(np.asarray(axes.images[0].get_array()))
        torch.testing.assert_close(shown_pixels, expected[index].clamp(0, 1).permute(1, 2, 0))


def test_no_more_pictures_are_shown_than_there_are(pictures):
    assert sum(bool(axes.images) for axes in show_pictures(pictures, n=30).axes) == 7


def test_rows_of_pictures_have_their_names_and_say_how_alike_the_pictures_are():
    before = torch.rand(4, 6, 3, generator=torch.Generator().manual_seed(0))
    changed = {"plain": torch.zeros(4, 6, 3), "residual": 0.5 * before + 0.1}
    figure = show_rows({name: {"before": before, "after": after} for name, after in changed.items()})
    assert [axes.get_title() for axes in figure.axes] == ["before", "after", "", ""]
    assert [axes.get_ylabel() for axes in figure.axes] == ["plain", "", "residual", ""]
    assert figure.alt.endswith("plain: 0.0 at “after”. residual: 1.0 at “after”.")
    torch.testing.assert_close(torch.as_tensor(np.asarray(figure.axes[3].images[0].get_array())), changed["residual"])


@pytest.mark.parametrize("rows", [{}, {"plain": {}}, {"plain": {"a": torch.zeros(2, 2, 3)}, "residual": {}}])
def test_rows_of_nothing_or_of_different_pictures_are_refused(rows):
    with pytest.raises(ValueError, match="found no pictures|found rows with the titles"):
        show_rows(rows)


@pytest.mark.parametrize("path", sorted(ROOT.glob("solutions/*/*.ipynb")), ids=lambda path: path.stem)
def test_every_picture_in_a_lesson_is_one_of_ours_and_says_what_it_shows(path):
    outputs = [out for cell in nbformat.read(path, as_version=4).cells for out in cell.get("outputs", ())]
    shown = [(out, below) for out, below in pairwise([*outputs, None]) if "image/png" in out.get("data", {})]
    assert shown
    for output, below in shown:
        words = output.metadata["image/png"]["alt"]
        assert len(words) > 30
        assert output.data["text/plain"] == words
        assert words in html.unescape(below.data["text/html"])


@pytest.mark.parametrize(
    ("number", "said"),
    [(0.00421, "0.0042"), (17.4, "17"), (932.1, "930"), (99.7, "100"), (0, "0"), (-1.25e4, "-12000")],
)
def test_numbers_are_said_as_one_reads_them_aloud(number, said):
    assert two_digits(number) == said


def test_fewer_than_one_picture_is_refused(pictures):
    with pytest.raises(ValueError, match="n is 0; expected at least 1 picture"):
        show_pictures(pictures, n=0)


# ---- diagrams --------------------------------------------------------------------------------------------------------


def test_block_diagrams_share_their_layers_and_differ_in_the_shortcut():
    plain, residual = (set(words(draw_block(kind))) for kind in ("plain", "residual"))
    layers = {"conv1  3×3", "bn1", "ReLU", "conv2  3×3", "bn2", "x"}
    assert layers <= plain & residual
    assert plain - residual == {"ReLU(F(x))"}
    assert {"shortcut", "ReLU(F(x) + x)"} <= residual - plain


def test_an_unknown_block_is_refused():
    with pytest.raises(ValueError, match='kind is \'dense\'; expected "plain" or "residual"'):
        draw_block("dense")


@pytest.mark.parametrize("n_blocks", [1, 3, 9])
def test_a_students_network_is_drawn_as_it_is_built(n_blocks):
    written = words(draw_network(StudentNet(n_blocks)))
    count = f"{n_blocks} block" + "s" * (n_blocks > 1)
    assert f"stage 1: {count}, 16 channels, same size" in written
    assert f"stage 2: {count}, 16 → 32 channels, half the size" in written
    assert f"stage 3: {count}, 32 → 64 channels, half the size" in written
    assert [written.count(str(k)) for k in range(1, n_blocks + 1)] == [3] * n_blocks
    assert {"identity", "1×1 projection"} <= set(written)


def test_a_plain_network_has_no_shortcuts_and_the_color_of_plain():
    figure = draw_network(PlainDeepCNN(2))
    assert {"shortcuts:", "none", "stem: conv 3×3, 3 → 16 channels", "average pool, fc: 64 → 10 logits"} <= set(
        words(figure)
    )
    fills = {mpl.colors.to_hex(patch.get_facecolor()).upper() for patch in figure.findobj(mpl.patches.FancyBboxPatch)}
    assert PLAIN in fills
    assert RESIDUAL not in fills


def test_of_many_blocks_the_middle_is_left_out():
    written = words(draw_network(StudentNet(12)))
    assert written.count("…") == 3
    assert {"1", "4", "9", "12"} <= set(written)
    assert not {"5", "8"} & set(written)


def with_mistakes():
    net = StudentNet(2)
    net.stage2 = nn.Sequential(ShortcutBlock(16, 32, 2), ShortcutBlock(32, 32, 2), ShortcutBlock(32, 32))
    net.stage3[1].shortcut = nn.AvgPool2d(1)
    return net


def test_mistakes_in_a_network_are_visible():
    written = words(draw_network(with_mistakes()))
    assert "stage 2: 3 blocks, 16 → 32 channels, 1/4 of the size" in written
    assert "another" in written


def without(stage, value):
    net = StudentNet(2)
    delattr(net, stage)
    if value is not None:
        setattr(net, stage, value)
    return net


def with_shortcut(value):
    net = StudentNet(1)
    del net.stage2[0].shortcut
    net.stage2[0].shortcut = value
    return net


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (nn.Linear(2, 2), "`stage1` is missing; expected an nn.Sequential of blocks."),
        (resnet18(weights=None), "`stage1` is missing"),
        (without("stage3", None), "`stage3` is missing"),
        (without("stage2", ...), "`stage2` is still `...`"),
        (without("stage2", [PlainBlock(16, 32)]), "`stage2` is a list"),
        (without("stage2", nn.Sequential()), "`stage2` holds no blocks"),
        (without("stage2", nn.Sequential(nn.ReLU())), "`stage2[0]` (ReLU) holds no convolution"),
        (with_shortcut(...), "the shortcut of `stage2[0]` is still `...`"),
        (StudentNet, "StudentNet is a class; build a network first"),
    ],
)
def test_a_network_that_cannot_be_drawn_is_explained_in_the_figure(model, said):
    (message,) = words(draw_network(model))
    assert message.replace("\n", " ").startswith("This network cannot be drawn: ")
    assert said in message.replace("\n", " ")


# ---- reading -----------------------------------------------------------------------------------------------------------


@pytest.fixture(
    params=[
        "curves",
        "three curves",
        "depth",
        "pictures",
        "rows",
        "plain block",
        "residual block",
        "network",
        "mistakes",
        "deep",
        "message",
    ]
)
def any_figure(request, histories, pictures):
    several = {f"a rather long name, {k}": history() for k in range(3)}
    return {
        "curves": lambda: plot_curves(histories),
        "three curves": lambda: plot_curves(several),
        "depth": lambda: plot_depth({7: histories["plain"], 31: histories["plain"]}),
        "pictures": lambda: show_pictures(pictures),
        "rows": lambda: show_rows({"residual": {f"scale {k / 100}": torch.zeros(72, 108, 3) for k in range(10, 16)}}),
        "plain block": lambda: draw_block("plain"),
        "residual block": lambda: draw_block("residual"),
        "network": lambda: draw_network(StudentNet(3)),
        "mistakes": lambda: draw_network(with_mistakes()),
        "deep": lambda: draw_network(StudentNet(20)),
        "message": lambda: draw_network(nn.Linear(2, 2)),
    }[request.param]()


def test_letters_stay_legible_on_a_phone(any_figure):
    """At 360 pixels across, letters are set in 6 pixels and more."""
    any_figure._repr_png_()
    texts = [t for t in any_figure.findobj(mpl.text.Text) if t.get_visible() and t.get_text().strip()]
    pixels_a_point = min(360, any_figure.get_figwidth() * any_figure.dpi) / any_figure.get_figwidth() / 72
    assert min(t.get_fontsize() for t in texts) * pixels_a_point >= 6


def test_nothing_is_cut_off_at_the_edge_of_the_page(any_figure):
    any_figure._repr_png_()  # lays the figure out
    drawn, (width, height) = any_figure.get_tightbbox(), any_figure.get_size_inches()
    assert drawn.x0 >= 0
    assert drawn.y0 >= 0
    assert drawn.x1 <= width
    assert drawn.y1 <= height


def test_a_notebook_gets_a_sharp_picture_with_its_size(any_figure):
    png, size = any_figure._repr_png_()
    with Image.open(io.BytesIO(png)) as image:
        assert image.format == "PNG"
        assert image.size == (2 * size["width"], 2 * size["height"])


def test_a_figure_looks_the_same_whatever_matplotlibs_settings_are(histories):
    usual = plot_curves(histories)._repr_png_()
    with mpl.rc_context({"font.size": 40, "lines.linewidth": 9, "axes.facecolor": "black", "figure.dpi": 300}):
        assert plot_curves(histories)._repr_png_() == usual


def test_drawing_leaves_matplotlibs_settings_alone(histories, pictures):
    with mpl.rc_context({"font.size": 23, "lines.linewidth": 7}):
        before = dict(mpl.rcParams)
        plot_curves(histories), show_pictures(pictures), draw_block("residual"), draw_network(nn.Linear(2, 2))
        with pytest.raises(ValueError, match="kind is"):
            draw_block("dense")
        assert dict(mpl.rcParams) == before


def test_drawing_needs_no_display_and_no_pyplot(tmp_path):
    code = (
        "import sys; from course_utils.plots import draw_block; "
        "draw_block('residual').savefig('block.png'); print('matplotlib.pyplot' in sys.modules)"
    )
    environment = {"MPLBACKEND": "tkagg", "HOME": str(tmp_path), "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"
    with Image.open(tmp_path / "block.png") as image:
        assert min(image.size) > 100


# ---- table -----------------------------------------------------------------------------------------------------------


class Cells(HTMLParser):
    """The rows of an HTML table as lists of text."""

    def __init__(self, text):
        super().__init__()
        self.rows, self.inside = [], False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        if tag == "tr":
            self.rows.append([])
        self.inside = tag in ("td", "th")
        if self.inside:
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        self.inside = False

    def handle_data(self, data):
        if self.inside:
            self.rows[-1][-1] += data


@pytest.fixture
def three_runs():
    return {
        "plain": [history(train=(0, a), test=(0, b), seconds=s) for a, b, s in [(50, 40, 1), (60, 52, 2), (70, 55, 6)]],
        "residual <mine>": history(train=(0, 99.96), test=(0, 97.5), conv_layers=7, parameters=78000, seconds=4.25),
    }


def test_the_table_holds_mean_and_sample_standard_deviation(three_runs):
    header, plain, residual = Cells(summary_table(three_runs)._repr_html_()).rows
    assert header == ["network", "conv layers", "parameters", "training accuracy", "test accuracy", "time"]
    test = np.array([40, 52, 55])
    accuracy = f"{test.mean():.1f} ± {test.std(ddof=1):.1f} %"
    assert plain == ["plain", "31", "464,154", "60.0 ± 10.0 %", accuracy, "3.0 s"]
    assert residual == ["residual <mine>", "7", "78,000", "100.0 %", "97.5 %", "4.2 s"]


def test_the_table_as_text_is_aligned_and_complete(three_runs):
    table = summary_table(three_runs)
    header, rule, plain, residual, note = str(table).splitlines()
    assert len(header) == len(rule) == len(plain) == len(residual)
    assert header.index("conv layers") + len("conv layers") == plain.index("31") + 2
    assert note == "Accuracies after the last epoch: mean ± standard deviation over 3 seeds. Time: mean of a run."
    assert repr(table) == str(table)


def test_a_table_of_single_runs_claims_no_spread():
    table = summary_table({"plain": history()})
    assert "±" not in str(table)
    assert str(table).endswith("Accuracies after the last epoch; one run each.")


def test_names_in_the_html_table_are_text_not_markup(three_runs):
    assert "residual &lt;mine&gt;" in summary_table(three_runs)._repr_html_()


@pytest.mark.parametrize(
    ("figure", "said"),
    [
        (lambda histories: draw_block("residual"), "the shortcut adds x"),
        (lambda histories: draw_network(PlainDeepCNN(2)), "stage 3: 2 blocks"),
        (plot_curves, "plain: final training loss 1.10, training accuracy 78.0 %, test accuracy 73.0 %"),
        (lambda histories: plot_depth({31: histories["residual"]}), "31 conv layers: training 97.0 %"),
    ],
)
def test_a_figure_says_in_words_what_it_shows(figure, said, histories):
    _, metadata = figure(histories)._repr_png_()
    assert said in metadata["alt"]


def test_a_notebook_shows_a_figure_and_its_words_below():
    figure = draw_block("residual")
    figure.alt = "x <y> & z"
    InteractiveShell.instance()
    try:
        with capture_output() as shown:
            display(figure)
    finally:
        InteractiveShell.clear_instance()
    picture, words = shown.outputs
    png, about = figure._repr_png_()
    assert base64.b64decode(picture.data["image/png"]) == png
    assert picture.metadata["image/png"] == about
    assert ">x &lt;y&gt; &amp; z<" in words.data["text/html"]
