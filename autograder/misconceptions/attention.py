"""Wrong functions of lesson 08: maps that are not Grad-CAM's, and costs that are miscounted."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import nn

from autograder.misconceptions import Misconception
from autograder.reference import activation_and_gradient, class_logits, grad_cam, multiply_adds, out_size


def _own(logits: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
    return class_logits(classes)(logits)


def _mean(gradient: torch.Tensor) -> torch.Tensor:
    return gradient.mean(dim=(2, 3), keepdim=True)


def _sum(weights: torch.Tensor, activation: torch.Tensor) -> torch.Tensor:
    return (weights * activation).sum(dim=1)


def _cam(
    score: Callable = _own,
    weigh: Callable = _mean,
    combine: Callable = _sum,
    finish: Callable = F.relu,
    inside: Callable[[nn.Module], nn.Module] = lambda layer: layer,
) -> Callable:
    """Grad-CAM with one of its steps done differently."""

    def cam(model, layer, images, classes):
        activation, gradient = activation_and_gradient(
            model, inside(layer), images, lambda logits: score(logits, classes)
        )
        return finish(combine(weigh(gradient), activation))

    return cam


def _activations_alone(reduce: Callable) -> Callable:
    return _cam(combine=lambda weights, activation: reduce(activation))


def _after(change: Callable) -> Callable:
    """Grad-CAM's maps, changed afterwards."""
    return lambda model, layer, images, classes: change(grad_cam(model, layer, images, classes), images)


def _least(maps: torch.Tensor) -> torch.Tensor:
    return maps.amin(dim=(1, 2), keepdim=True)


def _most(maps: torch.Tensor) -> torch.Tensor:
    return maps.amax(dim=(1, 2), keepdim=True)


def _enlarged(**how) -> Callable:
    return _after(lambda maps, images: F.interpolate(maps[:, None], size=images.shape[2:], **how)[:, 0])


def _of_kind(kinds: tuple[type, ...], which: int, required: bool = False) -> Callable[[nn.Module], nn.Module]:
    """The first or last module of a kind in a layer; where there is none the layer itself, or (required) an error."""

    def inside(layer):
        found = [module for module in layer.modules() if isinstance(module, kinds)]
        return found[which] if found or required else layer

    return inside


def _without_gradient_of_others(logits, classes):
    """The first class of the batch for every picture."""
    return logits[:, classes[0]].sum()


