"""Runs on disk as a page: curves, gap, gradients, blocks, where the networks look, and what it all comes to.

    make dashboard      or: streamlit run dashboard/app.py

It begins with a run that comes with the project, and shows every finished run under runs/ (or another folder). Streamlit
runs this file from top to bottom whenever somebody touches something, so what takes time is kept in its caches.
"""

import base64
import html
import statistics
import sys
from pathlib import Path

import streamlit as st
import torch

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from course_utils import runs  # noqa: E402
from course_utils.builders import NoSuchNetwork, builders  # noqa: E402
from course_utils.data import DataError, load_data  # noqa: E402
from course_utils.plots import (  # noqa: E402
    LessonFigure,
    draw_block,
    draw_network,
    plot_curves,
    plot_gap,
    plot_gradient_map,
    plot_gradient_norms,
    show_maps,
    summary_table,
)
from course_utils.training import History  # noqa: E402
from dashboard import looking  # noqa: E402

SAMPLE = Path(__file__).with_name("sample_run")


# ---- what is kept between two clicks ---------------------------------------------------------------------------------


@st.cache_data(show_spinner=False)
def read_run(folder: str, changed: float) -> runs.Run:
    """A finished run; read again when its file has changed."""
    return runs.read(Path(folder))


@st.cache_resource(show_spinner="Loading the pictures …")
def read_data(name: str, limit: int | None):
    return load_data(name, "cpu", limit)


@st.cache_resource(show_spinner="Loading the networks …")
def read_network(folder: str, changed: float, name: str, seed: int):
    return looking.trained(read_run(folder, changed), name, seed)


def runs_in(folder: Path) -> dict[str, Path]:
    """What a person chooses from: name -> folder; the newest run first, the sample last."""
    found = {}
    if folder.is_dir():
        for path in sorted(folder.iterdir(), reverse=True):
            if (path / "run.json").is_file() and not path.name.endswith(runs.UNFINISHED):
                found[path.name] = path
    return {**found, "sample: digits, 31 conv layers": SAMPLE}


def show(figure: LessonFigure) -> None:
    """A figure with its description in words, as wide as the page allows."""
    png, about = figure._repr_png_()
    st.html(
        f'<img src="data:image/png;base64,{base64.b64encode(png).decode()}" alt="{html.escape(about["alt"])}"'
        f' style="width:{about["width"]}px;max-width:100%;height:auto">'
    )


def up_to(history: History, epochs: int) -> History:
    """The first `epochs` epochs of a history."""
    cut = {
        name: getattr(history, name)[:epochs]
        for name in ("train_loss", "train_accuracy", "test_accuracy", "learning_rate")
    }
    cut["gradient_norms"] = {layer: norms[:epochs] for layer, norms in history.gradient_norms.items()}
    return History(**{**vars(history), **cut})


def first_epoch_at(of_name: tuple[History, ...], percent: float) -> str:
    """The first epoch at which the mean test accuracy is at least so many percent, in words."""
    means = [statistics.fmean(values) for values in zip(*(run.test_accuracy for run in of_name), strict=True)]
    return next((f"epoch {number}" for number, mean in enumerate(means, 1) if mean >= percent), "never")


# ---- the page --------------------------------------------------------------------------------------------------------


def choose() -> tuple[runs.Run, float, dict[str, tuple[History, ...]]] | None:
    """The side of the page: a run, and which of its networks and epochs. None where there is nothing to show."""
    with st.sidebar:
        st.header("What to look at")
        folder = Path(st.text_input("Folder of runs", "runs", help="Where `python -m course_utils compare` writes."))
        if not (ROOT / folder).is_dir():
            st.caption(
                f"There is no folder {folder} yet; the sample is shown. `python -m course_utils compare` makes one."
            )
        choices = runs_in(ROOT / folder)
        path = choices[st.selectbox("Run", list(choices))]
        changed = (path / "run.json").stat().st_mtime
        try:
            run = read_run(str(path), changed)
        except runs.RunError as error:
            st.error(str(error))
            return None
        everything = run.comparison.histories
        names = st.multiselect("Networks", list(everything), default=list(everything))
        most = max(len(history.train_loss) for of_name in everything.values() for history in of_name)
        epochs = st.slider("Epochs", 1, most, most) if most > 1 else 1
        asked = run.about["asked"]
        st.caption(f"`{asked['command']}`")
        st.caption(f"{run.comparison.data} · {', '.join(f'{k} {v}' for k, v in run.about['environment'].items())}")
    if not names:
        st.info("Choose at least one network on the left.")
        return None
    return run, changed, {name: tuple(up_to(one, epochs) for one in everything[name]) for name in names}


def curves(shown: dict[str, tuple[History, ...]]) -> None:
    show(plot_curves(shown))
    percent = st.slider("How soon is this test accuracy reached?", 0, 100, 90, format="%d %%")
    for column, (name, of_name) in zip(st.columns(len(shown)), shown.items(), strict=True):
        column.metric(name, first_epoch_at(of_name, percent))


