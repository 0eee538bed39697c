"""Kernels that are warm and locked in. Every attack is made twice: from a locked-in kernel, where it must fail, and from
an ordinary one, where it must succeed, so that no attack fails for want of skill. All of it at two levels: in namespaces,
and by Landlock alone, as in a container. What is between the levels is in test_levels.py.
"""

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import time
import tomllib
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from pathlib import Path

import nbformat
import pytest
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import KernelProvisionerFactory
from nbclient.client import NotebookClient
from nbclient.exceptions import DeadKernelError
from permissions import at_level
from traitlets.config import Config

from autograder.kernels import connection
from autograder.kernels.levels import Found
from autograder.kernels.provisioner import LockedInProvisioner

ROOT = Path(__file__).resolve().parents[1]
NAME, PLACE = "locked-in", "autograder.kernels.provisioner:LockedInProvisioner"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the locks are Linux's")


@dataclass(frozen=True)
class Ran:
    """What a cell printed, and the name of the exception that ended it, or ""."""

    text: str
    error: str


class Kernels:
    """Starts kernels and runs cells in them, in one event loop. level: the one at which they are locked in."""

    def __init__(self, level: str = "namespaces"):
        self.loop, self.level = asyncio.new_event_loop(), level

    def do(self, coroutine):
        return self.loop.run_until_complete(coroutine)

    def manager(self, locked: bool = True, **traits) -> AsyncKernelManager:
        manager = AsyncKernelManager(kernel_name="python3", config=Config({"LockedInProvisioner": traits}))
        if locked:
            manager.kernel_spec.metadata["kernel_provisioner"] = {"provisioner_name": NAME}
        return manager

    @contextmanager
    def kernel(self, cwd: Path, locked: bool = True, env: dict | None = None, **traits):
        manager = self.manager(locked, **traits)
        self.do(manager.start_kernel(cwd=str(cwd), env={**os.environ, **(env or {})}))
        started = Started(self, manager)
        try:
            yield started
        finally:
            started.client.stop_channels()
            self.do(manager.shutdown_kernel(now=True))

    async def ready(self, manager: AsyncKernelManager):
        client = manager.client()
        client.start_channels()
        await client.wait_for_ready(timeout=60)
        return client


class Started:
    def __init__(self, kernels: Kernels, manager: AsyncKernelManager):
        self.kernels, self.manager = kernels, manager
        self.client = kernels.do(kernels.ready(manager))

    def run(self, code: str, interrupt_after: float | None = None) -> Ran:
        return self.kernels.do(self._run(textwrap.dedent(code), interrupt_after))

    async def _run(self, code: str, interrupt_after: float | None) -> Ran:
        texts = []

        def hear(message):
            if message["msg_type"] == "stream":
                texts.append(message["content"]["text"])
            elif message["msg_type"] in ("execute_result", "display_data"):
                texts.append(" ".join(message["content"]["data"]))

        cell = asyncio.ensure_future(self.client.execute_interactive(code, output_hook=hear, timeout=30))
        if interrupt_after is not None:
            await asyncio.sleep(interrupt_after)
            await self.manager.interrupt_kernel()
        reply = (await cell)["content"]
        return Ran("".join(texts), reply.get("ename", ""))

    def alive(self) -> bool:
        return self.kernels.do(self.manager.is_alive())

    def dies(self) -> bool:
        """Whether it is dead within ten seconds."""
        return wait_until(lambda: not self.alive())


def wait_until(holds, seconds: float = 10) -> bool:
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def running(mark: str) -> bool:
    """Whether a process with `mark` in its command line runs on this machine."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (folder / "cmdline").read_bytes():
                return True
        except OSError:
            continue
    return False


@pytest.fixture(scope="module", params=["namespaces", "landlock"])
def kernels(request):
    KernelProvisionerFactory.provisioners[NAME] = EntryPoint(NAME, PLACE, KernelProvisionerFactory.GROUP_NAME)
    with at_level(request.param):
        yield Kernels(request.param)
    del KernelProvisionerFactory.provisioners[NAME]


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Path:
    """A course folder with what a student must not see, and Ada's submission, in which her kernels start."""
    root = tmp_path_factory.mktemp("course")
    secrets = {
        "gradebook.db": "grades",
        "solutions/resnet/02.ipynb": "solution",
        "submitted/bob/resnet/02.ipynb": "bob's",
    }
    for path, text in {**secrets, "autograded/ada/resnet/notes.txt": "mine"}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


@pytest.fixture(scope="module")
def ada(course) -> Path:
    return course / "autograded" / "ada" / "resnet"


@pytest.fixture(scope="module")
def outside(course):
    """What there is to attack: another process, sockets of several kinds, a file for all, a token in the environment."""
    victim = subprocess.Popen(["sleep", "1000"])
    tcp, udp = socket.create_server(("127.0.0.1", 0)), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", 0))
    path = tempfile.mktemp(prefix="listening-")
    by_path, abstract = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
    by_path.bind(path)
    abstract.bind(f"\0{path}")
    for listening in (by_path, abstract):
        listening.listen()
    os.environ["GRADER_TOKEN"] = "a-token"
    yield {
        "root": str(ROOT),
        "course": str(course),
        "victim": victim.pid,
        "grader": os.getpid(),
        "tcp": tcp.getsockname()[1],
        "udp": udp.getsockname()[1],
        "path": path,
    }
    del os.environ["GRADER_TOKEN"]
    for listening in (tcp, udp, by_path, abstract):
        listening.close()
    os.unlink(path)
    victim.kill()
    victim.wait()


