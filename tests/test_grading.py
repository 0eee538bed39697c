"""Grading a class in parallel: the same results as one by one, whatever is interrupted, killed, full or odd."""

import contextlib
import dataclasses
import errno
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
import warnings
from pathlib import Path

import psutil
import pytest
from distributed import Client
from rich.console import Console
from tiny_course import ROOT, TinyCourse, answered

from autograder.course import Course
from autograder.errors import UserError
from autograder.grading import cluster
from autograder.grading import grade as grading
from autograder.grading.files import digest, pack, unpack
from autograder.grading.grade import grade
from autograder.grading.keeping import RECORD, keep, kept, released
from autograder.grading.worker import grade_submission
from autograder.scores import records

QUIET = Console(quiet=True)
QUICK = {"RunSubmission": {"timeout": 4}}
ODD = "Zoë O'Hara [2] 50%"


def hand_in_everything(course: TinyCourse) -> None:
    """A class with most of what can happen."""
    answers = {
        "anna": {},
        ODD: {},
        "bert": {"exercise_count_conv_layers": "def count_conv_layers(n_blocks):\n    return 6 * n_blocks"},
        "carl": {"exercise_count_conv_layers": "while True:\n    pass"},
        "dora": {"exercise_plain_block_parameters": "import os\nos._exit(1)"},
    }
    for student, given in answers.items():
        for lesson in ("01_plain_baseline", "04_fair_comparison"):
            course.submit(student, lesson, answered(course.released(lesson), **given))
    course.submit("emil", "01_plain_baseline", "this is no notebook")
    course.submit("fred", "Copy of lesson", answered(course.released("01_plain_baseline")))
    (course.root / "submitted" / "gina" / "resnet").mkdir(parents=True)
    (course.root / "submitted" / "gina" / "resnet" / "answers.pdf").write_bytes(b"%PDF-1.7")


def points(course: TinyCourse | Course) -> dict[tuple[str, str, str, str], tuple[float | None, bool | None, str]]:
    """What is known of everybody, but for measured numbers."""
    where = course if isinstance(course, Course) else Course(course.root)
    return {
        (one.student, one.lesson, one.cell, one.criterion): (one.points, one.passed, one.misconception or "")
        for one in records(where, "resnet")
    }


@pytest.fixture(scope="module")
def one_by_one(tmp_path_factory):
    """The class as `nbgrader autograde` grades it."""
    course = TinyCourse(tmp_path_factory.mktemp("one-by-one"))
    hand_in_everything(course)
    course.autograde(RunSubmission__timeout=4)
    return course


@pytest.fixture(scope="module")
def workers():
    with cluster.on_this_machine(2) as client:
        yield client


def run(course: TinyCourse, client: Client, **options) -> grading.Outcome:
    return grade(Course(course.root), "resnet", contextlib.nullcontext(client), QUICK, QUIET, **options)


@pytest.fixture(scope="module")
def class_graded(tmp_path_factory, workers):
    course = TinyCourse(tmp_path_factory.mktemp("parallel"))
    hand_in_everything(course)
    return course, run(course, workers)


def test_parallel_grading_gives_the_same_points_as_grading_one_by_one(class_graded, one_by_one):
    course, outcome = class_graded
    expected = {key: value for key, value in points(one_by_one).items() if key[0] != ODD}  # its name is a glob pattern
    found = points(course)
    assert {key: value for key, value in found.items() if key[0] != ODD} == expected
    anna = {key[1:]: value for key, value in found.items() if key[0] == "anna"}
    assert {key[1:]: value for key, value in found.items() if key[0] == ODD} == anna
    assert sum(value[0] or 0.0 for value in anna.values()) == 5 + 10 + 6
    assert sorted(outcome.graded) == sorted(["anna", ODD, "bert", "carl", "dora", "emil", "fred"])


def test_what_was_unusual_is_told_of_the_right_student_and_by_the_exit_status(class_graded):
    outcome = class_graded[1]
    said = {student: " ".join(texts) for student, texts in outcome.unusual.items() if texts}
    assert set(said) == {"carl", "dora", "emil", "fred", "gina"}
    assert "more than 4 seconds" in said["carl"] and "ended its kernel" in said["dora"]
    assert "not a notebook" in said["emil"] and "'Copy of lesson.ipynb' is that lesson" in said["fred"]
    assert "no notebook was handed in" in said["gina"]
    assert outcome.status == 3