def gap(shown: dict[str, tuple[History, ...]]) -> None:
    if len(shown) < 2:
        st.info("A gap needs two networks; choose another one on the left.")
        return
    names = list(shown)
    first = st.selectbox("Behind", names, index=0)
    second = st.selectbox("Ahead", [name for name in names if name != first])
    show(plot_gap({name: shown[name] for name in (first, second)}, first, second))


def gradients(shown: dict[str, tuple[History, ...]]) -> None:
    if not all(run.gradient_norms for of_name in shown.values() for run in of_name):
        st.info("This run is from before gradients were recorded; train again to see them.")
        return
    show(plot_gradient_norms(shown))
    show(plot_gradient_map(shown))


def blocks(run: runs.Run, shown: dict[str, tuple[History, ...]]) -> None:
    for column, kind in zip(st.columns(2), ("plain", "residual"), strict=True):
        with column:
            st.subheader(kind)
            show(draw_block(kind))
    asked = run.about["asked"]
    for name, build in builders(asked).items():
        if name in shown:
            st.subheader(name)
            show(draw_network(build()))


def where_it_looks(run: runs.Run, changed: float, names: list[str]) -> None:
    asked = run.about["asked"]
    data = read_data(asked["data"], asked["limit"])
    side, main = st.columns([1, 2])
    with side:
        source = st.radio("Picture", ("of the test pictures", "my own"))
        if source == "my own":
            upload = st.file_uploader(
                "A picture", help="Its middle square is brought to the size that the networks know."
            )
            if upload is None:
                st.info("Choose a picture file.")
                return
            image, title = looking.read_upload(upload.getvalue(), data), "yours"
        else:
            number = st.slider("Number of the picture", 0, len(data.test) - 1, 0)
            images, labels = data.test[[number]]
            image, title = images, f"{data.classes[labels[0]]}"
        of_class = st.selectbox("Looking for", ["what it believes in", *data.classes])
        seed = st.selectbox("Seed", run.comparison.seeds) if len(run.comparison.seeds) > 1 else run.comparison.seeds[0]
        models = {name: read_network(str(run.folder), changed, name, seed) for name in names}
        of_both = list(looking.stages(next(iter(models.values()))))
        stage = st.select_slider("Map after", of_both, of_both[len(of_both) // 2])
    target = None if of_class == "what it believes in" else data.classes.index(of_class)
    looks = {name: looking.look(model, image, stage, target) for name, model in models.items()}
    with main:
        picture = data.unnormalise(image)
        show(show_maps(picture, {name: one.map for name, one in looks.items()}, [title]))
        st.caption("Bright: what speaks for the class, by Grad-CAM, scaled to each map's own largest value.")
        for name, one in looks.items():
            best = one.shares.topk(min(3, len(data.classes)))
            words = ", ".join(
                f"{data.classes[k]} ({100 * share:.0f} %)" for share, k in zip(best.values, best.indices, strict=True)
            )
            st.write(f"**{name}** believes in {words}")


def summary(run: runs.Run, shown: dict[str, tuple[History, ...]]) -> None:
    for column, (name, of_name) in zip(st.columns(len(shown)), shown.items(), strict=True):
        finals = [one.test_accuracy[-1] for one in of_name]
        spread = f" ± {statistics.stdev(finals):.1f}" if len(finals) > 1 else ""
        column.metric(f"{name}: test accuracy", f"{statistics.fmean(finals):.1f}{spread} %")
    st.html(summary_table(shown)._repr_html_())
    comparison = run.comparison
    if len(comparison.histories) == 2:
        st.write(str(comparison.gap()))
    if len(comparison.histories) > 1:
        if differing := comparison.unequal():
            st.warning(f"Not a fair comparison: {', '.join(differing)} differ between the networks.")
        else:
            st.success("A fair comparison: recipe, data, batches and the first values of shared tensors were equal.")
    with st.expander("Recipe"):
        st.table({name: str(value) for name, value in vars(comparison.recipe).items()})


def main() -> None:
    st.set_page_config("Plain against residual", layout="wide")
    torch.set_num_threads(1)  # pictures are small, and others use this machine, too
    st.title("Plain against residual")
    chosen = choose()
    if chosen is None:
        return
    run, changed, shown = chosen
    parts = {
        "Summary": lambda: summary(run, shown),
        "Curves": lambda: curves(shown),
        "Gap": lambda: gap(shown),
        "Gradient flow": lambda: gradients(shown),
        "Blocks": lambda: blocks(run, shown),
        "Where it looks": lambda: where_it_looks(run, changed, list(shown)),
    }
    for tab, draw in zip(st.tabs(list(parts)), parts.values(), strict=True):
        with tab:
            try:
                draw()
            except (runs.RunError, looking.NotAPicture, NoSuchNetwork, DataError, ValueError) as error:
                st.error(str(error))


main()
