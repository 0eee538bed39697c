"""Runs on disk: a training that is killed goes on to the same result, and what is written can be read back."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from course_utils import runs
from course_utils.checkpoint import CheckpointError
from course_utils.training import Recipe, compare, fit

ROOT = Path(__file__).parents[1]

SCRIPT = '''
import os, signal, sys
import torch
from torch import nn
from course_utils.data import Data, Split
from course_utils.training import Recipe, compare, fit

g = torch.Generator().manual_seed(0)
pixels, labels = torch.randint(0, 256, (40, 3, 8, 8), generator=g, dtype=torch.uint8), torch.arange(40) % 3
scale = 255, torch.full((3, 1, 1), 0.5), torch.full((3, 1, 1), 0.25)
splits = Split(pixels[:29], labels[:29], scale), Split(pixels[29:], labels[29:], scale)
data = Data("made up", *splits, ("a", "b", "c"), (0.5,) * 3, (0.25,) * 3)

class Net(nn.Sequential):
    """With batch norm (buffers) and dropout (draws random numbers); ends its process, unasked, in training step `dies`."""
    def __init__(self, dies=None):
        super().__init__(
            nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(0.3), nn.Flatten(), nn.Linear(144, 3)
        )
        self.left = dies
    def forward(self, x):
        if self.training and self.left is not None:
            self.left -= 1
            if self.left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return super().forward(x)
'''
RECIPES = {
    "sgd": Recipe(epochs=4, batch_size=8, learning_rate=0.05, milestones=(2,), seed=3, augment=True),
    "adam": Recipe(
        epochs=4, batch_size=8, learning_rate=0.01, seed=3, optimiser="adam", weight_decay_on="matrices"
    ),
}  # fmt: skip
HERE: dict = {}
exec(SCRIPT, HERE)
DATA, Net = HERE["data"], HERE["Net"]


def killed(code: str) -> None:
    """Run `code` after SCRIPT in a process of its own, which must be killed by its own SIGKILL."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", SCRIPT + code], env=environment, capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr


def seeded(build, seed=0):
    torch.manual_seed(seed)
    return build()


def numbers(history) -> tuple:
    return history.train_loss, history.train_accuracy, history.test_accuracy, history.learning_rate


def same_values(model: nn.Module, other: nn.Module) -> bool:
    return all(torch.equal(a, b) for a, b in zip(model.state_dict().values(), other.state_dict().values(), strict=True))


@pytest.mark.parametrize("kind", RECIPES)
def test_a_training_killed_in_its_third_epoch_goes_on_to_exactly_the_same_result(kind, tmp_path):
    recipe, file = RECIPES[kind], tmp_path / "checkpoint.safetensors"
    killed(f"torch.manual_seed(0)\nfit(Net(dies=10), data, {recipe!r}, progress=False, checkpoint={str(file)!r})")
    assert file.exists()
    whole, resumed = seeded(Net), seeded(Net)
    expected = fit(whole, DATA, recipe, progress=False)
    steps = []
    resumed.register_forward_pre_hook(lambda model, _: steps.append(0) if model.training else None)
    got = fit(resumed, DATA, recipe, progress=False, checkpoint=file)
    assert len(steps) == 2 * 4  # of 4 epochs, only the last two
    assert numbers(got) == numbers(expected)
    assert same_values(whole, resumed)


def test_a_comparison_killed_in_its_third_run_goes_on_to_exactly_the_same_result(tmp_path):
    recipe = RECIPES["sgd"]
    killed(
        "made = []\ndef other():\n    made.append(0)\n    return Net(dies=6 if len(made) == 2 else None)\n"
        f"compare({{'a': Net, 'b': other}}, data, {recipe!r}, (0, 1), False, {str(tmp_path)!r})"
    )
    assert len(list(tmp_path.iterdir())) == 4
    expected = compare({"a": Net, "b": Net}, DATA, recipe, (0, 1), progress=False)
    got = compare({"a": Net, "b": Net}, DATA, recipe, (0, 1), progress=False, checkpoints=tmp_path)
    assert got.fingerprints == expected.fingerprints
    for name in "ab":
        assert list(map(numbers, got.histories[name])) == list(map(numbers, expected.histories[name]))
        assert all(map(same_values, got.models[name], expected.models[name]))


