"""Carrying classes from lesson to lesson, as IPython runs them: each test's cells are a notebook of their own."""

import importlib
import inspect
import os
import pickle
import subprocess
import sys
import types
from pathlib import Path

import nbformat
import pytest
import torch
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from course_utils.carry import NotKept, bring

SOLUTIONS = Path(__file__).parents[1] / "solutions"

FIRST_CELL = """
import torch
import torch.nn as nn
import torch.nn.functional as F
from course_utils.carry import keep, bring
"""

BLOCK_CELL = """
class ResidualBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1)

    def forward(self, x):
        return F.relu(self.conv(x))
"""

NETWORK_CELL = """
class SimpleResNet(nn.Module):
    def __init__(self, n_blocks=3, block=ResidualBlock):
        super().__init__()
        self.blocks = nn.Sequential(*[block(3, 3) for _ in range(n_blocks)])

    def forward(self, x):
        return self.blocks(x)
"""


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Run cells, one after the other, as one notebook in `tmp_path`; returns what the last one printed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COURSE_SEED", raising=False)
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])  # the shell puts its own there
    monkeypatch.delitem(sys.modules, "my_resnet", raising=False)
    config = Config()
    config.HistoryManager.hist_file = ":memory:"
    shell = InteractiveShell(config=config)

    def run(*cells: str) -> str:
        for cell in cells:
            capsys.readouterr()
            shell.run_cell(cell, store_history=True).raise_error()
        return capsys.readouterr().out

    run(FIRST_CELL)
    yield run
    shell.history_manager.end_session()


@pytest.fixture
def colab(monkeypatch):
    """google.colab, with a user who uploads what `uploads` holds; `log` says what was asked for."""
    files = types.ModuleType("google.colab.files")
    files.uploads, files.log = {}, []

    def upload():
        files.log.append("upload")
        return files.uploads

    files.upload = upload
    files.download = lambda path: files.log.append(f"download {Path(path).name}")
    package, google = types.ModuleType("google.colab"), types.ModuleType("google")
    package.files, google.colab = files, package
    for name, module in {"google": google, "google.colab": package, "google.colab.files": files}.items():
        monkeypatch.setitem(sys.modules, name, module)
    return files


def kept_text() -> str:
    return Path("my_resnet.py").read_text(encoding="utf-8")


def test_a_kept_class_behaves_equal_in_a_fresh_process(run):
    values = "torch.manual_seed(3); net = SimpleResNet(2); x = torch.randn(2, 3, 5, 5); y = net(x)"
    run(
        "WIDTH = 3",
        "class Base(nn.Module):\n    gain = 2.0",
        "def same(channels, stride):\n    return conv(channels, channels, WIDTH, stride=stride, padding=1)",
        "import functools\nconv = functools.partial(nn.Conv2d, bias=False)",
        """
class ResidualBlock(Base):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv = same(in_channels, stride)

    def forward(self, x):
        return F.relu(self.gain * self.conv(x) + x)
""",
        NETWORK_CELL,
        "keep(ResidualBlock); keep(SimpleResNet)",
        f"{values}; torch.save((net.state_dict(), y), 'expected.pt')",
    )
    program = (
        "import torch\nfrom course_utils.carry import bring\nSimpleResNet = bring('SimpleResNet')\n"
        f"{values}\nstate, expected = torch.load('expected.pt')\n"
        "assert torch.equal(y, expected) and list(state) == list(net.state_dict())\nprint('equal')"
    )
    environment = {name: value for name, value in os.environ.items() if name != "COURSE_SEED"}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment)
    assert done.stdout.endswith("equal\n"), done.stderr


def test_keep_says_in_one_line_what_it_did(run):
    assert (
        run(BLOCK_CELL, "keep(ResidualBlock)") == "ResidualBlock is kept in my_resnet.py (11 lines, a new section).\n"
    )
    assert "in place of the earlier version" in run("keep(ResidualBlock)")


def test_keeping_again_replaces_that_class_and_leaves_the_other(run):
    run(BLOCK_CELL, "keep(ResidualBlock)", 'ResidualBlock = bring("ResidualBlock")', NETWORK_CELL, "keep(SimpleResNet)")
    before = kept_text()
    run(BLOCK_CELL.replace("F.relu", "torch.tanh"), "keep(ResidualBlock)")
    after = kept_text()
    assert after.count("class ResidualBlock") == after.count("class SimpleResNet") == 1
    assert "torch.tanh" in after and "F.relu" not in after.split("# <<< ResidualBlock")[0]
    assert before.split("# >>> SimpleResNet")[1] == after.split("# >>> SimpleResNet")[1]


