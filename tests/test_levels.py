"""The levels of locking in: which one is found, what is said of it, and what the lower ones promise.

System calls are really taken away (see permissions.py); what a kernel may do at `namespaces` and `landlock` alike is in
test_kernels.py.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from jupyter_client.provisioning import KernelProvisionerFactory
from permissions import LEVELS, at_level, landlock_version, where_forbidden
from test_kernels import NAME, PLACE, Kernels, Ran, running, wait_until
from traitlets.config import Config

from autograder.doctor import Finding, show
from autograder.errors import UserError
from autograder.kernels import levels, scratch
from autograder.kernels.connection import level_here
from autograder.kernels.levels import Found
from autograder.kernels.remedies import System, remedy
from autograder.locking_in import settle

ROOT = Path(__file__).resolve().parents[1]
LIKE_DOCKER = """
import os, sys
sys.path[:0] = [{root!r}, {tests!r}]
import permissions
permissions.forbid(permissions.{calls})
sys.path[:2] = []
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the locks are Linux's")
root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root may take another user id")


@pytest.fixture
def registered():
    KernelProvisionerFactory.provisioners[NAME] = EntryPoint(NAME, PLACE, KernelProvisionerFactory.GROUP_NAME)
    yield
    del KernelProvisionerFactory.provisioners[NAME]


def found_where(calls) -> Found:
    import asyncio

    return where_forbidden(calls, lambda: asyncio.run(level_here()))


def command(calls: str, *arguments: str, **more) -> subprocess.CompletedProcess:
    """Run `python ARGUMENTS` where these calls are forbidden."""
    code = LIKE_DOCKER.format(root=str(ROOT), tests=str(ROOT / "tests"), calls=calls)
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=300, **more
    )


# Which level is found


@root_only
@pytest.mark.parametrize("level", LEVELS)
def test_the_best_level_that_a_system_permits_is_found_by_trying(level):
    found = found_where(LEVELS[level])
    assert found.level == level
    assert set(found.lacks) == set(levels.LEVELS[levels.LEVELS.index(level) + 1 :])


def test_who_is_not_root_has_nothing_where_landlock_is_missing(monkeypatch):
    from autograder.kernels import keeper, system

    monkeypatch.setattr(system, "may_change_user", lambda: False)
    assert keeper.missing("uid") == "the grader is not root, or has not root's rights over users"


def test_levels_are_ordered_and_each_missing_one_keeps_its_reason():
    found = Found("uid", {"namespaces": "nobody may", "landlock": "it is old"})
    assert found.suffices("uid") and not found.suffices("landlock")
    assert found.why_not("landlock") == "it is old"
    assert Found("landlock", {"namespaces": "nobody may"}).why_not("landlock") == "nobody may"


# What is demanded


def _settle(config: dict, found: Found, **more):
    return settle(Config({"LockedInProvisioner": config}), find=lambda: found, **more)


ONLY_UID = Found("uid", {"landlock": "this is a test", "namespaces": "this is a test"})
NOTHING = Found("none", dict.fromkeys(levels.LEVELS[1:], "this is a test"))


def test_by_default_landlock_is_demanded():
    assert _settle({}, Found("landlock", {"namespaces": "x"})).settings == {}
    with pytest.raises(UserError, match="level 'landlock', because this is a test"):
        _settle({}, ONLY_UID)


def test_more_or_less_can_be_demanded():
    with pytest.raises(UserError, match="level 'namespaces', because x"):
        _settle({"level": "namespaces"}, Found("landlock", {"namespaces": "x"}))
    assert _settle({"level": "uid"}, ONLY_UID).level == "uid"
    assert "WITHOUT PROTECTION" in _settle({"allow_unsafe_kernels": True}, NOTHING).line


def test_ones_own_code_runs_at_any_level_and_a_line_says_so():
    settled = _settle({}, NOTHING, own="This notebook")
    assert settled.line == "This notebook runs WITHOUT PROTECTION, because this is a test: it can do whatever you can."
    assert settled.settings == {"LockedInProvisioner": {"allow_unsafe_kernels": True}}
    assert _settle({}, ONLY_UID, own="This notebook").level == "uid"


def test_a_level_that_is_demanded_by_name_is_demanded_of_ones_own_code_too_but_not_where_it_is_trusted():
    with pytest.raises(UserError):
        _settle({"level": "landlock"}, NOTHING, own="This notebook")
    assert _settle({"level": "landlock"}, NOTHING, own="This notebook", trust=True).level == "none"


