"""Training, against a plain loop written with PyTorch's own DataLoader, loss and scheduler."""

import io
import sys
from functools import partial

import nbformat
import pytest
import torch
from nbclient import NotebookClient
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.data import DataLoader, TensorDataset
from tqdm import tqdm

from course_utils.data import Data, Split
from course_utils.models import PlainBlock, PlainDeepCNN
from course_utils.training import Recipe, SetUp, TrainingDiverged, compare, fit

RECIPE = Recipe(epochs=3, batch_size=16, learning_rate=0.05, milestones=(1, 2), seed=5)


@pytest.fixture
def data():
    """52 training pictures of 3 classes (batches of 16 leave a last one of 4), and 20 test pictures; 8×8 pixels."""
    g = torch.Generator().manual_seed(0)
    labels = torch.arange(72) % 3
    images = torch.randn(72, 3, 8, 8, generator=g) + 1.5 * labels.view(-1, 1, 1, 1)
    splits = Split(images[:52], labels[:52]), Split(images[52:], labels[52:])
    return Data("made up", *splits, ("a", "b", "c"), (0.0,) * 3, (1.0,) * 3)


@pytest.fixture
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


class SmallNet(nn.Module):
    def __init__(self, dropout=0.0):
        super().__init__()
        self.block = PlainBlock(3, 4)
        self.drop = nn.Dropout(dropout)
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        return self.fc(self.drop(self.block(x)).mean((2, 3)))


class Recording(SmallNet):
    """Keeps what it was first trained from, and every training batch that it saw."""

    def __init__(self, wider=0, dropout=0.0):
        super().__init__(dropout)
        self.start, self.batches, self.threads = None, [], set()
        self.block = PlainBlock(3, 4 + wider)
        self.fc = nn.Linear(4 + wider, 3)

    def forward(self, x):
        if self.training:
            self.start = self.start or {key: value.clone() for key, value in self.state_dict().items()}
            self.batches.append(x.clone())
            self.threads.add(torch.get_num_threads())
        return super().forward(x)


class FailsAt(SmallNet):
    """Raises, or returns NaN, at one step of training, counted from 1."""

    def __init__(self, step, error=None):
        super().__init__()
        self.left, self.error = step, error

    def forward(self, x):
        out = super().forward(x)
        if self.training:
            self.left -= 1
            if self.left == 0:
                if self.error:
                    raise self.error
                return out * float("nan")
        return out


def seeded(build, seed=0):
    torch.manual_seed(seed)
    return build()


def plain_loop(model, data, recipe):
    """What `fit` should do, written as every tutorial writes it; returns the entries of a History, epoch by epoch."""
    optimizer = torch.optim.SGD(
        model.parameters(), lr=recipe.learning_rate, momentum=recipe.momentum, weight_decay=recipe.weight_decay
    )
    scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, list(recipe.milestones), gamma=0.1)
    criterion = nn.CrossEntropyLoss()
    generator = torch.Generator().manual_seed(recipe.seed)
    epochs = []
    for _ in range(recipe.epochs):
        order = torch.randperm(len(data.train), generator=generator).tolist()
        train = TensorDataset(data.train.images, data.train.labels)
        running, correct, rate = 0.0, 0, optimizer.param_groups[0]["lr"]
        model.train()
        for images, labels in DataLoader(train, batch_size=recipe.batch_size, sampler=order):
            optimizer.zero_grad()
            logits = model(images)
            loss = criterion(logits, labels)
            loss.backward()
            optimizer.step()
            running += loss.item() * len(labels)
            correct += (logits.argmax(1) == labels).sum().item()
        scheduler.step()
        model.eval()
        right = 0
        with torch.no_grad():
            for images, labels in DataLoader(TensorDataset(data.test.images, data.test.labels), batch_size=7):
                right += (model(images).argmax(1) == labels).sum().item()
        n = len(train)
        epochs.append((running / n, 100 * correct / n, 100 * right / len(data.test), rate))
    return tuple(zip(*epochs, strict=True))