def test_blocks_come_before_the_network_whatever_was_kept_first(run):
    run(BLOCK_CELL, NETWORK_CELL, "keep(SimpleResNet)", "keep(ResidualBlock)")
    assert kept_text().index("# >>> ResidualBlock") < kept_text().index("# >>> SimpleResNet")


def test_the_file_is_plain_source_that_python_can_import(run, monkeypatch, tmp_path):
    run(BLOCK_CELL, NETWORK_CELL, "keep(ResidualBlock); keep(SimpleResNet)")
    monkeypatch.syspath_prepend(str(tmp_path))
    module = importlib.import_module("my_resnet")
    assert module.SimpleResNet(2)(torch.ones(1, 3, 4, 4)).shape == (1, 3, 4, 4)


def test_the_network_that_is_brought_is_built_from_the_block_that_is_brought(run):
    run(BLOCK_CELL, "keep(ResidualBlock)", 'ResidualBlock = bring("ResidualBlock")', NETWORK_CELL, "keep(SimpleResNet)")
    assert type(bring("SimpleResNet")().blocks[0]) is bring("ResidualBlock")


def test_a_block_that_is_kept_anew_reaches_the_network_that_was_kept_before(run):
    run(BLOCK_CELL, "keep(ResidualBlock)", 'ResidualBlock = bring("ResidualBlock")', NETWORK_CELL, "keep(SimpleResNet)")
    run(BLOCK_CELL.replace("F.relu", "torch.tanh"), "keep(ResidualBlock)")
    assert bring("SimpleResNet")()(torch.randn(4, 3, 4, 4)).min() < 0  # as tanh gives, and ReLU does not


def test_two_sections_may_have_different_helpers_of_one_name(run):
    run("def scale(x): return 2 * x", BLOCK_CELL.replace("F.relu", "scale"), "keep(ResidualBlock)")
    run('ResidualBlock = bring("ResidualBlock")', "def scale(x): return 0 * x")
    run(NETWORK_CELL.replace("self.blocks(x)", "scale(self.blocks(x))"), "keep(SimpleResNet)")
    x = torch.ones(1, 3, 4, 4)
    assert bring("ResidualBlock")(3, 3)(x).abs().sum() > 0
    assert bring("SimpleResNet")()(x).abs().sum() == 0


def test_a_class_defined_twice_is_kept_as_it_stands(run):
    run(BLOCK_CELL, BLOCK_CELL.replace("F.relu", "torch.tanh"), "keep(ResidualBlock)")
    assert "torch.tanh" in kept_text() and "F.relu" not in kept_text()


def test_comments_of_the_student_are_kept(run):
    run(BLOCK_CELL.replace("    def forward", "    # my own words\n    def forward"), "keep(ResidualBlock)")
    assert "# my own words" in kept_text()


def test_the_source_of_a_brought_class_can_be_looked_up(run):
    run(BLOCK_CELL, "keep(ResidualBlock)")
    assert inspect.getsource(bring("ResidualBlock")) == BLOCK_CELL.lstrip("\n")


def test_a_class_under_another_name_is_kept_as_the_lesson_calls_it(run):
    run(BLOCK_CELL.replace("ResidualBlock", "MyBlock"), "ResidualBlock = MyBlock", "keep(ResidualBlock)")
    assert bring("ResidualBlock")(3, 3)(torch.ones(1, 3, 4, 4)).shape == (1, 3, 4, 4)


def test_a_class_of_a_library_is_kept_as_an_import(run):
    run("from torchvision.models.resnet import BasicBlock as ResidualBlock", "keep(ResidualBlock)")
    from torchvision.models.resnet import BasicBlock

    assert bring("ResidualBlock") is BasicBlock


@pytest.mark.parametrize("todo", ["raise NotImplementedError()", "raise NotImplementedError", "self.conv = ...", "..."])
def test_an_open_todo_is_named_and_nothing_is_written(run, todo):
    printed = run(
        BLOCK_CELL.replace("super().__init__()", f"super().__init__()\n        {todo}"), "keep(ResidualBlock)"
    )
    assert printed.startswith("ResidualBlock is not kept: a TODO is still open in __init__.")
    assert not Path("my_resnet.py").exists()


def test_an_ellipsis_in_an_index_is_no_open_todo(run):
    assert "is kept" in run(BLOCK_CELL.replace("self.conv(x)", "self.conv(x)[..., :]"), "keep(ResidualBlock)")


