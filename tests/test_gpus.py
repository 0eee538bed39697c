"""GPUs and their drivers cost nobody a point: broken, or there where nobody has asked for them.

No GPU is needed here. A broken driver is compiled, from nvml_without_cuda.c; and a GPU that is there is simulated by what
torch says of it.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from nbformat.v4 import new_code_cell, new_notebook
from tiny_course import marks
from torch import nn
from torchvision.models.resnet import BasicBlock
from verdicts import lost, verdict_on

from autograder.audit import ABOVE, CELLS, OBJECTS, outcome, read_answers
from autograder.judge import judge
from autograder.nbgrader_plugins import KEY
from autograder.nbgrader_plugins.execute import RunSubmission
from autograder.nbgrader_plugins.judging import evidence_in
from course_utils.checks import check_residual_block
from course_utils.measurements import MEASUREMENTS

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
