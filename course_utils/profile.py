"""How much of the course this machine should run: which data, how long to train, over how many seeds.

Two environment variables decide, `COURSE_DATA` and `COURSE_PROFILE`; where they are silent, a GPU (or none) does. One
function reads them once, says what it chose and why, and hands the lessons a single frozen record.
"""

import os
from dataclasses import dataclass

from course_utils.devices import choose_device
from course_utils.training import Recipe

PROFILES = ("grade", "quick", "full")


@dataclass(frozen=True)
class Settings:
    """What a lesson needs to know before it loads data and trains.

    data: for `load_data`; profile: "grade", "quick" or "full"; recipe: for `fit` and `compare`; seeds: for `compare`;
    limit: at most so many training pictures (None: all); n_blocks: blocks a stage, for `1 + 6 * n_blocks` convolutions.
    """

    data: str
    profile: str
    recipe: Recipe
    seeds: tuple[int, ...]
    limit: int | None
    n_blocks: int


def course_settings() -> Settings:
    """Read `COURSE_DATA` and `COURSE_PROFILE`, print what they (or the defaults) mean here, and return it.

    Raises ValueError, in words, for a value that the course does not know.
    """
    gpu = choose_device().type != "cpu"
    machine = "this machine has a GPU" if gpu else "this machine has no GPU"
    if asked := os.environ.get("COURSE_DEVICE", "").strip():
        machine = f"COURSE_DEVICE is {asked}"

    profile = os.environ.get("COURSE_PROFILE", "").strip()
    if profile and profile not in PROFILES:
        raise ValueError(f"COURSE_PROFILE is {profile!r}; expected one of {', '.join(PROFILES)}, or leave it unset")
    why_profile = "COURSE_PROFILE" if profile else f"the default, because {machine}"
    profile = profile or ("full" if gpu else "quick")

    data = os.environ.get("COURSE_DATA", "").strip()
    if data and data not in ("digits", "cifar10") and not (data.startswith("folder:") and len(data) > len("folder:")):
        raise ValueError(f"COURSE_DATA is {data!r}; expected digits, cifar10 or folder:PATH, or leave it unset")
    if data:
        why_data = "COURSE_DATA"
    elif profile == "grade":
        data, why_data = "digits", "the default when grading"
    else:
        data, why_data = ("cifar10" if gpu else "digits"), f"the default, because {machine}"

    settings = _settings(data, profile)
    print(f"data: {data} ({why_data})")
    print(f"profile: {profile} ({why_profile}): {_in_words(settings)}")
    return settings


def _settings(data: str, profile: str) -> Settings:
    limit, n_blocks, seeds = None, 5, (0, 1, 2)
    if profile == "grade":  # a few steps, so that a class costs seconds a notebook
        recipe, limit, seeds = Recipe(epochs=1, batch_size=64, milestones=()), 128, (0,)
    elif data == "digits" and profile == "quick":
        recipe = Recipe(epochs=8, batch_size=64, milestones=(6, 7))
    elif data == "digits":
        recipe = Recipe(epochs=20, batch_size=64, milestones=(12, 17))
    elif profile == "quick":  # what a laptop without a GPU finishes in minutes
        recipe, limit, n_blocks = Recipe(epochs=3, batch_size=128, milestones=(2,)), 10_000, 3
    else:
        recipe = Recipe(epochs=15, batch_size=128, milestones=(8, 12))
    return Settings(data, profile, recipe, seeds, limit, n_blocks)


def _in_words(settings: Settings) -> str:
    recipe = settings.recipe
    pictures = "all pictures" if settings.limit is None else f"at most {settings.limit:,} pictures"
    epochs = f"{recipe.epochs} epoch" + ("s" if recipe.epochs > 1 else "")
    seeds = f"{len(settings.seeds)} seed" + ("s" if len(settings.seeds) > 1 else "")
    return f"{epochs}, {pictures}, {seeds}, {1 + 6 * settings.n_blocks} conv layers"