@pytest.fixture(scope="module")
def locked(kernels, ada, outside):
    with kernels.kernel(ada) as kernel:
        assert kernel.manager.provisioner.locked_in == kernels.level
        yield kernel


@pytest.fixture(scope="module")
def unlocked(kernels, tmp_path_factory, outside):
    with kernels.kernel(tmp_path_factory.mktemp("unlocked"), locked=False) as kernel:
        yield kernel


# Work


def test_a_lesson_can_compute_plot_write_and_read(locked):
    ran = locked.run(
        """
        import torch, matplotlib.pyplot as plt
        from course_utils import PlainBlock, load_data
        data = load_data("digits", limit=64)
        block = PlainBlock(3, 8)
        block(data.train.images).sum().backward()
        plt.plot([1, 2]); plt.show()
        open("figures.txt", "w").write("42")
        print(block.conv1.weight.grad.shape, open("figures.txt").read(), open("notes.txt").read())
        """
    )
    assert ran.error == ""
    assert "image/png" in ran.text
    assert "torch.Size([8, 3, 3, 3]) 42 mine" in ran.text


def test_other_processes_of_python_and_the_shell_work(locked):
    ran = locked.run(
        """
        import torch, pathlib, sys, tempfile
        from torch.utils.data import DataLoader
        loader = DataLoader(torch.arange(10.0), num_workers=2, prefetch_factor=4, persistent_workers=True, timeout=9)
        print(sum(batch.sum() for batch in loader), sum(len(batch) for batch in loader), loader.num_workers)
        with tempfile.NamedTemporaryFile() as file:
            print(pathlib.Path.home().exists())
        !echo from the shell
        !{sys.executable} -c "import numpy; print('from a new Python')"
        """
    )
    assert ran.error == ""
    for text in ("tensor(45.) 10 2", "True", "from the shell", "from a new Python"):
        assert text in ran.text


def test_memory_can_be_shared_with_other_processes_where_it_is_the_kernels_own(locked, kernels):
    ran = locked.run(
        """
        import torch, multiprocessing
        with multiprocessing.Pool(1) as pool:
            print(pool.map(abs, [-3]))
        print(sum(multiprocessing.Array("i", [20, 22])), torch.ones(3).share_memory_().sum())
        """
    )
    if kernels.level == "namespaces":
        assert ran == Ran("[3]\n42 tensor(3.)\n", "")
    else:  # the system's shared memory is everybody's
        assert ran.error == "PermissionError"


def test_torch_computes_with_as_many_threads_as_in_an_ordinary_kernel(locked, unlocked):
    code = "import torch; print(torch.get_num_threads())"
    assert locked.run(code) == unlocked.run(code)


def test_who_starts_a_kernel_can_say_how_many_threads_it_computes_with(kernels, ada, locked):
    code = "import os, torch; print(torch.get_num_threads(), os.environ.get('OMP_NUM_THREADS'))"
    with kernels.kernel(ada, env={"OMP_NUM_THREADS": "3"}) as kernel:
        assert kernel.run(code).text == "3 3\n"


def test_what_is_compiled_runs_as_it_is_written(locked):
    """Compiling takes a minute. Compiled code would print True, and nothing when it runs again."""
    code = """
    import torch
    @torch.compile
    def f(x):
        print(torch.compiler.is_compiling(), end=" ")
        return x + 1
    print(f(torch.ones(2)).tolist(), f(torch.ones(2)).tolist())
    """
    assert locked.run(code) == Ran("False False [2.0, 2.0] [2.0, 2.0]\n", "")


def test_tqdm_shows_the_progress_bar_of_notebooks(locked, unlocked):
    code = "from tqdm.auto import tqdm; print(tqdm.__mro__[1].__module__)"
    assert locked.run(code) == unlocked.run(code) == Ran("tqdm.notebook\n", "")


def test_no_two_kernels_draw_the_same_random_numbers(kernels, ada, locked):
    code = "import random, numpy, torch; print(random.random(), numpy.random.rand(), torch.rand(1).item())"
    with kernels.kernel(ada) as other:
        pairs = zip(locked.run(code).text.split(), other.run(code).text.split(), strict=True)
        assert all(one != another for one, another in pairs)


def test_a_kernel_sees_the_variables_of_the_course_and_no_others(kernels, ada, locked):
    with kernels.kernel(ada, env={"COURSE_SEED": "17", "API_KEY": "secret"}) as kernel:
        ran = kernel.run("import os; print(os.environ.get('COURSE_SEED'), 'API_KEY' in os.environ)")
    assert ran.text == "17 False\n"


# Attacks