def test_a_class_without_written_source_is_not_kept(run):
    printed = run("for base in [nn.Module]:\n    exec('class ResidualBlock(base): pass')", "keep(ResidualBlock)")
    assert "where ResidualBlock is defined could not be found" in printed
    assert not Path("my_resnet.py").exists()


def test_a_class_made_by_exec_is_not_kept(run):
    printed = run(f"exec({BLOCK_CELL!r})", "keep(ResidualBlock)")
    assert "where ResidualBlock is defined could not be found" in printed


def test_a_method_attached_from_outside_is_named(run):
    printed = run(
        BLOCK_CELL, "def forward(self, x): return x", "ResidualBlock.forward = forward", "keep(ResidualBlock)"
    )
    assert "its forward was attached to it from outside" in printed


def test_a_class_that_cannot_run_alone_is_not_kept_and_the_old_one_stays(run):
    run(BLOCK_CELL, "keep(ResidualBlock)")
    before = kept_text()
    run("sizes = iter([3])", "size = torch.zeros(next(sizes))", "del sizes")
    printed = run(BLOCK_CELL.replace("F.relu(", "size[0] + F.relu("), "keep(ResidualBlock)")
    assert "run by itself, outside of this notebook, it stops with NameError" in printed
    assert kept_text() == before


def test_a_name_that_the_notebook_does_not_define_is_mentioned(run):
    printed = run(BLOCK_CELL.replace("F.relu", "my_missing_relu"), "keep(ResidualBlock)")
    assert "It uses my_missing_relu, which this notebook does not define." in printed


@pytest.mark.parametrize("thing", ["3", "None", "ResidualBlock(3, 3)", "F.relu"])
def test_what_is_no_class_is_refused_in_words(run, thing):
    assert run(BLOCK_CELL, f"keep({thing})").startswith("Nothing kept: keep(...) takes a class")


def test_a_file_is_replaced_in_one_step_and_nothing_is_left_beside_it(run, monkeypatch):
    run(BLOCK_CELL, "keep(ResidualBlock)")
    before = kept_text()

    def no_replace(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "replace", no_replace)
    printed = run(BLOCK_CELL.replace("F.relu", "torch.tanh"), "keep(ResidualBlock)")
    assert "ResidualBlock is not kept" in printed and "Permission denied" in printed
    assert kept_text() == before
    assert [path.name for path in Path.cwd().iterdir()] == ["my_resnet.py"]


def test_without_a_file_the_stand_in_says_on_first_use_what_to_do(run, capsys):
    block = bring("ResidualBlock")
    assert isinstance(block, type) and "no my_resnet.py beside this notebook" in capsys.readouterr().out
    with pytest.raises(NotKept, match="Finish lesson 02_residual_block up to keep\\(ResidualBlock\\)"):
        block(16, 16)


def test_a_network_can_be_defined_and_kept_over_a_stand_in(run):
    run('ResidualBlock = bring("ResidualBlock")', NETWORK_CELL, "keep(SimpleResNet)")
    network = bring("SimpleResNet")
    with pytest.raises(NotKept, match="02_residual_block"):
        network()
    run(BLOCK_CELL, "keep(ResidualBlock)")
    assert bring("SimpleResNet")()(torch.ones(1, 3, 4, 4)).shape == (1, 3, 4, 4)


def test_a_stand_in_is_not_kept(run):
    printed = run('ResidualBlock = bring("ResidualBlock")', "keep(ResidualBlock)")
    assert printed.startswith("ResidualBlock is not kept: this is a stand-in")
    assert not Path("my_resnet.py").exists()


def test_a_broken_file_is_named_with_its_line(run, capsys):
    run(BLOCK_CELL, "keep(ResidualBlock)")
    text = kept_text().replace("def forward(self, x):", "def forward(self, x)")
    line = 1 + [*text.splitlines()].index("    def forward(self, x)")
    Path("my_resnet.py").write_text(text)
    with pytest.raises(NotKept, match=f"broken \\(line {line}, SyntaxError"):
        bring("ResidualBlock")(3, 3)


def test_a_broken_block_does_not_hide_the_network(run):
    run(BLOCK_CELL, NETWORK_CELL, "keep(ResidualBlock)", 'ResidualBlock = bring("ResidualBlock")', NETWORK_CELL)
    run("keep(SimpleResNet)")
    Path("my_resnet.py").write_text(
        kept_text().replace("class ResidualBlock(nn.Module)", "class ResidualBlock(nn.Modul)")
    )
    network = bring("SimpleResNet")
    with pytest.raises(NotKept, match="broken \\(AttributeError.*Modul"):
        network()
    assert network(n_blocks=0)(torch.ones(1)) == torch.ones(1)


