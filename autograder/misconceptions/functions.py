"""Wrong functions of lessons 01 and 04, by hand-in."""

from autograder.misconceptions import Misconception
from autograder.reference import accuracy_gap, count_conv_layers, plain_block_parameters


def _finals(runs, pick=lambda history: history.test_accuracy[-1]) -> list[float]:
    return [pick(history) for history in runs]


def _gap_of(pick):
    def gap(histories):
        means = {name: sum(_finals(runs, pick)) / len(runs) for name, runs in histories.items()}
        return means["residual"] - means["plain"]

    return gap


def _gap_with(reduce, *pick):
    return lambda histories: reduce(_finals(histories["residual"], *pick)) - reduce(_finals(histories["plain"], *pick))


def _gaps(histories) -> list[float]:
    runs = zip(_finals(histories["plain"]), _finals(histories["residual"]), strict=True)
    return [residual - plain for plain, residual in runs]


def _gap_of_curves(reduce):
    """The gap of the mean curves, each `reduce`d to one number."""

    def gap(histories):
        curves = {
            name: [
                sum(epoch) / len(runs)
                for epoch in zip(*_finals(runs, lambda history: history.test_accuracy), strict=True)
            ]
            for name, runs in histories.items()
        }
        return reduce(curves["residual"]) - reduce(curves["plain"])

    return gap


FUNCTIONS: dict[str, tuple[Misconception, ...]] = {
    "count_conv_layers": (
        Misconception(
            "stem-forgotten",
            "The blocks are all counted, the conv layer before them is not.",
            "What does a picture meet before it reaches stage 1?",
            (lambda n: 6 * n,),
        ),
        Misconception(
            "classifier-counted",
            "The last layer is counted, too. It is linear, not a conv layer (papers often count both kinds: 20, 32, 56).",
            "Which layers of the network are nn.Conv2d?",
            (lambda n: 2 + 6 * n,),
        ),
        Misconception(
            "one-conv-a-block",
            "Every block is counted once, but a PlainBlock has more than one conv layer.",
            "Look into PlainBlock.__init__.",
            (lambda n: 1 + 3 * n, lambda n: 3 * n, lambda n: 2 + 3 * n),
        ),
        Misconception(
            "one-stage-counted",
            "The layers of one stage are counted. There are three.",
            "Look into PlainDeepCNN.__init__.",
            (lambda n: 1 + 2 * n, lambda n: 2 * n),
        ),
        Misconception(
            "one-depth-only",
            "The number is that of one particular network, whatever n_blocks is.",
            "What should change when n_blocks does?",
            tuple(lambda n, blocks=blocks: count_conv_layers(blocks) for blocks in (3, 1, 5, 9)),
        ),
    ),
    "plain_block_parameters": (
        Misconception(
            "conv-bias-counted",
            "A bias is counted for each conv layer. Those of PlainBlock have none.",
            "Look for bias= in PlainBlock.",
            (lambda i, o: plain_block_parameters(i, o) + 2 * o,),
        ),
        Misconception(
            "batch-norm-forgotten",
            "The conv layers are counted, the batch norms are not, or not in full: each of the two has a scale and a shift"
            " per channel.",
            "Print [p.shape for p in nn.BatchNorm2d(16).parameters()].",
            (lambda i, o: 9 * i * o + 9 * o * o, lambda i, o: 9 * i * o + 9 * o * o + 2 * o),
        ),
        Misconception(
            "running-statistics-counted",
            "The running means and variances are counted. They are buffers: kept, but not learned.",
            "What is the difference between parameters() and buffers()?",
            (lambda i, o: plain_block_parameters(i, o) + 4 * o, lambda i, o: plain_block_parameters(i, o) + 4 * o + 2),
        ),
        Misconception(
            "second-conv-like-first",
            "Both conv layers are counted alike. The second one gets what the first one gives, so its input has another number of"
            " channels.",
            "How many channels go into conv1, and how many into conv2?",
            (lambda i, o: 18 * i * o + 4 * o, lambda i, o: 18 * o * o + 4 * o),
        ),
        Misconception(
            "kernel-forgotten",
            "The size of the kernel is missing, or counted in one direction only: each weight is a 3×3 square.",
            "What is the shape of nn.Conv2d(16, 32, 3).weight?",
            (lambda i, o: i * o + o * o + 4 * o, lambda i, o: 3 * i * o + 3 * o * o + 4 * o),
        ),
    ),
    "accuracy_gap": (
        Misconception(
            "gap-reversed",
            "Plain minus residual: the sign is turned around.",
            "Should the gap be positive where the residual network is the better one?",
            (lambda histories: -accuracy_gap(histories),),
        ),
        Misconception(
            "training-accuracy",
            "The gap is that of the training accuracies.",
            "Which of a History's fields belongs to pictures that the network has never seen?",
            (_gap_of(lambda history: history.train_accuracy[-1]),),
        ),
        Misconception(
            "best-epoch",
            "The best epoch is taken instead of the last. Choosing it by its test accuracy uses the test data for training.",
            "Who would have told you, without the test pictures, at which epoch to stop?",
            (
                _gap_of(lambda history: max(history.test_accuracy)),
                _gap_of_curves(max),
                _gap_with(max, lambda history: max(history.test_accuracy)),
            ),
        ),
        Misconception(
            "mean-over-epochs",
            "The accuracy is averaged over the epochs. Asked for is the last one.",
            "Which entry of test_accuracy belongs to the end of training?",
            (_gap_of(lambda history: sum(history.test_accuracy) / len(history.test_accuracy)),),
        ),
        Misconception(
            "first-epoch",
            "The accuracy after the first epoch is compared.",
            "Which entry of test_accuracy belongs to the end of training?",
            (_gap_of(lambda history: history.test_accuracy[0]),),
        ),
        Misconception(
            "one-seed",
            "Only one seed is looked at.",
            "What does each of your names stand for: one run, or several?",
            (_gap_with(lambda finals: finals[0]), _gap_with(lambda finals: finals[-1])),
        ),
        Misconception(
            "best-seed",
            "The best seed (or the worst) stands for all. A network is as good as it is on average.",
            "What would you think of a paper that showed its best run only?",
            (
                _gap_with(max),
                _gap_with(min),
                lambda h: max(_finals(h["residual"])) - min(_finals(h["plain"])),
                lambda h: max(_gaps(h)),
            ),
        ),
        Misconception(
            "summed-over-seeds",
            "The gaps of all seeds are added up, so the answer grows with the number of seeds.",
            "What turns a sum into a mean?",
            (_gap_with(sum),),
        ),
        Misconception(
            "fraction-for-percent",
            "The answer is a fraction or a ratio; asked for are percentage points.",
            "In which unit are the accuracies of a History?",
            (
                lambda h: accuracy_gap(h) / 100,
                lambda h: accuracy_gap(h) / (sum(_finals(h["plain"])) / len(h["plain"])),
                lambda h: 100 * accuracy_gap(h) / (sum(_finals(h["plain"])) / len(h["plain"])),
            ),
        ),
        Misconception(
            "gap-without-sign",
            "The size of the gap is returned without its sign.",
            "What should come out where the plain network is better?",
            (lambda histories: abs(accuracy_gap(histories)),),
        ),
    ),
}
