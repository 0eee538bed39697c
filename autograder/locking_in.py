"""How well students' code is locked in, settled once, before anything is graded.

The one idea: what is demanded (nbgrader_config.py) meets what is found (kernels/levels.py) in one place, at the very start of
a command, so that a refusal is one sentence within seconds and no student's folder has been touched.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field

from jupyter_core.utils import run_sync
from traitlets.config import Application, Config
from traitlets.log import get_logger

from autograder.errors import UserError
from autograder.kernels.connection import level_here
from autograder.kernels.levels import IN_WORDS, Found
from autograder.kernels.provisioner import CannotLockIn, LockedInProvisioner

ANY_LEVEL = {"LockedInProvisioner": {"allow_unsafe_kernels": True}}
"""Settings with which code runs at the best level that there is, be it none: for one's own code."""


@dataclass(frozen=True)
class Settled:
    """The level that code will run at, one line that says so, and the settings that it takes."""

    level: str
    line: str
    settings: dict[str, dict[str, object]] = field(default_factory=dict)


def settle(config: Config, own: str = "", trust: bool = False, find: Callable[[], Found] | None = None) -> Settled:
    """Settle the level for a run with this configuration. Raises UserError where less is found than is demanded.

    own: what runs, where it is one's own ("Your notebook", say) and so may run unprotected where nothing better is to be
    had; a level that the configuration demands by name is demanded all the same. trust: whether it may in any case. find:
    what looks; this machine is looked at if it is not given.
    """
    demanding = LockedInProvisioner(config=config)
    found = (find or run_sync(level_here))()
    by_name = "level" in config.LockedInProvisioner
    permitted = demanding.allow_unsafe_kernels or trust or (own and not by_name)
    if not permitted:
        try:
            demanding.insist(found)
        except CannotLockIn as refusal:
            raise UserError(str(refusal)) from None
    line = f"Students' code is {IN_WORDS[found.level]}."
    if found.level == "none":
        line = f"{own or 'All of it'} runs WITHOUT PROTECTION, because {found.why_not('landlock')}: it can do whatever you can."
    return Settled(found.level, line, ANY_LEVEL if permitted else {})


def settle_for_nbgrader(config: Config) -> None:
    """As `settle`, for the command `nbgrader autograde`: once, told by its log, and refused with exit status 2."""
    app = Application.instance() if Application.initialized() else None
    if type(app).__name__ != "AutogradeApp" or config.RunSubmission.get("provisioner") != "locked-in":
        return
    if getattr(app, "_settled", False):
        return
    try:
        settled = settle(config)
    except UserError as refusal:
        print(refusal, file=sys.stderr)
        sys.exit(2)
    app._settled = True
    get_logger().info("%s", settled.line)
