"""A gradebook in PostgreSQL: a real server, started here, that the same class is graded into."""

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from rich.console import Console
from tiny_course import TinyCourse, answered

from autograder.course import Course
from autograder.grading import cluster
from autograder.grading.grade import grade
from autograder.scores import records

PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
WRONG = "def count_conv_layers(n_blocks):\n    return 6 * n_blocks"


@pytest.fixture(scope="module")
def url():
    """The URL of an empty database; its server listens on a socket in a folder of its own, and nowhere else."""
    if not PROGRAMS:
        pytest.skip("PostgreSQL is not installed (Debian's package postgresql)")
    # a server refuses to run as root; Debian's package comes with a user for it
    user = pwd.getpwnam("postgres") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    folder = Path(tempfile.mkdtemp(prefix="pg-"))  # short, for the socket's path
    os.chown(folder, user.pw_uid, user.pw_gid)

    def call(program: str, *arguments: str) -> None:
        with (folder / f"{program}.txt").open("w+") as said:  # a pipe would be kept open by the server
            ran = subprocess.run(
                [str(PROGRAMS[-1] / program), *arguments],
                user=user.pw_uid,
                group=user.pw_gid,
                extra_groups=[],
                cwd=folder,
                env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
            )
            said.seek(0)
            assert ran.returncode == 0, said.read()

    try:
        call("initdb", "-D", f"{folder}/data", "-U", "course", "--auth=trust", "--no-sync")
        options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
        call("pg_ctl", "-D", f"{folder}/data", "-l", f"{folder}/log", "-o", options, "-w", "start")
        try:
            call("createdb", "-h", str(folder), "-U", "course", "grades")
            yield f"postgresql+psycopg://course@/grades?host={folder}"
        finally:
            call("pg_ctl", "-D", f"{folder}/data", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


def test_a_class_graded_into_postgresql_has_the_same_records_and_leaves_no_sqlite(tmp_path, url, monkeypatch):
    found = {}
    with cluster.on_this_machine(1) as client:
        for name, address in (("sqlite", ""), ("postgresql", url)):
            if address:
                monkeypatch.setenv("GRADEBOOK_URL", address)
            course = TinyCourse(tmp_path / name)
            for student, answer in (("anna", {}), ("bert", {"exercise_count_conv_layers": WRONG})):
                for lesson in ("01_plain_baseline", "04_fair_comparison"):
                    course.submit(student, lesson, answered(course.released(lesson), **answer))
            where = Course(tmp_path / name)
            outcome = grade(where, "resnet", contextlib.nullcontext(client), {}, Console(quiet=True))
            assert outcome.graded == ["anna", "bert"] and outcome.status == 0
            found[name] = [(r.student, r.cell, r.criterion, r.points, r.passed) for r in records(where, "resnet")]
    assert found["postgresql"] == found["sqlite"]
    assert (tmp_path / "sqlite" / "gradebook.db").exists() and not (tmp_path / "postgresql" / "gradebook.db").exists()
    with Gradebook(url) as gradebook:
        scores = {student.id: student.score for student in gradebook.students}
    assert scores == {"anna": 21, "bert": 16}


def test_check_never_writes_into_the_gradebook_of_the_class(tmp_path, url, monkeypatch):
    monkeypatch.setenv("GRADEBOOK_URL", url)
    assert Course(tmp_path).directory.db_url == url
    assert Course.apart(tmp_path).directory.db_url == f"sqlite:///{tmp_path}/gradebook.db"