def test_fit_gives_the_numbers_of_a_plain_pytorch_loop(data):
    ours, theirs = seeded(SmallNet), seeded(SmallNet)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        losses, train_accuracies, test_accuracies, rates = plain_loop(theirs, data, RECIPE)
    finally:
        torch.set_num_threads(threads)
    history = fit(ours, data, RECIPE, progress=False)
    assert history.train_loss == pytest.approx(losses, rel=1e-6)
    assert history.train_accuracy == pytest.approx(train_accuracies)
    assert history.test_accuracy == pytest.approx(test_accuracies)
    assert history.learning_rate == pytest.approx(rates)
    for (name, value), expected in zip(ours.state_dict().items(), theirs.state_dict().values(), strict=True):
        assert torch.equal(value, expected), name


def test_training_learns_what_can_be_learned(data):
    history = fit(seeded(SmallNet), data, Recipe(epochs=15, batch_size=16, milestones=()), progress=False)
    assert history.train_loss[-1] < history.train_loss[0] / 2
    assert history.test_accuracy[-1] > 80


@pytest.mark.parametrize("milestones", [(), (1,), (2, 3, 7), (5, 50)])
def test_learning_rates_drop_as_pytorchs_scheduler_drops_them(milestones):
    recipe = Recipe(epochs=9, learning_rate=0.3, milestones=milestones)
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.3)
    scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, list(milestones), gamma=0.1)
    for epochs_done in range(9):
        assert recipe.learning_rate_after(epochs_done) == pytest.approx(scheduler.get_last_lr()[0])
        optimizer.step()
        scheduler.step()


def test_a_history_says_which_network_and_recipe_it_is_about(data):
    history = fit(PlainDeepCNN(1), data, RECIPE, progress=False)
    assert (history.conv_layers, history.recipe) == (7, RECIPE)
    assert history.parameters == sum(p.numel() for p in PlainDeepCNN(1).parameters())
    lengths = {len(getattr(history, f)) for f in ("train_loss", "train_accuracy", "test_accuracy", "learning_rate")}
    assert lengths == {RECIPE.epochs}


def test_the_same_seed_gives_exactly_the_same_numbers(data):
    runs = []
    for caller_seed in (1, 2):  # what the caller draws at random has no say, not even in dropout
        model = seeded(lambda: SmallNet(dropout=0.5))
        torch.manual_seed(caller_seed)
        history = fit(model, data, RECIPE, progress=False)
        runs.append((history.train_loss, history.train_accuracy, history.test_accuracy, model.state_dict()))
    assert runs[0][:3] == runs[1][:3]
    assert all(torch.equal(a, b) for a, b in zip(runs[0][3].values(), runs[1][3].values(), strict=True))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_the_same_seed_gives_exactly_the_same_numbers_on_a_gpu(data):
    splits = (Split(split.images.cuda(), split.labels.cuda()) for split in (data.train, data.test))
    there = Data("on the GPU", *splits, data.classes, data.mean, data.std)
    state = torch.cuda.get_rng_state()
    runs = [fit(seeded(lambda: SmallNet(dropout=0.5)), there, RECIPE, progress=False) for _ in range(2)]
    assert runs[0].train_loss == runs[1].train_loss
    torch.cuda.set_rng_state(state)
    fit(SmallNet(dropout=0.5), there, RECIPE, progress=False)
    assert torch.equal(torch.cuda.get_rng_state(), state)


def test_another_seed_gives_other_batches(data):
    losses = [
        fit(seeded(SmallNet), data, Recipe(epochs=1, batch_size=16, seed=seed), progress=False).train_loss
        for seed in (0, 1)
    ]
    assert losses[0] != losses[1]