ATTACKS = {
    "read the reference solution": 'open("{root}/autograder/reference.py").read()',
    "read the residual networks of the studies": 'open("{root}/study/networks.py").read()',
    "import the studies": 'import sys; sys.path.insert(0, "{root}"); import study.networks',
    "list the project": 'import os; assert "autograder" in os.listdir("{root}")',
    "import the autograder": 'import sys; sys.path.insert(0, "{root}"); import autograder',
    "read the gradebook": 'open("{course}/gradebook.db").read()',
    "list the solutions": 'import os; os.listdir("{course}/solutions/resnet")',
    "read another submission": 'open("{course}/submitted/bob/resnet/02.ipynb").read()',
    "write into the own submission's folder": 'open("{course}/autograded/ada/resnet/forged", "w").close()',
    "change course_utils": """
        import importlib.util, os
        os.close(os.open(importlib.util.find_spec("course_utils").origin, os.O_WRONLY))
    """,
    "follow a link out": """
        import os
        os.path.lexists("link") or os.symlink("{course}/gradebook.db", "link")
        open("link").read()
    """,
    "read the system's settings": 'open("/etc/hosts").read()',
    "see what others have in /tmp": 'import os; assert os.path.basename("{path}") in os.listdir(os.path.dirname("{path}"))',
    "read the grader's environment": 'open("/proc/{grader}/environ").read()',
    "see the first process": 'open("/proc/1/cmdline").read()',
    "find a token in the own environment": """
        import os
        assert "a-token" in str(dict(os.environ)) + open("/proc/self/environ").read()
    """,
    "see other processes": 'import os; assert "{victim}" in os.listdir("/proc")',
    "signal another process": "import os; os.kill({victim}, 0)",
    "signal the grader": "import os; os.kill({grader}, 0)",
    "trace another process": """
        import ctypes, os, signal
        assert ctypes.CDLL(None).ptrace(16, {victim}, None, None) == 0  # attach
        os.waitpid({victim}, 0x40000000)
        ctypes.CDLL(None).ptrace(17, {victim}, None, None)  # detach
    """,
    "connect over TCP": 'import socket; socket.create_connection(("127.0.0.1", {tcp})).close()',
    "send over UDP": """
        import socket
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", {udp}))
    """,
    "connect to a socket by its path": 'import socket; socket.socket(socket.AF_UNIX).connect("{path}")',
    "connect to an abstract socket": 'import socket; socket.socket(socket.AF_UNIX).connect("\\0{path}")',
    "listen for others": """
        import socket
        server = socket.create_server(("127.0.0.1", 0))
        socket.create_connection(server.getsockname()).close()
    """,
    "make a world of one's own by cloning": """
        import subprocess, sys
        code = "import ctypes, os, platform; number = dict(x86_64=56, aarch64=220)[platform.machine()];" \\
            "pid = ctypes.PyDLL(None).syscall(number, 0x10000000 | 17, None, None, None, None);" \\
            "pid or os._exit(0); os._exit(pid < 0)"
        subprocess.run([sys.executable, "-c", code], check=True, timeout=20)
    """,
    "make a world of one's own": 'import subprocess; subprocess.run(["unshare", "--user", "true"], check=True)',
    "take memory that no process owns": 'import os; os.close(os.memfd_create("hidden"))',
    "map memory that stays when it is unmapped": "import mmap; mmap.mmap(-1, 4096)",
    "map it by another way": 'import mmap; file = open("/dev/zero", "r+b"); mmap.mmap(file.fileno(), 4096)',
    "reserve 64 GiB": "import mmap; mmap.mmap(-1, 64 * 2**30, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x4000)",
    "reserve 64 GiB of shared memory": """
        import mmap
        mmap.mmap(-1, 64 * 2**30, flags=mmap.MAP_SHARED | mmap.MAP_ANONYMOUS | 0x4000)
    """,
    "write a file of 1 GiB": """
        with open("large", "w") as file:
            file.truncate(2**30)
    """,
    "start 300 processes": """
        import subprocess
        started = []
        try:
            for _ in range(300):
                started.append(subprocess.Popen(["sleep", "30"]))
        finally:
            for process in started:
                process.kill()
                process.wait()
    """,
}


ONLY_SEEING = {"see the first process", "see other processes"}
"""What Landlock does not hide."""


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_fails_where_an_ordinary_kernel_lets_it(attack, kernels, locked, unlocked, outside):
    if attack == "change course_utils" and not os.access(ROOT / "course_utils", os.W_OK):
        pytest.skip("the user who runs this test may not change it either")
    code = ATTACKS[attack].format(**outside)
    from_inside = locked.run(code)
    assert unlocked.run(code).error == ""
    if kernels.level == "landlock" and attack in ONLY_SEEING:
        assert from_inside.error == ""
        return
    assert from_inside.error in (
        *("PermissionError", "FileNotFoundError", "ModuleNotFoundError", "ProcessLookupError", "AssertionError"),
        *("OSError", "ConnectionRefusedError", "CalledProcessError", "BlockingIOError", "MemoryError"),
    )
    assert locked.run("print('alive')") == Ran("alive\n", "")


def test_only_unix_and_internet_sockets_exist(locked):
    ran = locked.run(
        """
        import socket
        for family in range(64):
            try:
                socket.socket(family, socket.SOCK_DGRAM).close()
                print(family, end=" ")
            except OSError:
                pass
        """
    )
    assert set(ran.text.split()) <= {
        str(int(family)) for family in (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6)
    } | {"16"}


def test_a_memory_hog_gets_an_error_and_the_kernel_lives(locked):
    assert locked.run("hog = bytearray(64 * 2**30)").error == "MemoryError"
    assert locked.run("print(len(bytearray(64 * 2**20)))").text == "67108864\n"


def test_many_small_hogs_are_ended_together_with_their_kernel(kernels, ada, locked):
    with kernels.kernel(ada, memory_mib=1200) as kernel:
        kernel.client.execute("import os, time\nfor _ in range(4): os.fork()\nhog = b'x' * 2**27\ntime.sleep(60)")
        assert kernel.dies()
    assert locked.run("print('alive')").text == "alive\n"


