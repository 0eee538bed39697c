"""The command line: train networks, compare them, and see what came out, without a notebook.

    python -m course_utils compare --depth 31 --epochs 15 --data cifar10 --seeds 3

Every training becomes a folder under runs/, from which it can be continued and shown. What a person can put right is
said in one sentence, with exit status 2.
"""

import argparse
import shlex
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import torch

from course_utils import runs
from course_utils.builders import DEPTHS, KINDS, NoSuchNetwork, builders
from course_utils.carry import NotKept
from course_utils.checkpoint import CheckpointError
from course_utils.data import DataError, download_cifar10, download_folder, load_data
from course_utils.devices import is_there
from course_utils.plots import plot_curves, plot_depth, summary_table
from course_utils.recipes import STUDIES, with_epochs
from course_utils.training import Comparison, Recipe, TrainingDiverged, compare


class OneSentence(argparse.ArgumentParser):
    """Says what is wrong with a command in one sentence, instead of after a page of usage."""

    def error(self, message: str):
        self.exit(2, f"{message[0].upper()}{message[1:]}; see {self.prog} --help\n")


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit status: 0, 2 for what a person can put right, 130 after Ctrl-C."""
    typed = sys.argv[1:] if arguments is None else arguments
    given = _parser().parse_args(typed, argparse.Namespace(typed=typed))
    try:
        given.run(given)
    except (NoSuchNetwork, DataError, runs.RunError, CheckpointError, TrainingDiverged, NotKept, ValueError) as error:
        print(str(error), file=sys.stderr)
        return 2
    except torch.cuda.OutOfMemoryError:
        print("The GPU's memory is full; use a smaller --batch-size, or --device cpu", file=sys.stderr)
        return 2
    except OSError as error:
        print(
            f"{error.strerror or error}: {error.filename or 'check permissions and free disk space'}", file=sys.stderr
        )
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


# ---- the commands ----------------------------------------------------------------------------------------------------


def _begin(given: argparse.Namespace) -> None:
    """`train` and `compare`: note in a new folder what is asked for, then do it."""
    kinds = [given.network] if given.command == "train" else list(KINDS)
    data = load_data(given.data, given.device, given.limit)
    study = STUDIES[given.recipe or ("digits" if data.name == "digits" else "lesson")]
    recipe = _recipe(study.recipe, given)
    depths = given.depth or list(study.depths)
    asked = {
        "command": shlex.join(["python", "-m", "course_utils", *given.typed]),
        "kinds": kinds,
        "depths": depths,
        "shortcut": given.shortcut or study.shortcut,
        "data": data.name,
        "device": str(data.device),
        "limit": given.limit,
        "recipe": asdict(recipe),
        "seeds": list(range(given.seeds)),
        "fast": given.fast,
    }
    for build in builders(asked).values():
        build()  # what cannot be built is said before a folder is made
    name = given.name or "-".join([*kinds, *map(str, depths), data.name.split(":")[0]])
    _carry_out(runs.begin(name, asked, given.runs), asked, data)


def _resume(given: argparse.Namespace) -> None:
    asked = runs.asked_for(given.folder)
    if not is_there(asked["device"]):
        raise runs.RunError(
            f"{given.folder} was begun on {asked['device']!r}, which is not here; go on with it on a machine that has one. "
            f"On another device its numbers would be others"
        )
    _carry_out(given.folder, asked, load_data(asked["data"], asked["device"], asked["limit"]))


def _show(given: argparse.Namespace) -> None:
    _tell(runs.read(given.folder))


def _download(given: argparse.Namespace) -> None:
    print(f"CIFAR-10 is in {download_cifar10(given.to or download_folder())}; others find it with COURSE_DATA_DIR")


def _carry_out(folder: Path, asked: dict, data) -> None:
    """Train all that is asked for, from where `folder`'s checkpoints are; rename the folder, and tell the result."""
    recipe = Recipe(**asked["recipe"])
    print(f"{data}\n{recipe}")
    try:
        with runs.work_on(folder) as checkpoints:
            comparison = compare(
                builders(asked), data, recipe, asked["seeds"], checkpoints=checkpoints, fast=asked["fast"]
            )
            runs.write_results(folder, comparison)
    except KeyboardInterrupt:
        print(f"\nStopped. To go on from the last whole epoch: python -m course_utils resume {folder}", file=sys.stderr)
        raise
    _tell(runs.read(runs.finish(folder)))


def _tell(run: runs.Run) -> None:
    """Print table, gap and fairness, and write the figures into the run's folder, with their origin inside."""
    comparison, asked = run.comparison, run.about["asked"]
    print(summary_table(comparison))
    for depth in asked["depths"]:
        pair = [f"{kind}-{depth}" for kind in KINDS]
        if all(name in comparison.histories for name in pair):
            print(comparison.gap(*pair))
    if len(comparison.histories) > 1:
        print(_fairness_in_words(comparison))
    figures = {"curves": plot_curves(comparison)}
    if len(asked["depths"]) > 1:
        figures["depth"] = plot_depth(
            {
                kind: {comparison.histories[n][0].conv_layers: comparison.histories[n] for n in names}
                for kind in asked["kinds"]
                if (names := [f"{kind}-{depth}" for depth in asked["depths"]])
            }
        )
    for name, figure in figures.items():
        path = run.folder / "figures" / f"{name}.png"
        path.parent.mkdir(exist_ok=True)
        origin = {"Source": run.folder.name, "Description": f"{asked['command']}; {comparison.data}"}
        figure.savefig(path, metadata=origin)
        print(f"figure: {path}")
    print(f"run: {run.folder}")


