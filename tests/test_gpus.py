"""GPUs and their drivers cost nobody a point: broken, or there where nobody has asked for them.

Each hand-in is tried here with one answer; all of the audit's, by hand: compile nvml_without_cuda.c as below, and
`LD_LIBRARY_PATH=FOLDER python -m autograder audit`.

No GPU is needed here. A broken driver is compiled, from nvml_without_cuda.c; and a GPU that is there is simulated by what
torch says of it.
"""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook
from tiny_course import marks
from torch import nn
from torchvision.models.resnet import BasicBlock
from traitlets.config import Config
from verdicts import lost, verdict_on

from autograder import gpu
from autograder.audit import ABOVE, CELLS, OBJECTS, outcome, read_answers
from autograder.gpu import cuda_inside, cuda_outside
from autograder.judge import judge
from autograder.judges.devices import Trained, compared
from autograder.nbgrader_plugins import KEY, gpu_training
from autograder.nbgrader_plugins import unusual as unusual_module
from autograder.nbgrader_plugins.execute import RunSubmission
from autograder.nbgrader_plugins.judging import JudgeHandIns, evidence_in
from autograder.verdict import Verdict
from course_utils.checks import check_residual_block
from course_utils.evidence import pack
from course_utils.measurements import MEASUREMENTS
from course_utils.measurements.short_training import TRAINING_STEPS

HERE = Path(__file__).parent
ROOT = HERE.parent


@pytest.fixture(scope="session")
def broken_driver() -> Iterator[Path]:
    """A folder with the management library of a driver that reports a GPU, on which CUDA does not start."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if sys.platform != "linux" or compiler is None:
        pytest.skip("needs Linux and a C compiler")
    if not torch.backends.cuda.is_built():
        pytest.skip("this torch was built without CUDA, and asks no driver")
    with tempfile.TemporaryDirectory(prefix="driver-") as folder:
        os.chmod(folder, 0o755)  # kernels read it, too
        library = Path(folder) / "libnvidia-ml.so.1"
        subprocess.run([compiler, "-shared", "-fPIC", "-o", library, HERE / "nvml_without_cuda.c"], check=True)
        yield Path(folder)


def under(driver: Path, code: str) -> str:
    """What `code` prints in a new Python that finds `driver`."""
    environment = {name: value for name, value in os.environ.items() if name != "CUDA_VISIBLE_DEVICES"}
    environment |= {"LD_LIBRARY_PATH": str(driver), "PYTHONPATH": os.pathsep.join([str(ROOT), str(HERE)])}
    command = [sys.executable, "-c", textwrap.dedent(code)]
    ran = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_the_broken_driver_is_one_on_which_torch_stumbles(broken_driver):
    code = """
    import torch
    print(torch.cuda.is_available(), torch.cuda.device_count())
    try:
        torch.random.fork_rng().__enter__()
    except RuntimeError as error:
        print("NVIDIA driver" in str(error))
    """
    assert under(broken_driver, code) == "False 1\nTrue\n"


def one_right_answer_each() -> dict:
    """Hand-in → one of its right answers in the audit's corpus."""
    return {answer.hand_in: answer for answer in reversed(read_answers()) if answer.right}


def test_every_hand_in_gets_all_its_points_under_a_broken_driver(broken_driver):
    code = """
    import json
    from autograder.audit import outcome
    from test_gpus import one_right_answer_each
    print(json.dumps({name: outcome(answer, "a seed").lost for name, answer in one_right_answer_each().items()}))
    """
    assert json.loads(under(broken_driver, code)) == dict.fromkeys(MEASUREMENTS, {})


def test_in_kernels_a_broken_driver_costs_nothing_even_where_the_notebook_asks_for_gpus(
    broken_driver, tmp_path, monkeypatch
):
    monkeypatch.setenv("LD_LIBRARY_PATH", str(broken_driver))
    book = new_notebook(cells=[new_code_cell(ASKS_FOR_GPUS), new_code_cell(ABOVE)])
    answers = one_right_answer_each()
    for name in sorted(answers):  # a block before the network that is made of it
        book.cells.append(new_code_cell(answers[name].path.read_text()))
        handed = f"hand_in({name!r}, {OBJECTS.get(name, name)})"
        book.cells.append(new_code_cell(handed, metadata=marks(name, grade=True, locked=True, points=1)))
    lesson = {"nbgrader": {"student": "ana", "notebook": "all", "assignment": "resnet"}}
    resources = {**lesson, "metadata": {"path": str(tmp_path)}}
    book, resources = RunSubmission(enabled=True, timeout=60, provisioner="locked-in").preprocess(book, resources)
    assert "1 GPU" in str(book.cells[0].outputs), "else this test tries nothing"
    for cell in book.cells:
        if name := cell.metadata.get("nbgrader", {}).get("grade_id"):
            run = resources[KEY]["runs"][name]
            assert lost(judge(CELLS[name], evidence_in(cell.outputs), run["seed"], run["trouble"])) == set()


