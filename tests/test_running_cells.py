"""Running untrusted cells: real kernels, but small ones, whose cells import nothing that takes long."""

import base64
import os
import tempfile

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from tiny_course import marks
from traitlets.config import Config

from autograder.nbgrader_plugins import KEY, ONLY_SHOWS
from autograder.nbgrader_plugins import unusual as unusual_module
from autograder.nbgrader_plugins.execute import ROOT, RunSubmission
from course_utils.evidence import MIME


def emit(value: str) -> str:
    """A cell that gives out the value of an expression as evidence."""
    return f"from IPython.display import display\nimport os, base64\ndisplay({{{MIME!r}: {value}}}, raw=True)"


SHOW_SEED = emit("base64.b64encode(os.environ['COURSE_SEED'].encode()).decode()")


def graded(source: str, grade_id: str):
    return new_code_cell(source, metadata=marks(grade_id, grade=True, locked=True, points=1))


def run(tmp_path, *cells, **settings):
    """Run cells (sources, or cells) as one student's notebook. Returns the notebook and what is known of graded cells."""
    book = new_notebook(cells=[new_code_cell(cell) if isinstance(cell, str) else cell for cell in cells])
    resources = {
        "nbgrader": {"student": "ana", "notebook": "01_plain_baseline", "assignment": "resnet"},
        "metadata": {"path": str(tmp_path)},
    }
    runner = RunSubmission(enabled=True, **{"timeout": 20, **settings})
    book, resources = runner.preprocess(book, resources)
    return book, resources[KEY]["runs"]


def text(cell) -> str:
    """All that a cell shows, as one text."""
    return "".join(
        str(output.get("text", "")) + output.get("data", {}).get("text/plain", "") + output.get("evalue", "")
        for output in cell.outputs
    )


@pytest.fixture(autouse=True)
def nothing_seen_yet(monkeypatch):
    monkeypatch.setattr(unusual_module, "_seen", [])
    monkeypatch.setattr(unusual_module, "_disturbed", [])


def test_the_folder_for_temporary_files_may_have_a_path_of_any_length(tmp_path, monkeypatch):
    """Also where kernels are jupyter_client's own; theirs are sockets, too."""
    long = tmp_path / ("x" * 150)
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    sockets = Config({"KernelManager": {"transport": "ipc"}})
    book, runs = run(tmp_path, graded("6 * 7", "a"), config=sockets)
    assert text(book.cells[0]) == "42" and runs["a"]["trouble"] == ""


def test_a_notebook_without_accidents_runs_in_one_kernel(tmp_path):
    book, runs = run(tmp_path, "x = 20", new_markdown_cell("text"), "x + 1", graded("x + 2", "a"), graded("x + 3", "b"))
    assert [text(cell) for cell in book.cells if cell.cell_type == "code"] == ["", "21", "22", "23"]
    assert runs["a"]["seed"] == runs["b"]["seed"] and len(runs["a"]["seed"]) == 32
    assert runs["a"]["trouble"] == runs["b"]["trouble"] == ""
    assert not unusual_module.seen()


def test_what_only_shows_something_is_not_run_behind_the_last_cell_that_hands_in(tmp_path):
    def shows(source):
        return new_code_cell(source, metadata={"tags": [ONLY_SHOWS]})

    book, runs = run(tmp_path, shows("x = 1"), graded("x", "a"), graded("x + 1", "b"), shows("x + 2"), "x + 3")
    assert [text(cell) for cell in book.cells[1:3]] == ["1", "2"]  # what comes before may be needed
    assert text(book.cells[3]) == "Not run when graded: this cell only shows something.\n"
    assert text(book.cells[4]) == "4"
    assert not unusual_module.seen()


@pytest.mark.parametrize(
    ("source", "run_all_the_same"),
    [
        ("print(1)\nprint(2)", False),
        ("print(x := 1)", True),
        ("x = 1", True),
        ("import os", True),
        ("for x in (1,):\n    print(x)", True),
        ("%time 1", True),
    ],
)
def test_before_that_it_is_not_run_where_it_defines_nothing(tmp_path, source, run_all_the_same):
    shows = new_code_cell(source, metadata={"tags": [ONLY_SHOWS]})
    book, runs = run(tmp_path, shows, graded("1", "a"))
    assert (text(book.cells[0]) != "Not run when graded: this cell only shows something.\n") == run_all_the_same
    assert not unusual_module.seen()


