"""The command line, as a newcomer types it: on the digits, with a network of 7 conv layers."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from autograder.reference import ResidualBlock, SimpleResNet
from course_utils import __main__ as command_line
from course_utils import runs
from course_utils.recipes import STUDIES, with_epochs
from course_utils.training import Recipe, TrainingDiverged

ROOT = Path(__file__).parents[1]
QUICK = "--depth 7 --data digits --device cpu --limit 100 --epochs 2".split()


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def typed(*arguments) -> int:
    return command_line.main([*map(str, arguments)])


def said(capsys) -> str:
    """What was said about a mistake: one line, and nothing of Python's."""
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "Traceback" not in error
    return error


def numbers(folder) -> dict:
    comparison = runs.read(folder).comparison
    histories = comparison.histories.items()
    return {name: [(run.train_loss, run.test_accuracy) for run in of_name] for name, of_name in histories} | {
        "fingerprints": comparison.fingerprints
    }


def test_compare_makes_a_run_that_says_what_was_typed_and_that_it_was_fair(capsys):
    assert typed("compare", *QUICK, "--seeds", 2) == 0
    (folder,) = Path("runs").iterdir()
    out = capsys.readouterr().out
    assert "residual-7 - plain-7: " in out
    assert "fair: recipe, data, batches and the 44 tensors" in out
    run = runs.read(folder)
    assert run.about["asked"]["command"] == "python -m course_utils compare " + " ".join([*QUICK, "--seeds", "2"])
    assert set(run.comparison.histories) == {"plain-7", "residual-7"}
    assert run.comparison.seeds == (0, 1)
    picture = Image.open(folder / "figures" / "curves.png")
    assert picture.text["Source"] == folder.name


def test_show_draws_again_what_a_run_found(capsys):
    typed("train", "plain", *QUICK, "--name", "mine", "--runs", "elsewhere")
    (folder,) = Path("elsewhere").iterdir()
    (folder / "figures" / "curves.png").unlink()
    first = capsys.readouterr().out
    assert typed("show", folder) == 0
    assert capsys.readouterr().out.splitlines() == first.splitlines()[-6:]
    assert (folder / "figures" / "curves.png").exists()


def test_several_depths_are_compared_depth_by_depth_and_drawn_against_it(capsys):
    assert typed("compare", "--depth", 7, 8, *QUICK[2:], "--seeds", 1, "--shortcut", "padded") == 0
    out = capsys.readouterr().out
    assert "residual-7 - plain-7: " in out
    assert "residual-8 - plain-8: " in out
    (folder,) = Path("runs").iterdir()
    assert {path.name for path in (folder / "figures").iterdir()} == {"curves.png", "depth.png"}


def test_a_comparison_killed_from_outside_is_resumed_to_the_same_result():
    arguments = ["compare", *QUICK[:-1], "6", "--seeds", "1"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-m", "course_utils", *arguments], env=environment, stdout=subprocess.DEVNULL
    ) as process:
        deadline = time.monotonic() + 120
        while not list(Path().glob("runs/*/checkpoints/0-*.safetensors")) and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    (unfinished,) = Path("runs").iterdir()
    assert unfinished.name.endswith(".unfinished")
    assert typed("resume", unfinished) == 0
    assert typed(*arguments, "--runs", "other") == 0
    (resumed,), (whole,) = Path("runs").iterdir(), Path("other").iterdir()
    assert numbers(resumed) == numbers(whole)