# How many pixels come out along one side of `size`, with the kernel k, stride s and padding p of that side.
_SIZES = (
    lambda size, k, s, p: size // s,
    lambda size, k, s, p: -(-size // s),
    lambda size, k, s, p: (size + 2 * p - k) // s,
    lambda size, k, s, p: (size + 2 * p - k + 1) // s,
    lambda size, k, s, p: (size + p - k) // s + 1,
    lambda size, k, s, p: (size - k) // s + 1,
    lambda size, k, s, p: (size - k) // s,
    lambda size, k, s, p: size + 2 * p - k + 1,
    lambda size, k, s, p: (size + 2 * p) // s,
    lambda size, k, s, p: (size + 2 * p - k) / s + 1,
    lambda size, k, s, p: int((size + 2 * p - k) / s + 1.5),
    lambda size, k, s, p: -(-(size + 2 * p - k) // s) + 1,
    lambda size, k, s, p: size - k + 1,
)


def _with_axes(down: int, across: int) -> Callable:
    """The cost, with kernel, stride and padding of these directions for the two sides of the output."""
    return lambda conv, height, width: (
        conv.weight.numel() * out_size(conv, height, down) * out_size(conv, width, across)
    )


def _with_size(along_one_side: Callable) -> Callable:
    """The cost, with another idea of how large the output is."""

    def cost(conv, height, width):
        sides = zip((height, width), conv.kernel_size, conv.stride, conv.padding, strict=True)
        down, across = (along_one_side(*side) for side in sides)
        return conv.weight.numel() * down * across

    return cost


def _biases(conv: nn.Conv2d) -> int:
    return 0 if conv.bias is None else conv.bias.numel()


def _pixels(conv: nn.Conv2d, height: int, width: int) -> int:
    return out_size(conv, height, 0) * out_size(conv, width, 1)


ATTENTION: dict[str, tuple[Misconception, ...]] = {
    "grad_cam": (
        Misconception(
            "cam-without-relu",
            "The ReLU at the end is missing, or something else stands there, so pixels that speak against the class are left in"
            " the map, as negative numbers or as if they spoke for it. Grad-CAM shows only what speaks for it.",
            "What should a pixel be worth that makes the class less likely? Which function of equation 2 says so?",
            (_cam(finish=lambda maps: maps), _cam(finish=torch.abs)),
        ),
        Misconception(
            "cam-without-mean",
            "The gradient multiplies the activation pixel by pixel. In Grad-CAM a channel has one weight, the same at every"
            " pixel: the mean of its gradient over height and width.",
            "How many weights does a layer with 8 channels have in equation 1? What is the shape of yours?",
            (
                _cam(weigh=lambda gradient: gradient),
                _cam(weigh=lambda gradient: gradient, finish=lambda maps: maps),
                _cam(weigh=lambda gradient: gradient, combine=lambda w, a: F.relu(w * a).sum(1)),
            ),
        ),
        Misconception(
            "cam-without-gradient",
            "The activations are added up without weights, so the map is the same whichever class is asked for: it shows"
            " where the layer is active, not what speaks for the class.",
            "Call your function twice, for two classes. Should the two maps be equal?",
            (
                _activations_alone(lambda activation: activation.sum(1)),
                _activations_alone(lambda activation: activation.mean(1)),
                _activations_alone(lambda activation: F.relu(activation).sum(1)),
                _activations_alone(lambda activation: F.relu(activation).mean(1)),
                _activations_alone(lambda activation: activation.amax(1)),
                _activations_alone(lambda activation: activation.abs().mean(1)),
                _activations_alone(lambda activation: activation.abs().sum(1)),
            ),
        ),
        Misconception(
            "cam-of-gradient-alone",
            "The map is made of gradients only. The activations, which say where in this picture a feature is, are left out.",
            "Which two tensors meet in equation 2?",
            (
                _cam(weigh=lambda gradient: gradient, combine=lambda g, a: g.sum(1)),
                _cam(weigh=lambda gradient: gradient, combine=lambda g, a: (g.mean((2, 3), keepdim=True) * g).sum(1)),
                _cam(weigh=lambda gradient: gradient, combine=lambda g, a: g.mean(1)),
                _cam(weigh=lambda gradient: gradient, combine=lambda g, a: g.abs().mean(1)),
                _cam(weigh=lambda gradient: gradient, combine=lambda g, a: g.abs().sum(1)),
                _cam(weigh=lambda gradient: gradient, combine=lambda g, a: g.abs().amax(1)),
                _cam(weigh=lambda gradient: gradient, combine=lambda g, a: F.relu(g).sum(1)),
            ),
        ),
        Misconception(
            "cam-of-all-classes",
            "The gradient is that of all logits together. It says what makes the picture any class at all, not this one.",
            "Which entry of the logits belongs to the class that was asked for?",
            (_cam(score=lambda logits, classes: logits.sum()), _cam(score=lambda logits, classes: logits.mean())),
        ),
        Misconception(
            "cam-of-the-largest-logit",
            "The gradient is that of the class that the network would choose, not of the one that was asked for.",
            "What should change in the map when another class is asked for?",
            (_cam(score=lambda logits, classes: logits.amax(1).sum()),),
        ),
        Misconception(
            "cam-of-the-loss",
            "The gradient is that of the loss. It points the other way (a loss falls where a logit grows), and it fades where"
            " the network is sure.",
            "Equation 1 differentiates y, the score of the class. Where in your function is it?",
            tuple(
                _cam(
                    score=lambda logits, classes, reduction=reduction: F.cross_entropy(
                        logits, classes, reduction=reduction
                    )
                )
                for reduction in ("mean", "sum")
            ),
        ),
        Misconception(
            "cam-of-the-probability",
            "The gradient is that of the probability, after softmax (or of its logarithm). There all classes meet, and where"
            " the network is sure hardly any gradient is left. Grad-CAM takes the logit, before softmax.",
            "What does the network return, and what does your function make of it before it goes backward?",
            (
                _cam(score=lambda logits, classes: _own(logits.softmax(1), classes)),
                _cam(score=lambda logits, classes: _own(logits.log_softmax(1), classes)),
                _cam(score=lambda logits, classes: -F.cross_entropy(logits, classes)),
            ),
        ),
        Misconception(
            "cam-mixes-classes",
            "In a batch, a picture's map is made for the classes of the other pictures, too, or all maps for one class or"
            " one picture.",
            "What is the shape of logits[:, classes] for 3 pictures? How do you pick one entry from each row?",
            (
                _cam(score=lambda logits, classes: logits[:, classes].sum()),
                _cam(score=lambda logits, classes: logits[:, classes].mean()),
                _cam(score=_without_gradient_of_others),
                _cam(score=lambda logits, classes: logits[:, classes[-1]].sum()),
                _cam(score=lambda logits, classes: logits[0, classes[0]]),
                _cam(score=lambda logits, classes: logits[0, classes].sum()),
            ),
        ),
        Misconception(
            "cam-mixes-pictures",
            "The weights are averaged over the pictures of the batch as well, so all pictures share them. A picture's map must"
            " not depend on which others lie beside it.",
            "Over which of the four dimensions of (N, K, h, w) is the mean to be taken? How many weights are left then?",
            (
                _cam(weigh=lambda gradient: gradient.mean(dim=(0, 2, 3), keepdim=True)),
                _cam(weigh=lambda gradient: gradient.sum(0, keepdim=True).mean(dim=(2, 3), keepdim=True)),
                _cam(weigh=lambda gradient: _mean(gradient)[:1]),
            ),
        ),
        Misconception(
            "cam-positive-gradients",
            "Negative numbers are cut off, or their sign is, before everything is added up. Then no channel can speak against the"
            " class. The ReLU of Grad-CAM comes at the end.",
            "At which of its steps does Grad-CAM cut negative numbers off?",
            (
                _cam(weigh=lambda gradient: _mean(F.relu(gradient))),
                _cam(weigh=lambda gradient: F.relu(_mean(gradient))),
                _cam(weigh=lambda gradient: _mean(gradient.abs())),
                _cam(weigh=lambda gradient: _mean(gradient).abs()),
                _cam(combine=lambda weights, activation: F.relu(weights * activation).sum(1)),
            ),
        ),
        Misconception(
            "cam-wrong-scale",
            "The map has the right form and the wrong scale: a sum stands where a mean should, or a mean where a sum should.",
            "Equation 1 takes a mean, over pixels; equation 2 a sum, over channels. Compare with your two lines.",
            (
                _cam(weigh=lambda gradient: gradient.sum(dim=(2, 3), keepdim=True)),
                _cam(combine=lambda weights, activation: (weights * activation).mean(1)),
                _cam(
                    weigh=lambda gradient: gradient.sum(dim=(2, 3), keepdim=True),
                    combine=lambda weights, activation: (weights * activation).mean(1),
                ),
                _cam(score=lambda logits, classes: _own(logits, classes) / len(classes)),
                _cam(
                    score=lambda logits, classes: _own(logits, classes) / len(classes),
                    combine=lambda weights, activation: (weights * activation).mean(1),
                ),
            ),
        ),
        Misconception(
            "cam-normalised",
            "The map is scaled so that its largest value is 1. That is good for a figure, and it hides how strong the evidence"
            " is; asked for is the map as the two equations give it.",
            "What is the largest value of your map? Should it be the same for every picture?",
            (
                _after(lambda maps, images: maps / _most(maps)),
                _after(lambda maps, images: (maps - _least(maps)) / (_most(maps) - _least(maps))),
                _after(lambda maps, images: maps / maps.max()),
                _after(lambda maps, images: (maps - maps.min()) / (maps.max() - maps.min())),
            ),
        ),
        Misconception(
            "cam-enlarged",
            "The map is enlarged to the size of the picture. That is for the figure, later; asked for is one number for each"
            " pixel of the layer's output.",
            "What are h and w in the docstring: the picture's, or the layer's?",
            tuple(
                _enlarged(**how)
                for how in (
                    {"mode": "nearest"},
                    {"mode": "bilinear", "align_corners": False},
                    {"mode": "bilinear", "align_corners": True},
                    {"mode": "bicubic"},
                )
            ),
        ),
        Misconception(
            "hooked-before-the-addition",
            "The map is that of a module inside of the layer. Where a layer adds two roads up, what goes on is the sum,"
            " and a module on one of the roads knows only a part of it.",
            "Which module did you hook: the one that was given, or one that you found in it?",
            tuple(
                _cam(inside=_of_kind(kinds, which))
                for kinds, which in (((nn.Conv2d,), 0), ((nn.Conv2d,), -1), ((nn.BatchNorm2d,), -1))
            )
            + (
                _cam(inside=_of_kind((nn.BatchNorm2d,), -1, required=True)),
                _cam(inside=lambda layer: next(iter(layer.children()), layer)),
                _cam(inside=lambda layer: ([*layer.children()] or [layer])[-1]),
            ),
        ),
    ),
    "multiply_adds": (
        Misconception(
            "size-of-the-input",
            "The pixels of the input are counted. A convolution does its work once for each pixel of what comes out.",
            "How many numbers come out of a convolution with stride 2? How many times was the kernel laid on the picture?",
            (lambda conv, height, width: conv.weight.numel() * height * width,),
        ),
        Misconception(
            "output-size-miscounted",
            "The work of one pixel is right, and the number of pixels that come out is not: along each side, the kernel starts"
            " in the padding, goes on by the stride, and has to end inside.",
            "Take a row of 7 pixels, a kernel of 3, stride 2, and draw where the kernel lies; then with a padding of 1 on both"
            " sides. How often does it fit? Does your formula say so?",
            (*map(_with_size, _SIZES), _with_axes(0, 0), _with_axes(1, 1), _with_axes(1, 0)),
        ),
        Misconception(
            "bias-counted",
            "The bias is counted as well. It is added once for each number that comes out, and multiplies nothing.",
            "What does the docstring say about a bias?",
            (
                lambda conv, height, width: multiply_adds(conv, height, width) + _biases(conv),
                lambda conv, height, width: (
                    multiply_adds(conv, height, width) + _biases(conv) * _pixels(conv, height, width)
                ),
                lambda conv, height, width: (
                    multiply_adds(conv, height, width) + conv.out_channels * _pixels(conv, height, width)
                ),
            ),
        ),
        Misconception(
            "pixels-forgotten",
            "The weights are counted, not the work: each weight is used again at every pixel of the output.",
            "Should the number change when the picture is twice as large?",
            (
                lambda conv, height, width: conv.weight.numel(),
                lambda conv, height, width: conv.weight.numel() + _biases(conv),
            ),
        ),
        Misconception(
            "channels-forgotten",
            "The channels of one side are left out, or those of both. Every output channel looks at every input channel.",
            "What is the shape of conv.weight? Which of its four sizes are in your product?",
            (
                lambda conv, height, width: multiply_adds(conv, height, width) // conv.in_channels,
                lambda conv, height, width: multiply_adds(conv, height, width) // conv.out_channels,
                lambda conv, height, width: multiply_adds(conv, height, width) // conv.weight[:, :, 0, 0].numel(),
            ),
        ),
        Misconception(
            "kernel-forgotten",
            "The kernel is left out, or counted in one direction only.",
            "How many pixels does a 3×3 kernel look at?",
            (
                lambda conv, height, width: multiply_adds(conv, height, width) // conv.weight[0, 0].numel(),
                lambda conv, height, width: multiply_adds(conv, height, width) // conv.kernel_size[0],
            ),
        ),
        Misconception(
            "additions-counted-apart",
            "Multiplications and additions are counted one by one, so the number is about twice as large. Here one"
            " multiplication with its addition counts as one.",
            "What does the docstring count as one?",
            (
                lambda conv, height, width: 2 * multiply_adds(conv, height, width),
                lambda conv, height, width: (
                    2 * multiply_adds(conv, height, width)
                    - conv.out_channels * out_size(conv, height, 0) * out_size(conv, width, 1)
                ),
            ),
        ),
    ),
}