@pytest.mark.parametrize(
    "found, system, words",
    [
        (NOTHING, System("Darwin"), "container or a virtual machine with Linux"),
        (NOTHING, System("Windows"), "container or a virtual machine with Linux"),
        (NOTHING, System("Linux", container="wsl1"), "WSL 2"),
        (ONLY_UID, System("Linux", container="gvisor", root=True), "gVisor has no Landlock"),
        (NOTHING, System("Linux"), "lsm=landlock"),
        (Found("landlock", {"namespaces": "x"}), System("Linux", container="docker"), "docker run --security-opt"),
        (Found("landlock", {"namespaces": "x"}), System("Linux", container="podman"), "podman run --security-opt"),
        (Found("landlock", {"namespaces": "x"}), System("Linux", container="kubernetes"), "hostUsers: false"),
        (Found("landlock", {"namespaces": "x"}), System("Linux", user_namespaces=0), "max_user_namespaces"),
        (Found("landlock", {"namespaces": "x"}), System("Linux", apparmor_restricts=True), "AppArmor"),
        (Found("landlock", {"namespaces": "x"}), System("Linux", unprivileged_forbidden=True), "userns_clone=1"),
    ],
)
def test_the_remedy_is_for_the_system_that_was_found(found, system, words):
    assert words in remedy(found, system)


# Commands


@root_only
@pytest.mark.parametrize(
    "arguments",
    [
        ("-m", "autograder", "grade", "resnet", "--course", "COURSE"),
        ("-m", "nbgrader", "autograde", "resnet", "--course-dir=COURSE", "--db=sqlite:///COURSE/gradebook.db"),
    ],
    ids=["grade", "nbgrader autograde"],
)
def test_where_the_demanded_level_cannot_be_had_grading_ends_with_one_sentence_and_status_2(arguments, tmp_path):
    folder = tmp_path / "submitted" / "ada" / "resnet"
    folder.mkdir(parents=True)
    shutil.copy(ROOT / "notebooks" / "resnet" / "01_plain_baseline.ipynb", folder)
    before = sorted(tmp_path.rglob("*"))
    ran = command("OLD", *(argument.replace("COURSE", str(tmp_path)) for argument in arguments))
    said = [line for line in ran.stderr.splitlines() if not line.startswith("[AutogradeApp | INFO]")]
    assert ran.returncode == 2, ran.stderr
    assert len(said) == 1 and said[0].startswith("Students' code cannot be locked in here at the level 'landlock'")
    assert "Traceback" not in ran.stdout + ran.stderr
    left = [path for path in sorted(tmp_path.rglob("*")) if path not in before]
    assert not [path for path in left if "autograded" in path.parts]


@root_only
def test_a_notebook_of_ones_own_is_checked_at_the_level_that_there_is_and_a_line_says_which():
    ran = command("OLD", "-m", "autograder", "check", "solutions/resnet/01_plain_baseline.ipynb", "--json")
    assert ran.returncode == 0, ran.stderr
    assert "another user id" in ran.stderr
    assert sum(record["points"] or 0 for record in json.loads(ran.stdout)) == 15


@root_only
def test_doctor_tells_the_level_why_not_the_next_one_and_the_remedy(capsys):
    ran = command("CONTAINER", "-m", "autograder", "doctor", "--json")
    assert ran.returncode == 0, ran.stderr
    findings = {finding["what"]: finding for finding in json.loads(ran.stdout)}
    assert findings["level"]["seen"].startswith("landlock:") and findings["level"]["fine"]
    assert "not permitted" in findings["why not namespaces"]["seen"] and findings["why not namespaces"]["remedy"]
    assert findings["kernel"]["fine"]
    ran = command("OLD", "-m", "autograder", "doctor", "--json")
    findings = {finding["what"]: finding for finding in json.loads(ran.stdout)}
    assert ran.returncode == 2 and findings["level"]["fine"] is False and findings["kernel"]["fine"] is False


def test_what_doctor_finds_decides_whether_grading_would_work(capsys):
    from rich.console import Console

    assert show(iter([Finding("a", True, "x"), Finding("b", None, "y")]), Console())
    assert not show(iter([Finding("a", True, "x"), Finding("b", False, "y", "do [this]")]), Console())
    assert "do [this]" in capsys.readouterr().out


# A scratch folder on disk


def test_whatever_lies_in_a_scratch_folder_is_removed(tmp_path):
    folder = tmp_path / "scratch"
    folder.mkdir()
    (folder / "closed").mkdir()
    (folder / "closed" / "file").write_text("x")
    (folder / "closed").chmod(0)
    (folder / "link").symlink_to(tmp_path / "outside")
    (folder / "linked").symlink_to(tmp_path)
    (tmp_path / "outside").write_text("stays")
    here = os.getcwd()
    try:
        os.chdir(folder)
        for _ in range(3000):  # its path has more letters than a path may have
            os.mkdir("deeper")
            os.chdir("deeper")
    finally:
        os.chdir(here)
    scratch.remove(str(folder))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["outside"]