def test_memory_that_processes_share_counts_once(kernels, ada):
    """Eight copies of 256 MiB that nobody writes to are within 1,200 MiB."""
    share = """
    import os, time
    hog = b"x" * 2**28
    for _ in range(8):
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
    time.sleep(3)
    print("done")
    """
    with kernels.kernel(ada, memory_mib=1200) as kernel:
        assert kernel.run(share).text == "done\n"
        assert kernel.alive()


ENDLESS_MESSAGE = """
import os, socket, threading
frame = b"\\x03" + (2**22).to_bytes(8, "big") + bytes(2**22)  # of a message that has more to come
def flood(number):
    end = socket.socket(fileno=number)
    end.setblocking(True)
    while True:
        end.sendall(frame)
for number in map(int, os.listdir("/proc/self/fd")):
    try:
        socket.socket(fileno=os.dup(number)).getpeername()
    except OSError:
        continue
    threading.Thread(target=flood, args=(os.dup(number),)).start()
"""


def test_a_message_that_never_ends_ends_its_kernel_not_the_graders_memory(kernels, ada, locked):
    with kernels.kernel(ada, received_mib=200) as kernel:
        kernel.client.execute(ENDLESS_MESSAGE)
        assert kernel.dies()
    assert locked.run("print('alive')").text == "alive\n"


def test_a_true_fork_bomb_is_bounded_and_leaves_nothing_behind(kernels, ada, locked):
    mark = "4321.1234"
    with kernels.kernel(ada, processes=64) as kernel:
        kernel.client.execute(
            "import os, subprocess\n"
            f"subprocess.Popen(['sleep', '{mark}'], start_new_session=True)\n"
            "for _ in range(300): os.fork()"
        )
        assert wait_until(lambda: running(mark))
        time.sleep(0.5)
        inside = [pid for pid in os.listdir("/proc") if pid.isdigit() and _name(pid) == "course-kernel"]
        assert len(inside) <= 64 + 1
    assert not running(mark)
    assert locked.run("print('alive')").text == "alive\n"


def _name(pid: str) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def test_killing_everything_in_sight_kills_that_kernel_alone(kernels, ada, locked):
    with kernels.kernel(ada) as kernel:
        kernel.client.execute(
            "import contextlib, os\n"
            "for pid in (-1, 1, 0):\n"
            "    with contextlib.suppress(OSError):\n"
            "        os.kill(pid, 9)"
        )
        assert kernel.dies()
    assert locked.run("print('alive')").text == "alive\n"


def test_the_keeper_cannot_be_ended_from_inside(locked):
    ran = locked.run(
        """
        import os, signal
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL, signal.SIGSTOP):
            try:
                os.kill(os.getppid(), number)
            except PermissionError:
                pass
        print(open("/proc/self/status").read().split("CapEff:")[1].split()[0])
        """
    )
    assert ran.error == ""
    assert int(ran.text, 16) in (0, 1 << 2)  # reading what Landlock lets it, where Python lies in root's home


def test_processes_of_others_keep_their_secrets(locked, unlocked, outside):
    """Landlock's rule for tracing, and user ids: see that a process runs, but not what it holds."""
    names = ("environ", "maps", "mem", "fd/0", "cwd", "exe", "auxv", "io", "stack", "syscall")
    code = f"""
        import os
        for name in {names}:
            path = f"/proc/{outside["victim"]}/{{name}}"
            try:
                os.readlink(path) if name in ("cwd", "exe", "fd/0") else open(path, "rb").read(1)
                print(name, end=" ")
            except OSError as error:
                if name == "mem" and error.errno == 5:  # it can be opened, and nothing lies at its beginning
                    print(name, end=" ")
        """
    assert locked.run(code) == Ran("", "")
    assert {"environ", "fd/0", "mem"} <= set(unlocked.run(code).text.split())


def test_nothing_can_be_written_but_in_the_scratch_folder(locked, kernels):
    ran = locked.run(
        """
        import os, tempfile
        for folder in ("/", "/usr", "/etc", "/run/kernel", "/proc/self", "/dev", os.path.dirname(os.__file__)):
            for make in (lambda path: open(path, "w").close(), os.mkdir, os.mkfifo):
                try:
                    make(os.path.join(folder, "new"))
                    print(folder)
                except OSError:
                    pass
        import socket
        try:
            socket.socket(socket.AF_UNIX).bind("/run/kernel/new")
            print("/run/kernel")
        except OSError:
            pass
        for folder in (os.getcwd(), os.path.expanduser("~"), tempfile.gettempdir()):
            open(os.path.join(folder, "new"), "w").close()
        """
    )
    assert ran == Ran("", "")
    for folder in ("/tmp", "/dev/shm"):
        expected = "" if kernels.level == "namespaces" else "PermissionError"
        assert locked.run(f"open('{folder}/new', 'w').close()").error == expected


def test_all_files_together_are_bounded(kernels, ada):
    with kernels.kernel(ada, scratch_mib=16) as kernel:
        ran = kernel.run(
            """
            for number in range(64):
                with open(f"filler-{number}", "wb") as file:
                    file.write(bytes(2**20))
            """
        )
        if kernels.level == "landlock":
            assert kernel.dies()
            return
        assert ran.error == "OSError"
        assert "few" in kernel.run("import os; print('few' if len(os.listdir()) < 20 else 'many')").text


def test_computing_time_is_bounded(kernels, ada):
    with kernels.kernel(ada, cpu_seconds=2) as kernel:
        kernel.client.execute("while True: pass")
        assert kernel.dies()