@pytest.mark.parametrize("error", [None, KeyboardInterrupt(), RuntimeError("broken")], ids=["done", "ctrl-c", "error"])
def test_the_callers_settings_are_left_as_they_were_found(data, error, monkeypatch, two_threads):
    monkeypatch.setattr(torch.backends.cudnn, "benchmark", True)
    model = FailsAt(3, error) if error else SmallNet(dropout=0.5)
    random_state = torch.get_rng_state()
    try:
        fit(model, data, RECIPE, progress=False)
    except (KeyboardInterrupt, RuntimeError) as raised:
        assert raised is error
    assert torch.equal(torch.get_rng_state(), random_state)
    assert torch.get_num_threads() == 2
    assert (torch.backends.cudnn.benchmark, torch.backends.cudnn.deterministic) == (True, False)


def test_compare_leaves_the_random_state_as_it_was_found(data):
    torch.manual_seed(77)
    before = torch.get_rng_state()
    compare({"a": SmallNet, "b": lambda: SmallNet(dropout=0.5)}, data, RECIPE, seeds=(0, 1), progress=False)
    assert torch.equal(torch.get_rng_state(), before)


def test_ctrl_c_leaves_a_model_that_works_and_no_bar(data, monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    model = FailsAt(6, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        fit(model, data, RECIPE)
    assert not model.training
    assert all(p.grad is None for p in model.parameters())
    assert not tqdm._instances
    assert len(fit(model, data, RECIPE, progress=False).train_loss) == RECIPE.epochs


def test_a_finished_model_is_in_eval_mode_and_holds_no_gradients(data):
    model = SmallNet()
    fit(model, data, RECIPE, progress=False)
    assert not model.training
    assert all(p.grad is None for p in model.parameters())


class CountsReads(TorchDispatchMode):
    """Counts how often a number is read from the device, which waits until the device has it."""

    reads = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.reads += func in (torch.ops.aten._local_scalar_dense.default, torch.ops.aten.equal.default)
        return func(*args, **(kwargs or {}))


def test_no_step_waits_for_the_device(data):
    reads = []
    for batch_size in (52, 4):  # 1 step an epoch, and 13
        with CountsReads() as count:
            fit(seeded(SmallNet), data, Recipe(epochs=2, batch_size=batch_size, milestones=()), progress=False)
        reads.append(count.reads)
    assert reads[0] == reads[1]


def test_small_pictures_are_trained_on_one_core(data, two_threads):
    model = Recording()
    fit(model, data, RECIPE, progress=False)
    assert model.threads == {1}


def test_pictures_of_cifar_size_are_trained_on_all_cores(data, two_threads):
    larger = (Split(s.images.repeat(1, 1, 4, 4), s.labels) for s in (data.train, data.test))
    model = Recording()
    fit(model, Data("larger", *larger, data.classes, data.mean, data.std), RECIPE, progress=False)
    assert model.threads == {2}


# ---- divergence ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("step", "place"), [(1, "epoch 1 of 3, step 1 of 4"), (7, "epoch 2 of 3, step 3 of 4")])
def test_a_loss_that_becomes_nan_stops_with_its_step_and_advice(data, step, place):
    with pytest.raises(TrainingDiverged) as caught:
        fit(FailsAt(step), data, RECIPE, name="mine", progress=False)
    assert caught.value.step == step
    message = str(caught.value)
    assert message.startswith(f"training of 'mine' diverged: the loss became nan at step {step} ({place})")
    assert "Try a smaller learning rate, 0.005 instead of 0.05" in message


def test_a_learning_rate_that_is_far_too_high_is_reported_as_divergence(data):
    without_norm = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Conv2d(8, 8, 3), nn.Flatten(), nn.Linear(128, 3))
    with pytest.raises(TrainingDiverged, match="Try a smaller learning rate"):
        fit(without_norm, data, Recipe(epochs=5, batch_size=16, learning_rate=1e6), progress=False)


def test_parameters_broken_by_the_very_last_step_are_noticed(data):
    model = SmallNet()
    model.fc.weight.register_hook(lambda gradient: gradient * float("nan"))
    with pytest.raises(TrainingDiverged, match="a parameter became NaN or infinite at step 1 "):
        fit(model, data, Recipe(epochs=1, batch_size=52), progress=False)


# ---- what cannot be trained ------------------------------------------------------------------------------------------


class Gives(nn.Module):
    """Returns something else than logits of the classes."""

    def __init__(self, output):
        super().__init__()
        self.layer = nn.Conv2d(3, 2, 3)
        self.output = output

    def forward(self, x):
        return self.output(self.layer(x))


@pytest.mark.parametrize(
    ("output", "said"),
    [
        (lambda out: None, "the model returned NoneType; expected a tensor of logits. Does forward return?"),
        (lambda out: out, r"the model returned \(16, 2, 6, 6\) for 16 pictures of 3 classes; expected \(16, 3\)"),
        (lambda out: out.mean((2, 3)), r"the model returned \(16, 2\) for 16 pictures of 3 classes"),
    ],
)
def test_an_output_that_is_not_logits_is_described(data, output, said):
    with pytest.raises(ValueError, match=said):
        fit(Gives(output), data, RECIPE, progress=False)


def test_more_logits_than_classes_are_fine(data):
    fit(PlainDeepCNN(1), data, Recipe(epochs=1, batch_size=26), progress=False)  # 10 logits, 3 classes


def test_a_model_without_parameters_is_explained(data):
    class Unregistered(nn.Module):
        def __init__(self):
            super().__init__()
            self.blocks = [PlainBlock(3, 3)]

    with pytest.raises(ValueError, match="'mine' has no parameters to train.*plain Python list.*nn.ModuleList"):
        fit(Unregistered(), data, RECIPE, name="mine", progress=False)


def test_an_empty_split_is_named(data):
    empty = Data("nothing", Split(data.train.images[:0], data.train.labels[:0]), data.test, data.classes, (), ())
    with pytest.raises(ValueError, match="nothing has 0 training and 20 test pictures"):
        fit(SmallNet(), empty, RECIPE, progress=False)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("epochs", 0),
        ("epochs", 2.5),
        ("batch_size", 0),
        ("learning_rate", 0),
        ("learning_rate", float("nan")),
        ("learning_rate", "0.1"),
        ("momentum", 1),
        ("weight_decay", -1e-4),
        ("milestones", (8, 8)),
        ("milestones", (0,)),
        ("seed", -1),
    ],
)
def test_a_recipe_that_cannot_be_followed_is_refused_with_the_field(field, value):
    with pytest.raises(ValueError, match=f"^{field} is .*; expected "):
        Recipe(**{field: value})