@pytest.mark.parametrize(
    ("build", "recipe", "what"),
    [
        (Net, Recipe(epochs=4, batch_size=8, seed=9), "the recipe"),
        (lambda: seeded(Net, 7), RECIPES["sgd"], "the initial values"),
    ],
)
def test_a_checkpoint_of_another_run_is_refused_with_what_differs(build, recipe, what, tmp_path):
    file = tmp_path / "checkpoint.safetensors"
    fit(seeded(Net), DATA, RECIPES["sgd"], progress=False, checkpoint=file)
    with pytest.raises(CheckpointError, match=f"belongs to another training: .*{what}"):
        fit(seeded(build), DATA, recipe, progress=False, checkpoint=file)


def test_a_checkpoint_that_is_cut_off_is_refused_in_words(tmp_path):
    file = tmp_path / "checkpoint.safetensors"
    fit(seeded(Net), DATA, RECIPES["sgd"], progress=False, checkpoint=file)
    file.write_bytes(file.read_bytes()[:-7])
    with pytest.raises(CheckpointError, match="is not a checkpoint .*; remove it to start afresh"):
        fit(seeded(Net), DATA, RECIPES["sgd"], progress=False, checkpoint=file)


def finished(root: Path, **builders):
    folder = runs.begin("a/b test", {"recipe": "mine"}, root)
    with runs.work_on(folder) as checkpoints:
        comparison = compare(builders or {"plain": Net, "other": Net}, DATA, RECIPES["sgd"], (0, 1), False, checkpoints)
        runs.write_results(folder, comparison)
    return folder, comparison, runs.finish(folder)


def test_a_finished_run_reads_back_as_it_was(tmp_path):
    unfinished, comparison, folder = finished(tmp_path)
    assert not unfinished.exists()
    assert folder.name.endswith("-a-b-test")
    assert sorted(path.name for path in folder.iterdir()) == ["run.json", "weights"]
    run = runs.read(folder)
    for field in ("histories", "seeds", "recipe", "fingerprints", "data"):
        assert getattr(run.comparison, field) == getattr(comparison, field), field
    assert run.about["environment"]["torch"] == str(torch.__version__)
    assert run.about["asked"] == {"recipe": "mine"}
    weights = load_file(folder / "weights" / "other-seed1.safetensors")
    assert all(torch.equal(weights[key], value) for key, value in comparison.models["other"][1].state_dict().items())


def test_two_runs_begun_at_once_get_two_folders(tmp_path):
    assert len({runs.begin("same", {}, tmp_path) for _ in range(3)}) == 3


def test_a_run_that_cannot_be_written_keeps_the_ending_of_an_unfinished_one(tmp_path, monkeypatch):
    def full(*_):
        raise OSError("No space left on device")

    monkeypatch.setattr(runs, "write_tensors", full)
    with pytest.raises(OSError, match="No space"):
        finished(tmp_path)
    (left,) = tmp_path.iterdir()
    with pytest.raises(runs.RunError, match=r"is not finished; go on with: python -m course_utils resume"):
        runs.read(left)
    assert len(list((left / "checkpoints").iterdir())) == 4


def test_a_run_that_another_process_works_on_is_left_alone(tmp_path):
    folder = runs.begin("mine", {}, tmp_path)
    code = f"import time, filelock; lock = filelock.FileLock({str(folder / '.lock')!r}); lock.acquire(); "
    with subprocess.Popen([sys.executable, "-c", code + "print(flush=True); time.sleep(60)"], stdout=-1) as other:
        other.stdout.readline()
        with pytest.raises(runs.RunError, match="Another program is working on"), runs.work_on(folder):
            pass
        other.kill()
    with runs.work_on(folder) as checkpoints:  # the lock went with its process
        assert checkpoints.parent == folder


@pytest.mark.parametrize(
    ("text", "said"),
    [(None, "is not a run: there is no run.json"), ("{", "cannot be read"), ("[]", "does not say what was asked for"),
     (json.dumps({"asked": {}}), "is damaged")],
)  # fmt: skip
def test_what_is_not_a_run_is_refused_in_words(text, said, tmp_path):
    if text is not None:
        (tmp_path / "run.json").write_text(text)
    with pytest.raises(runs.RunError, match=said):
        runs.read(tmp_path)
