"""Wrong functions of lesson 06: shortcuts that do more or less than option A, and curves that are misread."""

from collections.abc import Callable

import torch
import torch.nn.functional as F

from autograder.misconceptions import Misconception
from autograder.reference import padded_shortcut


def _sliced(x: torch.Tensor, stride: int) -> torch.Tensor:
    return x[:, :, ::stride, ::stride]


def _shortcut(
    shrink: Callable[[torch.Tensor, int], torch.Tensor] = _sliced,
    widen: Callable[[torch.Tensor, int], torch.Tensor] | None = None,
) -> Callable:
    """Option A with one of its two steps done differently."""

    def shortcut(x, out_channels, stride):
        small = shrink(x, stride)
        return widen(small, out_channels) if widen else padded_shortcut(small, out_channels, 1)

    return shortcut


def _before_and_after(share: Callable[[int], int]) -> Callable:
    """New channels of zeros, `share(how many)` of them before the old ones."""

    def widen(x, out_channels):
        more = out_channels - x.shape[1]
        return F.pad(x, (0, 0, 0, 0, share(more), more - share(more)))

    return widen


def _repeated(x: torch.Tensor, out_channels: int) -> torch.Tensor:
    return torch.cat([x] * -(-out_channels // x.shape[1]), dim=1)[:, :out_channels]


def _repeated_on_both_sides(x: torch.Tensor, out_channels: int) -> torch.Tensor:
    more = (out_channels - x.shape[1]) // 2
    return torch.cat([x[:, :more], x, x[:, -more:]], dim=1) if more else x


def _edges_repeated(x: torch.Tensor, out_channels: int) -> torch.Tensor:
    more = (out_channels - x.shape[1]) // 2
    return torch.cat([x[:, :1]] * more + [x] + [x[:, -1:]] * more, dim=1)


def _centre(x: torch.Tensor, stride: int) -> torch.Tensor:
    height, width = (size // stride for size in x.shape[2:])
    top, left = (x.shape[2] - height) // 2, (x.shape[3] - width) // 2
    return x[:, :, top : top + height, left : left + width]


def _around_the_picture(x, out_channels, stride):
    more = (out_channels - x.shape[1]) // 2
    return F.pad(_sliced(x, stride), (more, more))


def _above_and_below(x, out_channels, stride):
    more = (out_channels - x.shape[1]) // 2
    return F.pad(_sliced(x, stride), (0, 0, more, more))


def _around_on_all_sides(x, out_channels, stride):
    more = (out_channels - x.shape[1]) // 2
    return F.pad(_sliced(x, stride), (more, more, more, more))


def _pooled(pool: Callable, **more) -> Callable:
    return lambda x, stride: pool(x, stride, **more) if stride > 1 else x


def _always_pooled(kernel: int) -> Callable:
    return lambda x, stride: F.avg_pool2d(x, kernel, stride=stride, padding=(kernel - 1) // 2)


def _ended(history, field: str) -> float:
    return getattr(history, field)[-1]


def _judged(
    pick: Callable[[object, str], float] = _ended,
    of_training: str = "train_accuracy",
    of_test: str = "test_accuracy",
    sign: float = 1,
    margin_of: Callable[[float], float] = lambda margin: margin,
    margin_of_test: Callable[[float], float] = lambda margin: margin,
) -> Callable:
    """The rule with one of its parts misread."""

    def judged(shallow, deep, margin):
        margin = margin_of(margin)
        if sign * (pick(shallow, of_training) - pick(deep, of_training)) > margin:
            return "degradation"
        if sign * (pick(shallow, of_test) - pick(deep, of_test)) > margin_of_test(margin):
            return "overfitting"
        return "neither"

    return judged


def _by_test_alone(shallow, deep, margin):
    worse = _ended(shallow, "test_accuracy") - _ended(deep, "test_accuracy") > margin
    return "degradation" if worse else "neither"


def _by_test_first(shallow, deep, margin):
    """Nothing is wrong unless the test error is higher."""
    if _ended(shallow, "test_accuracy") - _ended(deep, "test_accuracy") <= margin:
        return "neither"
    return (
        "degradation" if _ended(shallow, "train_accuracy") - _ended(deep, "train_accuracy") > margin else "overfitting"
    )


def _by_own_gap(shallow, deep, margin):
    if _ended(shallow, "train_accuracy") - _ended(deep, "train_accuracy") > margin:
        return "degradation"
    return "overfitting" if _ended(deep, "train_accuracy") - _ended(deep, "test_accuracy") > margin else "neither"


def _by_own_gap_first(shallow, deep, margin):
    if _ended(deep, "train_accuracy") - _ended(deep, "test_accuracy") > margin:
        return "overfitting"
    return "degradation" if _ended(shallow, "train_accuracy") - _ended(deep, "train_accuracy") > margin else "neither"


def _swapped(shallow, deep, margin):
    return {"degradation": "overfitting", "overfitting": "degradation"}.get(
        word := _judged()(shallow, deep, margin), word
    )


def _overfitting_first(shallow, deep, margin):
    if _ended(shallow, "test_accuracy") - _ended(deep, "test_accuracy") > margin:
        return "overfitting"
    return "degradation" if _ended(shallow, "train_accuracy") - _ended(deep, "train_accuracy") > margin else "neither"


def _mean(history, field: str) -> float:
    return sum(getattr(history, field)) / len(getattr(history, field))


DEPTH: dict[str, tuple[Misconception, ...]] = {
    "padded_shortcut": (
        Misconception(
            "zeros-on-one-side",
            "All new channels are on one side of the old ones. That is a valid shortcut, too (and much code does it so);"
            " asked for is half of them before and half after.",
            "In F.pad, the last two numbers say how many channels come before and how many after. Which are yours?",
            (
                _shortcut(widen=_before_and_after(lambda more: 0)),
                _shortcut(widen=_before_and_after(lambda more: more)),
            ),
        ),
        Misconception(
            "channels-repeated",
            "The new channels hold copies of the old ones. Then the shortcut adds x to them, too. In option A they hold zeros,"
            " so the block alone decides what is in them.",
            "What should a new channel hold, so that adding it changes nothing?",
            (
                _shortcut(widen=_repeated),
                _shortcut(widen=_repeated_on_both_sides),
                _shortcut(widen=_edges_repeated),
                _shortcut(widen=lambda x, out: x.repeat_interleave(-(-out // x.shape[1]), dim=1)[:, :out]),
            ),
        ),
        Misconception(
            "pooled-not-sliced",
            "The picture is made smaller by pooling: neighbouring pixels are averaged, or the largest of them is taken. Option A"
            " takes every stride-th pixel as it is, whatever lies beside it, and leaves the others out.",
            "Print x[0, 0], and what your function makes of it. From which rows and columns of x do its numbers come?",
            (
                _shortcut(shrink=_pooled(F.avg_pool2d)),
                _shortcut(shrink=_pooled(F.avg_pool2d, ceil_mode=True)),
                _shortcut(shrink=_pooled(F.max_pool2d)),
                _shortcut(shrink=_pooled(F.max_pool2d, ceil_mode=True)),
                _shortcut(shrink=lambda x, stride: F.adaptive_avg_pool2d(x, [-(-s // stride) for s in x.shape[2:]])),
                _shortcut(
                    shrink=lambda x, stride: F.interpolate(
                        x, size=[-(-s // stride) for s in x.shape[2:]], mode="bilinear", align_corners=False
                    )
                ),
                _shortcut(shrink=_always_pooled(3)),
                _shortcut(shrink=lambda x, stride: F.max_pool2d(x, 3, stride, 1) if stride > 1 else x),
                _shortcut(shrink=lambda x, stride: F.max_pool2d(x, 3, stride, 1)),
            ),
        ),
        Misconception(
            "pixels-from-the-second",
            "The pixels that are left out are the wrong ones: the first row and column are skipped. A convolution with padding"
            " begins at the first pixel, and the shortcut has to stay in line with it.",
            "Which pixels of x does x[:, :, 1::2, 1::2] hold, and which does x[:, :, ::2, ::2]?",
            (
                _shortcut(shrink=lambda x, stride: x[:, :, stride - 1 :: stride, stride - 1 :: stride]),
                _shortcut(shrink=lambda x, stride: x[:, :, 1::stride, 1::stride] if stride > 1 else x),
                _shortcut(shrink=lambda x, stride: x[:, :, stride // 2 :: stride, stride // 2 :: stride]),
            ),
        ),
        Misconception(
            "one-direction-only",
            "The picture is made smaller in one direction only.",
            "x has four dimensions. In which of them must the stride show?",
            (
                _shortcut(shrink=lambda x, stride: x[:, :, ::stride]),
                _shortcut(shrink=lambda x, stride: x[:, :, :, ::stride]),
            ),
        ),
        Misconception(
            "cropped-not-strided",
            "A part of the picture is cut out, instead of taking every stride-th pixel of all of it.",
            "Which pixels of the right half of x come through?",
            (
                _shortcut(shrink=lambda x, stride: x[:, :, : -(-x.shape[2] // stride), : -(-x.shape[3] // stride)]),
                _shortcut(shrink=lambda x, stride: x[:, :, : x.shape[2] // stride, : x.shape[3] // stride]),
                _shortcut(shrink=_centre),
            ),
        ),
        Misconception(
            "zeros-around-the-picture",
            "The zeros are put around the picture, not into new channels: F.pad counts dimensions from the last one.",
            "F.pad(x, (a, b, c, d, e, f)): which pair belongs to the width, which to the height, which to the channels?",
            (_around_the_picture, _above_and_below, _around_on_all_sides),
        ),
    ),
    "what_went_wrong": (
        Misconception(
            "judged-by-test-error",
            "The test error decides alone, or first. A higher test error alone may be overfitting; degradation shows in how"
            " well the network learns the pictures that it is *trained* on.",
            "Which of the two words can be told from test pictures alone?",
            (
                _by_test_alone,
                _by_test_first,
                _judged(of_training="test_accuracy"),
                _judged(of_training="test_accuracy", of_test="train_accuracy"),
            ),
        ),
        Misconception(
            "overfitting-first",
            "Overfitting is asked about before degradation. A network that has not even learned its training pictures is"
            " called overfitted then, if it is worse on the test pictures, too.",
            "A deep network is worse on both. Has it learned too much, or too little?",
            (_overfitting_first,),
        ),
        Misconception(
            "words-swapped",
            "The two words stand for each other.",
            "Overfitting: good on the pictures that it has seen. Which error is low then?",
            (_swapped,),
        ),
        Misconception(
            "errors-the-wrong-way-round",
            "The comparison is turned round: a network with the higher accuracy has the lower error.",
            "The deep network has 60 % accuracy, the shallow one 90 %. Which has the higher error, and what does yours say?",
            (
                _judged(sign=-1),
                lambda shallow, deep, margin: _judged()(deep, shallow, margin),
            ),
        ),
        Misconception(
            "best-epoch-compared",
            "The best epoch is compared. Asked for is where training ends.",
            "Which entry of the curve belongs to the last epoch?",
            (
                _judged(pick=lambda history, field: max(getattr(history, field))),
                _judged(
                    pick=lambda history, field: (
                        max(getattr(history, field)) if field == "test_accuracy" else _ended(history, field)
                    )
                ),
            ),
        ),
        Misconception(
            "first-epoch-compared",
            "The first epoch is compared. Asked for is where training ends.",
            "Which entry of the curve belongs to the last epoch?",
            (_judged(pick=lambda history, field: getattr(history, field)[0]),),
        ),
        Misconception(
            "epochs-averaged",
            "The curves are averaged over all epochs. Asked for is where training ends.",
            "Which entry of the curve belongs to the last epoch?",
            (_judged(pick=_mean),),
        ),
        Misconception(
            "margin-ignored",
            "The margin that is given is not used as it is: none is, or always the same. A difference below the margin is what"
            " another seed might have given, and does not count.",
            "Which of your comparisons uses the margin?",
            (
                _judged(margin_of=lambda margin: 0),
                _judged(margin_of=lambda margin: 2.0),
                _judged(margin_of=lambda margin: margin / 100),
                _judged(margin_of_test=lambda margin: 0),
            ),
        ),
        Misconception(
            "own-gap-for-overfitting",
            "Overfitting is read off one network alone, from the gap between its training and its test error. The question is"
            " whether the deep one is worse than the *shallow* one, which may have the same gap.",
            "Which two networks does the second rule compare, and on which pictures?",
            (_by_own_gap, _by_own_gap_first),
        ),
    ),
}