def test_limits_cannot_be_raised_and_no_core_is_dumped(locked):
    ran = locked.run(
        """
        import resource
        for name in ("CORE", "NOFILE", "NPROC", "FSIZE", "DATA", "CPU"):
            kind = getattr(resource, f"RLIMIT_{name}")
            soft, hard = resource.getrlimit(kind)
            try:
                resource.setrlimit(kind, (hard + 1, hard + 1))
                print("raised", name)
            except ValueError:
                print(name, soft == hard)
        print(resource.getrlimit(resource.RLIMIT_CORE))
        """
    )
    assert ran.text.split("\n")[:6] == [f"{name} True" for name in ("CORE", "NOFILE", "NPROC", "FSIZE", "DATA", "CPU")]
    assert "(0, 0)" in ran.text


def test_nothing_of_the_autograder_is_in_a_kernels_memory(locked):
    """The counterpart: what these kernels are forked by is there."""
    ran = locked.run(
        "import sys; print(sorted(name.split('.')[0] for name in sys.modules if 'autograder' in name or 'warm' in name))"
    )
    assert set(eval(ran.text)) == {"warm_kernels"}
    ran = locked.run("import sys; print(sorted(name for name in sys.modules if name.startswith('warm_kernels.')))")
    assert {name.split(".")[1] for name in eval(ran.text)} == {
        *("bytecode", "kernel", "keeper", "landlock", "levels", "limits", "namespaces", "reach", "scratch", "seccomp"),
        *("system", "warm", "world"),
    }


SEARCH_MEMORY = """
def holds(word):
    found = 0
    for line in open("/proc/self/maps"):
        place, rights, *_ = line.split()
        start, end = (int(number, 16) for number in place.split("-"))
        if rights.startswith("rw") and "[v" not in line and end - start < 2**28:
            with open("/proc/self/mem", "rb", 0) as memory:
                memory.seek(start)
                found += memory.read(end - start).count(word)
    return found
"""


def test_nothing_of_earlier_students_is_in_a_kernels_memory(kernels, tmp_path):
    """The counterpart: what a kernel may know, its own folder's name, is found in the same way."""
    names = [f"{name}-{os.urandom(4).hex()}" for name in ("eve", "dan")]
    counts = []
    for name in names:
        (tmp_path / name).mkdir()
        with kernels.kernel(tmp_path / name) as kernel:
            kernel.run(SEARCH_MEMORY)
            for own in names:  # written backwards, so that the search does not find itself
                counts.append(int(kernel.run(f"print(holds(bytes({own[::-1]!r}[::-1], 'ascii')))").text))
    first_sees_itself, first_sees_second, second_sees_first, second_sees_itself = counts
    assert first_sees_second < min(first_sees_itself, second_sees_itself)  # the search itself makes one
    assert second_sees_first == first_sees_second


def test_landlock_alone_keeps_files_network_and_signals_out_of_reach(course, outside, tmp_path):
    """The second wall: it stands where the namespaces would have a hole."""
    code = f"""
        import os, socket, sys
        sys.path.insert(0, {str(ROOT)!r})
        from autograder.kernels import landlock
        attacks = {{
            "read": lambda: open({str(course / "gradebook.db")!r}).read(),
            "list": lambda: os.listdir({str(course)!r}),
            "write": lambda: open({str(course / "forged")!r}, "w").close(),
            "remove": lambda: os.unlink({str(course / "gradebook.db")!r}),
            "connect": lambda: socket.create_connection(("127.0.0.1", {outside["tcp"]})).close(),
            "abstract": lambda: socket.socket(socket.AF_UNIX).connect("\\0{outside["path"]}"),
            "signal": lambda: os.kill({outside["victim"]}, 0),
            "own": lambda: open({str(tmp_path / "own")!r}, "w").close(),
        }}
        if sys.argv[1] == "restricted":
            landlock.restrict({{sys.base_prefix: landlock.READ, {str(tmp_path)!r}: landlock.WRITE}})
            skipped = []
        else:
            skipped = ["write", "remove"]
        for name, attack in attacks.items():
            if name not in skipped:
                try:
                    attack()
                    print(name)
                except PermissionError:
                    pass
    """

    def succeeded(how: str) -> list[str]:
        command = [sys.executable, "-c", textwrap.dedent(code), how]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()

    assert succeeded("free") == ["read", "list", "connect", "abstract", "signal", "own"]
    later = {"connect": 4, "abstract": 6, "signal": 6}  # since which version of Landlock
    known = _landlock_version()
    assert succeeded("restricted") == [*(name for name, version in later.items() if known < version), "own"]


def test_landlock_stands_in_every_kernel(locked):
    """Only Landlock forbids this: the folder belongs to the kernel's own world, and holds nothing to hide."""
    assert locked.run("import os; os.stat('/'); os.listdir('/')").error == "PermissionError"


def _landlock_version() -> int:
    import ctypes

    return ctypes.CDLL(None).syscall(444, None, ctypes.c_size_t(0), 1)


# GPUs


_WHAT_DRIVERS_NEED = """
import ctypes, mmap, os, resource, threading
needs = {
    "names of threads": lambda: open(f"/proc/self/task/{threading.get_native_id()}/comm", "w").write("cuda"),
    "memory without a file": lambda: os.close(os.memfd_create("cuda")),
    "shared memory": lambda: mmap.mmap(-1, 4096),
    "addresses": lambda: mmap.mmap(-1, 2**40, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, mmap.PROT_READ),
}
def has(name):
    try:
        needs[name]()
        print(name)
    except OSError:
        pass
for name in needs:
    thread = threading.Thread(target=has, args=(name,))
    thread.start()
    thread.join()
"""
_WHAT_THEY_NEED = ["names of threads", "memory without a file", "shared memory", "addresses"]


