"""The wrong answers that the judge knows: each a small deviation from the reference, with the idea that was missed.

`blocks.py` and `networks.py` hold the models, `functions.py` the wrong functions of lessons 01 and 04. Adding a
misconception is adding one entry there. An explanation says what the answer does and why that is not the idea; a hint
leads on without giving the solution.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Misconception:
    """A misunderstanding with a name, and the wrong answers that embody it: `variants` are its different spellings.

    `undecided` names cases in which the answers of one misconception differ too much to tell.
    """

    id: str
    explanation: str
    hint: str
    variants: tuple[Any, ...] = ()
    undecided: frozenset[str] = frozenset()
