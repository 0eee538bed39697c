"""Wrong functions of lesson 05, by hand-in."""

import torch

from autograder.misconceptions import Misconception
from autograder.reference import along, gradient_norms


def _norms_with(reduce, keep=lambda p: p.grad is not None):
    return lambda model: {name: float(reduce(p)) for name, p in model.named_parameters() if keep(p)}


def _with_zero_for_none(model) -> dict:
    norms = gradient_norms(model)
    return {name: norms.get(name, 0.0) for name, _ in model.named_parameters()}


def _with_nan_for_none(model) -> dict:
    norms = gradient_norms(model)
    return {name: norms.get(name, float("nan")) for name, _ in model.named_parameters()}


def _total(combine):
    """`combine` of the gradients of all parameters that have one."""
    return lambda model: float(combine([p.grad.double() for p in model.parameters() if p.grad is not None]))


def _norms(gradients) -> torch.Tensor:
    return torch.stack([gradient.norm() for gradient in gradients])


def _long(gradients) -> torch.Tensor:
    return torch.cat([gradient.flatten() for gradient in gradients])


def _weights(model, every: bool) -> float:
    return float(_norms([p.detach().double() for p in model.parameters() if every or p.grad is not None]).norm())


def _counted_twice(model) -> float:
    found = [p for _, p in model.named_parameters(remove_duplicate=False) if p.grad is not None]
    return float(_norms([p.grad.double() for p in found]).norm())


def _backward(function, x, v):
    """The transposed Jacobian times v: what a backward pass computes."""
    x = x.clone().requires_grad_()
    return torch.autograd.grad(function(x), x, v)[0]


def _gradient_of_sum(function, x):
    x = x.clone().requires_grad_()
    return torch.autograd.grad(function(x).sum(), x)[0]


STEPS = tuple(digit * 10.0**-power for power in range(1, 8) for digit in (1, 2, 5))


def _undivided(step, back=0):
    return lambda function, x, v: function(x + step * v) - function(x - back * step * v)