def test_what_drivers_of_gpus_need_is_open_in_a_kernel_that_is_to_have_them_and_in_no_other(kernels, ada, locked):
    assert locked.run(_WHAT_DRIVERS_NEED) == Ran("", "")
    with kernels.kernel(ada, gpu=True) as kernel:
        ran = kernel.run(_WHAT_DRIVERS_NEED)
    assert (ran.text.splitlines(), ran.error) == (_WHAT_THEY_NEED, "")


def test_in_a_kernel_with_gpus_nothing_else_of_proc_can_be_written(kernels, ada):
    code = """
    import ctypes, os, stat
    ctypes.CDLL(None).prctl(4, 1)  # PR_SET_DUMPABLE: /proc/self belongs to who runs
    tried = 0
    for folder, folders, files in os.walk("/proc"):
        for name in files:
            path = os.path.join(folder, name)
            try:
                mode = os.lstat(path).st_mode
                if stat.S_ISLNK(mode) or not mode & stat.S_IWUSR:
                    continue
                tried += 1
                os.close(os.open(path, os.O_WRONLY))
            except OSError:
                continue
            if name != "comm" and "/attr/" not in path:  # the latter are for the system's security modules to guard
                print(path)
    print(tried > 50)
    """
    with kernels.kernel(ada, gpu=True) as kernel:
        ran = kernel.run(code)
    assert ran == Ran("True\n", "")


def test_a_kernel_with_gpus_that_takes_too_much_memory_is_ended_for_that(kernels, ada, caplog):
    with kernels.kernel(ada, gpu=True, memory_mib=1200) as kernel:
        kernel.client.execute(
            "import mmap, time\nhog = mmap.mmap(-1, 2**31)\nfor _ in range(24): hog.write(bytes(2**26))\ntime.sleep(60)"
        )
        assert kernel.dies()
    assert "it used more than 1200 MiB of memory" in caplog.text


def test_only_in_a_kernel_that_is_to_have_gpus_are_their_devices(kernels, ada, tmp_path, monkeypatch):
    """A terminal stands for a GPU here."""
    copied = shutil.copytree(connection._HERE, tmp_path / "kernels")
    source = (copied / "world.py").read_text()
    assert '_GPU_DEVICES = ("nvidia*"' in source
    (copied / "world.py").write_text(source.replace('_GPU_DEVICES = ("nvidia*"', '_GPU_DEVICES = ("tty"'))
    monkeypatch.setattr(connection, "_HERE", copied)
    monkeypatch.setenv("LC_TEST", "another environment, so that a new warm process is started")
    code = """
    import os
    def opens(path):
        try:
            os.close(os.open(path, os.O_RDONLY))
        except (FileNotFoundError, PermissionError):
            return False
        except OSError:  # a terminal that this process has not
            pass
        return True
    print(*map(opens, ('/dev/tty', '/dev/zero', '/sys/class')))
    """
    with kernels.kernel(ada) as kernel, kernels.kernel(ada, gpu=True) as other:
        assert kernel.run(code).text == "False False False\n"
        assert other.run(code).text == "True True True\n"


def test_a_kernel_finds_no_gpu_unless_it_is_to_have_them(kernels, ada, locked):
    code = """
    import os, torch
    print(*(os.environ.get(name) for name in ("CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES")), torch.cuda._is_in_bad_fork())
    """
    env = {"CUDA_VISIBLE_DEVICES": "3"}
    with kernels.kernel(ada, env=env) as kernel, kernels.kernel(ada, env=env, gpu=True) as other:
        assert kernel.run(code).text == " -1 False\n"
        assert other.run(code).text == "3 None False\n"


def test_nor_does_one_that_runs_without_protection(kernels, ada, monkeypatch):
    async def nothing(self) -> Found:
        return Found("none", dict.fromkeys(("uid", "landlock", "namespaces"), "this is a test"))

    monkeypatch.setattr(LockedInProvisioner, "found", nothing)
    code = "import os; print(os.environ.get('CUDA_VISIBLE_DEVICES'), os.environ.get('HIP_VISIBLE_DEVICES'))"
    with kernels.kernel(ada, env={"CUDA_VISIBLE_DEVICES": "3"}, allow_unsafe_kernels=True) as kernel:
        assert kernel.run(code).text == " -1\n"


# Ends


def test_what_a_kernel_leaves_running_ends_with_it(kernels, ada):
    mark = "8765.4321"
    with kernels.kernel(ada) as kernel:
        kernel.run(f"import subprocess; subprocess.Popen(['setsid', 'nohup', 'sleep', '{mark}'])")
        assert wait_until(lambda: running(mark))
    assert not running(mark)


def test_the_scratch_folder_is_gone_and_the_submission_as_it_was(kernels, ada, tmp_path_factory, monkeypatch):
    here = tmp_path_factory.mktemp("here")
    monkeypatch.setattr(tempfile, "tempdir", str(here))
    files = sorted(os.listdir(ada))
    with kernels.kernel(ada) as kernel:
        kernel.run("open('new.txt', 'w').write('x'); open('notes.txt', 'w').write('changed')")
        assert len(os.listdir(here)) == 1
    assert os.listdir(here) == []
    assert sorted(os.listdir(ada)) == files
    assert (ada / "notes.txt").read_text() == "mine"