ASKS_FOR_GPUS = """
import os
os.environ["CUDA_VISIBLE_DEVICES"] = "0"
import torch
from course_utils.evidence import hand_in
print(torch.cuda.device_count(), "GPU")
"""


# A GPU that is there


@pytest.fixture
def asked(monkeypatch) -> list[str]:
    """A machine with a GPU; what of it was asked for, in order."""
    asked = []

    def answering(name: str, answer: object):
        return lambda *args: asked.append(name) or answer

    monkeypatch.setattr(torch.cuda, "is_available", answering("is_available", True))
    monkeypatch.setattr(torch.cuda, "device_count", answering("device_count", 1))
    monkeypatch.setattr(torch._C, "_cuda_getDeviceCount", answering("_cuda_getDeviceCount", 1))
    return asked


class GoesWhereTheGpuIs(BasicBlock):
    """torchvision's block, on a GPU where there is one."""

    def __init__(self, in_channels, out_channels, stride=1):
        projection = None
        if stride != 1 or in_channels != out_channels:
            projection = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False), nn.BatchNorm2d(out_channels)
            )
        super().__init__(in_channels, out_channels, stride, projection)
        self.to("cuda" if torch.cuda.is_available() else "cpu")


def test_a_block_that_asks_for_a_gpu_gets_the_same_points_with_one(asked):
    assert lost(verdict_on("residual_block", GoesWhereTheGpuIs)) == set()
    assert torch.cuda.is_available(), "afterwards it is there again"


def test_a_block_that_asks_for_a_gpu_passes_the_public_check_with_one(asked, capsys):
    check_residual_block(GoesWhereTheGpuIs)
    assert "✗" not in capsys.readouterr().out


@pytest.mark.parametrize("name", sorted(MEASUREMENTS))
def test_measuring_and_judging_ask_for_no_gpu(name, asked):
    assert outcome(one_right_answer_each()[name], "a seed").lost == {}
    assert asked == []


# The short training on a GPU


@pytest.fixture
def nothing_seen_yet(monkeypatch):
    monkeypatch.setattr(unusual_module, "_seen", [])


SIMULATED = """
import torch
from torch.overrides import TorchFunctionMode

class Cuda(TorchFunctionMode):
    def __torch_function__(self, function, types, arguments=(), named=None):
        here = lambda value: "cpu" if isinstance(value, (str, torch.device)) and str(value) == "cuda" else value
        return function(*map(here, arguments), **{name: here(value) for name, value in (named or {}).items()})

Cuda().__enter__()
torch.cuda.is_available = lambda: True
"""
"""In the place of what starts CUDA: a GPU that is the processor."""


@pytest.fixture
def simulated_gpu(monkeypatch, nothing_seen_yet):
    monkeypatch.setattr(gpu_training, "START", SIMULATED)


def graded_on_gpu(folder: Path, block: str, timeout: int = 60) -> Verdict:
    """The verdict on lesson 02 with this block, where the short training is measured on a GPU as well."""
    handing_in = new_code_cell("hand_in('residual_block', ResidualBlock)")
    handing_in.metadata = NotebookNode(marks("handin-residual-block", grade=True, locked=True, points=35))
    sources = ("from course_utils.evidence import hand_in", ABOVE, block)
    book = new_notebook(cells=[*map(new_code_cell, sources), handing_in])
    lesson = {"student": "ana", "notebook": "02_residual_block", "assignment": "resnet"}
    resources = {"nbgrader": lesson, "metadata": {"path": str(folder)}}
    run = RunSubmission(enabled=True, timeout=timeout, provisioner="locked-in", gpu_training=True)
    book, resources = run.preprocess(book, resources)
    book, _ = JudgeHandIns(enabled=True).preprocess(book, resources)
    return Verdict.from_dict(
        {name: book.cells[-1].metadata[KEY][name] for name in ("hand_in", "marks", "diagnoses", "notes")}
    )


RIGHT_BLOCK = (ROOT / "autograder" / "answers" / "residual_block" / "right" / "as_the_lesson_asks.py").read_text()


def test_where_cuda_does_not_start_the_processor_decides_and_a_line_says_so(tmp_path, nothing_seen_yet):
    verdict = graded_on_gpu(tmp_path, RIGHT_BLOCK)
    assert (lost(verdict), verdict.notes) == (set(), ())
    (line,) = unusual_module.seen()
    assert "on the processor alone: CUDA does not start in a kernel (" in line and "NVIDIA" in line


def test_so_it_is_under_a_broken_driver(broken_driver, tmp_path, nothing_seen_yet, monkeypatch):
    monkeypatch.setenv("LD_LIBRARY_PATH", str(broken_driver))
    verdict = graded_on_gpu(tmp_path, RIGHT_BLOCK)
    assert (lost(verdict), verdict.notes) == (set(), ())
    assert "CUDA does not start" in "".join(unusual_module.seen())


def test_what_trains_on_a_gpu_just_so_is_told_so(simulated_gpu, tmp_path):
    verdict = graded_on_gpu(tmp_path, RIGHT_BLOCK)
    assert (lost(verdict), verdict.notes) == (set(), ("On a GPU the short training gives the same losses.",))
    assert unusual_module.seen() == ()