def _fairness_in_words(comparison: Comparison) -> str:
    if unequal := comparison.unequal():
        return f"NOT a fair comparison; these differ between the networks: {', '.join(unequal)}"
    first = next(iter(comparison.fingerprints.values()))[0]
    return (
        f"fair: recipe, data, batches and the {first.shared_tensors} tensors that all networks have were equal for each "
        f"seed (fingerprints of seed {comparison.seeds[0]}: {first.recipe} {first.data} {first.batches} {first.shared})"
    )


# ---- recipes ----------------------------------------------------------------------------------------------------------


def _recipe(recipe: Recipe, given: argparse.Namespace) -> Recipe:
    """`recipe` with what was given on the command line in its place."""
    if given.epochs is not None and given.epochs != recipe.epochs:
        recipe = with_epochs(recipe, given.epochs)
    asked = {name: getattr(given, name) for name in ("batch_size", "learning_rate", "weight_decay", "augment")}
    return replace(recipe, **{name: value for name, value in asked.items() if value is not None})


# ---- what can be typed -----------------------------------------------------------------------------------------------


def _parser() -> OneSentence:
    parser = OneSentence(
        prog="python -m course_utils",
        description="Train plain and residual networks, compare them fairly, and show what came out.",
        epilog="Begin with: python -m course_utils compare --data digits   (a minute or two on a laptop)",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    recipes = "recipes:\n" + "\n".join(f"  {name:9} {study.about}" for name, study in STUDIES.items())

    def add(name: str, about: str, run: Callable, **more) -> argparse.ArgumentParser:
        command = commands.add_parser(
            name, help=about, description=about, formatter_class=argparse.RawDescriptionHelpFormatter, **more
        )
        command.set_defaults(run=run)
        return command

    for command in (
        add("compare", "Train a plain and a residual network alike, over several seeds.", _begin, epilog=recipes),
        add("train", "Train one network.", _begin, epilog=recipes),
    ):
        several = command.prog.endswith("compare")
        if not several:
            command.add_argument("network", choices=KINDS, help="without shortcuts, or with")
        command.add_argument("--depth", type=int, nargs="+", metavar="LAYERS", help=f"one or several of {DEPTHS}")
        command.add_argument("--data", help="digits, cifar10 or folder:PATH (default: cifar10 with a GPU, else digits)")
        command.add_argument("--recipe", choices=STUDIES, help="how to train; see below")
        command.add_argument("--epochs", type=int, help="passes over the training pictures (milestones move along)")
        command.add_argument(
            "--seeds", type=_count, default=3 if several else 1, help="how many repetitions (default: %(default)s)"
        )
        command.add_argument("--batch-size", type=int, help="pictures a step")
        command.add_argument("--learning-rate", type=float, help="at the start")
        command.add_argument("--weight-decay", type=float, help="L2 penalty")
        command.add_argument(
            "--augment", action=argparse.BooleanOptionalAction, help="flip and crop at random, or never"
        )
        command.add_argument(
            "--shortcut",
            choices=("projection", "padded"),
            help="where shapes change: a 1x1 convolution (option B), or zeros for new channels (option A)",
        )
        command.add_argument("--limit", type=int, help="use at most so many training, and so many test pictures")
        command.add_argument(
            "--device", type=_device, help="cpu, cuda, cuda:1, … (default: COURSE_DEVICE, or cuda where there is one)"
        )
        command.add_argument(
            "--fast",
            action="store_true",
            help="train as the device likes it, in mixed precision where it can; results differ as between seeds",
        )
        command.add_argument("--name", help="the end of the run's folder name (default: networks and data)")
        command.add_argument("--runs", type=Path, default=runs.RUNS, help="where runs are kept (default: %(default)s)")
    command = add(
        "resume", "Go on with a run that was cut off, from its last whole epoch, to the same result.", _resume
    )
    command.add_argument("folder", type=Path, metavar="RUN", help="its folder, such as runs/...-plain.unfinished")
    command = add("show", "Print the result of a run and write its figures into its folder.", _show)
    command.add_argument("folder", type=Path, metavar="RUN", help="its folder, such as runs/20260131-120000-plain-31")
    command = add("download", "Fetch CIFAR-10, once for all who share a folder.", _download)
    command.add_argument("--to", type=Path, metavar="FOLDER", help="where to (default: COURSE_DATA_DIR, or the cache)")
    return parser


def _count(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of repetitions from 1 up")
    return int(text)


def _device(text: str) -> str:
    if not is_there(text):
        raise argparse.ArgumentTypeError(f"there is no device {text!r} here")
    return text


if __name__ == "__main__":
    sys.exit(main())
