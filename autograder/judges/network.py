"""Lesson 03: is a network the right stack of the blocks that it is given, whatever those blocks do?

It was built from stand-in blocks that noted how they were built and called. So its structure is read off those notes,
and its outputs are compared with the reference's around the same stand-ins.
"""

from dataclasses import dataclass

import numpy as np
import torch

from autograder import reference
from autograder.diagnosis import diagnose_network, explain_error, stages_of
from autograder.judges.findings import (
    MAX_NUMBERS,
    Findings,
    advise,
    joined,
    listed,
    measured_case,
    numbers_in,
    parameters_in_use,
    quoted,
    trained,
)
from autograder.matching import NOTHING, Agreement, Measured, fill
from autograder.recutting import agreements
from course_utils.measurements.modules import NETWORK_CASES
from course_utils.measurements.short_training import train_shortly
from course_utils.models import PlainBlock
from course_utils.seeding import Draws, training_value

WIDTHS = (16, 32, 64)


def judge_simple_resnet(arrays: dict, report: dict, draws: Draws) -> Findings:
    """All criteria of lesson 03."""
    findings = Findings()
    measured = {case.id: measured_case(case, 3, arrays, report, draws, large=True) for case in NETWORK_CASES}
    large = {name for name, here in measured.items() if numbers_in(here.reported) > MAX_NUMBERS}
    matches = _network_matches(measured, large)
    measured = {name: match.measured or measured[name] for name, match in matches.items()}
    structures = {
        name: Structure(here.case.n_blocks, here.blocks, here.calls, matches[name].outputs)
        for name, here in measured.items()
    }
    _network_shapes(findings, measured)
    _network_parameters(findings, measured)
    problems: dict[str, str] = {}
    for structure in structures.values():
        problems = structure.problems() | problems
    unused = _what_is_not_used(measured, matches)
    if unused:
        problems = dict.fromkeys(("depth", "widths", "strides", "order"), unused)
    raised = next((here.error("build", "train") for here in measured.values() if here.error("build", "train")), None)
    why = f" (SimpleResNet raised {quoted(raised)}.) {explain_error(raised)}" if raised else ""
    for criterion, fine in (
        ("depth", "Every stage has n blocks of its own."),
        ("widths", "The stages have 16, 32 and 64 channels."),
        ("strides", "Only the first block of stages 2 and 3 halves the picture."),
        ("order", "Every block runs exactly once, in order."),
    ):
        findings.mark(
            criterion, criterion not in problems, problems.get(criterion, fine) + (why if criterion in problems else "")
        )
    _network_block_argument(findings, measured, unused, why)
    _network_function(findings, measured, matches, large, why)
    if not matches["one"].train or "training/loss" not in arrays:
        findings.mark("training", False, "The network computes something else, so its training cannot follow." + why)
    else:
        here = draws.at("training")
        values = measured["one"].values_from(training_value, here)
        model = reference.SimpleResNet(1, PlainBlock).double()
        fill(model, matches["one"].assignment, values, matches["one"].eps, matches["one"].orders)
        expected = train_shortly(model, here, 3, dtype=torch.float64)
        findings.mark("training", *trained(arrays["training/loss"], expected))
    _network_own_block(findings, report["own_block"], measured)
    if not all(match.outputs for match in matches.values()) or problems or not findings.marks["own-block"][0]:
        findings.diagnoses += diagnose_network(measured, structures, report["own_block"], compared=not large)
    if all(match.outputs and match.gradients for match in matches.values()):
        advise(findings, list(measured.values()))
    return findings


