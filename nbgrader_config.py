"""nbgrader's configuration for this course. Run every nbgrader command from this folder.

Grading differs from stock nbgrader in one idea: the kernel measures, the grader judges. What a student's notebook hands
in is evidence; `autograder` turns it into points. The parts are named below in the order in which they act; each says
at its head what it does, under autograder/nbgrader_plugins/.

`nbgrader autograde` grades everybody and ends with one of these exit statuses:

    0  everything was as usual
    1  nbgrader gave up on somebody: see its error messages; everybody else is graded
    3  everybody is graded, and something was unusual (a file that is no notebook, a cell that never ended, a cell for
       handing in that had been changed, …): see the warnings, which are repeated at the end
"""

import os
import sys
import warnings
from pathlib import Path

# The autograder is not installed; it can be imported from here alone. Kernels never get this path.
_ROOT = str(Path(__file__).resolve().parent)
if _ROOT not in sys.path:
    sys.path.insert(0, _ROOT)

# nbgrader makes a new gradebook with the command `alembic`; found even where the environment is not activated.
_COMMANDS = str(Path(sys.executable).parent)
if _COMMANDS not in os.environ.get("PATH", "").split(os.pathsep):
    os.environ["PATH"] = _COMMANDS + os.pathsep + os.environ.get("PATH", "")

import nbgrader  # noqa: E402

from autograder.nbgrader_plugins.unusual import tell_by_exit_status  # noqa: E402
from autograder.sqlite import compile_statements_once  # noqa: E402

tell_by_exit_status()
compile_statements_once()

# nbgrader's own queries, nothing that an instructor could change
warnings.filterwarnings("ignore", message="Object of type <Submitted.*> not in session")

c = get_config()  # noqa: F821

# ------------------------------------------------------------------------------------------------ folders

c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "notebooks"
c.CourseDirectory.submitted_directory = "submitted"
c.CourseDirectory.autograded_directory = "autograded"
c.CourseDirectory.feedback_directory = "feedback"
# *.set-aside: what look_over renamed because it must not be copied (links, say)
# my_resnet.py: beside the solutions it holds the answers, and must reach neither a release nor a student's kernel;
# a student's own is written anew when lesson 02 runs
# .graded.json: which submission a graded folder is the grade of (`python -m autograder grade`)
c.CourseDirectory.ignore = [
    ".ipynb_checkpoints",
    "*.pyc",
    "__pycache__",
    "feedback",
    "*.set-aside",
    "my_resnet.py",
    ".graded.json",
]

# ------------------------------------------------------------------------------------------------ gradebook

# SQLite, in gradebook.db, where nothing is said. In PostgreSQL: GRADEBOOK_URL=postgresql+psycopg://user:password@host/name
if "GRADEBOOK_URL" in os.environ:
    c.CourseDirectory.db_url = os.environ["GRADEBOOK_URL"]
# The name that nbgrader's own parts give the course where they are not told one; PostgreSQL insists that all agree.
c.CourseDirectory.course_id = "default_course"

_OURS = "autograder.nbgrader_plugins"
_THEIRS = "nbgrader.preprocessors"

# ------------------------------------------------------------------------------------------------ collecting

# `nbgrader zip_collect resnet` takes what Canvas, Moodle or a person has zipped: see docs/instructors.md.
c.ZipCollectApp.extractor_plugin = f"{_OURS}.collecting.UnpackDownloads"
c.ZipCollectApp.collector_plugin = f"{_OURS}.collecting.ReadNames"
# c.ReadNames.zip_is_student = True  # every zip is one student's and bears the student's name
# c.ReadNames.file_times = True  # files in the zips bear the time of submission; true of few platforms

# ------------------------------------------------------------------------------------------------ grading


def _before(**arguments):
    """Imported when it is called, so that other nbgrader commands start fast."""
    from autograder.locking_in import settle_for_nbgrader
    from autograder.nbgrader_plugins.look_over import before_converting
    from autograder.nbgrader_plugins.warming import warm_up

    settle_for_nbgrader(c)
    before_converting(**arguments)  # then: nbgrader goes on where a hook fails
    warm_up(c)


c.Autograde.pre_convert_hook = _before
c.Autograde.exporter_class = f"{_OURS}.reading.ReadSubmission"
# RestoreCells does what DeduplicateIds does and more; ReadSubmission keeps no outputs that ClearOutput could clear.
c.Autograde.sanitize_preprocessors = [
    f"{_OURS}.restore.RestoreCells",
    f"{_OURS}.versions.SayWhichVersionCounts",
    f"{_THEIRS}.OverwriteKernelspec",
    f"{_OURS}.restore.FillFixedCells",
    f"{_THEIRS}.CheckCellMetadata",
]
c.Autograde.autograde_preprocessors = [
    f"{_OURS}.execute.RunSubmission",
    f"{_THEIRS}.IgnorePattern",
    f"{_OURS}.judging.JudgeHandIns",
    f"{_THEIRS}.LimitOutput",
    f"{_OURS}.saving.SaveVerdicts",
    f"{_THEIRS}.AssignLatePenalties",
    f"{_THEIRS}.CheckCellMetadata",
]

# Seconds that a cell of a submission may run. Lessons take seconds when they are graded; loops that never end take this.
c.RunSubmission.timeout = 60

# Students' code runs in kernels that are warm and locked in, as well as this machine permits; where that is less than
# demanded here, grading refuses and says why (`python -m autograder doctor` tells more). Levels, from the strongest:
#   namespaces  no file, process or network but its own is there for students' code
#   landlock    it opens no file of yours and reaches no network, but sees that other processes run (the default)
#   uid         it reads what any user of this machine can read: for a container that holds one submission and no more
# The last line, in use, goes on without any of it: every file that you can read or change, students' code can.
c.RunSubmission.provisioner = "locked-in"
# c.LockedInProvisioner.level = "namespaces"
# c.LockedInProvisioner.allow_unsafe_kernels = True

# Nothing is taken off for being late. With these lines, a lesson handed in after the due date is worth nothing; the due
# date is set in the formgrader or by `nbgrader db assignment add resnet --duedate="2026-03-01 23:59:59 UTC"`.
# c.AssignLatePenalties.plugin_class = "nbgrader.plugins.LateSubmissionPlugin"
# c.LateSubmissionPlugin.penalty_method = "zero"

# ------------------------------------------------------------------------------------------------ feedback

# Whatever shows students' work obeys nothing that is written in it: feedback, and the formgrader.
c.HTMLExporter.preprocessors = [f"{_OURS}.feedback.OnlyTextAndPictures"]
c.HTMLExporter.filters = {"markdown2html": f"{_OURS}.feedback.markdown_to_html"}

c.GenerateFeedback.exporter_class = f"{_OURS}.feedback.FeedbackPage"
# nbgrader gives its own template to every HTML exporter; feedback gets ours, which builds on it.
_FORMGRADER = Path(nbgrader.__file__).parent / "server_extensions" / "formgrader"
c.FeedbackPage.template_name = "course_feedback"
c.FeedbackPage.extra_template_basedirs = [str(Path(_ROOT) / "autograder" / "templates")]
c.FeedbackPage.extra_template_paths = [
    str(_FORMGRADER / "templates"),
    str(_FORMGRADER / "static" / "node_modules" / "bootstrap" / "dist" / "css"),
]

# ------------------------------------------------------------------------------------------------ machine

# Kernels talk over sockets in the file system where there are such: no ports, so two graders never take each other's.
if os.name == "posix":
    c.KernelManager.transport = "ipc"