def test_nothing_is_graded_twice_but_what_has_changed(class_graded, workers):
    course, first = class_graded
    before = {path: path.stat().st_mtime_ns for path in (course.root / "autograded").rglob("*.ipynb")}
    second = run(course, workers)
    assert second.graded == [] and sorted(second.before) == sorted(first.graded)
    assert second.unusual == first.unusual and second.status == first.status
    assert before == {path: path.stat().st_mtime_ns for path in (course.root / "autograded").rglob("*.ipynb")}
    course.submit("emil", "01_plain_baseline", answered(course.released("01_plain_baseline")))
    third = run(course, workers)
    assert third.graded == ["emil"]
    assert sum(value[0] or 0 for key, value in points(course).items() if key[0] == "emil") == 5 + 10
    assert run(course, workers, only="anna", again=True).graded == ["anna"]


def test_a_submission_is_a_whole_or_not_there(class_graded):
    folder = class_graded[0].root / "autograded"
    assert not folder.with_name("autograded.unfinished").exists()
    assert all((path / "resnet" / RECORD).is_file() for path in folder.iterdir())


def test_students_never_reach_a_workers_gradebook(class_graded, tmp_path):
    course = class_graded[0]
    unpack(released(Course(course.root), "resnet", {}).files, tmp_path)
    with Course.apart(tmp_path).gradebook() as gradebook:
        assert [one.name for one in gradebook.assignments] == ["resnet"]
        assert gradebook.students == []
    assert "anna" not in (tmp_path / "gradebook.db").read_bytes().decode("latin-1")


def test_a_full_disk_stops_with_a_sentence_and_loses_nothing(tmp_path, workers, monkeypatch):
    course = TinyCourse(tmp_path)
    for student in ("anna", "bert", "carl"):
        course.submit(student, "01_plain_baseline", answered(course.released("01_plain_baseline")))

    def keep_one_then_fill(where, assignment, submission, graded):
        if (where.root / "autograded").exists():
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        keep(where, assignment, submission, graded)

    monkeypatch.setattr(grading, "keep", keep_one_then_fill)
    with pytest.raises(UserError, match="No space left on device. 1 submissions were graded .* same command again"):
        run(course, workers)
    monkeypatch.undo()
    outcome = run(course, workers)
    assert len(outcome.before) == 1 and len(outcome.graded) == 2


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small file system")
def test_a_really_full_disk_leaves_no_half_kept_submission(class_graded, tmp_path):
    """On a file system of its own with hardly any room; then it is given more."""
    course = class_graded[0]
    where = Course(course.root)
    package = released(where, "resnet", {})
    submission = grading._submission(where, "resnet", "anna")
    graded = grade_submission(package, submission)
    assert graded.failed == ""
    graded = dataclasses.replace(
        graded, files={name: (kind, content + b" " * 300_000) for name, (kind, content) in graded.files.items()}
    )
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=500k", "small", str(small)], check=True)
    try:
        unpack(package.files, small)
        unpack(submission.files, small / "submitted" / "anna" / "resnet")
        full = Course.apart(small)
        with pytest.raises(OSError, match="No space left"):
            keep(full, package, submission, graded)
        assert kept(full, "resnet", "anna") is None and not (small / "autograded").exists()
        subprocess.run(["mount", "-o", "remount,size=5m", str(small)], check=True)
        keep(full, package, submission, graded)
        assert kept(full, "resnet", "anna").submission == submission.digest
        assert sum(one.points or 0 for one in records(full, "resnet")) == 21
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_a_grader_that_is_killed_leaves_no_process_and_goes_on_later(tmp_path, workers):
    course = TinyCourse(tmp_path)
    for number in range(12):
        course.submit(f"student-{number}", "01_plain_baseline", answered(course.released("01_plain_baseline")))
    command = [sys.executable, "-m", "autograder", "grade", "resnet", "--course", str(tmp_path), "--workers", "1"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, start_new_session=True) as grader:
        wait_until(lambda: list((tmp_path / "autograded").glob("*/resnet")), 120)
        below = descendants(grader.pid)
        assert below
        with pytest.raises(UserError, match="grading .* already"):
            run(course, workers)
        grader.send_signal(signal.SIGKILL)
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in below), 30)
    outcome = run(course, workers)
    assert outcome.before and outcome.graded and len(outcome.before) + len(outcome.graded) == 12
    assert sum(value[0] for value in points(course).values()) == 12 * 15