@dataclass
class Structure:
    """What a network is built from, read off the blocks that ran, in the order of the calls.

    right: whether it computes what it should; then a block that never runs does not matter.
    """

    n: int
    blocks: list[dict]
    calls: list[int]
    right: bool

    @property
    def order(self) -> list[int]:
        """The blocks that ran, each once, in the order of their first run."""
        return list(dict.fromkeys(self.calls))

    @property
    def idle(self) -> list[int]:
        """The blocks of the network that never ran. What was built and thrown away, or copied from, is none of it."""
        return [
            index
            for index, block in enumerate(self.blocks)
            if index not in self.calls and block["registered"] and not self.right
        ]

    @property
    def runs(self) -> list[list[list[int]]]:
        """Stages: specifications (in, out, stride) of the blocks that ran (see stages_of)."""
        ran = [self.blocks[index]["specification"] for index in self.order]
        return stages_of([specification for specification in ran if specification is not None], self.n)

    def shuffled(self, widths: list[int]) -> bool:
        """Whether stages of these widths ran in another order than they were built in; else the widths are odd, no more."""
        return widths != sorted(widths) and self.order != sorted(self.order)

    def problems(self) -> dict[str, str]:
        """Criterion → what is wrong with it, in words; a criterion that is right is left out."""
        found: dict[str, str] = {}
        runs, n = self.runs, self.n
        if not runs:
            return dict.fromkeys(("depth", "widths", "strides", "order"), f"With n_blocks={n} no block ran.")
        lengths = [len(run) for run in runs]
        unregistered = [index for index in self.order if not self.blocks[index]["registered"]]
        if lengths != [n] * 3:
            found["depth"] = f"With n_blocks={n} the stages have {joined(lengths)} blocks; expected {n}, {n} and {n}."
        elif unregistered:
            found["depth"] = f"{len(unregistered)} blocks ran that PyTorch does not know: they are in no module's list."
        widths = tuple(run[0][1] for run in runs)
        if widths != WIDTHS:
            found["widths"] = f"The stages have {joined(widths)} channels; expected 16, 32 and 64."
        firsts, others = [run[0][2] for run in runs], {block[2] for run in runs for block in run[1:]}
        if firsts != [1, 2, 2] or others - {1}:
            said = f"The stages start with strides {joined(firsts)}"
            if others - {1}:
                said += f", and other blocks have stride {joined(sorted(others))}"
            found["strides"] = said + "; expected 1, 2 and 2, and stride 1 in all other blocks."
        idle = self.idle
        twice = [index for index in self.order if self.calls.count(index) > 1]
        if twice:
            found["order"] = f"{len(twice)} blocks run more than once in one forward pass; expected each once."
        elif idle:
            found["order"] = f"{len(idle)} of {len(self.blocks)} blocks are built and never run."
        elif self.shuffled(list(widths)):
            found["order"] = f"The stages run in the order {joined(widths)} channels; expected 16, 32 and 64."
        return found


def _network_matches(measured: dict[str, Measured], large: set[str]) -> dict[str, Agreement]:
    """How each case agrees with the reference; not at all where it is too large to be compared."""
    references = {
        name: lambda n_blocks=here.case.n_blocks: reference.SimpleResNet(n_blocks, PlainBlock)
        for name, here in measured.items()
        if name not in large and all(here.blocks[index]["kind"] == "StandIn" for index in here.calls)
    }
    return dict.fromkeys(measured, NOTHING) | agreements(references, measured)


def _network_shapes(findings: Findings, measured: dict[str, Measured]) -> None:
    wrong = []
    for here in measured.values():
        for mode, shape in (("train", here.case.shape), ("eval", here.case.eval_shape)):
            pictures, height, width = shape
            given = f"SimpleResNet(n_blocks={here.case.n_blocks}) on {(pictures, 3, height, width)}"
            seen = here.arrays.get(f"{mode}/output")
            error = here.error("build", mode)
            if seen is None:
                wrong.append(f"{given} raised {quoted(error)}" if error else f"{given} gave nothing")
            elif seen.shape != (pictures, 10):
                wrong.append(f"{given} returned {seen.shape}; expected {(pictures, 10)}")
    findings.mark("output-shape", not wrong, listed(wrong) or "All output shapes are right.")


def _network_parameters(findings: Findings, measured: dict[str, Measured]) -> None:
    wrong = []
    for here in measured.values():
        n = here.case.n_blocks
        expected = {
            sum(p.numel() for p in reference.SimpleResNet(n, block).parameters())
            for block in (PlainBlock, reference.ResidualBlock)
        }
        error = here.error("build")
        if error:
            wrong.append(f"SimpleResNet(n_blocks={n}) raised {quoted(error)}")
        else:
            seen = parameters_in_use(here)
            if seen not in expected:
                wrong.append(f"SimpleResNet(n_blocks={n}) has {seen:,} parameters in use; expected {min(expected):,}")
    findings.mark("parameter-count", not wrong, listed(wrong) or "The number of parameters is right for every depth.")


def _what_is_not_used(measured: dict[str, Measured], matches: dict[str, Agreement]) -> str:
    """Words where what the blocks compute never shows: whoever builds and calls them has not assembled a network."""
    for name, here in measured.items():
        output = here.arrays.get("train/output")
        if matches[name].train or output is None or not output.ndim or not len(output) or np.ptp(output, axis=0).any():
            return ""
    return "The output is the same for every picture, so what the blocks compute is not used."