def test_set_ups_are_equal_when_every_field_is():
    a_set_up = partial(SetUp, "residual", n_blocks=5, epochs=8, batch_size=64, learning_rate=0.1, training_pictures=100)
    assert a_set_up(seed=0) == a_set_up(seed=0)
    assert a_set_up(seed=0) != a_set_up(seed=1)


# ---- compare ---------------------------------------------------------------------------------------------------------


def test_all_networks_of_a_seed_see_the_same_batches_in_the_same_order(data):
    builders = {"a": Recording, "b": partial(Recording, wider=2), "c": partial(Recording, dropout=0.5)}
    models = compare(builders, data, RECIPE, seeds=(3, 4), progress=False).models
    for k in range(2):
        seen = [models[name][k].batches for name in "abc"]
        assert len(seen[0]) == RECIPE.epochs * 4
        for other in seen[1:]:
            assert all(torch.equal(mine, theirs) for mine, theirs in zip(seen[0], other, strict=True))
    assert not all(torch.equal(x, y) for x, y in zip(models["a"][0].batches, models["a"][1].batches, strict=True))


def test_tensors_shared_by_name_and_shape_start_equal(data):
    models = compare(
        {"a": Recording, "b": lambda: Recording(wider=2), "c": Recording}, data, RECIPE, seeds=(3, 4), progress=False
    ).models
    for k in range(2):
        a, b, c = (models[name][k].start for name in "abc")
        assert all(torch.equal(a[key], c[key]) for key in a)
        shared = [key for key in a if a[key].shape == b[key].shape]
        assert {"fc.bias", "block.bn1.num_batches_tracked"} <= set(shared) != set(a)
        assert all(torch.equal(a[key], b[key]) for key in shared)
    assert not torch.equal(models["a"][0].start["fc.weight"], models["a"][1].start["fc.weight"])