def test_ctrl_c_says_how_to_go_on(capsys, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(command_line, "compare", interrupted)
    assert typed("compare", *QUICK) == 130
    (folder,) = Path("runs").iterdir()
    assert f"python -m course_utils resume {folder}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("compare --depth 30 --data digits", "There is no network of depth 30; expected 7, 13, 19"),
        ("compare --data mnist", "The data set is 'mnist'; expected 'digits', 'cifar10' or 'folder:PATH'"),
        ("compare --data folder:nowhere", "is not a folder"),
        ("compare --data digits --epochs 0", "epochs is 0; expected a whole number from 1 up"),
        ("compare --data digits --learning-rate -1", "learning_rate is -1.0; expected a number above 0"),
        ("compare --data digits --limit 0", "limit is 0; expected a whole number of pictures"),
        ("show nowhere", "nowhere is not a run"),
        ("resume nowhere.unfinished", "nowhere.unfinished is not a run"),
        ("resume nowhere", "is not an unfinished run"),
        ("train plain --data digits --limit 50 --epochs 1 --runs file/runs", "Not a directory: file/runs"),
    ],
)
def test_a_mistake_is_said_in_one_sentence(arguments, sentence, capsys):
    Path("file").touch()
    assert typed(*arguments.split()) == 2
    assert sentence in said(capsys)
    assert not Path("runs").exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("", "The following arguments are required: COMMAND"),
        ("fly", "invalid choice: 'fly'"),
        ("compare --recipe mine", "invalid choice: 'mine'"),
        ("compare --epochs some", "invalid int value: 'some'"),
        ("compare --seeds 0", "'0' is not a number of repetitions from 1 up"),
        ("compare --device tpu", "there is no device 'tpu' here"),
    ],
)
def test_a_command_that_does_not_exist_is_said_in_one_sentence(arguments, sentence, capsys):
    with pytest.raises(SystemExit) as ended:
        typed(*arguments.split())
    assert ended.value.code == 2
    assert sentence in said(capsys)


def test_divergence_is_said_in_one_sentence(capsys, monkeypatch):
    def diverges(*_, **__):
        raise TrainingDiverged(3, "the loss became nan", "plain-7", Recipe(), 10)

    monkeypatch.setattr(command_line, "compare", diverges)
    assert typed("compare", *QUICK) == 2
    assert "training of 'plain-7' diverged" in said(capsys)


MY_RESNET = """
# >>> SimpleResNet
from torch import nn
class SimpleResNet(nn.Sequential):
    def __init__(self, n_blocks):
        super().__init__(nn.Conv2d(3, 10, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())
# <<< SimpleResNet
"""


def test_without_the_study_package_the_residual_network_is_the_students_own(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "study.networks", None)  # as if it were not there
    assert typed("compare", *QUICK) == 2
    assert "yours to bring: finish lesson 03 up to keep(SimpleResNet)" in said(capsys)
    Path("my_resnet.py").write_text(MY_RESNET)
    assert typed("compare", *QUICK, "--seeds", 1) == 0
    (folder,) = Path("runs").iterdir()
    assert runs.read(folder).comparison.histories["residual-7"][0].parameters == 10 * 3 * 9 + 10
    assert typed("compare", "--depth", 18, *QUICK[2:]) == 2
    assert "it comes with the course's repository" in said(capsys)


def test_the_recipes_of_the_four_studies_are_as_they_were_published():
    lesson, adam, resnet18, depth = (STUDIES[name].recipe for name in ("lesson", "adam", "resnet18", "depth"))
    assert lesson == Recipe(15, 128, 0.1, 0.9, 1e-4, (8, 12))
    assert (adam.optimiser, adam.learning_rate, adam.epochs, adam.weight_decay) == ("adam", 1e-3, 10, 0)
    assert (resnet18.schedule, resnet18.learning_rate, resnet18.weight_decay, resnet18.epochs) == (
        "cosine", 0.1, 5e-4, 50,
    )  # fmt: skip
    assert (depth.nesterov, depth.milestones, depth.epochs, depth.weight_decay_on, depth.augment) == (
        True, (81, 122), 180, "matrices", True,
    )  # fmt: skip


@pytest.mark.parametrize(("epochs", "milestones"), [(30, (16, 24)), (5, (3, 4)), (2, (1,)), (1, ())])
def test_milestones_move_along_with_the_epochs(epochs, milestones):
    assert with_epochs(Recipe(), epochs).milestones == milestones


def test_a_run_can_be_read_without_the_course(capsys):
    typed("train", "residual", *QUICK)
    (folder,) = Path("runs").iterdir()
    about = json.loads((folder / "run.json").read_text())
    expected = sum(value.numel() for value in SimpleResNet(1, ResidualBlock).parameters())
    assert about["histories"]["residual-7"][0]["parameters"] == expected
