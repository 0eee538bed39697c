"""Lessons 01 and 04: functions that return numbers, set-ups, and the answer to an exercise in reading."""

import re
from dataclasses import asdict, is_dataclass

import numpy as np
import torch

from course_utils.measurements.calling import error_of, kind_of, numbers_of, text
from course_utils.seeding import Draws
from course_utils.training import History, Recipe


def counted_blocks(draws: Draws) -> list[int]:
    """Numbers of blocks a stage to ask for: the lesson's 3, then four seeded ones."""
    return [3, 1, *draws.at("n").integers(4, 40, 4)]


def counted_channels(draws: Draws) -> list[tuple[int, int]]:
    """(in_channels, out_channels) to ask for: three pairs that are equal, then four that are not."""
    same, other, more = (
        draws.at("same").integers(2, 200, 2),
        draws.at("in").integers(2, 100, 3),
        draws.at("step").integers(1, 100, 3),
    )
    return [(16, 16), *((c, c) for c in same), (16, 32), *((c, c + step) for c, step in zip(other, more, strict=True))]


def measure_count_conv_layers(function: object, draws: Draws) -> tuple[dict, dict]:
    """Measure `count_conv_layers(n_blocks)`."""
    values, errors = numbers_of(function, [(n,) for n in counted_blocks(draws)])
    return {"values": values}, {"errors": errors}


def measure_plain_block_parameters(function: object, draws: Draws) -> tuple[dict, dict]:
    """Measure `plain_block_parameters(in_channels, out_channels)`."""
    values, errors = numbers_of(function, counted_channels(draws))
    return {"values": values}, {"errors": errors}


def _word(value: object) -> str:
    return text(value).strip().lower().replace(" ", "_").replace("-", "_")


def names_in(string: str) -> list[str]:
    """The names that one string holds, be it one or several: "epochs, seed"."""
    return [name for name in (part.strip() for part in re.split(r"[,;]|\band\b", string)) if name]


def measure_what_differs(answer: object, draws: Draws) -> tuple[dict, dict]:
    """Read the answer to the exercise on unfair set-ups: {"A": names of fields, …}; one name or any collection."""
    if not isinstance(answer, dict):
        return {}, {"answer": None, "seen": kind_of(answer)}
    words = {}
    for letter, fields in list(answer.items())[:10]:
        fields = names_in(fields) if isinstance(fields, str) else fields
        fields = list(fields)[:20] if hasattr(fields, "__iter__") else [fields]
        words[_word(letter).upper()] = sorted({_word(field) for field in fields} - {""})
    return {}, {"answer": words, "seen": ""}


def asked_set_ups(draws: Draws) -> list[tuple[int, int]]:
    """(n_blocks, seed) to ask `fair_set_ups` for."""
    return [(5, 0), *zip(draws.at("n").integers(1, 12, 3), draws.at("seed").integers(1, 1000, 3), strict=True)]


def measure_fair_set_ups(function: object, draws: Draws) -> tuple[dict, dict]:
    """Measure `fair_set_ups(n_blocks, seed)`: the fields of both set-ups, for several depths and seeds."""
    answers = []
    for n_blocks, seed in asked_set_ups(draws):
        try:
            result = function(n_blocks, seed)
            if not isinstance(result, dict):
                raise TypeError(f"the function returned {kind_of(result)}; expected a dict with plain and residual")
            answers.append({_word(key): _fields(value) for key, value in list(result.items())[:10]})
        except (Exception, SystemExit) as error:
            answers.append({"error": error_of(error, "call")})
    return {}, {"answers": answers}


def _fields(value: object) -> dict:
    fields = asdict(value) if is_dataclass(value) and not isinstance(value, type) else value
    if not isinstance(fields, dict):
        raise TypeError(f"a set-up is {kind_of(value)}; expected a SetUp")
    plain = {}
    for name, field in list(fields.items())[:20]:
        if isinstance(field, (int, float, np.number, torch.Tensor)) and not isinstance(field, bool):
            plain[_word(name)] = float(field)
        else:
            plain[_word(name)] = _word(getattr(field, "__name__", field))
    return plain


_ORDER = {1: (0,), 2: (1, 0), 3: (1, 2, 0), 5: (1, 4, 2, 0, 3)}
"""Of so many seeds, the ranks of their final accuracies: of five, neither the first nor the last is an extreme."""


def made_up_histories(draws: Draws) -> list[dict[str, tuple[History, ...]]]:
    """Histories to hand to `accuracy_gap`: two with one seed, three with several; accuracies in percent.

    Whatever the draws, in every other one the plain network is the better one, and no last epoch is its run's best or
    worst: so what is mistaken for the last epoch, or for the sign, shows. All runs have their best epoch at the same
    time, and the better network's is further above its last: so the gap between the best, of each run or of their mean,
    is another one. Where there are three seeds and more, one of the residual network's is far better than the others:
    so a median is no mean.
    """
    made = []
    for index, seeds in enumerate((1, 1, 2, 3, 5)):
        generator = draws.at("history", index).generator
        epochs = int(generator.integers(3, 8))
        best = generator.integers(epochs - 1)
        histories = {}
        for name in ("plain", "residual"):
            better = (name == "residual") == (index % 2 == 0)
            level = generator.uniform(60, 75) if better else generator.uniform(35, 55)
            steps = np.cumsum(generator.uniform(1.5, 4, seeds))
            if name == "residual" and seeds > 2:
                steps[-1] += 10
            finals = (level + steps - steps.mean())[list(_ORDER[seeds])]
            runs = []
            for seed, final in enumerate(finals):
                earlier = final - generator.uniform(8, 25, epochs - 1)
                earlier[best] = final + (generator.uniform(4, 6) if better else generator.uniform(2, 3.5))
                runs.append(
                    History(
                        train_loss=tuple(generator.uniform(0.1, 2, epochs).tolist()),
                        train_accuracy=tuple(generator.uniform(20, 100, epochs).tolist()),
                        test_accuracy=(*earlier.tolist(), float(final)),
                        learning_rate=(0.1,) * epochs,
                        seconds=1.0,
                        conv_layers=31,
                        parameters=470_000,
                        recipe=Recipe(epochs=epochs, milestones=(), seed=seed),
                    )
                )
            histories[name] = tuple(runs)
        made.append(histories)
    return made


def measure_accuracy_gap(function: object, draws: Draws) -> tuple[dict, dict]:
    """Measure `accuracy_gap(histories)` on made-up histories."""
    values, errors = numbers_of(function, [(histories,) for histories in made_up_histories(draws)])
    return {"values": values}, {"errors": errors}