def test_networks_with_equal_start_and_batches_get_equal_numbers(data):
    histories = compare({"one": SmallNet, "other": SmallNet}, data, RECIPE, progress=False).histories
    for one, other in zip(histories["one"], histories["other"], strict=True):
        assert (one.train_loss, one.test_accuracy) == (other.train_loss, other.test_accuracy)


def test_a_comparison_repeats_exactly(data):
    twice = [compare({"a": SmallNet}, data, RECIPE, seeds=(0, 1), progress=False).histories["a"] for _ in range(2)]
    assert [run.train_loss for run in twice[0]] == [run.train_loss for run in twice[1]]


def test_a_comparison_is_in_the_order_of_its_seeds(data):
    result = compare({"a": SmallNet, "b": SmallNet}, data, RECIPE, seeds=[9, 2], progress=False)
    assert (result.seeds, result.recipe) == ((9, 2), RECIPE)
    for name in "ab":
        assert [run.recipe.seed for run in result.histories[name]] == [9, 2]
        assert len(result.models[name]) == 2


def test_a_model_in_place_of_a_builder_is_explained(data):
    with pytest.raises(ValueError, match=r"'a' is a model; expected a function.*write `lambda: SmallNet\(\.\.\.\)`"):
        compare({"a": SmallNet()}, data, RECIPE, progress=False)


def test_a_builder_that_gives_the_same_model_again_is_refused(data):
    model = SmallNet()
    with pytest.raises(ValueError, match="the builder 'a' gave a model that it or another had given"):
        compare({"a": lambda: model}, data, RECIPE, progress=False)


def test_a_builder_that_returns_nothing_is_named(data):
    with pytest.raises(ValueError, match="the builder 'a' returned NoneType; expected a model"):
        compare({"a": lambda: None}, data, RECIPE, progress=False)


@pytest.mark.parametrize(("builders", "seeds"), [({}, (0,)), ({"a": SmallNet}, ()), ({"a": SmallNet}, (1, 1))])
def test_a_comparison_of_nothing_or_of_a_seed_twice_is_refused(data, builders, seeds):
    with pytest.raises(ValueError, match="expected at least 1 of each|hold one of them twice"):
        compare(builders, data, RECIPE, seeds=seeds, progress=False)


# ---- progress --------------------------------------------------------------------------------------------------------


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_log_gets_one_line_a_run_and_no_bar(data, capsys):
    compare({"plain": SmallNet, "residual": SmallNet}, data, RECIPE, seeds=(0, 1))
    captured = capsys.readouterr()
    runs = ["plain, seed 0", "residual, seed 0", "plain, seed 1", "residual, seed 1"]
    assert [line.split(":")[0] for line in captured.out.splitlines()] == runs
    assert captured.err == ""


def test_a_long_run_writes_a_line_an_epoch_into_a_log(data, capsys, monkeypatch):
    monkeypatch.setattr("course_utils.training.SECONDS_BETWEEN_LOG_LINES", 0)
    fit(SmallNet(), data, RECIPE, name="mine")
    starts = [line.split(":")[0] for line in capsys.readouterr().out.splitlines()]
    assert starts == ["mine, epoch 1 of 3", "mine, epoch 2 of 3", "mine"]


