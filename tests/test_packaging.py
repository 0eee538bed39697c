"""What is shipped to whom: the wheel, the environments, the released notebooks, and the wall between the two sides."""

import ast
import json
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import nbformat
import pytest
import yaml

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LESSONS = sorted((ROOT / "solutions").glob("*/*.ipynb"))
ASSIGNMENTS = sorted({path.parent.name for path in LESSONS})


def student_version(lesson: Path) -> Path:
    return ROOT / "notebooks" / lesson.parent.name / lesson.name


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> zipfile.ZipFile:
    """The wheel that students install, built from a copy of the tree."""
    copy, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in ("course_utils", "autograder", "solutions", "study", "tests"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, copy / name)
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(copy)]
    subprocess.run(command, check=True, capture_output=True)
    (path,) = out.glob("*.whl")
    return zipfile.ZipFile(path)


def test_the_wheel_holds_course_utils_alone(wheel):
    rooms = {name.split("/")[0] for name in wheel.namelist()}
    assert rooms == {"course_utils", f"resnet_coursework-{PROJECT['version']}.dist-info"}
    modules = (ROOT / "course_utils").rglob("*.py")
    assert {path.relative_to(ROOT).as_posix() for path in modules} <= set(wheel.namelist())


def test_the_wheel_asks_for_grading_tools_only_with_the_extra(wheel):
    (metadata,) = (name for name in wheel.namelist() if name.endswith("/METADATA"))
    required = re.findall(r"^Requires-Dist: (.*)$", wheel.read(metadata).decode(), re.MULTILINE)
    plain = {re.match(r"[\w-]+", line).group() for line in required if "extra ==" not in line}
    assert plain == {re.match(r"[\w-]+", line).group() for line in PROJECT["dependencies"]}
    assert not plain & {"nbgrader", "pytest", "nbval", "jupyter"}


def test_conda_and_pip_users_get_the_same():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    (from_pip,) = (entry["pip"] for entry in environment["dependencies"] if isinstance(entry, dict))
    extras = PROJECT["optional-dependencies"]
    assert sorted(from_pip) == sorted(
        [*PROJECT["dependencies"], *(line for extra in extras.values() for line in extra), "-e ."]
    )
    assert f"python{PROJECT['requires-python']}" in environment["dependencies"]


def test_the_lock_has_every_dependency_with_hashes_and_no_address():
    lock = (ROOT / "requirements.lock").read_text()
    wanted = [
        *PROJECT["dependencies"],
        *(line for extra in PROJECT["optional-dependencies"].values() for line in extra),
    ]
    for line in wanted:
        name = re.match(r"[\w-]+", line).group().replace("_", "-").lower()
        assert re.search(rf"^{name}==\S+ .*\\\n    --hash=sha256:", lock, re.MULTILINE), f"{name} is not in the lock"
    assert "://" not in lock


def _imports(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    return names | {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}


def test_course_utils_knows_nothing_of_the_autograder():
    for path in (ROOT / "course_utils").rglob("*.py"):
        assert not {name for name in _imports(path) if name.split(".")[0] == "autograder"}, path.name
        assert "autograder" not in path.read_text(), path.name


@pytest.fixture(scope="module")
def released(tmp_path_factory) -> Path:
    """notebooks/ as generated anew from solutions/, in a copy of the course."""
    copy = tmp_path_factory.mktemp("course")
    for name in ("solutions", "notebooks", "autograder", "course_utils"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints"))
    shutil.copy(ROOT / "nbgrader_config.py", copy)
    # what `keep` leaves beside the solutions when they run
    (copy / "solutions" / "resnet" / "my_resnet.py").write_text("class ResidualBlock: ...")
    for assignment in ASSIGNMENTS:
        command = [sys.executable, "-m", "nbgrader", "generate_assignment", assignment, "--force"]
        subprocess.run(command, cwd=copy, check=True, capture_output=True)
    return copy / "notebooks"


def test_the_committed_notebooks_are_those_that_the_solutions_generate(released):
    names = sorted(path.relative_to(released).as_posix() for path in released.rglob("*") if path.is_file())
    assert names == [f"{lesson.parent.name}/{lesson.name}" for lesson in LESSONS]
    for lesson, name in zip(LESSONS, names, strict=True):
        assert (released / name).read_bytes() == student_version(lesson).read_bytes(), (
            f"{name} is stale: run make release"
        )


def _regions(source: str, what: str) -> list[str]:
    return re.findall(rf"### BEGIN {what}\n(.*?)### END {what}", source, re.DOTALL)


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_students_get_no_solution_no_hidden_test_and_no_output(lesson):
    student = nbformat.read(student_version(lesson), as_version=4)
    text = "\n".join(cell.source for cell in student.cells)
    solved = "\n".join(cell.source for cell in nbformat.read(lesson, as_version=4).cells)
    assert not [cell for cell in student.cells if cell.get("outputs")]
    for word in ("BEGIN SOLUTION", "HIDDEN TESTS", "MARK SCHEME", "autograder"):
        assert word not in text
    secret = [
        line.strip()
        for what in ("SOLUTION", "HIDDEN TESTS")
        for region in _regions(solved, what)
        for line in region.splitlines()
    ]
    assert secret, "every lesson asks for something"
    for line in secret:
        if len(line) > 24 and not line.startswith("#"):
            assert line not in text, f"the released notebook holds {line!r}"


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_badge_and_install_cell_name_the_repository_of_pyproject(lesson):
    address = PROJECT["urls"]["Repository"]
    cells = nbformat.read(student_version(lesson), as_version=4).cells
    first_code = next(cell.source for cell in cells if cell.cell_type == "code")
    assert f"git+{address}" in first_code
    owner_and_name = address.removeprefix("https://github.com/")
    notebook = student_version(lesson).relative_to(ROOT).as_posix()
    assert f"colab.research.google.com/github/{owner_and_name}/blob/main/{notebook}" in cells[0].source


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_the_points_in_the_lessons_are_those_of_the_rubric(assignment):
    from autograder.rubric import LESSONS as RUBRIC

    automatic, by_hand = {}, 0
    for lesson in LESSONS:
        for cell in json.loads(lesson.read_text())["cells"] if lesson.parent.name == assignment else ():
            grading = cell["metadata"].get("nbgrader", {})
            if grading.get("grade") and grading.get("solution"):
                by_hand += grading["points"]
            elif grading.get("grade"):
                automatic[lesson.stem, grading["grade_id"]] = grading["points"]
    wanted = {(lesson, cell.grade_id): cell.points for lesson, cells in RUBRIC[assignment].items() for cell in cells}
    assert automatic == wanted
    assert sum(automatic.values()) >= 80
    assert sum(automatic.values()) + by_hand == 100