def _heeds_ctrl_c() -> None:
    """A shell starts what it puts in the background with Ctrl-C ignored, and tests may be there."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_ctrl_c_ends_the_run_in_good_order(tmp_path):
    course = TinyCourse(tmp_path)
    for number in range(40):  # more than can be graded before a slow machine sends the signal
        course.submit(f"student-{number}", "01_plain_baseline", answered(course.released("01_plain_baseline")))
    command = [sys.executable, "-m", "autograder", "grade", "resnet", "--course", str(tmp_path), "--workers", "1"]
    to_a_group = {"stdout": subprocess.PIPE, "text": True, "start_new_session": True, "preexec_fn": _heeds_ctrl_c}
    with subprocess.Popen(command, cwd=ROOT, **to_a_group) as grader:
        wait_until(lambda: list((tmp_path / "autograded").glob("*/resnet")), 120)
        below = descendants(grader.pid)
        os.killpg(grader.pid, signal.SIGINT)  # a terminal tells the whole group
        said = grader.stdout.read()
    assert grader.returncode == 1, said
    assert "Interrupted" in said and "left: give the same command again" in said and "Traceback" not in said
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in below), 30)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nothing"], "There is no gradebook"),
        (["resnet", "--scheduler", "tcp://127.0.0.1:1"], "There is no gradebook"),
        (["resnet", "--scheduler", "tcp://127.0.0.1:1", "--workers", "2"], "--workers is for this machine"),
    ],
)
def test_mistakes_in_the_command_are_one_sentence(tmp_path, arguments, sentence):
    (tmp_path / "submitted" / "anna" / arguments[0]).mkdir(parents=True)
    (tmp_path / "submitted" / "anna" / arguments[0] / "x.ipynb").write_text("{}")
    command = [sys.executable, "-m", "autograder", "grade", *arguments, "--course", str(tmp_path)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 2 and sentence in ran.stderr and "Traceback" not in ran.stderr


def listening() -> set[str]:
    """Where this process and those below it wait for others, over the network."""
    processes = [psutil.Process(), *psutil.Process().children(recursive=True)]
    sockets = [one for process in processes for one in process.net_connections() if one.status == psutil.CONN_LISTEN]
    return {f"tls://{one.laddr.ip}:{one.laddr.port}" for one in sockets}


def test_nothing_listens_but_what_workers_are_reached_by_on_loopback(workers):
    before = listening()
    with cluster.on_this_machine(1) as client:
        client.wait_for_workers(1, timeout=120)
        known = client.scheduler_info()
        ((worker, about),) = known["workers"].items()
        assert listening() - before == {known["address"], worker, about["nanny"]}
        assert known["address"].startswith("tls://127.0.0.1:")


def test_two_graders_on_one_machine_do_not_complain_of_each_other(workers):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with cluster.on_this_machine(1) as client:
            assert client.submit(int, "1").result() == 1


def test_a_scheduler_that_does_not_answer_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "_CONNECT_SECONDS", 1)
    with (
        pytest.raises(UserError, match="No Dask scheduler answers at tcp://127.0.0.1:1"),
        cluster.at("tcp://127.0.0.1:1"),
    ):
        pass


# A cluster


PRELOAD = """
import os, signal
from autograder.grading import worker

def dask_setup(_):
    really = worker.grade_submission

    def grade_submission(assignment, submission, folder=None):
        with open({log!r}, "a") as log:
            log.write(f"{{submission.student}} {{os.getpid()}}\\n")
        if submission.student == "killer":
            os.kill(os.getpid(), signal.SIGKILL)
        if submission.student == "unlucky" and open({log!r}).read().count("unlucky") == 1:
            raise OSError("the machine has run out of something")
        return really(assignment, submission, folder)

    worker.grade_submission = grade_submission