def _processes() -> int:
    return os.open("/proc", os.O_RDONLY)


def test_files_are_added_up_without_names_too(tmp_path):
    def too_much(members=()):
        return scratch.too_much(str(tmp_path), 2**20, _processes(), members)

    (tmp_path / "small").write_bytes(bytes(2**18))
    assert too_much() == ""
    with open(tmp_path / "gone", "wb") as file:
        file.write(bytes(2**20))
        file.flush()
        os.unlink(tmp_path / "gone")
        assert too_much() == ""
        assert too_much((str(os.getpid()),)) == "it wrote more than 1 MiB of files"
    assert too_much((str(os.getpid()),)) == ""
    (tmp_path / "large").write_bytes(bytes(2**20))
    assert "1 MiB" in too_much()


@pytest.mark.parametrize("level", ["landlock", "uid"])
@root_only
def test_at_lower_levels_the_keeper_ends_who_writes_or_forks_too_much_and_nothing_is_left(registered, tmp_path, level):
    mark = f"7531.{os.getpid()}"
    (tmp_path / "ada").mkdir()
    fills = "import os\nfile = open('x', 'wb'); os.unlink('x')\nwhile True: file.write(bytes(2**20)); file.flush()"
    detaches = f"import subprocess; subprocess.Popen(['setsid', 'nohup', 'sleep', '{mark}'])"
    with at_level(level), pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(tmp_path))
        tmp_path.chmod(0o711)
        for parent in tmp_path.parents[:2]:
            parent.chmod(0o711)
        kernels = Kernels(level)
        traits = {"level": "uid", "scratch_mib": 8, "preload": ["ipykernel.kernelapp"]}
        with kernels.kernel(tmp_path / "ada", **traits) as kernel:
            assert kernel.manager.provisioner.locked_in == level
            kernel.run(detaches)
            assert running(mark)
            kernel.client.execute(fills)
            assert kernel.dies()
        assert wait_until(lambda: not running(mark))
        assert wait_until(lambda: [path.name for path in tmp_path.iterdir()] == ["ada"])


@root_only
def test_a_keeper_that_is_killed_takes_its_kernel_with_it(registered, tmp_path):
    mark = f"7532.{os.getpid()}"
    (tmp_path / "ada").mkdir()
    with at_level("landlock"), Kernels().kernel(tmp_path / "ada", preload=["ipykernel.kernelapp"]) as kernel:
        kernel.run(f"import subprocess; subprocess.Popen(['setsid', 'sleep', '{mark}'])")
        assert running(mark)
        os.kill(kernel.manager.provisioner.pid, 9)
        assert wait_until(lambda: not running(mark))
        assert kernel.dies()


@root_only
def test_the_submission_that_is_handed_back_is_the_kernels_own_folder_not_what_bears_its_name(registered, tmp_path):
    """Who puts a link in the place of the folder gets nothing of where it leads: keepers are not locked in."""
    (tmp_path / "solutions").mkdir()
    (tmp_path / "solutions" / "my_resnet.py").write_text("the reference")
    (tmp_path / "ada").mkdir()
    trick = f"""
        import os
        os.chdir("..")
        os.rename("submission", "moved")
        os.symlink({str(tmp_path / "solutions")!r}, "submission")
        """
    with (
        at_level("landlock"),
        Kernels().kernel(tmp_path / "ada", preload=["ipykernel.kernelapp"]) as kernel,
    ):
        assert kernel.run(trick).error == ""
    assert not (tmp_path / "ada" / "my_resnet.py").exists()


# The same user: what Landlock does not know