def test_a_broken_section_is_mended_by_keeping_again(run):
    run(BLOCK_CELL, "keep(ResidualBlock)")
    Path("my_resnet.py").write_text(kept_text().replace("class ResidualBlock", "clas ResidualBlock"))
    run("keep(ResidualBlock)")
    assert bring("ResidualBlock")(3, 3)(torch.ones(1, 3, 4, 4)).shape == (1, 3, 4, 4)


@pytest.mark.parametrize("content", [b"", b"print('hello')\n", b"\xff\xfe\x00", pickle.dumps({"a": 1})])
def test_a_file_without_sections_runs_nothing(run, content, capsys):
    Path("my_resnet.py").write_bytes(content)
    with pytest.raises(NotKept, match="ResidualBlock is not here: my_resnet.py"):
        bring("ResidualBlock")(3, 3)
    assert "hello" not in capsys.readouterr().out


def test_colab_offers_the_file_for_download_after_keep(run, colab):
    run(BLOCK_CELL, "keep(ResidualBlock)")
    assert colab.log == ["download my_resnet.py"]


def test_colab_asks_for_a_missing_class_and_reads_the_upload(run, colab):
    run(BLOCK_CELL, "keep(ResidualBlock)")
    colab.uploads, colab.log = {"my_resnet (1).py": Path("my_resnet.py").read_bytes()}, []
    Path("my_resnet.py").unlink()
    assert bring("ResidualBlock")(3, 3)(torch.ones(1, 3, 4, 4)).shape == (1, 3, 4, 4)
    assert bring("ResidualBlock") is bring("ResidualBlock")
    assert colab.log == ["upload"]


@pytest.mark.parametrize("uploads", [{}, {"holiday.jpg": b"\xff\xd8\xff"}])
def test_colab_without_a_useful_upload_gives_a_stand_in(run, colab, uploads, capsys):
    colab.uploads = uploads
    with pytest.raises(NotKept, match="02_residual_block"):
        bring("ResidualBlock")(3, 3)
    assert all(f"{name} is not a file that keep(...) wrote" in capsys.readouterr().out for name in uploads)
    assert not Path("my_resnet.py").exists()


def test_while_grading_nobody_is_asked_for_anything(run, colab, monkeypatch):
    monkeypatch.setenv("COURSE_SEED", "7")
    run(BLOCK_CELL, "keep(ResidualBlock)")
    Path("my_resnet.py").unlink()
    with pytest.raises(NotKept):
        bring("SimpleResNet")()
    assert colab.log == []


def test_while_grading_a_missing_block_can_be_used_and_not_be_kept(run, monkeypatch):
    monkeypatch.setenv("COURSE_SEED", "7")
    run("ResidualBlock = bring('ResidualBlock')")
    assert "(2, 5, 4, 4)" in run("print(tuple(ResidualBlock(3, 5, stride=2)(torch.ones(2, 3, 7, 8)).shape))")
    assert "stand-in" in run("keep(ResidualBlock)") and not Path("my_resnet.py").exists()


def test_lessons_of_another_assignment_find_the_file_in_resnet(run, tmp_path, monkeypatch):
    (tmp_path / "resnet").mkdir()
    (tmp_path / "beyond").mkdir()
    monkeypatch.chdir(tmp_path / "resnet")
    run(FIRST_CELL, BLOCK_CELL, "keep(ResidualBlock)")
    monkeypatch.chdir(tmp_path / "beyond")
    assert "yours" in run(
        FIRST_CELL, "ResidualBlock = bring('ResidualBlock')\nprint(ResidualBlock(3, 4)(torch.ones(1, 3, 2, 2)).shape)"
    )


def test_what_later_solutions_bring_is_what_those_of_lessons_2_and_3_keep(run, tmp_path):
    run(FIRST_CELL, "from course_utils import PlainBlock")
    for lesson, needed in (
        ("02_residual_block", "exercise-residual-block keep"),
        ("03_simple_resnet", "bring exercise-simple-resnet keep"),
    ):
        notebook = nbformat.read(SOLUTIONS / "resnet" / f"{lesson}.ipynb", as_version=4)
        sources = {cell.id: cell.source for cell in notebook.cells}
        run(*(sources[name] for name in needed.split()))
    kept = (tmp_path / "my_resnet.py").read_text()
    assert (SOLUTIONS / "resnet" / "my_resnet.py").read_text() == kept, "run lessons 02 and 03 in solutions/resnet"
