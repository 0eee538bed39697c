"""Running a student's cells so that no cell can harm another one, another student or the grader.

The one idea: a kernel is expendable. Each has its own secret seed. A cell that runs too long or prints too much is
interrupted; one that ends its kernel, or cannot be interrupted, costs that kernel. Then a new kernel runs the earlier
cells again, all but the statement that is to blame and those that have handed in already, and goes on behind it. So
every graded cell is run, and what went wrong with it is known in words.
"""

import asyncio
import copy
import fnmatch
import os
import secrets
import tempfile
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from time import monotonic

import zmq
import zmq.asyncio
from jupyter_client.manager import KernelManager
from jupyter_client.provisioning import KernelProvisionerBase
from nbclient.client import NotebookClient
from nbclient.exceptions import CellExecutionComplete, CellTimeoutError, DeadKernelError
from nbclient.util import ensure_async
from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.preprocessors import Execute
from traitlets import Bool, Dict, Integer, List, Unicode

from autograder import ROOT
from autograder.kernels.client import PromptClient
from autograder.kernels.connection import short_folder
from autograder.kernels.provisioner import CannotLockIn
from autograder.nbgrader_plugins import KEY, LOCKED_IN, ONLY_SHOWS, RELEASED
from autograder.nbgrader_plugins.outputs import error_output, make_writable, size_of, text_output
from autograder.nbgrader_plugins.piecewise import Pieces, Rest
from autograder.nbgrader_plugins.statements import shows_only
from autograder.nbgrader_plugins.unusual import disturbed, unusual
from course_utils.evidence import MAX_BYTES, MIME, SEED_VARIABLE

