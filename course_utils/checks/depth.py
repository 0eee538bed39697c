"""Public checks of lesson 06: a shortcut without parameters, seen number by number, and curves that are read by a rule."""

from collections.abc import Callable, Iterator

import torch

from course_utils.checks.saying import Finding, attempt, missing_return, shape_of, show_findings, what_was_seen
from course_utils.training import History, Recipe

_X = torch.arange(1.0, 33.0).reshape(1, 2, 4, 4)
"""Pixels 1 to 16 in the first channel, 17 to 32 in the second."""


def check_padded_shortcut(function: Callable[[torch.Tensor, int, int], torch.Tensor]) -> None:
    """Check `padded_shortcut(x, out_channels, stride)` on x of shape (1, 2, 4, 4) whose pixels are numbered from 1 to 32."""
    kept = [[1, 3], [9, 11]], [[17, 19], [25, 27]]
    nothing = [[0, 0], [0, 0]]
    cases = (
        ("stride 2, still 2 channels", 2, 2, [*kept]),
        ("stride 2, from 2 to 4 channels", 4, 2, [nothing, *kept, nothing]),
        ("stride 1, from 2 to 6 channels", 6, 1, None),
        ("stride 1, still 2 channels", 2, 1, None),
    )

    def findings() -> Iterator[Finding]:
        for what, out_channels, stride, expected in cases:
            out, problem = attempt(what, function, _X.clone(), out_channels, stride)
            if problem is not None:
                yield False, problem
            elif not isinstance(out, torch.Tensor):
                hint = missing_return(out)
                yield False, f"{what}: your function returned {what_was_seen(out)}; expected a tensor{hint}"
            else:
                yield _padded(what, out.detach(), out_channels, stride, expected)

    show_findings(findings())


def _padded(what: str, out: torch.Tensor, out_channels: int, stride: int, expected: list | None) -> Finding:
    shape = (1, out_channels, 4 // stride, 4 // stride)
    if shape_of(out) != shape:
        question = "which dimension is to grow" if out.shape[0:1] == (1,) and out_channels > 2 else "what should shrink"
        return (
            False,
            f"{what}: your function returned {shape_of(out)} for x (1, 2, 4, 4); expected {shape}: {question}?",
        )
    empty = [channel for channel in range(out_channels) if not out[0, channel].any()]
    half = (out_channels - 2) // 2
    wanted = [*range(half), *range(out_channels - half, out_channels)]
    if empty != wanted:
        return False, (
            f"{what}: the channels {empty or 'none'} hold zeros only; expected {wanted or 'none'}, that is, half of the new"
            " ones on each side"
        )
    seen = out[0].tolist()
    if expected is not None and seen != expected:
        middle = [channel for channel in seen if any(map(any, channel))][:1]
        return False, (
            f"{what}: the first channel of x became {middle[0] if middle else seen[0]}; expected [[1, 3], [9, 11]]: which"
            " pixels are to come through, and are they changed on the way?"
        )
    if expected is None and not torch.equal(out[0, half : half + 2], _X[0]):
        return False, f"{what}: the channels of x came through changed; with stride 1 they should be as they were"
    return True, f"{what}: {shape_of(out)}, zeros in channels {wanted or 'none'}"


def check_what_went_wrong(function: Callable[[History, History, float], str]) -> None:
    """Check `what_went_wrong(shallow, deep, margin)` on made-up pairs of histories, described in words."""
    # (training accuracies, test accuracies) of the shallow and of the deep network, the margin, the word
    cases = (
        (
            "training ends at 95 % and 80 %, test at 90 % and 75 %",
            (60, 95),
            (55, 90),
            (50, 80),
            (45, 75),
            2,
            "degradation",
        ),
        (
            "training ends at 95 % and 80 %, test at 70 % and 75 %",
            (60, 95),
            (55, 70),
            (50, 80),
            (45, 75),
            2,
            "degradation",
        ),
        (
            "training ends at 95 % and 99 %, test at 90 % and 80 %",
            (60, 95),
            (55, 90),
            (70, 99),
            (65, 80),
            2,
            "overfitting",
        ),
        ("training ends at 95 % and 94 %, test at 90 % and 89 %", (60, 95), (55, 90), (20, 94), (15, 89), 2, "neither"),
        (
            "the same with a margin of half a point",
            (60, 95),
            (55, 90),
            (20, 94),
            (15, 89),
            0.5,
            "degradation",
        ),
        ("training ends at 80 % and 95 %, test at 75 % and 90 %", (90, 80), (90, 75), (50, 95), (45, 90), 2, "neither"),
    )

    def findings() -> Iterator[Finding]:
        for what, train, test, deep_train, deep_test, margin, word in cases:
            what = f"shallow and deep: {what}" if what.startswith("training") else what
            shallow, deep = _history(train, test), _history(deep_train, deep_test)
            answer, problem = attempt(what, function, shallow, deep, margin)
            if problem is not None:
                yield False, problem
            elif not isinstance(answer, str):
                yield (
                    False,
                    f'{what}: your function returned {what_was_seen(answer)}; expected a word, such as "neither"',
                )
            elif answer.strip().lower() != word:
                yield (
                    False,
                    f"{what}: your function returned {answer!r}; expected {word!r}. Whose error is higher, and where?",
                )
            else:
                yield True, f"{what}: {word}"

    show_findings(findings())


def _history(train: tuple[float, float], test: tuple[float, float]) -> History:
    return History(
        train_loss=(1.0, 0.5),
        train_accuracy=tuple(map(float, train)),
        test_accuracy=tuple(map(float, test)),
        learning_rate=(0.1, 0.1),
        seconds=1.0,
        conv_layers=19,
        parameters=1,
        recipe=Recipe(epochs=2, milestones=()),
    )
