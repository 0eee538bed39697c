"""What only instructors have: the right answers, the judge, and what connects them to nbgrader.

Nothing here is ever imported by a kernel that runs a student's code. Start reading at `rubric.py`
(what is asked), then `judge.py` (evidence in, verdict out), then `nbgrader_plugins/`.
"""

from pathlib import Path

from autograder.kernels.bytecode import compile_anew_where_cut_short

compile_anew_where_cut_short()

ROOT = Path(__file__).resolve().parent.parent
"""The folder of the whole project, where nbgrader_config.py lies."""