def test_every_notebook_gets_a_seed_of_its_own_in_the_kernel_and_not_in_the_grader(tmp_path):
    seeds = []
    for _ in range(2):
        book, runs = run(tmp_path, graded(SHOW_SEED, "a"))
        (output,) = book.cells[0].outputs
        assert base64.b64decode(output["data"][MIME]).decode() == runs["a"]["seed"]
        seeds.append(runs["a"]["seed"])
    assert seeds[0] != seeds[1]
    assert "COURSE_SEED" not in os.environ


def test_a_kernel_sees_the_course_settings_but_no_secret_and_not_the_autograder(
    tmp_path, tmp_path_factory, monkeypatch
):
    elsewhere = str(tmp_path_factory.mktemp("elsewhere"))
    monkeypatch.setenv("SOME_API_TOKEN", "secret")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), elsewhere]))
    book, _ = run(
        tmp_path,
        "import os, sys, importlib.util",
        "os.environ['COURSE_PROFILE'], os.environ['COURSE_DATA']",
        "'SOME_API_TOKEN' in os.environ",
        "importlib.util.find_spec('autograder')",
        f"{elsewhere!r} in sys.path",
        "importlib.util.find_spec('course_utils') is not None",
    )
    shown = [text(cell) for cell in book.cells[1:]]
    assert shown == ["('grade', 'digits')", "False", "", "True", "True"]


def test_a_file_named_like_the_kernel_does_not_start_in_its_place(tmp_path):
    (tmp_path / "ipykernel_launcher.py").write_text("raise SystemExit('not the kernel')")
    (tmp_path / "mine.py").write_text("answer = 42")
    (tmp_path / "numpy.py").write_text("raise SystemExit('not numpy')")
    book, _ = run(tmp_path, "import mine; mine.answer", "import numpy; numpy.__name__")
    assert text(book.cells[0]) == "42"  # a student's own files can be imported …
    assert text(book.cells[1]) == "'numpy'"  # … and hide nothing that is installed


def test_an_error_stays_in_its_cell(tmp_path):
    book, runs = run(tmp_path, "1 / 0", graded("undefined", "a"), graded("'fine'", "b"))
    assert "division by zero" in text(book.cells[0])
    assert "not defined" in text(book.cells[1])
    assert text(book.cells[2]) == "'fine'"
    assert [runs[name]["trouble"] for name in "ab"] == ["", ""]  # its own error is told by its outputs


STOPS = [
    ("%load_ext formatter_of_mine\nx = 41", "`%load_ext formatter_of_mine`"),
    ("%%formatter\nx = 41", ""),
    ("%profiler_of_mine 1\nx = 41", "`%profiler_of_mine 1`"),
    (
        "import summaries, os\nfrom summaries.of import (\n    one,\n    two,\n)\nx = len(os.sep) + 40",
        "`import summaries, os`",
    ),
    ("from os import no_such_name, sep\nx = len(sep) + 40", "`from os import no_such_name, sep`"),
    ("from google.colab import userdata\nuserdata.get('TOKEN')\nx = 41", "line 2, `userdata.get('TOKEN')`"),
    ("\n\nopen('/content/drive/MyDrive/weights.pt')\nx = 41", "Line 3"),
    ("%%time\nx = 40\nassert False, 'a GPU is needed'\nx = 41", "AssertionError: a GPU is needed"),
    ("%%capture shown\nx = 40\nopen('/content/drive')\nx = 41", "Line 3"),
    ("#@title Settings\n%%capture\nx = 41", ""),
    ("x = 40\n%matplotlib no_such_window\nx = 41", "`%matplotlib no_such_window`"),
    ("import matplotlib.pyplot as plt\nplt.style.use('no-such-style')\nx = 41", "no-such-style"),
    ("a = 1; undefined_here; x = 41", "undefined_here"),
    (
        "for step in range(3):\n    undefined_here\n@staticmethod\ndef f():\n    return 41\nx = f()",
        "`for step in range(3):`",
    ),
    ("import sys\nsys.exit('no GPU')\nx = 41", "SystemExit"),
    ("raise KeyboardInterrupt\nx = 41", "KeyboardInterrupt"),
    ("%xmode Minimal\ny = undefined_here\nx = 41", "'undefined_here' is not defined"),
]
"""(a cell that leaves x = 41 behind a statement that stops here, what is said of that statement)"""