def test_the_folder_for_temporary_files_may_have_a_path_of_any_length(kernels, ada, tmp_path, monkeypatch):
    here = tmp_path / ("ä" * 100)  # two bytes each, of which a socket's path may have 107
    here.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(here))
    with kernels.kernel(ada) as kernel:
        sockets = Path(kernel.manager.ip).parent
        assert kernel.run("print(6 * 7)").text == "42\n"
    assert not sockets.is_relative_to(here) and not sockets.parent.exists()


def test_where_no_folder_for_sockets_can_be_had_a_sentence_says_so(monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", "/" + "x" * 90)
    monkeypatch.setattr(connection, "_SOCKETS_LIE_IN", ("/not/there",))
    with pytest.raises(OSError, match="more than 68 bytes, and /not/there cannot be written to. Set TMPDIR"):
        connection.short_folder()


def test_what_keep_writes_reaches_the_next_lessons_kernel(kernels, tmp_path):
    (tmp_path / "my_resnet.py").symlink_to(tmp_path / "elsewhere.txt")
    (tmp_path / "elsewhere.txt").write_text("not to be changed")
    with kernels.kernel(tmp_path) as kernel:
        kernel.run("import os; os.unlink('my_resnet.py'); open('my_resnet.py', 'w').write('# é')")
    assert (tmp_path / "my_resnet.py").read_text(encoding="utf-8") == "# é"
    assert (tmp_path / "elsewhere.txt").read_text() == "not to be changed"
    with kernels.kernel(tmp_path) as kernel:
        assert kernel.run("print(open('my_resnet.py').read())").text == "# é\n"


@pytest.mark.parametrize(
    "trick", ["os.mkfifo('my_resnet.py')", "os.mkdir('my_resnet.py')", "os.symlink('/etc/passwd', 'my_resnet.py')"]
)
def test_only_a_regular_file_is_kept(kernels, tmp_path, trick):
    with kernels.kernel(tmp_path) as kernel:
        assert kernel.run(f"import os; {trick}").error == ""
    assert os.listdir(tmp_path) == []


def test_an_infinite_loop_can_be_interrupted(locked):
    assert locked.run("while True: pass", interrupt_after=0.3).error == "KeyboardInterrupt"
    assert locked.run("import time; time.sleep(100)", interrupt_after=0.3).error == "KeyboardInterrupt"
    assert locked.run("print('alive')").text == "alive\n"


def test_a_kernel_can_be_restarted_and_shut_down_gracefully(kernels, ada):
    with kernels.kernel(ada) as kernel:
        kernel.run("before = 1; open('before.txt', 'w').close()")
        kernels.do(kernel.manager.restart_kernel(now=True))
        kernels.do(kernel.client.wait_for_ready(timeout=30))
        assert kernel.run("before").error == "NameError"
        assert kernel.run("open('before.txt')").error == "FileNotFoundError"
        kernels.do(kernel.manager.shutdown_kernel(now=False))
        assert not kernel.alive()


def test_a_notebook_goes_on_after_a_cell_that_never_ends_and_stops_after_one_that_kills_the_kernel(kernels, ada):
    def execute(*cells, **options):
        book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        manager = kernels.manager()
        try:
            NotebookClient(book, km=manager, resources={"metadata": {"path": str(ada)}}, **options).execute()
        finally:
            kernels.do(manager.shutdown_kernel(now=True))
        return book

    book = execute("while True: pass", "print('after')", timeout=1, interrupt_on_timeout=True, allow_errors=True)
    assert book.cells[1].outputs[0].text == "after\n"
    with pytest.raises(DeadKernelError):
        execute("import os; os._exit(7)", timeout=30)


def test_eight_kernels_at_once_keep_apart(kernels, course):
    folders = [course / "autograded" / f"student-{number}" / "resnet" for number in range(8)]
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
    managers = [kernels.manager() for _ in folders]

    async def start_all():
        await asyncio.gather(*(m.start_kernel(cwd=str(f)) for m, f in zip(managers, folders, strict=True)))

    kernels.do(start_all())
    try:
        started = [Started(kernels, manager) for manager in managers]
        for number, kernel in enumerate(started):
            assert (
                kernel.run(f"import os, torch; own = torch.tensor({number}); open('own', 'w').write('{number}')").error
                == ""
            )
        for number, kernel in enumerate(started):
            ran = kernel.run(
                "print(own.item(), open('own').read(), len([p for p in os.listdir('/proc') if p.isdigit()]))"
            )
            own, wrote, processes = map(int, ran.text.split())
            assert own == wrote == number
            assert processes == 1 or kernels.level != "namespaces"  # itself; not even its keeper
    finally:
        for manager in managers:
            kernels.do(manager.shutdown_kernel(now=True))


@pytest.mark.parametrize("level", ["namespaces", "landlock"])
def test_kernels_end_when_their_grader_is_killed_and_leave_nothing_behind(tmp_path_factory, level):
    tmp_path, mark = tmp_path_factory.mktemp("t"), "1234.8765"
    (tmp_path / "submission").mkdir()
    script = f"""
        import asyncio, sys, time
        sys.path[:0] = [{str(ROOT)!r}, {str(ROOT / "tests")!r}]
        from test_kernels import *
        KernelProvisionerFactory.provisioners[NAME] = EntryPoint(NAME, PLACE, KernelProvisionerFactory.GROUP_NAME)
        tempfile.tempdir = {str(tmp_path)!r}
        folder = Path({str(tmp_path / "submission")!r})
        with at_level({level!r}), Kernels().kernel(folder, preload=["ipykernel.kernelapp"]) as kernel:
            kernel.run("import subprocess; subprocess.Popen(['setsid', 'sleep', '{mark}'])")
            print("started", flush=True)
            time.sleep(60)
    """
    with subprocess.Popen([sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE, text=True) as grader:
        assert grader.stdout.readline() == "started\n"
        assert running(mark)
        there = os.listdir(tmp_path)
        grader.send_signal(signal.SIGKILL)
    assert len(there) == 2
    assert wait_until(lambda: not running(mark) and os.listdir(tmp_path) == ["submission"])


# Refusals


def test_graders_share_a_warm_process_while_it_is_there_and_then_each_has_its_own(kernels, ada, tmp_path):
    """Two processes join it and run kernels; the third, after its end, runs one, too."""
    script = f"""
        import sys
        sys.path[:0] = [{str(ROOT)!r}, {str(ROOT / "tests")!r}]
        from test_kernels import *
        from autograder.kernels.connection import WarmProcess
        KernelProvisionerFactory.provisioners[NAME] = EntryPoint(NAME, PLACE, KernelProvisionerFactory.GROUP_NAME)
        with Kernels().kernel(Path({str(ada)!r}), preload=["json"]) as kernel:
            print(kernel.run("print(6 * 7)").text.strip(), WarmProcess._of_this_process.process is None)
    """
    (tmp_path / "apart").mkdir()
    door = str(tmp_path / "apart" / "door")
    offer = {connection.SHARED: json.dumps({"preload": ["json"], "doors": [door]})}

    def graders(count: int) -> list[str]:
        started = [
            subprocess.Popen(
                [sys.executable, "-c", textwrap.dedent(script)],
                env=os.environ | offer,
                stdout=subprocess.PIPE,
                text=True,
            )
            for _ in range(count)
        ]
        return [one.communicate(timeout=60)[0].strip() for one in started]

    warm = connection.WarmProcess.started(("json",), door)
    assert graders(2) == ["42 True", "42 True"]
    assert warm.usable()
    warm.end()
    assert not (tmp_path / "apart").exists()
    assert graders(1) == ["42 False"]


def test_a_kernel_that_could_read_the_submissions_is_refused(kernels, course, ada):
    with (
        pytest.raises(RuntimeError, match=f"{ada} lies inside {course}"),
        kernels.kernel(ada, also_readable=[str(course)]),
    ):
        pass
    with pytest.raises(RuntimeError, match="lies inside /usr"), kernels.kernel(Path("/usr/share")):
        pass


def test_a_kernel_can_be_given_more_to_read(kernels, ada, tmp_path):
    (tmp_path / "data.csv").write_text("1,2,3")
    tmp_path.chmod(0o755)
    with kernels.kernel(ada, also_readable=[str(tmp_path)]) as kernel:
        assert kernel.run(f"print(open({str(tmp_path / 'data.csv')!r}).read())").text == "1,2,3\n"
        assert kernel.run(f"open({str(tmp_path / 'data.csv')!r}, 'w')").error in ("PermissionError", "OSError")


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user's kernels are that user")
def test_what_only_root_may_read_is_named(kernels, ada, tmp_path):
    tmp_path.chmod(0o700)
    if kernels.level == "landlock":  # the only way that it can be given, and Landlock lets it read no more than that
        with kernels.kernel(ada, also_readable=[str(tmp_path)]) as kernel:
            assert kernel.run(f"import os; print(os.listdir({str(tmp_path)!r}))").text == "[]\n"
        return
    with (
        pytest.raises(RuntimeError, match=f"cannot read {tmp_path}"),
        kernels.kernel(ada, also_readable=[str(tmp_path)]),
    ):
        pass


def test_a_submission_that_is_too_large_is_named(kernels, tmp_path):
    (tmp_path / "film.mp4").write_bytes(bytes(2**21))
    with (
        pytest.raises(RuntimeError, match=f"{tmp_path}.*holds more than 1 MiB"),
        kernels.kernel(tmp_path, scratch_mib=1),
    ):
        pass


def test_a_kernel_of_another_language_is_named(kernels, ada):
    manager = kernels.manager()
    manager.kernel_spec.argv = ["julia", "-i", "{connection_file}"]
    with pytest.raises(ValueError, match="julia"):
        kernels.do(manager.start_kernel(cwd=str(ada)))


def test_the_provisioner_is_registered_by_entry_point():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["entry-points"][KernelProvisionerFactory.GROUP_NAME] == {NAME: PLACE}


def test_memory_that_is_gathered_keeps_its_content_and_lies_in_huge_pages():
    code = """
    import hashlib, os, sys
    sys.path.insert(0, sys.argv[1])
    from autograder.kernels import system

    def huge() -> int:
        lines = open("/proc/self/smaps_rollup").read().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("AnonHugePages:"))

    content = os.urandom(2**25)
    kept = [content[start : start + 4096] for start in range(0, 2**25, 4096)]
    before, digest = huge(), hashlib.sha256(content).digest()
    system.gather_memory()
    print(huge() - before, hashlib.sha256(content).digest() == digest == hashlib.sha256(b"".join(kept)).digest())
    """
    ran = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), str(ROOT)], capture_output=True, text=True, check=True
    )
    gathered, same = ran.stdout.split()
    assert same == "True"
    if (
        tuple(map(int, os.uname().release.split(".")[:2])) >= (6, 1)
        and Path("/sys/kernel/mm/transparent_hugepage").exists()
    ):
        assert int(gathered) > 2**14  # half of it, in KiB
