"""A full disk cuts compiled modules short; grading goes on all the same."""

import os
import py_compile
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = 4096
SOURCE = "values = " + repr(list(range(5000))) + "\n"


def run(code: str, cache: Path | None, *path: Path) -> subprocess.CompletedProcess:
    """Run code in a process of its own, with Python's compiled modules in `cache`, or else beside the modules."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment |= {"PYTHONPATH": os.pathsep.join(map(str, (ROOT, *path)))}
    environment |= {"PYTHONPYCACHEPREFIX": str(cache)} if cache else {}
    return subprocess.run([sys.executable, "-c", code], env=environment, cwd="/", capture_output=True, text=True)


def compiled(cache: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in cache.rglob("*.pyc")}


@pytest.fixture
def module(tmp_path) -> Path:
    """The folder of a module `big`, which is large enough when compiled to be cut short."""
    folder = tmp_path / "module"
    folder.mkdir()
    (folder / "big.py").write_text(SOURCE)
    return folder


def test_commands_run_when_every_compiled_module_was_cut_at_a_page(tmp_path):
    """A disk takes whole pages: what is smaller than one is there or is empty, and Python copes with that itself."""
    command = "import sys; sys.argv = ['autograder', '--help']; from autograder.__main__ import main; main()"
    assert run(command, tmp_path).returncode == 0
    whole = compiled(tmp_path)
    for path, content in whole.items():
        if "site-packages" in path.parts or path.is_relative_to(f"{tmp_path}{ROOT / 'autograder'}"):  # not Python's own
            path.write_bytes(content[:PAGE] if len(content) > PAGE else b"")
    ran = run(command, tmp_path)
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("damage", [b"", b"\x00" * 2000, b"\xff" * 2000], ids=["short", "empty blocks", "garbage"])
def test_a_damaged_module_is_compiled_anew_and_whole_the_next_time(tmp_path, module, damage):
    code = "import autograder, big; print(len(big.values))"
    assert run(code, tmp_path, module).stdout == "5000\n"
    ((path, whole),) = [item for item in compiled(tmp_path).items() if item[0].name.startswith("big.")]
    path.write_bytes(whole[:PAGE] + damage)
    assert run("import big", tmp_path, module).returncode == 1, "Python alone copes"
    ran = run(code, tmp_path, module)
    assert ran.stdout == "5000\n", ran.stderr
    assert run(code, tmp_path, module).stdout == "5000\n" and path.read_bytes() == whole


def test_what_is_wrong_with_a_source_is_still_said(tmp_path, module):
    (module / "big.py").write_bytes(b"values = 1\n\x00")
    ran = run("import autograder, big", tmp_path, module)
    assert ran.returncode == 1 and "null bytes" in ran.stderr


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="only root can mount a small file system")
def test_after_a_run_on_a_really_full_disk_the_next_ones_work(tmp_path):
    """Where Python notices that the disk took only part of a module (newer versions do), nothing has to be mended."""
    small, names = tmp_path / "small", [f"big{number}" for number in range(8)]
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=380k", "small", str(small)], check=True)
    try:
        for name in names:
            (small / f"{name}.py").write_text(SOURCE)
        code = f"import autograder, {', '.join(names)}; print('there')"
        for _ in range(3):
            ran = run(code, None, small)
            assert ran.stdout == "there\n", ran.stderr
    finally:
        subprocess.run(["umount", str(small)], check=True)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is no warm process")
def test_a_warm_process_and_workers_start_all_the_same(tmp_path, module):
    code = """
        import asyncio, multiprocessing, os, sys
        import autograder
        from autograder.grading import ahead
        from autograder.kernels.connection import WarmProcess

        async def warm():
            await WarmProcess.running(("ipykernel.kernelapp", "big"))._hear("warm")

        asyncio.run(warm())
        print("warm")
        ahead.IMPORTED.append("big")
        ahead.begin(0)
        process = multiprocessing.get_context(ahead.METHOD).Process(target=os.getpid)
        process.start()
        process.join()
        print(process.exitcode)
    """
    broken = module / "__pycache__" / f"big.{sys.implementation.cache_tag}.pyc"
    py_compile.compile(str(module / "big.py"))
    whole = broken.read_bytes()
    for content in (whole, whole[:PAGE]):
        broken.write_bytes(content)
        ran = run(textwrap.dedent(code), None, module)
        assert ran.stdout == "warm\n0\n", ran.stderr
    assert broken.read_bytes() == whole
