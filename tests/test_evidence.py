"""Handing in: what is emitted and when, and what is not believed."""

import json
import struct
import warnings

import numpy as np
import pytest
import torch
import torchvision
from torch import nn

from course_utils.evidence import MAX_BYTES, EvidenceError, hand_in, measured, pack, steady_torch, unpack
from course_utils.seeding import Draws, probe_value, role, training_value

SEED = "a seed"


class BasicBlock(nn.Module):
    """torchvision's own residual block behind the course's signature: a right answer that is not ours."""

    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        downsample = None
        if stride != 1 or in_channels != out_channels:
            downsample = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False), nn.BatchNorm2d(out_channels)
            )
        self.block = torchvision.models.resnet.BasicBlock(in_channels, out_channels, stride, downsample)

    def forward(self, x):
        return self.block(x)


@pytest.fixture(scope="module")
def evidence() -> bytes:
    return measured("residual_block", BasicBlock, SEED)


def test_outside_of_grading_nothing_is_emitted_and_the_cell_is_worth_nothing(monkeypatch, capsys):
    monkeypatch.delenv("COURSE_SEED", raising=False)
    shown = hand_in("residual_block", BasicBlock)
    assert float(repr(shown)) == 0.0
    assert "not graded here" in shown._repr_html_()
    assert capsys.readouterr().out == ""


def test_outputs_are_those_of_the_object_with_the_seeded_values(evidence):
    """The oracle is torchvision's block, filled by hand in the order of its own parameters and buffers."""
    arrays, report = unpack(evidence, "residual_block", SEED)
    draws = Draws(SEED, "residual_block", "both")
    block = BasicBlock(4, 6, 2)
    named = [*block.named_parameters(), *block.named_buffers()]
    assert [name for name, *_ in report["cases"]["both"]["tensors"]] == [name for name, _ in named]
    with torch.no_grad():
        for index, (name, tensor) in enumerate(named):
            if not name.endswith("num_batches_tracked"):
                tensor.copy_(torch.from_numpy(probe_value(draws, index, name, tuple(tensor.shape))))
    x = torch.from_numpy(draws.at("train", "input").normal(4, 4, 9, 8))
    np.testing.assert_allclose(arrays["both/train/output"], block(x).detach().numpy(), rtol=1e-4, atol=1e-5)
    assert (x < 0).any() and (x > 0).any(), "inputs are signed"


@pytest.mark.parametrize("name", ["alpha", "bias", "sigma", "mu"])
def test_a_parameter_without_dimensions_gets_a_value_too(name):
    for value in (probe_value, training_value):
        given = value(Draws(SEED), 3, name, ())
        assert isinstance(given, np.ndarray) and given.shape == () and given.dtype == np.float32 and given != 0


def test_evidence_of_another_run_does_not_fit(evidence):
    with pytest.raises(EvidenceError, match="not made in this run"):
        unpack(evidence, "residual_block", "another seed")


def test_evidence_for_another_exercise_does_not_fit(evidence):
    with pytest.raises(EvidenceError, match="not for 'simple_resnet'"):
        unpack(evidence, "simple_resnet", SEED)


@pytest.mark.parametrize(
    "change", [lambda e: e[:-1], lambda e: e[:40] + b"x" + e[41:], lambda e: b"", lambda e: e + b"\0"]
)
def test_changed_evidence_does_not_fit(evidence, change):
    with pytest.raises(EvidenceError):
        unpack(change(evidence), "residual_block", SEED)


def _sealed(body: bytes) -> bytes:
    import hashlib
    import hmac

    return hmac.new(SEED.encode(), body, hashlib.sha256).digest() + body


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x80\x04.",
        struct.pack("<Q", 2**60) + b"{}",
        struct.pack("<Q", 2) + b"[]",
        struct.pack("<Q", 30) + b'{"__metadata__":{"name":"x"}  }',
        struct.pack("<Q", 40000) + b"[" * 20000 + b"]" * 20000,
    ],
    ids=["empty", "pickled", "length beyond the file", "not a table", "no report", "nested too deeply"],
)
def test_well_sealed_nonsense_is_refused_in_words(body):
    with pytest.raises(EvidenceError):
        unpack(_sealed(body), "residual_block", SEED)