def test_a_terminal_gets_a_bar_in_place_and_one_line_a_run(data, capsys, monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    fit(SmallNet(), data, RECIPE, name="mine")
    assert "/12 [" in terminal.getvalue()
    assert "\n" not in terminal.getvalue()
    assert [line.split(":")[0] for line in capsys.readouterr().out.splitlines()] == ["mine"]


def test_no_progress_means_no_output(data, capsys):
    fit(SmallNet(), data, RECIPE, progress=False)
    captured = capsys.readouterr()
    assert captured.out == captured.err == ""


def test_a_saved_notebook_shows_a_line_a_run_and_no_dead_widget():
    code = """
import torch
from course_utils.data import Data, Split
from course_utils.training import Recipe, compare
split = Split(torch.randn(8, 3, 2, 2), torch.arange(8) % 2)
data = Data("made up", split, split, ("a", "b"), (0.0,) * 3, (1.0,) * 3)
net = lambda: torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(12, 2))
histories = compare({"a": net, "b": net}, data, Recipe(epochs=2, batch_size=4, milestones=()), seeds=(0, 1)).histories
"""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    (output,) = notebook.cells[0].outputs
    assert list(output.data) == ["text/plain"]
    starts = [line.split(":")[0] for line in output.data["text/plain"].splitlines()]
    assert starts == ["a, seed 0", "b, seed 0", "a, seed 1", "b, seed 1"]


# ---- other recipes ---------------------------------------------------------------------------------------------------


def test_the_cosine_schedule_is_pytorchs():
    recipe = Recipe(epochs=50, learning_rate=0.1, schedule="cosine")
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.1)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=50)
    for epochs_done in range(50):
        assert recipe.learning_rate_after(epochs_done) == pytest.approx(scheduler.get_last_lr()[0])
        optimizer.step()
        scheduler.step()


@pytest.mark.parametrize(
    ("recipe", "optimizer"),
    [
        (
            Recipe(epochs=1, batch_size=52, learning_rate=0.01, weight_decay=0.1, optimiser="adam"),
            lambda model: torch.optim.Adam(model.parameters(), lr=0.01, weight_decay=0.1),
        ),
        (
            Recipe(epochs=1, batch_size=52, weight_decay=0.1, nesterov=True),
            lambda model: torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=0.1, nesterov=True),
        ),
    ],
    ids=["adam", "nesterov"],
)
def test_one_step_is_the_step_of_pytorchs_optimizer(data, recipe, optimizer):
    ours, theirs = seeded(SmallNet), seeded(SmallNet)
    fit(ours, data, recipe, progress=False)
    order = torch.randperm(52, generator=torch.Generator().manual_seed(0))
    nn.functional.cross_entropy(theirs(data.train.images[order]), data.train.labels[order]).backward()
    optimizer(theirs).step()
    for (name, value), expected in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(value, expected, msg=name)


def test_weight_decay_on_matrices_leaves_biases_and_batch_norms_alone(data):
    decayed, free = (
        Recipe(epochs=1, batch_size=52, learning_rate=0.1, weight_decay=decay, weight_decay_on="matrices")
        for decay in (0.5, 0.0)
    )
    start, with_decay, without = (seeded(SmallNet) for _ in range(3))
    fit(with_decay, data, decayed, progress=False)
    fit(without, data, free, progress=False)
    for (name, a), b, at_start in zip(
        with_decay.named_parameters(), without.parameters(), start.parameters(), strict=True
    ):
        # one step of SGD takes learning rate × weight decay of the value itself, on top of the gradient
        expected = b - 0.1 * 0.5 * at_start if a.ndim > 1 else b
        torch.testing.assert_close(a, expected, msg=name)


@pytest.mark.parametrize(
    ("field", "value"),
    [("optimiser", "lion"), ("schedule", "linear"), ("weight_decay_on", "biases"), ("augment", 1), ("nesterov", 1)],
)
def test_a_choice_that_does_not_exist_is_refused_with_those_that_do(field, value):
    with pytest.raises(ValueError, match=f"^{field} is {value!r}; expected "):
        Recipe(**{field: value})


def test_nesterov_with_adam_is_refused():
    with pytest.raises(ValueError, match="nesterov is True; expected .*SGD with momentum"):
        Recipe(optimiser="adam", nesterov=True)