AS_THE_SAME_USER = """
import os, sys
sys.path.insert(0, {root!r})
from autograder.kernels import landlock, seccomp, system
os.setsid()
system.drop_capabilities()  # as every kernel does; a right to look into all processes would go before Landlock
landlock.restrict({{"/usr": landlock.READ, "/lib": landlock.READ, "/lib64": landlock.READ, "/proc": landlock.READ,
    sys.base_prefix: landlock.READ, {scratch!r}: landlock.WRITE, "/dev/null": landlock.DEVICE}})
seccomp.restrict(beside=seccomp.Beside(landlock={version}, same_user=True))
import ctypes, fcntl, resource, socket, subprocess
seccomp.close_the_door()
libc = ctypes.CDLL(None, use_errno=True)
def tried(call, *arguments):
    if libc.syscall(call, *arguments) == -1:
        raise OSError(ctypes.get_errno(), "failed")
attacks = {{
    "kill": lambda: os.kill({victim}, 0),
    "group": lambda: os.killpg({victim}, 0),
    "thread": lambda: tried(200, {victim}, 0),
    "pidfd": lambda: __import__("signal").pidfd_send_signal(os.pidfd_open({victim}), 0),
    "limit": lambda: resource.prlimit({victim}, resource.RLIMIT_NOFILE, (10, 10)),
    "nice": lambda: os.setpriority(os.PRIO_PROCESS, {victim}, 19),
    "nice to all": lambda: os.setpriority(os.PRIO_USER, 0, 19),
    "owner of a file": lambda: fcntl.fcntl(os.open({scratch!r}, os.O_RDONLY), fcntl.F_SETOWN, {victim}),
    "socket": lambda: socket.socket(socket.AF_UNIX),
    "datagrams": lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM),
    "attribute": lambda: os.setxattr({secret!r}, "user.x", b"y"),
    "cut": lambda: os.truncate({secret!r}, 0),
    "cut what is read": lambda: os.open(os.__file__, os.O_RDONLY | os.O_TRUNC) if {version} < 3 else os.truncate({secret!r}, 0),
    "environment": lambda: open("/proc/{victim}/environ").read(),
}}
for name, attack in attacks.items():
    try:
        attack()
        print(name)
    except OSError:
        pass
os.chmod({secret!r}, 0o777); os.utime({secret!r}, (0, 0)); os.chown({secret!r}, 1, 1)
os.sched_setaffinity({victim}, {{0}})
pair = socket.socketpair(); pair[0].send(b"x"); assert pair[1].recv(1) == b"x"
before = os.getpgrp(); os.setsid(); os.setpgid(0, 0); assert os.getpgrp() == before
assert subprocess.run(["/bin/sh", "-c", "exit 7"]).returncode == 7
os.kill(os.getpid(), 0)
print("done")
"""


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="numbers of system calls")
@pytest.mark.parametrize("version", [2, 6])
def test_what_shares_a_user_with_the_grader_reaches_nothing_of_that_user(tmp_path, version):
    """With the version of Landlock that is here, and as if it were one that knows nothing of signals and of cutting files."""
    if landlock_version() < 6:
        pytest.skip("needs a Landlock that knows of signals")
    secret, own = tmp_path / "secret", tmp_path / "scratch"
    secret.write_text("grades")
    secret.chmod(0o640)
    own.mkdir()
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as victim:
        before = secret.stat()
        affinity = os.sched_getaffinity(victim.pid)
        values = {"root": str(ROOT), "scratch": str(own), "secret": str(secret), "victim": victim.pid}
        code = AS_THE_SAME_USER.format(version=version, **values)
        ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert ran.stdout == "done\n", ran.stdout + ran.stderr
        after = secret.stat()
        assert (before.st_mode, before.st_mtime, before.st_uid) == (after.st_mode, after.st_mtime, after.st_uid)
        assert secret.read_text() == "grades" and os.sched_getaffinity(victim.pid) == affinity
        assert os.getpriority(os.PRIO_PROCESS, victim.pid) == os.getpriority(os.PRIO_PROCESS, 0)
        victim.kill()


# A user of one's own, and no more


@root_only
def test_at_uid_the_grader_the_evidence_and_other_submissions_are_out_of_reach(registered, tmp_path):
    (tmp_path / "ada").mkdir()
    (tmp_path / "gradebook.db").write_text("grades")
    (tmp_path / "gradebook.db").chmod(0o600)
    with at_level("uid"), subprocess.Popen(["sleep", "60"]) as victim:
        traits = {"level": "uid", "preload": ["ipykernel.kernelapp"]}
        with (
            Kernels().kernel(tmp_path / "ada", **traits) as kernel,
            Kernels().kernel(tmp_path / "ada", **traits) as other,
        ):
            for attack in (
                f"open({str(tmp_path / 'gradebook.db')!r}).read()",
                f"open({str(tmp_path / 'ada' / 'forged')!r}, 'w')",
                f"import os; os.kill({victim.pid}, 0)",
                f"import os; os.kill({os.getpid()}, 0)",
                f"open('/proc/{os.getpid()}/environ').read()",
                f"import os; os.listdir({other.run('import os; print(os.getcwd())').text.strip()!r})",
                "import socket; socket.socket()",
            ):
                assert kernel.run(attack).error == "PermissionError", attack
            code = "import os; os.makedirs('a/b'); print(os.getuid())"
            one, another = kernel.run(code), other.run(code)
            assert one.error == another.error == "" and len({one.text, another.text, "0\n"}) == 3
            assert kernel.run("import csv, xmlrpc.client, torch; print(torch.ones(2).sum())") == Ran("tensor(2.)\n", "")
        victim.kill()