def test_a_statement_that_stops_takes_no_other_with_it(tmp_path):
    cells = [[f"x = {n}", source, graded("x + 1", f"after-{n}")] for n, (source, _) in enumerate(STOPS)]
    book, runs = run(tmp_path, *sum(cells, []))
    for n, (source, stopped) in enumerate(STOPS):
        cell, hands_in = book.cells[3 * n + 1 : 3 * n + 3]
        assert text(hands_in) == "42" and runs[f"after-{n}"]["trouble"] == "", source
        assert cell.source == source
        notes = book.metadata[KEY]["notes"].get(f"after-{n}", [])
        assert [stopped in note and "nothing." in note for note in notes] == [True] * bool(stopped), (source, notes)
        for note in notes:
            said = note.removeprefix("Of a cell further up: ")
            assert said in text(cell) and any(said in seen for seen in unusual_module.seen())


def test_what_needs_a_missing_package_fails_by_its_name(tmp_path):
    book, _ = run(tmp_path, "import summaries\nx = 41\nsummaries.show(x)", "x", graded("import summaries", "a"))
    assert "'summaries' is not defined" in text(book.cells[0])
    assert text(book.cells[1]) == "41"
    assert "No module named" in text(book.cells[2])  # a graded cell is run as it is


def test_nothing_behind_a_stop_changes_what_the_cell_has_defined(tmp_path):
    first = "def f():\n    return 'first'\nf.cuda()\n"
    second = "def f():\n    return 'second'\nf.more = 1\ndef g():\n    return f() + '!'\ndel f"
    book, _ = run(tmp_path, first + second, graded("g()", "a"))
    assert text(book.cells[1]) == "'first!'"
    assert "Not run was line 4, `def f():`" in text(book.cells[0])


@pytest.mark.parametrize("magic", ["%%time", "%%capture", "%xmode Minimal"])
def test_nor_where_it_cannot_be_told_where_the_cell_stopped(tmp_path, magic):
    cell = f"{magic}\ndef f():\n    return 'first'\nf.cuda()\ndef f():\n    return 'second'\ndef g():\n    return f()"
    book, _ = run(tmp_path, cell, graded("g()", "a"))
    assert text(book.cells[1]) == "'first'"


def test_a_cell_whose_every_line_stops_is_not_worth_an_instructors_look(tmp_path):
    book, _ = run(tmp_path, "undefined_here\nundefined_there", graded("1", "a"))
    assert "undefined_there" in text(book.cells[0]) and not unusual_module.seen()


def test_what_an_earlier_cell_has_defined_may_be_changed_behind_a_stop(tmp_path):
    book, _ = run(tmp_path, "def f():\n    return 'stub'", "f.cuda()\ndef f():\n    return 'mine'", graded("f()", "a"))
    assert text(book.cells[2]) == "'mine'"


def test_a_definition_that_fails_is_not_said_to_cost_nothing(tmp_path):
    book, _ = run(tmp_path, "class A(undefined_here):\n    pass\nx = 41", graded("A", "a"))
    assert "Line 1" in text(book.cells[0]) and "nothing." not in text(book.cells[0])
    assert "'A' is not defined" in text(book.cells[1])


def test_statements_do_not_run_twice_where_it_is_known_where_the_cell_stopped(tmp_path):
    book, _ = run(tmp_path, "runs = []", "runs.append(1)\nundefined_here\nruns.append(2)", graded("runs", "a"))
    assert text(book.cells[2]) == "[1, 2]"


def test_an_experiment_that_takes_too_long_takes_no_answer_with_it(tmp_path):
    endless = "import time\nx = 0\nwhile True:\n    time.sleep(0.1)\ndef answer():\n    return 41\n"
    leaves = "import os; os._exit(0)"  # so that a new kernel runs the first cell again
    book, runs = run(tmp_path, endless, leaves, graded("answer() + 1", "a"), timeout=2)
    assert text(book.cells[2]) == "42" and runs["a"]["trouble"] == ""


@pytest.mark.parametrize(
    "leaves",
    [
        "exit()",
        "quit()",
        "import os\nos._exit(0)",
        "get_ipython().ask_exit()",
        "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
        "if True:\n    exit()",
        "import os\ntry:\n    os.abort()\nfinally:\n    pass",
        "def of_mine(): return 40\nexit()",
    ],
)
def test_an_answer_outlives_the_exit_in_its_cell(tmp_path, leaves):
    answer = "def answer():\n    return 41"
    book, runs = run(tmp_path, "x = 1", f"{leaves}\n{answer}", graded("answer() + x", "a"), graded("answer()", "b"))
    assert (text(book.cells[2]), text(book.cells[3])) == ("42", "41")
    assert runs["a"]["trouble"] == runs["b"]["trouble"] == ""
    told = text(book.cells[1])
    assert "ends the kernel" in told and "nothing." in told and "def answer" not in told