EVIDENCE_TEXT = 4 * (MAX_BYTES // 3 + 2) + 2
"""The length of base64 text that holds the largest evidence."""

STARVED = 0.25
"""The share of a cell's time that its kernel has waited for a processor from which on others may be to blame."""

MAX_MESSAGE = 2**25
"""Bytes of the largest message that a kernel may send. A larger one breaks the connection, and the cell is stopped."""


@dataclass(frozen=True)
class Run:
    """How one graded cell was run: the seed of its kernel, and what went wrong with the cell, in words."""

    seed: str = ""
    trouble: str = ""


class BoundedClient(PromptClient):
    """A kernel's client that never holds much in memory: larger messages are refused, and few can wait unread."""

    def _context_default(self) -> zmq.asyncio.Context:
        context = super()._context_default()
        context.setsockopt(zmq.MAXMSGSIZE, MAX_MESSAGE)
        context.setsockopt(zmq.RCVHWM, 100)
        return context


class LostKernel(Exception):
    """The kernel is gone or of no more use; the message says what its cell did. `cell` is the guilty one's index."""

    def __init__(self, cell: int, trouble: str):
        super().__init__(trouble)
        self.cell, self.trouble = cell, trouble


class RunSubmission(Execute):
    """Runs a submission cell by cell, in as many kernels as it takes (see the head of this file)."""

    timeout = Integer(60, allow_none=True, help="Seconds that a cell may run.").tag(config=True)
    notebook_timeout = Integer(900, help="Seconds after which only the graded cells of a notebook are still run.").tag(
        config=True
    )
    max_restarts = Integer(8, help="How many new kernels a notebook may cost after its first.").tag(config=True)
    max_output = Integer(2**21, help="Bytes of output that are kept of one cell; evidence not counted.").tag(
        config=True
    )
    max_outputs = Integer(2**25, help="Bytes of output that are kept of all cells together.").tag(config=True)
    max_received = Integer(2**26, help="Bytes of output after which a cell is interrupted.").tag(config=True)
    passed_on = List(
        Unicode(),
        default_value=[
            *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "LC_*", "TZ", "TMPDIR", "TEMP", "TMP"),
            *("LD_LIBRARY_PATH", "DYLD_*", "VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONUTF8", "PYTHONPATH", "MPLCONFIGDIR"),
            *("OMP_*", "MKL_*", "OPENBLAS_*", "KMP_*", "CUDA_*", "NVIDIA_*", "HIP_*", "ROCR_*", "XDG_*"),
            *("SYSTEMROOT", "WINDIR", "COMSPEC", "PATHEXT", "APPDATA", "LOCALAPPDATA", "PROGRAMDATA", "USERPROFILE"),
            "NBGRADER_EXECUTION",
        ],
        help="Environment variables that a student's kernel may see, with * and ?. Tokens and passwords stay here.",
    ).tag(config=True)
    course = Dict(
        # One thread: what is computed is small, and threads of graders beside each other mostly wait for each other.
        default_value={"COURSE_PROFILE": "grade", "COURSE_DATA": "digits", "OMP_NUM_THREADS": "1"},
        help="Environment variables that tell the lessons that they are being graded, and torch to keep to itself.",
    ).tag(config=True)

    gpu_training = Bool(
        False,
        help="Whether the short training of blocks and networks is measured on this machine's GPU as well, in a kernel of"
        " its own. It decides no points (see gpu_training.py).",
    ).tag(config=True)

    extra_arguments = List(
        Unicode(),
        # last, so that a student's file hides nothing that is installed; see PYTHONSAFEPATH below
        default_value=["--InteractiveShellApp.exec_lines=__import__('sys').path.append('')"],
        help="Arguments for the kernel. By default the notebook's folder is added to what can be imported.",
    ).tag(config=True)
    provisioner = Unicode(
        "", help="Which of jupyter_client's kernel provisioners starts kernels; empty: the one that the kernel names."
    ).tag(config=True)
    kernel_name = Unicode("python3", help="The kernel; whatever a notebook asks for, this one runs it.").tag(
        config=True
    )
    iopub_timeout = Integer(10).tag(config=True)
    startup_timeout = Integer(120).tag(config=True)
    record_timing = Bool(False).tag(config=True)
    store_widget_state = Bool(False).tag(config=True)
    shutdown_kernel = Unicode("immediate").tag(config=True)

    def preprocess(
        self, nb: NotebookNode, resources: dict, km: KernelManager | None = None
    ) -> tuple[NotebookNode, dict]:
        """Run `nb` in place. `resources` get a Run for every graded code cell, under its grade_id."""
        self.runs: dict[str, Run] = {}
        if not nb.metadata.get(KEY, {}).get("unreadable"):
            NotebookClient.__init__(self, nb, km)
            self._check_assign_resources(resources)
            self._run_all()
            if self.gpu_training:
                from autograder.nbgrader_plugins.gpu_training import train_on_gpu

                resources.setdefault(KEY, {})["on_gpu"] = train_on_gpu(self, nb)
        resources.setdefault(KEY, {})["runs"] = {name: asdict(run) for name, run in self.runs.items()}
        return nb, resources

    # A notebook

    def _run_all(self) -> None:
        """Run all cells, with new kernels as they are needed and allowed."""
        self.finished = 0  # cells before this one have been run, in whatever kernel
        self.kept_in_all = 0
        self.guilty: set[int] = set()  # cells that are never run again as they are
        self.pieces = Pieces(self._run_cell)
        self.last_graded = max(
            (i for i, cell in enumerate(self.nb.cells) if _is_graded(cell)), default=len(self.nb.cells)
        )
        self.deadline = monotonic() + self.notebook_timeout
        trouble = "it was not run"
        for kernel in range(1 + self.max_restarts):
            try:
                self._run_in_new_kernel(first=kernel == 0)
                return
            except LostKernel as lost:
                self.log.warning("Cell %d: %s. A new kernel goes on behind it.", lost.cell + 1, lost.trouble)
                trouble = f"it was not run: {self.max_restarts + 1} kernels were lost, the last because {lost.trouble}"
        for cell in self.nb.cells[self.finished :]:
            if _is_graded(cell):
                self._record(cell, "", trouble)

    def _run_in_new_kernel(self, first: bool) -> None:
        """Start a kernel, bring it to where the last one was, and go on. Raises LostKernel."""
        seed = secrets.token_hex(16)
        self.asked_to_exit: tuple[int, int | None] | None = None  # cell and statement, where it ran by statements
        self.in_trouble = False
        with tempfile.TemporaryDirectory("", "course-kernel-", short_folder(), ignore_cleanup_errors=True) as scratch:
            self.scratch = scratch
            try:
                setup = self.setup_kernel(env=self._environment(seed, scratch))
                setup.__enter__()
            except CannotLockIn:
                raise
            except Exception as error:
                if first:
                    raise RuntimeError(
                        f"The kernel {self.kernel_name!r} does not start ({error}). Before any student's code runs,"
                        " so the grading machine is to be looked at: is ipykernel installed, is memory left?"
                    ) from error
                self._disturbed(f"no new kernel could be started ({type(error).__name__})")
                raise LostKernel(self.finished, f"no new kernel could be started ({type(error).__name__})") from error
            provisioner = self.km.provisioner
            self.nb.metadata.setdefault(KEY, {})[LOCKED_IN] = getattr(provisioner, "locked_in", "none")
            try:
                for index, cell in enumerate(self.nb.cells):
                    if cell.cell_type == "code" and cell.source.strip():
                        self._run_or_skip(index, cell, seed)
            finally:
                try:
                    setup.__exit__(None, None, None)
                except Exception:  # a kernel can be so far gone that even clearing up stumbles
                    self.log.warning("A kernel could not be cleared up.", exc_info=True)
                self._ask_who_is_to_blame(provisioner)

    def _ask_who_is_to_blame(self, provisioner: KernelProvisionerBase) -> None:
        """Where a cell of a kernel that has ended was in trouble, note whether others may have caused it."""
        waited, killed = getattr(provisioner, "waited", 0.0), getattr(provisioner, "killed", False)
        if getattr(provisioner, "crowded", False):
            self._disturbed("so many processes of the same user ran beside it that it may have been refused one")
        if self.in_trouble and self.timeout and waited > STARVED * self.timeout:
            self._disturbed(f"the machine was busy: for {waited:.0f} seconds its kernel waited for a processor")
        elif self.in_trouble and killed:
            self._disturbed("its kernel was killed, by itself or by the system for want of memory")

    def _disturbed(self, what: str) -> None:
        ours = self.resources["nbgrader"]
        disturbed(self.log, ours["student"], ours["notebook"], what)

    def _run_or_skip(self, index: int, cell: NotebookNode, seed: str) -> None:
        """Run cell `index` where it is its turn, or again where an earlier kernel ran it and the result was lost."""
        only_shows = ONLY_SHOWS in cell.metadata.get("tags", ()) and (
            index > self.last_graded or shows_only(cell.source)
        )
        if index < self.finished:
            if not only_shows and not _is_graded(cell):
                again = copy.deepcopy(cell)
                try:
                    if index in self.guilty:
                        self._say(
                            index, cell, self.pieces.again(index, cell, monotonic() > self.deadline, self.timeout)
                        )
                    else:
                        self._run_cell(index, again)
                        self._go_on(index, again)
                    self._set_up_anyway(index, again)
                finally:
                    self.nb.cells[index] = cell  # the outputs of the first run stay
            return
        trouble = ""
        if only_shows:
            cell.outputs = [text_output("Not run when graded: this cell only shows something.\n")]
        elif monotonic() > self.deadline and not _is_graded(cell):
            cell.outputs = [
                error_output("NotRun", f"the notebook had been running for {self.notebook_timeout} seconds")
            ]
        else:
            try:
                trouble = self._run_cell(index, cell)
                self._say(index, cell, self._go_on(index, cell))
            except LostKernel as lost:
                if lost.cell == index:
                    self.finished = index + 1
                    self.nb.cells[index] = cell
                    self._record(cell, seed, lost.trouble)
                    make_writable(cell)
                    cell.outputs.append(error_output("KernelLost", lost.trouble))
                raise
            self._set_up_anyway(index, cell)
        self.finished = index + 1
        make_writable(cell)
        self._record(cell, seed, trouble)

    def _go_on(self, index: int, cell: NotebookNode) -> Rest | None:
        """Where a cell stopped, run what stands behind that statement, each by itself; see piecewise.py."""
        if _is_graded(cell):
            return None
        hurry = monotonic() > self.deadline
        late = self.stopped or self.timed_out
        return self.pieces.go_on(index, cell, self.stopped_with, late, hurry, self.timeout)

    def _say(self, index: int, cell: NotebookNode, rest: Rest | None) -> None:
        """Tell of a cell's statements that stopped: in its outputs, with the next verdict, and to the instructor."""
        self.nb.cells[index] = cell
        if rest is None:
            return
        said = str(rest)
        cell.outputs = [*cell.outputs, *rest.outputs, text_output(f"{said}\n")]
        if not rest.left_something:
            return
        self._unusual(f"{_name(cell)}: {said}")
        graded = next((later for later in self.nb.cells[index:] if _is_graded(later)), None)
        if graded is not None:
            notes = self.nb.metadata.setdefault(KEY, NotebookNode()).setdefault("notes", NotebookNode())
            notes.setdefault(graded.metadata.nbgrader["grade_id"], []).append(f"Of a cell further up: {said}")

    def _set_up_anyway(self, index: int, cell: NotebookNode) -> None:
        """Where a cell of the set-up was edited and raised (an import that is missing here, say), run the released one too.

        Else everything behind it would fail, for want of what has nothing to do with the answers.
        """
        released = cell.metadata.get(RELEASED)
        if released and any(output.output_type == "error" for output in cell.outputs):
            own = NotebookNode(copy.deepcopy(cell), source=released, outputs=[])
            self._run_cell(index, own)
            self.nb.cells[index] = cell
            cell.outputs.append(text_output("This cell had been edited and raised; the original was run after it.\n"))

    def _record(self, cell: NotebookNode, seed: str, trouble: str) -> None:
        if _is_graded(cell):
            self.runs[cell.metadata.nbgrader["grade_id"]] = Run(seed, trouble)
        if trouble:
            self._unusual(f"{_name(cell)}: {trouble}")

    def _unusual(self, what: str) -> None:
        ours = self.resources["nbgrader"]
        unusual(self.log, ours["student"], ours["notebook"], what)

    # A cell

    def _run_cell(self, index: int, cell: NotebookNode) -> str:
        """Run one cell. Returns what went wrong with it, or "". Raises LostKernel.

        An error that the cell itself raises is not trouble: it stands in its outputs.
        """
        self.received = self.kept = 0
        self.sizes: dict[str, int] = {}  # of what is shown under a display id
        self.most = min(self.max_output, self.max_outputs - self.kept_in_all)
        self.stopped = self.timed_out = ""
        self.stopped_with: list[str] = []  # its traceback
        guilty, trouble, started = (index, self.pieces.now), "", monotonic()
        try:
            self.execute_cell(cell, index)
            if self.asked_to_exit and not _is_graded(cell):  # it will, sooner or later
                raise DeadKernelError
            if self.stopped or self.timed_out:
                self.in_trouble = True
                self.guilty.add(index)
                self.pieces.blame(index, self.pieces.now)
            return self.stopped or self.timed_out
        except DeadKernelError:
            guilty = self.asked_to_exit or guilty
            how = (
                "it asked for that"
                if self.asked_to_exit
                else "os._exit, too much memory, too many files or processes, or a crash"
            )
            trouble = f"the cell ended its kernel ({how})"
        except CellTimeoutError:
            if self.timeout and monotonic() - started >= self.timeout:
                trouble = f"the cell ran for more than {self.timeout} seconds and could not be interrupted"
            else:
                trouble = f"the cell put out more than {MAX_MESSAGE // 2**20} MiB at once, or its output did not end"
        except Exception as error:  # whatever a kernel sends can be malformed on purpose
            self.log.warning("Cell %d sent what cannot be read.", index + 1, exc_info=True)
            trouble = f"the cell sent something that no notebook can hold ({type(error).__name__})"
        finally:
            self.clear_display_id_mapping(index)  # no later cell changes what this one has shown
            self.kept_in_all += min(self.kept, self.most)
        self.guilty.add(guilty[0])
        self.pieces.blame(*guilty)
        self.in_trouble = True
        raise LostKernel(guilty[0], trouble)

    def on_cell_executed(self, **kwargs) -> None:
        """Note from the reply whether the cell ran too long, and whether it asked its kernel to exit."""
        reply = kwargs["execute_reply"]
        self.stopped_with = reply["content"].get("traceback") or []
        if "header" not in reply:  # nbclient made it up when the time was over
            self.timed_out = (
                f"the cell ran for more than {self.timeout} seconds and was stopped; look for a loop that never ends"
            )
            reply["content"] |= {"evalue": self.timed_out, "traceback": [f"CellTimeoutError: {self.timed_out}"]}
        elif any(payload.get("source") == "ask_exit" for payload in reply["content"].get("payload", [])):
            self.asked_to_exit = kwargs["cell_index"], self.pieces.now
        super().on_cell_executed(**kwargs)

    def process_message(self, msg: dict, cell: NotebookNode, cell_index: int) -> NotebookNode | None:
        """As nbclient's, but no more than a cell may send is kept, and far more than that interrupts it."""
        if msg["msg_type"].startswith("comm"):
            return None  # widgets have no use here
        self.received += size_of(msg["content"])
        if self.received > self.max_received and not self.stopped:
            self.stopped = f"the cell put out more than {self.max_received // 2**20} MiB and was stopped"
            asyncio.ensure_future(self._interrupt())
        try:
            if not self._may_grow(msg):
                return None
            return super().process_message(msg, cell, cell_index)
        except CellExecutionComplete:
            raise
        except Exception:  # a kernel can be made to send anything; what is malformed is no output
            self.log.debug("A malformed message was dropped.", exc_info=True)
            return None

    def _may_grow(self, msg: dict) -> bool:
        """Count what a message puts in the place of all that is shown under its display id. False: that is too much."""
        display_id = (msg["content"].get("transient") or {}).get("display_id")
        if not display_id:
            return True
        size = size_of(msg["content"])
        places = sum(map(len, self._display_id_map.get(display_id, {}).values()))
        kept = self.kept + places * (size - self.sizes.get(display_id, 0))
        if kept > self.most:
            return False
        self.kept, self.sizes[display_id] = kept, size
        return True

    async def _interrupt(self) -> None:
        with suppress(RuntimeError, OSError):  # it may be gone already
            await ensure_async(self.km.interrupt_kernel())

    def output(self, outs: list, msg: dict, display_id: str | None, cell_index: int) -> NotebookNode | None:
        """As nbclient's, for outputs that are within the limits."""
        content = msg["content"]
        evidence = content.get("data", {}).get(MIME) if isinstance(content.get("data"), dict) else None
        if evidence is not None:
            kept = sum(1 for out in outs if MIME in out.get("data", {}))
            # two are enough to see that there is more than one; in other cells nobody looks for any
            if kept >= 2 or size_of(evidence) > EVIDENCE_TEXT or not _is_graded(self.nb.cells[cell_index]):
                return None
        else:
            before, self.kept = self.kept, self.kept + size_of(content)
            if self.kept > self.most:
                if before <= self.most:
                    outs.append(text_output(f"… what follows was cut off after {self.most // 2**10} KiB.\n"))
                return None
        return super().output(outs, msg, display_id, cell_index)

    # A kernel

    def create_kernel_manager(self) -> KernelManager:
        """As nbclient's, with bounded clients, and with sockets that kernel and grader look for in the same folder."""
        manager = super().create_kernel_manager()
        if manager.transport == "ipc":  # else the sockets would lie in two folders: the grader's and the kernel's
            manager.ip = str(Path(self.scratch) / "socket")
        manager.client_factory = BoundedClient
        if self.provisioner:
            manager.kernel_spec.metadata["kernel_provisioner"] = {"provisioner_name": self.provisioner}
        return manager

    def _environment(self, seed: str, scratch: str) -> dict[str, str]:
        """The environment of a student's kernel; the grader's own is not changed."""
        environment = {
            name: value
            for name, value in os.environ.items()
            if any(fnmatch.fnmatchcase(name.upper(), pattern) for pattern in self.passed_on)
        }
        folders = environment.pop("PYTHONPATH", "").split(os.pathsep)
        if own := [folder for folder in folders if folder and Path(folder).resolve() != ROOT]:
            environment["PYTHONPATH"] = os.pathsep.join(own)  # never the root: there lies the autograder
        return {
            **environment,
            **self.course,
            SEED_VARIABLE: seed,
            "PYTHONSAFEPATH": "1",  # a student's file named ipykernel_launcher.py must not be what starts
            "IPYTHONDIR": scratch,  # start-up files of a profile are nobody's business here
        }


def _is_graded(cell: NotebookNode) -> bool:
    return cell.cell_type == "code" and utils.is_grade(cell) and not utils.is_solution(cell)


def _name(cell: NotebookNode) -> str:
    """How a person finds the cell."""
    grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
    return grade_id or f"the cell {cell.source.strip().splitlines()[0][:60]!r}"