"""


@pytest.fixture(scope="module")
def real_cluster(tmp_path_factory):
    """A scheduler and two workers with nannies, started as on a cluster. Yields the address, and who was begun when."""
    folder = tmp_path_factory.mktemp("cluster")
    (folder / "begun").touch()
    (folder / "preload.py").write_text(PRELOAD.format(log=str(folder / "begun")))
    address_file = folder / "scheduler.json"
    scheduler = [sys.executable, "-m", "dask", "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
    scheduler += ["--scheduler-file", str(address_file)]
    with contextlib.ExitStack() as stack:
        log = stack.enter_context((folder / "log").open("w"))
        started = [subprocess.Popen(scheduler, cwd=ROOT, stdout=log, stderr=log)]
        wait_until(address_file.exists, 60)
        worker = [sys.executable, "-m", "dask", "worker", "--scheduler-file", str(address_file), "--nworkers", "2"]
        worker += ["--nthreads", "1", "--no-dashboard", "--preload", str(folder / "preload.py")]
        worker += ["--local-directory", str(folder), "--host", "127.0.0.1"]
        started.append(subprocess.Popen(worker, cwd=ROOT, stdout=log, stderr=log))
        with Client(scheduler_file=str(address_file)) as client:
            client.wait_for_workers(2, timeout=120)
            address = client.scheduler.address
        try:
            yield address, folder / "begun"
        finally:
            for process in reversed(started):
                process.terminate()
                process.wait(30)


def test_on_a_cluster_a_killed_workers_submission_is_graded_elsewhere_and_a_killer_stops_nobody(tmp_path, real_cluster):
    address, begun = real_cluster
    course = TinyCourse(tmp_path)
    slow = "import time\ntime.sleep(3)\ndef count_conv_layers(n_blocks):\n    return 1 + 6 * n_blocks"
    for student in ("anna", "bert", "killer", "slow", "unlucky"):
        given = {"exercise_count_conv_layers": slow} if student == "slow" else {}
        course.submit(student, "01_plain_baseline", answered(course.released("01_plain_baseline"), **given))
    killed = []

    def kill_the_slow_ones_worker():
        wait_until(lambda: "slow" in begun.read_text().split(), 120)
        killed.append(
            next(int(pid) for student, pid in map(str.split, begun.read_text().splitlines()) if student == "slow")
        )
        os.kill(killed[0], signal.SIGKILL)

    thread = threading.Thread(target=kill_the_slow_ones_worker)
    thread.start()
    outcome = grade(Course(course.root), "resnet", cluster.at(address), QUICK, QUIET)
    thread.join()
    assert killed
    assert begun.read_text().split().count("killer") == 2
    assert begun.read_text().split().count("slow") == begun.read_text().split().count("unlucky") == 2
    assert sorted(outcome.graded) == ["anna", "bert", "slow", "unlucky"]
    assert set(outcome.failed) == {"killer"} and "ended two workers" in outcome.failed["killer"]
    assert outcome.status == 1
    assert sum(value[0] or 0 for value in points(course).values()) == 4 * 15


def test_what_may_have_suffered_from_others_is_graded_again_by_itself(tmp_path, workers):
    course = TinyCourse(tmp_path)
    shot = "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"  # as by a system without memory
    for student in ("anna", "bert", "carl"):
        given = {"exercise_count_conv_layers": shot} if student == "anna" else {}
        course.submit(student, "01_plain_baseline", answered(course.released("01_plain_baseline"), **given))
    outcome = run(course, workers)
    assert outcome.graded[-1] == "anna" and sorted(outcome.graded) == ["anna", "bert", "carl"]
    killed = {name: [text for text in said if "was killed" in text] for name, said in outcome.unusual.items()}
    assert list(map(len, (killed["anna"], killed["bert"], killed["carl"]))) == [1, 0, 0]  # told once, of the last run
    assert sum(value[0] or 0 for key, value in points(course).items() if key[0] == "anna") == 10


# What travels


def test_folders_travel_whole_and_links_never_lead_out(tmp_path):
    there, here = tmp_path / "there", tmp_path / "here"
    (there / "empty").mkdir(parents=True)
    (there / "a b.txt").write_bytes(b"\x00\xff")
    (there / "inside").symlink_to(there / "a b.txt")
    (there / "outside").symlink_to("/etc/hostname")
    (there / "left.set-aside").touch()
    with (there / "huge.ipynb").open("wb") as file:
        file.truncate(2**30)
    files = pack(there, ["*.set-aside"])
    assert sum(len(content) for _, content in files.values()) < 200  # neither the link's file nor the huge one travels
    unpack(files, here)
    assert (here / "inside").read_bytes() == b"\x00\xff" and (here / "inside").resolve() == here / "a b.txt"
    assert (here / "empty").is_dir() and (here / "huge.ipynb").stat().st_size == 2**30
    assert not (here / "left.set-aside").exists()
    assert digest(pack(here)) == digest(files)
    (here / "a b.txt").write_bytes(b"\x00\xfe")
    assert digest(pack(here)) != digest(files)


def test_a_record_that_is_not_one_of_ours_counts_as_none(tmp_path):
    course = Course.apart(tmp_path)
    folder = course.folder("autograded", "anna", "resnet")
    assert kept(course, "resnet", "anna") is None
    folder.mkdir(parents=True)
    for text in ("", "[]", "{}", '{"submission": "x"}'):
        (folder / RECORD).write_text(text)
        assert kept(course, "resnet", "anna") is None


def descendants(pid: int) -> list[int]:
    """The ids of all processes below one."""
    parents = {}
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError, IndexError):
            if entry.name.isdigit():
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    found, new = [], {pid}
    while new := {child for child, parent in parents.items() if parent in new}:
        found += new
    return found


def wait_until(true, seconds: float) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def test_a_command_is_there_at_once_and_what_takes_seconds_to_import_is_imported_beside():
    """What workers need is on its way before the coordinator has imported nbgrader, Dask or torch."""
    script = """
        import sys
        import autograder.__main__
        from autograder.grading import ahead
        slow = {"nbgrader", "distributed", "torch"}
        print(sorted(slow & set(sys.modules)))
        told = ahead.begin(9)
        print(len(ahead._warm), sorted(slow & set(sys.modules)), told.keys() == {ahead.SHARED})
        ahead.begin(9)
        print(len(ahead._warm))
    """
    ran = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], cwd=ROOT, capture_output=True, text=True)
    assert ran.stdout.splitlines() == ["[]", "2 [] True", "2"], ran.stderr


def test_what_checks_one_notebook_has_its_warm_process_from_the_start_and_only_that(tmp_path):
    """Also after nbgrader's configuration, which adds to PATH; and what judges needs neither scikit-learn nor torchvision."""
    script = """
        import sys
        import autograder.__main__
        from autograder.grading import ahead
        from autograder.kernels.connection import WarmProcess
        ahead.begin_one()
        print(sorted({"nbgrader", "torch"} & set(sys.modules)))
        first = WarmProcess._of_this_process
        import autograder.check
        from autograder.course import Course
        from autograder.nbgrader_plugins import judging, warming
        from autograder import ROOT
        config = Course(ROOT).config()
        warming.warm_up(config)
        print(WarmProcess._of_this_process is first, sorted({"sklearn", "torchvision"} & set(sys.modules)))
    """
    environment = {**os.environ, "PATH": "/usr/bin:/bin"}
    ran = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert ran.stdout.splitlines() == ["[]", "True []"], ran.stderr


@pytest.mark.parametrize("length", [80, 150, 200])
def test_the_folder_for_temporary_files_may_have_a_path_of_any_length(tmp_path, length):
    """Doors, kernels' sockets and multiprocessing's own lie in a short one, which is this user's alone and removed."""
    place = tmp_path / ("x" * (length - len(str(tmp_path)) - 1))
    place.mkdir()
    script = """
        import multiprocessing, os
        from autograder.grading import ahead

        ahead.begin(1)
        (door,) = ahead._warm
        listener = multiprocessing.forkserver._forkserver._forkserver_address
        for folder in map(os.path.dirname, (door, listener)):
            print(folder, oct(os.stat(folder).st_mode & 0o777), os.stat(folder).st_uid == os.getuid())
        process = multiprocessing.get_context("forkserver").Process(target=os.getpid)
        process.start()
        process.join()
        print(process.exitcode, ahead._warm[door].usable())
    """
    ran = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(place)},
        capture_output=True,
        text=True,
    )
    *folders, last = ran.stdout.splitlines() or [ran.stderr]
    assert last == "0 True", ran.stderr
    assert [line.split()[1:] for line in folders] == [["0o700", "True"]] * 2
    assert not any(os.path.exists(line.split()[0]) for line in folders), "left behind"