def test_exits_in_several_cells_cost_no_answer(tmp_path):
    cells = [f"def f{number}():\n    return {number}\nimport os\nos._exit(0)" for number in range(4)]
    book, runs = run(tmp_path, *cells, graded("f0() + f1() + f2() + f3()", "a"))
    assert text(book.cells[-1]) == "6" and runs["a"]["trouble"] == ""


def test_a_cell_that_asks_for_input_fails_alone(tmp_path):
    book, _ = run(tmp_path, "input('Your name? ')", "'next'")
    assert "does not support input" in text(book.cells[0])
    assert text(book.cells[1]) == "'next'"


@pytest.mark.parametrize("leave", ["import os; os._exit(0)", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"])
def test_a_cell_that_ends_its_kernel_fails_alone(tmp_path, leave):
    book, runs = run(tmp_path, "x = 1", graded("x + 1", "before"), leave, graded("x + 2", "behind"))
    assert (text(book.cells[1]), text(book.cells[3])) == ("2", "3")
    assert "ended its kernel" in text(book.cells[2])
    assert runs["before"]["trouble"] == runs["behind"]["trouble"] == ""
    assert runs["before"]["seed"] != runs["behind"]["seed"]  # a new kernel, a new seed
    assert any("ended its kernel" in what for what in unusual_module.seen())


@pytest.mark.parametrize("leave", ["exit()", "import sys; sys.exit(3)"])
def test_a_polite_exit_costs_no_other_cell(tmp_path, leave):
    book, runs = run(tmp_path, "x = 1", leave, graded("x + 2", "behind"))
    assert text(book.cells[2]) == "3"
    assert runs["behind"]["trouble"] == ""


def test_a_graded_cell_that_ends_its_kernel_is_told_so(tmp_path):
    _, runs = run(tmp_path, graded("import os; os._exit(1)", "a"), graded("1", "b"))
    assert "ended its kernel" in runs["a"]["trouble"]
    assert runs["b"]["trouble"] == ""


def test_an_endless_cell_is_interrupted_and_the_kernel_lives_on(tmp_path):
    book, runs = run(tmp_path, "x = 1", "while True: pass", graded("x", "a"), timeout=2)
    assert "more than 2 seconds" in text(book.cells[1])
    assert (text(book.cells[2]), runs["a"]["trouble"]) == ("1", "")


def test_an_endless_graded_cell_is_told_so_and_the_next_one_is_graded(tmp_path):
    _, runs = run(tmp_path, graded("while True: pass", "a"), graded("1", "b"), timeout=2)
    assert "more than 2 seconds" in runs["a"]["trouble"]
    assert runs["b"]["trouble"] == ""


def test_a_cell_that_cannot_be_interrupted_loses_its_kernel_and_nothing_else(tmp_path):
    stubborn = "import time\nwhile True:\n    try: time.sleep(1)\n    except KeyboardInterrupt: pass"
    book, runs = run(tmp_path, "x = 1", stubborn, graded("x", "a"), timeout=2, iopub_timeout=2)
    assert "could not be interrupted" in text(book.cells[1])
    assert (text(book.cells[2]), runs["a"]["trouble"]) == ("1", "")


SPINS = "import os\nfor _ in range(8 * os.cpu_count()):\n    if os.fork() == 0:\n        os.setsid()\n        while True: pass\n"


@pytest.mark.parametrize(
    ("source", "others_may_be_to_blame"),
    [
        (SPINS + "while True: pass", True),  # it gets an eighth of a processor at best, as if others were to blame
        ("import time\ntime.sleep(100)", False),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", True),  # so does the system that has no memory left
        ("import os\nos._exit(0)", False),
        (SPINS, False),  # nothing went wrong with it
    ],
)
def test_a_cell_in_trouble_that_got_no_processor_or_was_killed_is_said_to_be_disturbed(
    tmp_path, source, others_may_be_to_blame
):
    _, runs = run(tmp_path, graded(source, "a"), graded("1", "b"), timeout=4, provisioner="locked-in")
    assert bool(runs["a"]["trouble"]) == (source != SPINS)
    assert unusual_module.disturbances() == others_may_be_to_blame
    assert any("busy" in said or "was killed" in said for said in unusual_module.seen()) == others_may_be_to_blame


def test_after_too_many_lost_kernels_the_rest_is_told_why_it_was_not_run(tmp_path):
    leave = "import os; os._exit(0)"
    _, runs = run(tmp_path, leave, leave, leave, graded("1", "a"), graded("2", "b"), max_restarts=1)
    assert [("2 kernels were lost" in runs[name]["trouble"]) for name in "ab"] == [True, True]


def test_a_notebook_that_takes_too_long_still_has_its_graded_cells_run(tmp_path):
    book, runs = run(tmp_path, "1", graded("2", "a"), notebook_timeout=-1)
    assert "running for" in text(book.cells[0])
    assert (text(book.cells[1]), runs["a"]["trouble"]) == ("2", "")


def test_endless_printing_is_cut_off_and_stopped(tmp_path):
    book, runs = run(
        tmp_path, "while True: print('x' * 1000)", graded("1", "a"), max_output=10_000, max_received=4_000_000
    )
    shown = text(book.cells[0])
    assert len(shown) < 20_000
    # by its size or by its time, whichever is noticed first: the kernel may be too busy printing to be interrupted
    reasons = ("put out more than 3 MiB", "ran for more than 20 seconds", "its output did not end")
    assert any(reason in text for text in unusual_module.seen() for reason in reasons), unusual_module.seen()
    assert runs["a"]["trouble"] == ""


def test_much_output_does_not_push_evidence_out(tmp_path):
    book, _ = run(tmp_path, graded("print('x' * 50_000)\n" + emit("'AAAA'"), "a"), max_output=10_000)
    assert [output["data"][MIME] for output in book.cells[0].outputs if "data" in output] == ["AAAA"]


def test_evidence_that_is_too_large_is_dropped_as_it_arrives(tmp_path):
    book, _ = run(tmp_path, graded(emit("'A' * 6_000_000"), "a"))
    assert book.cells[0].outputs == []


def test_outputs_that_no_file_can_hold_are_dropped_and_the_rest_kept(tmp_path):
    broken = (
        "kernel = get_ipython().kernel\n"
        "def send(kind, content): kernel.session.send(kernel.iopub_socket, kind, content, parent=kernel.get_parent())\n"
        "send('stream', {'name': 7, 'text': ['a list']})\n"
        "send('display_data', {'data': 'no dictionary', 'metadata': {}})\n"
        "send('execute_input', {'execution_count': 'many', 'code': ''})\n"
        "print('kept')"
    )
    book, _ = run(tmp_path, broken, graded("1", "a"))
    assert text(book.cells[-1]) == "1"
    assert [output.text.strip() for output in book.cells[0].outputs] == ["kept"]
    nbformat.validate(book)


def test_a_later_cell_cannot_change_what_a_graded_cell_showed(tmp_path):
    first = "from IPython.display import display\nhandle = display('first', display_id='one')"
    book, _ = run(tmp_path, graded(first, "a"), "handle.update('second')")
    assert "first" in text(book.cells[0]) and "second" not in text(book.cells[0])


def test_an_update_counts_in_all_places_where_it_is_shown(tmp_path):
    many = "from IPython.display import display\nfor _ in range(6): handle = display('small', display_id='one')\n"
    book, _ = run(tmp_path, many + "handle.update('x' * 300)", many + "handle.update('x' * 3_000)", max_output=10_000)
    assert ["x" * 300 in out["data"]["text/plain"] for out in book.cells[0].outputs] == [True] * 6
    assert ["small" in out["data"]["text/plain"] for out in book.cells[1].outputs] == [True] * 6


def test_what_a_file_writes_with_many_characters_counts_as_many(tmp_path):
    book, _ = run(tmp_path, "print('\\x01' * 3_000)", "print('x' * 3_000)", max_output=10_000)
    assert ["cut off" in text(cell) for cell in book.cells] == [True, False]


def test_a_file_that_is_no_notebook_is_not_run(tmp_path):
    book = new_notebook(cells=[graded("1", "a")], metadata={KEY: {"unreadable": "the file is empty"}})
    resources = {"nbgrader": {"student": "ana", "notebook": "x", "assignment": "resnet"}, "metadata": {"path": ""}}
    book, resources = RunSubmission(enabled=True).preprocess(book, resources)
    assert resources[KEY]["runs"] == {} and book.cells[0].outputs == []


def test_output_that_is_too_large_for_the_graders_memory_is_refused(tmp_path):
    """One message of 40 MB: it is never read, and the next cell runs in a new kernel."""
    book, runs = run(tmp_path, "print('x' * 40_000_000)", graded("1", "a"), iopub_timeout=2)
    assert "at once" in text(book.cells[0])
    assert runs["a"]["trouble"] == ""