def _network_block_argument(findings: Findings, measured: dict[str, Measured], unused: str, why: str) -> None:
    wrong = unused
    for here in measured.values():
        others = sorted({block["kind"] for block in here.blocks if block["kind"] != "StandIn"})
        if others:
            wrong = f"SimpleResNet(n_blocks, block=B) built {joined(others)} blocks, not only blocks of the class B."
        elif not here.blocks:
            wrong = "SimpleResNet(n_blocks, block=B) built no block of the class B." + why
        if wrong:
            break
    findings.mark("block-argument", not wrong, wrong or "Every block is of the class that was given.")


def _network_function(
    findings: Findings, measured: dict[str, Measured], matches: dict[str, Agreement], large: set[str], why: str
) -> None:
    wrong = [name for name, match in matches.items() if not match.outputs]
    if wrong:
        here, match = measured[wrong[0]], matches[wrong[0]]
        n = here.case.n_blocks
        error = here.error("build", "train", "eval")
        if error:
            said = f"SimpleResNet(n_blocks={n}) raised {quoted(error)}. {explain_error(error)}".strip()
        elif large:
            n = max(measured[name].case.n_blocks for name in large)
            said = (
                f"SimpleResNet(n_blocks={n}) has more than {MAX_NUMBERS:,} parameters, too many for its outputs to be"
                " compared. Its structure and its shapes are judged all the same."
            )
        else:
            said = f"SimpleResNet(n_blocks={n}): {_what_logits(here, match)}"
        findings.mark("logits", False, said)
    else:
        findings.mark("logits", True, "The logits are right, in training and in evaluation mode.")
    right = [name for name, match in matches.items() if match.train]
    cut = [name for name in right if not matches[name].gradients]
    if not right:
        findings.mark("gradients", False, "No output is right, so gradients could not be compared." + why)
    elif cut:
        n = measured[cut[0]].case.n_blocks
        findings.mark("gradients", False, f"SimpleResNet(n_blocks={n}): the output is right, its gradients are not.")
    else:
        findings.mark("gradients", True, "Gradients are right, too.")


def _what_logits(here: Measured, match: Agreement) -> str:
    seen = here.arrays["train/output"]
    if seen.shape != (here.case.shape[0], 10):
        return f"the output has shape {seen.shape}; expected {(here.case.shape[0], 10)}"
    if not np.isfinite(seen).all():
        return "the output is NaN or infinite in places"
    if (seen >= 0).all() and np.allclose(seen.sum(axis=1), 1, atol=1e-4):
        return "every row of the output is positive and sums to 1: these are probabilities, not logits"
    if (seen <= 0).all() and np.allclose(np.exp(seen).sum(axis=1), 1, atol=1e-4):
        return "the exponentials of every row sum to 1: these are log-probabilities, not logits"
    if match.train and not match.eval:
        return "the output is right in training mode and not in evaluation mode"
    if match.eval and not match.train:
        return "the output is right in evaluation mode and not in training mode"
    said = "the output is not fc(average(stages(ReLU(BN(conv(x))))))"
    return said + (f"; it is off by up to {match.deviation:.2g} times its size" if np.isfinite(match.deviation) else "")


def _network_own_block(findings: Findings, own: dict, measured: dict[str, Measured]) -> None:
    """Depth is judged elsewhere; and a block that raises is the matter of lesson 02, where the network itself can be built."""
    built = own["built"].get("own", 0)
    can_be_built = not any(here.error("build") for here in measured.values())
    if built and "PlainBlock" not in own["built"]:
        whose = "ResidualBlock, which lesson 02 has yet to give" if own["missing"] else "your ResidualBlock"
        findings.mark("own-block", True, f"SimpleResNet(2) is built from {built} blocks of {whose}.")
    elif own["error"] and own["default_is_own"] and can_be_built:
        said = f"SimpleResNet(2) starts from your ResidualBlock, which raised {quoted(own['error'])}."
        findings.mark("own-block", True, said)
    elif own["error"]:
        findings.mark("own-block", False, f"SimpleResNet(2) raised {quoted(own['error'])}.")
    else:
        default = "PlainBlock" if own["built"].get("PlainBlock") else own["default"] or "something else"
        said = f"SimpleResNet(2) is built from {str(default)[:80]}, not from your ResidualBlock."
        findings.mark("own-block", False, said)