def test_evidence_that_is_too_large_is_not_even_read():
    with pytest.raises(EvidenceError, match=f"{MAX_BYTES:,}"):
        unpack(b"\0" * (MAX_BYTES + 1), "residual_block", SEED)


def test_honest_evidence_is_small(evidence):
    assert len(evidence) < MAX_BYTES / 10


def test_packed_arrays_and_report_come_back_equal():
    arrays, report = {"a": np.arange(6, dtype=np.float32).reshape(2, 3)}, {"words": ["ä", 1, None]}
    back, words = unpack(pack("name", arrays, report, SEED), "name", SEED)
    assert words == report
    np.testing.assert_array_equal(back["a"], arrays["a"])


def test_what_a_notebook_did_to_torch_does_not_reach_the_measurement(evidence):
    torch.set_default_dtype(torch.float64)
    try:
        with torch.no_grad(), torch.device("meta"):
            changed = measured("residual_block", BasicBlock, SEED)
        assert torch.get_default_dtype() == torch.float64, "the notebook's own setting is left as it was"
    finally:
        torch.set_default_dtype(torch.float32)
    expected, seen = unpack(evidence, "residual_block", SEED)[0], unpack(changed, "residual_block", SEED)[0]
    assert expected.keys() == seen.keys()
    for key in expected:
        np.testing.assert_allclose(seen[key], expected[key], rtol=1e-4, atol=1e-5)


def test_nothing_printed_or_warned_while_measuring_gets_out(capfd):
    with steady_torch():
        print("100")
        warnings.warn("careful", stacklevel=1)
    assert capfd.readouterr() == ("", "")


class Raises(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, 3)

    def forward(self, x):
        if x.shape[1] == 4:
            raise SystemExit("over")
        return self.conv(x)


def test_what_an_answer_raises_is_reported_and_the_rest_is_measured():
    arrays, report = unpack(measured("residual_block", Raises, SEED), "residual_block", SEED)
    (error, *_) = report["cases"]["same"]["errors"]
    assert (error["type"], error["message"]) == ("SystemExit", "over")
    assert error["line"] == 'raise SystemExit("over")'
    assert "fewer/train/output" in arrays


@pytest.mark.parametrize(
    "answer", [None, 3, nn.ReLU(), lambda *sizes: None, nn.Module], ids=["None", "3", "ReLU()", "function", "Module"]
)
@pytest.mark.parametrize(
    "name", ["residual_block", "simple_resnet", "count_conv_layers", "fair_set_ups", "accuracy_gap"]
)
def test_anything_can_be_handed_in(name, answer):
    arrays, report = unpack(measured(name, answer, SEED), name, SEED)
    assert json.dumps(report)
    assert all(np.isnan(array).all() or key.startswith(("same", "both")) for key, array in arrays.items() if array.size)


def test_roles_are_read_off_names_and_shapes():
    assert role("conv1.weight", (4, 3, 3, 3)) == "weight"
    assert role("bn1.weight", (4,)) == "scale"
    assert role("bn1.bias", (4,)) == "shift"
    assert role("bn1.running_mean", (4,)) == "mean"
    assert role("bn1.running_var", (4,)) == "variance"
    assert role("gamma", (4,)) == "scale"
    assert role("beta2", (4,)) == "shift"


def test_draws_depend_on_seed_and_path_alone():
    first = Draws("s", "a").at("b", 1).normal(3)
    np.testing.assert_array_equal(first, Draws("s").at("a", "b").at(1).normal(3))
    for other in (Draws("t", "a", "b", 1), Draws("s", "a", "b", 2), Draws("s", "a", "b1")):
        assert not np.array_equal(first, other.normal(3))