def test_what_differs_on_a_gpu_alone_costs_no_points_and_is_said_to_student_and_instructor(simulated_gpu, tmp_path):
    differs = RIGHT_BLOCK.replace(
        "def forward(self, x):", "def forward(self, x):\n        x = x * (1 + torch.cuda.is_available())"
    )
    assert differs != RIGHT_BLOCK
    verdict = graded_on_gpu(tmp_path, differs)
    assert lost(verdict) == set()
    assert "goes another way" in verdict.notes[0] and verdict.notes[0].endswith("This costs no points.")
    (line,) = unusual_module.seen()
    assert "goes another way" in line


@pytest.mark.parametrize(
    "start, said", [("import os; os._exit(1)", "ended its kernel"), ("while True: pass", "Keyboard")]
)
def test_a_driver_that_ends_or_stops_its_kernel_costs_nothing(start, said, tmp_path, monkeypatch, nothing_seen_yet):
    monkeypatch.setattr(gpu_training, "START", start)
    verdict = graded_on_gpu(tmp_path, RIGHT_BLOCK, timeout=15)
    assert (lost(verdict), verdict.notes) == (set(), ())
    (line,) = unusual_module.seen()
    assert "CUDA does not start" in line and said in line


def test_nonsense_handed_in_on_the_gpu_costs_nothing(simulated_gpu, tmp_path):
    nonsense = """
import os
if os.environ.get("COURSE_GPU"):
    import course_utils.evidence as evidence
    hand_in.__globals__["trained_on_both"] = lambda name, obj, seed: evidence.pack(
        name, {"cpu": __import__("numpy").linspace(1.4, 0.7, 16)}, {"cuda": 3}, seed
    )
"""
    verdict = graded_on_gpu(tmp_path, RIGHT_BLOCK + nonsense)
    assert (lost(verdict), verdict.notes) == (set(), ())
    assert "unreadable" in "".join(unusual_module.seen())


LOSSES = np.linspace(1.4, 0.7, TRAINING_STEPS)


def said_of(arrays: dict, report: dict) -> Trained:
    return compared(pack("residual_block", arrays, report, "a seed"), "residual_block", "a seed")


@pytest.mark.parametrize(
    "message, hint", [("Expected all tensors to be on the same device", True), ("odd size", False)]
)
def test_what_an_answer_raises_on_a_gpu_is_said_and_costs_nothing(message, hint):
    error = {"where": "training", "type": "RuntimeError", "message": message, "line": "x + torch.zeros(1)"}
    trained = said_of({"cpu": LOSSES}, {"cuda": error})
    assert f"RuntimeError: {message} at “x + torch.zeros(1)”" in trained.notes[0]
    assert ("device=x.device" in trained.notes[0]) == hint
    assert trained.notes[0].endswith("This costs no points.") and trained.unusual


def test_what_a_driver_raises_is_said_to_the_instructor_alone():
    error = {"where": "training", "type": "OutOfMemoryError", "message": "CUDA out of memory. Tried to …", "line": ""}
    trained = said_of({"cpu": LOSSES}, {"cuda": error})
    assert trained.notes == () and "out of memory" in trained.unusual


def test_an_answer_that_does_not_train_on_the_processor_either_is_left_to_its_judge():
    error = {"where": "training", "type": "ValueError", "message": "no", "line": ""}
    assert said_of({}, {"cpu": error, "cuda": error}) == Trained()


def test_lessons_in_which_nothing_is_trained_start_no_second_kernel(tmp_path, monkeypatch):
    monkeypatch.setattr(gpu_training, "_run", None)
    lesson = {"student": "ana", "notebook": "01_plain_baseline", "assignment": "resnet"}
    handing_in = new_code_cell("1", metadata=marks("handin-count-conv-layers", grade=True, locked=True, points=5))
    run = RunSubmission(enabled=True, gpu_training=True)
    resources = {"nbgrader": lesson, "metadata": {"path": str(tmp_path)}}
    _, resources = run.preprocess(new_notebook(cells=[handing_in]), resources)
    assert resources[KEY]["on_gpu"] == {}


# What a person wants to know


def test_cuda_that_does_not_start_is_named_outside_and_inside():
    if torch.cuda.is_available():
        pytest.skip("here it starts")
    assert "NVIDIA" in cuda_outside()
    assert "NVIDIA" in asyncio.run(cuda_inside(Config()))


def test_a_driver_that_hangs_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(gpu, "START", "import time; time.sleep(1000)")
    assert "after 1 seconds" in cuda_outside(seconds=1)
    assert "after 1 seconds" in asyncio.run(cuda_inside(Config(), seconds=1))


def test_torchs_compiler_can_be_imported_while_no_gpu_is_to_be_found():
    """It looks inside of some functions that are exchanged meanwhile; an answer may be the first to need it."""
    code = "from course_utils.evidence import without_gpu\nwith without_gpu():\n    import torch._dynamo"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert ran.returncode == 0, ran.stderr