GRADIENTS: dict[str, tuple[Misconception, ...]] = {
    "gradient_norms": (
        Misconception(
            "weights-for-gradients",
            "The norms are those of the weights themselves, not of the gradients that training moves them by.",
            "Where does a parameter keep what backward() has computed?",
            (_norms_with(lambda p: p.detach().norm()), _norms_with(lambda p: p.detach().norm(), lambda p: True)),
        ),
        Misconception(
            "squared-norm",
            "The squares are summed up, and the root is missing: twice the gradient then gives four times the number.",
            "What is the length of the vector (3, 4)? And what does your function say?",
            (_norms_with(lambda p: p.grad.square().sum()),),
        ),
        Misconception(
            "sum-of-entries",
            "The entries are summed up with their signs, so positive and negative ones cancel.",
            "What would come out for the gradient (5, -5)? Is it zero?",
            (_norms_with(lambda p: p.grad.sum()), _norms_with(lambda p: p.grad.sum().abs())),
        ),
        Misconception(
            "absolute-values-summed",
            "The absolute values are summed up: the L1 norm. Asked for is the L2 norm, the length.",
            "What is the length of the vector (3, 4)? Not 7.",
            (_norms_with(lambda p: p.grad.abs().sum()),),
        ),
        Misconception(
            "averaged-over-entries",
            "The number is a mean over the entries. Then a large layer counts no more than a small one, however many entries"
            " it has.",
            "Does the length of a vector shrink when one divides by how many entries it has?",
            (
                _norms_with(lambda p: p.grad.abs().mean()),
                _norms_with(lambda p: p.grad.mean()),
                _norms_with(lambda p: p.grad.mean().abs()),
                _norms_with(lambda p: p.grad.square().mean().sqrt()),
                _norms_with(lambda p: p.grad.square().mean()),
                _norms_with(lambda p: p.grad.norm() / p.grad.numel()),
            ),
        ),
        Misconception(
            "largest-entry",
            "The largest entry stands for all of them.",
            "Two gradients, (3, 4) and (0, 4): is one of them longer?",
            (_norms_with(lambda p: p.grad.abs().max()), _norms_with(lambda p: p.grad.max())),
        ),
        Misconception(
            "absent-gradient-counted",
            "Parameters without any gradient are in the result, too. No gradient is not the same as a gradient of zeros.",
            "Which parameters has backward() never reached, and what is their .grad?",
            (_with_zero_for_none, _with_nan_for_none),
        ),
        Misconception(
            "zero-gradient-dropped",
            "A gradient of zeros is left out. It is a gradient: something reached this parameter, and said “stay”.",
            "Which question does your condition ask: is there a gradient, or is it different from zero?",
            (_norms_with(lambda p: p.grad.norm(), lambda p: p.grad is not None and bool(p.grad.any())),),
        ),
        Misconception(
            "only-what-is-trained",
            "The condition asks whether a parameter is to be trained, not whether it has a gradient.",
            "requires_grad is a wish. What tells whether it was granted?",
            (
                _norms_with(lambda p: 0.0 if p.grad is None else p.grad.norm(), lambda p: p.requires_grad),
                _norms_with(lambda p: p.grad.norm(), lambda p: p.requires_grad),
            ),
        ),
    ),
    "total_gradient_norm": (
        Misconception(
            "sum-of-norms",
            "The norms of the parameters are added up. Lengths at right angles do not add: 3 and 4 make 5, not 7.",
            "All gradients, laid end to end, are one long vector. What is its length?",
            (_total(lambda g: _norms(g).sum()),),
        ),
        Misconception(
            "norm-of-the-sum",
            "Entries are summed up before the norm is taken, so gradients of opposite sign cancel.",
            "At which point should the squares come, before the sum or after it?",
            (
                _total(lambda g: _long(g).sum().abs()),
                _total(lambda g: _long(g).sum()),
                _total(lambda g: torch.stack([one.sum() for one in g]).norm()),
            ),
        ),
        Misconception(
            "squared-norm",
            "The squares are summed up, and the root is missing.",
            "What is the length of the vector (3, 4)? And what does your function say?",
            (_total(lambda g: _norms(g).square().sum()),),
        ),
        Misconception(
            "averaged-over-parameters",
            "The result is a mean over parameters or over entries. Then a network with more layers of the same kind has no"
            " larger gradient.",
            "Is anything divided when the length of a vector is computed?",
            (
                _total(lambda g: _norms(g).mean()),
                _total(lambda g: _norms(g).square().mean().sqrt()),
                _total(lambda g: _norms(g).norm() / len(g)),
                _total(lambda g: _long(g).square().mean().sqrt()),
                _total(lambda g: _long(g).square().mean()),
                _total(lambda g: _long(g).abs().mean()),
                _total(lambda g: _norms(g).norm() / _long(g).numel()),
            ),
        ),
        Misconception(
            "weights-for-gradients",
            "It is the length of the weights, not of the gradients.",
            "Where does a parameter keep what backward() has computed?",
            (lambda model: _weights(model, every=False), lambda model: _weights(model, every=True)),
        ),
        Misconception(
            "absolute-values-summed",
            "All absolute values are summed up: the L1 norm. Asked for is the L2 norm, the length.",
            "What is the length of the vector (3, 4)? Not 7.",
            (_total(lambda g: _long(g).abs().sum()),),
        ),
        Misconception(
            "largest-norm",
            "One parameter, the one with the largest gradient, stands for all.",
            "What do the other parameters contribute?",
            (_total(lambda g: _norms(g).max()), _total(lambda g: _long(g).abs().max())),
        ),
        Misconception(
            "last-parameter-only",
            "Each parameter overwrites what the one before it has left, so only the last one counts.",
            "Follow your variable through the loop: what is added to it, and what replaces it?",
            (_total(lambda g: _norms(g)[-1]),),
        ),
        Misconception(
            "shared-parameter-twice",
            "A parameter that two layers share is counted once for each of its names. It has one gradient.",
            "Does model.parameters() give a shared parameter twice?",
            (_counted_twice,),
        ),
    ),
    "along": (
        Misconception(
            "step-not-divided",
            "The difference is not divided by the step, so the result shrinks with it.",
            "Halve the step: should a derivative halve, too?",
            (*map(_undivided, STEPS), *(_undivided(step, back=1) for step in STEPS)),
        ),
        Misconception(
            "step-counted-wrongly",
            "The difference spans another distance than it is divided by: the result is twice or half of what it should be.",
            "How far apart are the two points at which the function is evaluated?",
            (lambda f, x, v: 2 * along(f, x, v), lambda f, x, v: along(f, x, v) / 2),
        ),
        Misconception(
            "one-large-step",
            "The step is v itself. That is no derivative: over such a distance the function has long changed its slope.",
            "How small must the step be for the straight line to be a good picture of the function?",
            (lambda f, x, v: f(x + v) - f(x), lambda f, x, v: (f(x + v) - f(x - v)) / 2),
        ),
        Misconception(
            "difference-reversed",
            "The difference is taken the wrong way round, so the sign is turned.",
            "If the function grows along v, which sign should come out?",
            (lambda f, x, v: -along(f, x, v),),
        ),
        Misconception(
            "backward-for-forward",
            "What is computed is the backward pass, the transposed Jacobian times v: from the output to the input. Where the"
            " two have different shapes, it cannot even start.",
            "Does v belong to the input of the function, or to its output?",
            (_backward,),
        ),
        Misconception(
            "gradient-of-the-sum",
            "The outputs are summed up before they are differentiated. Then nobody can tell any more which output changes"
            " how much.",
            "How many numbers has the answer: as many as the input, or as many as the output?",
            (
                lambda f, x, v: _gradient_of_sum(f, x) * v,
                lambda f, x, v: _gradient_of_sum(f, x),
                lambda f, x, v: (_gradient_of_sum(f, x) * v).sum(),
            ),
        ),
        Misconception(
            "direction-shortened",
            "v is first brought to length 1. Asked for is the change along v as it is: twice the v, twice the change.",
            "What should along(function, x, 2 * v) be, compared with along(function, x, v)?",
            (lambda f, x, v: along(f, x, v) / v.norm(),),
        ),
        Misconception(
            "function-at-the-direction",
            "The function itself is evaluated at v. That is the answer only for a linear function.",
            "Does your answer depend on x?",
            (lambda f, x, v: f(v), lambda f, x, v: f(v) - f(torch.zeros_like(v))),
        ),
    ),
}
