"""Training, and comparing two networks so that only the networks differ.

A `Recipe` says everything about a training run but the network and the data; `fit` follows it and returns a `History`.
`compare` follows one recipe for several networks and seeds, and holds all else equal: per seed, every network sees the
same batches in the same order, and the tensors that two networks have in common start with the same values. A run that
is repeated with the same seed on the same device gives the same numbers, and the caller's random state stays untouched.
"""

import itertools
import math
import numbers
import operator
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn
from tqdm.auto import tqdm
from tqdm.notebook import tqdm_notebook
from tqdm.std import tqdm as tqdm_in_text

from course_utils import fairness
from course_utils.checkpoint import load_checkpoint, save_checkpoint
from course_utils.fairness import Fingerprints, Gap
from course_utils.fastpath import FastSteps, Step, can_record, has_bfloat16, mixed_precision, set_rate
from course_utils.models import count_main_path_convs, count_parameters
from course_utils.probes import LayerGradients

EVALUATION_BATCH = 512  # pictures at once when nothing is learned: bigger is faster, and accuracy does not depend on it
SMALL_PICTURE = 16 * 16  # pixels; up to here one CPU core trains faster than several that wait for each other
SECONDS_BETWEEN_LOG_LINES = 10
GRADIENT_SAMPLES = 8  # steps an epoch at which gradients are measured: a look at every step would cost some per cent


@dataclass(frozen=True)
class Recipe:
    """How to train: SGD with momentum and weight decay, at a learning rate that drops to a tenth at each milestone.

    A milestone m takes effect once m epochs are done. The defaults are the course's recipe for CIFAR-10: a short version
    of He et al. 2016, section 4.2. `seed` decides the order of the pictures and whatever else a network draws at random
    while it trains; not its initial values, which are already there when `fit` gets it.

    Other ways: optimiser "adam" (Kingma and Ba 2015; `momentum` is its beta1), `nesterov` momentum (SGD only), schedule
    "cosine" (Loshchilov and Hutter 2017, one half wave down to 0; `milestones` have no say then), weight_decay_on
    "matrices" (not on biases and batch norms), and `augment`: each time a picture is shown, it is flipped or not, and
    cropped at random from itself with 4 black pixels around (He et al. 2016, section 4.2).
    Raises ValueError for values with which no training is possible.
    """

    epochs: int = 15
    batch_size: int = 128
    learning_rate: float = 0.1
    momentum: float = 0.9
    weight_decay: float = 1e-4
    milestones: tuple[int, ...] = (8, 12)
    seed: int = 0
    optimiser: str = "sgd"
    nesterov: bool = False
    schedule: str = "steps"
    weight_decay_on: str = "all"
    augment: bool = False

    def __post_init__(self):
        object.__setattr__(self, "milestones", tuple(self.milestones))
        m = self.milestones
        for name, fits, expected in (
            ("epochs", _is_whole(self.epochs) and self.epochs >= 1, "a whole number from 1 up"),
            ("batch_size", _is_whole(self.batch_size) and self.batch_size >= 1, "a whole number from 1 up"),
            ("learning_rate", _is_number(self.learning_rate) and self.learning_rate > 0, "a number above 0"),
            ("momentum", _is_number(self.momentum) and 0 <= self.momentum < 1, "a number from 0 to below 1"),
            ("weight_decay", _is_number(self.weight_decay) and self.weight_decay >= 0, "a number from 0 up"),
            (
                "milestones",
                all(_is_whole(e) and e >= 1 for e in m) and all(a < b for a, b in itertools.pairwise(m)),
                "whole numbers of epochs from 1 up, each above the one before, such as (8, 12)",
            ),
            ("seed", _is_whole(self.seed) and 0 <= self.seed < 2**63, "a whole number from 0 up"),
            ("optimiser", self.optimiser in ("sgd", "adam"), "'sgd' or 'adam'"),
            (
                "nesterov",
                self.nesterov is False or self.nesterov is True and self.optimiser == "sgd" and self.momentum > 0,
                "True or False; True needs SGD with momentum",
            ),
            ("schedule", self.schedule in ("steps", "cosine"), "'steps' or 'cosine'"),
            ("weight_decay_on", self.weight_decay_on in ("all", "matrices"), "'all' or 'matrices'"),
            ("augment", isinstance(self.augment, bool), "True or False"),
        ):
            if not fits:
                raise ValueError(f"{name} is {getattr(self, name)!r}; expected {expected}")

    def learning_rate_after(self, epochs_done: int) -> float:
        """The learning rate of the epoch that starts when `epochs_done` epochs are done (0 for the first one)."""
        if self.schedule == "cosine":
            return self.learning_rate * (1 + math.cos(math.pi * epochs_done / self.epochs)) / 2
        rate = self.learning_rate
        for milestone in self.milestones:
            if milestone <= epochs_done:
                rate *= 0.1
        return rate


@dataclass(frozen=True)
class History:
    """What one training run did, one entry an epoch.

    train_loss: mean cross-entropy over the pictures of the epoch, in nats; train_accuracy: percent (0 to 100), counted
    while training, so each picture before the step that learns from it; test_accuracy: percent, after the epoch, in eval
    mode; learning_rate: of the epoch. seconds: the whole run, evaluation included. conv_layers and parameters: of the
    model, as `count_main_path_convs` and `count_parameters` count.

    gradient_norms: name of a layer ("conv1", "stage1.0.bn2", as `named_modules` has it) -> one number an epoch: the norm
    of the loss's gradient with respect to all parameters of this layer, weight decay not included; root mean square over
    up to 8 steps, spread evenly over the epoch. Empty in a run from before this was recorded.
    """

    train_loss: tuple[float, ...]
    train_accuracy: tuple[float, ...]
    test_accuracy: tuple[float, ...]
    learning_rate: tuple[float, ...]
    seconds: float
    conv_layers: int
    parameters: int
    recipe: Recipe
    gradient_norms: dict[str, tuple[float, ...]] = field(default_factory=dict)

    @property
    def total_gradient_norm(self) -> tuple[float, ...]:
        """The norm of the whole gradient, one number an epoch, over the same steps as `gradient_norms`; () without them."""
        return tuple(math.hypot(*of_layers) for of_layers in zip(*self.gradient_norms.values(), strict=True))


@dataclass(frozen=True)
class Comparison:
    """What `compare` found: for each name one history and one trained model a seed, in the order of `seeds`.

    fingerprints: for each name and seed, of recipe, data, batches and initial values, so that their equality can be
    seen. data: which pictures, in words.
    """

    histories: dict[str, tuple[History, ...]]
    models: dict[str, tuple[nn.Module, ...]]
    seeds: tuple[int, ...]
    recipe: Recipe
    fingerprints: dict[str, tuple[Fingerprints, ...]] = field(default_factory=dict)
    data: str = ""

    def unequal(self) -> list[str]:
        """What differed between the networks and should not have, in words; an empty list is a fair comparison."""
        return fairness.unequal(self.fingerprints, self.seeds)

    def gap(self, first: str | None = None, second: str | None = None) -> Gap:
        """How much more accurate `second` is than `first` on the test pictures after the last epoch, seed by seed.

        Without names, the second network against the first. Raises ValueError for a name that is not there.
        """
        names = [*self.histories, None, None]
        first, second = first or names[0], second or names[1]
        for name in (first, second):
            if name not in self.histories:
                raise ValueError(f"found no network {name!r}; compared were {', '.join(map(repr, self.histories))}")
        finals = ([run.test_accuracy[-1] for run in self.histories[name]] for name in (first, second))
        return fairness.paired_gap(first, second, *finals)


@dataclass(frozen=True)
class SetUp:
    """Everything that decides one run of lesson 04, as one flat record: change a field, and it is another experiment.

    block: "plain" or "residual"; n_blocks: blocks a stage; epochs: passes over the training pictures; batch_size:
    pictures a step; learning_rate: at the start; training_pictures: how many; seed: of initial values and batch order.
    """

    block: str
    n_blocks: int
    epochs: int
    batch_size: int
    learning_rate: float
    training_pictures: int
    seed: int


class TrainingDiverged(RuntimeError):
    """The loss, or the network itself, became NaN or infinite: at `step`, counted from 1 over the whole run."""

    def __init__(self, step: int, what: str, name: str, recipe: Recipe, steps_per_epoch: int):
        self.step = step
        epoch, in_epoch = divmod(step - 1, steps_per_epoch)
        super().__init__(
            f"training of {name!r} diverged: {what} at step {step} (epoch {epoch + 1} of {recipe.epochs}, step "
            f"{in_epoch + 1} of {steps_per_epoch}). Try a smaller learning rate, {recipe.learning_rate / 10:g} instead of "
            f"{recipe.learning_rate:g}. If that does not help: does a batch norm follow every convolution, and does "
            f"forward divide, take a logarithm or a root of what may be 0?"
        )


def fit(
    model: nn.Module,
    data,
    recipe: Recipe,
    name: str = "model",
    progress: bool = True,
    checkpoint: str | Path | None = None,
    fast: bool = False,
) -> History:
    """Train `model` in place on `data.train`, with cross-entropy, and evaluate it on `data.test` each epoch.

    model: maps pictures (N, 3, H, W) to logits (N, at least as many as there are classes); it is moved to the device of
    the data and left in eval mode, also when the run is interrupted. data: as `load_data` gives it. name: what the
    progress bar and errors call the model. progress: whether to show how far it is. checkpoint: a file that is written
    after every epoch, and from which the same call goes on, to exactly the same result, if it was cut off; so what
    decides the next epoch must be in the model's parameters and buffers, not in other attributes. fast: whether to take
    the fast path (`fastpath`): same batches and recipe, other rounding, mixed precision where the device has it.

    Raises TrainingDiverged when the loss becomes NaN or infinite (noticed at the end of the epoch, so that no step waits
    for the device), ValueError when the model has nothing to train or its output has the wrong shape, CheckpointError
    when `checkpoint` is another run's.
    """
    with _Progress(recipe.epochs * _steps_per_epoch(data, recipe), shown=progress) as shown:
        if checkpoint is None:
            return _fit(model, data, recipe, name, shown, fast)[0]
        start = fairness.of_tensors(model.state_dict().items())
        return _fit(model, data, recipe, name, shown, fast, Path(checkpoint), fairness.of_data(data), start)[0]


def compare(
    builders: dict[str, Callable[[], nn.Module]],
    data,
    recipe: Recipe,
    seeds: Sequence[int] = (0, 1, 2),
    progress: bool = True,
    checkpoints: str | Path | None = None,
    fast: bool = False,
) -> Comparison:
    """Train every network with the same recipe, once for each seed, so that nothing but the network differs.

    builders: name -> function without arguments that builds a fresh model. The seed of each run takes the place of
    `recipe.seed`; it decides the initial values and the batches, alike for all networks. Where two networks have a
    parameter or buffer of the same name and shape, both start from the values of the network named first. The result
    holds fingerprints that prove it. checkpoints: a folder in which every run keeps its checkpoint, as `fit` does; the
    same call goes on from there. fast: for all networks, as in `fit`.

    Raises ValueError for a builder that is a model, or that gives the same model again; else as `fit` does.
    """
    seeds = tuple(operator.index(seed) for seed in seeds)
    if not builders or not seeds:
        raise ValueError(
            f"found {len(builders)} networks and {len(seeds)} seeds to compare; expected at least 1 of each"
        )
    if len(set(seeds)) < len(seeds):
        raise ValueError(f"the seeds {seeds} hold one of them twice; a repeated run only repeats its numbers")

    histories: dict[str, list[History]] = {name: [] for name in builders}
    models: dict[str, list[nn.Module]] = {name: [] for name in builders}
    fingerprints: dict[str, list[Fingerprints]] = {name: [] for name in builders}
    of_data = fairness.of_data(data)
    steps = len(builders) * len(seeds) * recipe.epochs * _steps_per_epoch(data, recipe)
    with _Progress(steps, shown=progress) as shown:
        for seed in seeds:
            built = _build_alike(builders, seed, data.device)
            shared = fairness.shared_tensors(built.values())
            for index, (name, model) in enumerate(built.items()):
                if any(model is earlier for others in models.values() for earlier in others):
                    raise ValueError(f"the builder {name!r} gave a model that it or another had given; build a new one")
                models[name].append(model)
                run = f"{name}, seed {seed}" if len(seeds) > 1 else name
                at_start = model.state_dict().items()
                start = fairness.of_tensors(at_start)
                of_shared = fairness.of_tensors((k, v) for k, v in at_start if (k, tuple(v.shape)) in shared)
                file = checkpoints and Path(checkpoints) / f"{index}-seed{seed}.safetensors"
                of_seed = replace(recipe, seed=seed)
                history, batches = _fit(model, data, of_seed, run, shown, fast, file, of_data, start)
                histories[name].append(history)
                fingerprints[name].append(
                    Fingerprints(fairness.of_recipe(of_seed), of_data, batches, start, of_shared, len(shared))
                )
    return Comparison(
        histories={name: tuple(runs) for name, runs in histories.items()},
        models={name: tuple(trained) for name, trained in models.items()},
        seeds=seeds,
        recipe=recipe,
        fingerprints={name: tuple(runs) for name, runs in fingerprints.items()},
        data=repr(data),
    )


def _fit(
    model: nn.Module,
    data,
    recipe: Recipe,
    name: str,
    shown: "_Progress",
    fast: bool,
    checkpoint: Path | None = None,
    of_data: str = "",
    start: str = "",
) -> tuple[History, str]:
    """The history, and the fingerprint of the batches. of_data, start: fingerprints by which a checkpoint is known."""
    if not any(p.requires_grad for p in model.parameters()):
        raise ValueError(
            f"{name!r} has no parameters to train. Is a layer still `...`, or are blocks kept in a plain Python list? "
            f"nn.Sequential and nn.ModuleList make them known to the model"
        )
    model.to(data.device)
    optimizer = _optimizer(model, recipe, recorded=fast and can_record(data.device))
    mixed = fast and has_bfloat16(data.device)
    take_step: Step = partial(_step, model, optimizer, len(data.classes), mixed)
    if fast:
        take_step = FastSteps(take_step, model, optimizer, lambda words: shown.run_done(f"{name}: {words}"))
    order = torch.Generator("cpu").manual_seed(recipe.seed)
    steps_per_epoch = _steps_per_epoch(data, recipe)
    belongs_to = {"the recipe": fairness.of_recipe(recipe), "the data": of_data, "the initial values": start}
    belongs_to["fast or not"] = "mixed precision" if mixed else fast
    past = {"train_loss": [], "train_accuracy": [], "test_accuracy": [], "learning_rate": [], "seconds": 0.0}
    past |= {"batches": "", "gradient_norms": {}}
    gradients = LayerGradients(model)
    try:
        with _reproducible(recipe.seed, data.device), _one_core_for_small_pictures(data):
            if checkpoint and checkpoint.exists():
                past = load_checkpoint(checkpoint, model, optimizer, order, belongs_to)
                shown.skip(steps_per_epoch * len(past["train_loss"]))
            started = time.perf_counter() - past["seconds"]
            for epoch in range(len(past["train_loss"]), recipe.epochs):
                shown.run(f"{name}, epoch {epoch + 1} of {recipe.epochs}")
                rate = recipe.learning_rate_after(epoch)
                set_rate(optimizer, rate)
                step_losses, correct = _train_one_epoch(model, take_step, data, recipe, order, shown, past, gradients)
                for step, loss in enumerate(step_losses, start=epoch * steps_per_epoch + 1):
                    if not math.isfinite(loss):
                        raise TrainingDiverged(step, f"the loss became {loss}", name, recipe, steps_per_epoch)
                if not _all_finite(model):
                    what = "a parameter became NaN or infinite"
                    raise TrainingDiverged((epoch + 1) * steps_per_epoch, what, name, recipe, steps_per_epoch)
                past["train_loss"].append(_mean_over_pictures(step_losses, len(data.train), recipe.batch_size))
                past["train_accuracy"].append(100 * correct / len(data.train))
                past["test_accuracy"].append(_accuracy(model, data.test))
                past["learning_rate"].append(rate)
                if "gradient_norms" in past:  # not in a checkpoint from before they were recorded
                    for layer, norm in gradients.root_mean_square().items():
                        past["gradient_norms"].setdefault(layer, []).append(norm)
                past["seconds"] = time.perf_counter() - started
                if checkpoint:
                    save_checkpoint(checkpoint, model, optimizer, order, past, belongs_to)
                if epoch + 1 < recipe.epochs:
                    shown.epoch_done(f"{name}, epoch {epoch + 1} of {recipe.epochs}: {_in_words(past)}")
    finally:
        optimizer.zero_grad()
        model.eval()
    shown.run_done(
        f"{name}: {recipe.epochs} epoch{'s' * (recipe.epochs > 1)} in {past['seconds']:.1f} s, "
        f"training accuracy {past['train_accuracy'][-1]:.1f} %, test accuracy {past['test_accuracy'][-1]:.1f} %"
    )
    history = History(
        train_loss=tuple(past["train_loss"]),
        train_accuracy=tuple(past["train_accuracy"]),
        test_accuracy=tuple(past["test_accuracy"]),
        learning_rate=tuple(past["learning_rate"]),
        seconds=past["seconds"],
        conv_layers=count_main_path_convs(model),
        parameters=count_parameters(model),
        recipe=recipe,
        gradient_norms={layer: tuple(norms) for layer, norms in past.get("gradient_norms", {}).items()},
    )
    return history, past["batches"]


def _in_words(past: dict) -> str:
    return (
        f"training loss {past['train_loss'][-1]:.3f}, training accuracy {past['train_accuracy'][-1]:.1f} %, "
        f"test accuracy {past['test_accuracy'][-1]:.1f} %"
    )


def _optimizer(model: nn.Module, recipe: Recipe, recorded: bool = False) -> torch.optim.Optimizer:
    """recorded: the optimiser for steps that are recorded once: its rate is a number on the device (`set_rate`)."""
    parameters = list(model.parameters())
    if recipe.weight_decay_on == "matrices":  # convolutions and linear layers, not batch norms and biases
        parameters = [
            {"params": [p for p in parameters if p.ndim > 1]},
            {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
        ]
    common = {"lr": recipe.learning_rate, "weight_decay": recipe.weight_decay}
    if recorded:
        common |= {"lr": torch.tensor(recipe.learning_rate, device=next(model.parameters()).device), "fused": True}
    if recipe.optimiser == "adam":
        return torch.optim.Adam(parameters, betas=(recipe.momentum, 0.999), capturable=recorded, **common)
    return torch.optim.SGD(parameters, momentum=recipe.momentum, nesterov=recipe.nesterov, **common)


def _step(
    model, optimizer, classes: int, mixed: bool, images: torch.Tensor, labels: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """One step of training on images (B, 3, H, W) and labels (B,): its mean loss () in nats, and its logits (B, C)."""
    with mixed_precision(images.device) if mixed else nullcontext():
        logits = model(images)
    _check_logits(logits, len(labels), classes)
    if mixed:
        logits = logits.to(torch.promote_types(logits.dtype, torch.float32))
    loss = F.cross_entropy(logits, labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.detach(), logits.detach()


def _train_one_epoch(model, take_step: Step, data, recipe, order, shown, past, gradients) -> tuple[list[float], int]:
    """The loss of every step, and how many pictures were classified correctly; read from the device once, at the end.

    What is drawn for the batches goes into their fingerprint, `past["batches"]`; some steps' gradients into `gradients`.
    """

    def note(drawn: torch.Tensor) -> None:
        past["batches"] = fairness.chained(past["batches"], drawn)

    model.train()
    losses = []
    correct = torch.zeros((), dtype=torch.int64, device=data.device)
    look_every = math.ceil(_steps_per_epoch(data, recipe) / GRADIENT_SAMPLES)
    for images, labels in data.train.batches(recipe.batch_size, True, order, recipe.augment, note):
        loss, logits = take_step(images, labels)
        if len(losses) % look_every == 0:
            gradients.look()
        losses.append(loss)
        correct += (logits.argmax(1) == labels).sum()
        shown.step()
    return torch.stack(losses).tolist(), correct.item()


@torch.no_grad()
def _accuracy(model: nn.Module, split) -> float:
    """Percent of the pictures of `split` that `model` classifies correctly in eval mode."""
    model.eval()
    correct = torch.zeros((), dtype=torch.int64, device=split.labels.device)
    for images, labels in split.batches(EVALUATION_BATCH):
        correct += (model(images).argmax(1) == labels).sum()
    return 100 * correct.item() / len(split)


def _all_finite(model: nn.Module) -> bool:
    """Whether all trained values are numbers: the last step of an epoch shows in no loss of that epoch."""
    with torch.no_grad():
        return bool(torch.stack([p.isfinite().all() for p in model.parameters() if p.requires_grad]).all())


def _check_logits(logits, pictures: int, classes: int) -> None:
    if not isinstance(logits, torch.Tensor):
        raise ValueError(
            f"the model returned {type(logits).__name__}; expected a tensor of logits. Does forward return?"
        )
    if logits.ndim != 2 or logits.shape[0] != pictures or logits.shape[1] < classes:
        raise ValueError(
            f"the model returned {tuple(logits.shape)} for {pictures} pictures of {classes} classes; "
            f"expected ({pictures}, {classes}), one logit a class"
        )


def _mean_over_pictures(step_losses: list[float], pictures: int, batch_size: int) -> float:
    """Each step's loss is a mean over its batch; the last batch may be short, and counts for as much as it holds."""
    last = pictures - batch_size * (len(step_losses) - 1)
    return (batch_size * math.fsum(step_losses[:-1]) + last * step_losses[-1]) / pictures


def _build_alike(builders: dict[str, Callable[[], nn.Module]], seed: int, device: torch.device) -> dict[str, nn.Module]:
    """One fresh model a builder; tensors that have name and shape in common take the values of the first that has them."""
    built, first_values = {}, {}
    for name, build in builders.items():
        if isinstance(build, nn.Module):
            raise ValueError(
                f"{name!r} is a model; expected a function that builds one, so that every seed gets a fresh network: "
                f"write `lambda: {type(build).__name__}(...)`"
            )
        with _reproducible(seed, device):
            model = build()
        if not isinstance(model, nn.Module):
            raise ValueError(f"the builder {name!r} returned {type(model).__name__}; expected a model (an nn.Module)")
        with torch.no_grad():
            for key, tensor in model.state_dict().items():
                tensor.copy_(first_values.setdefault((key, tensor.shape), tensor.clone()))
        built[name] = model
    return built


@contextmanager
def _reproducible(seed: int, device: torch.device) -> Iterator[None]:
    """Inside, the random numbers and the convolutions of `device` depend on `seed` alone; afterwards all is as before."""
    cudnn = torch.backends.cudnn
    before = cudnn.deterministic, cudnn.benchmark
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        # Seeds only what fork_rng restores; torch.manual_seed would reseed every device of the machine.
        torch.default_generator.manual_seed(seed)
        if device.type == "cuda":
            with torch.cuda.device(device):
                torch.cuda.manual_seed(seed)
        cudnn.deterministic, cudnn.benchmark = True, False
        try:
            yield
        finally:
            cudnn.deterministic, cudnn.benchmark = before


@contextmanager
def _one_core_for_small_pictures(data) -> Iterator[None]:
    """Train on one CPU core where the work of a step is too little to share out.

    Several cores gain next to nothing on the digits, and lose a factor of ten and more as soon as another program needs
    one of them, since all wait for the slowest. On one core, the numbers do not depend on how many there are, either.
    """
    before = torch.get_num_threads()
    if data.device.type == "cpu" and data.train.pixels.shape[-2:].numel() <= SMALL_PICTURE:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _steps_per_epoch(data, recipe: Recipe) -> int:
    if not len(data.train) or not len(data.test):
        raise ValueError(
            f"{data.name} has {len(data.train)} training and {len(data.test)} test pictures; expected some of both"
        )
    return math.ceil(len(data.train) / recipe.batch_size)


def _is_whole(value) -> bool:
    return isinstance(value, numbers.Integral) and not isinstance(value, bool)


def _is_number(value) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool) and math.isfinite(value)


class _Progress:
    """One bar over all steps of one or several runs, and in the end one line a run.

    In a notebook the bar is a widget that gives way to the lines, so a saved notebook shows text and no dead widget. In
    a terminal it is drawn in place. In a log, where nothing can be redrawn, there is no bar, but a line now and then.
    """

    def __init__(self, steps: int, shown: bool):
        self.notebook = shown and issubclass(tqdm, tqdm_notebook)
        self.log = shown and not self.notebook and not sys.stderr.isatty()
        self.shown = shown
        self.lines: list[str] = []
        self.last_line_at = time.monotonic()
        options = {"display": False} if self.notebook else {}
        self.bar = tqdm(
            total=steps,
            unit="step",
            leave=False,
            dynamic_ncols=True,
            disable=not shown or self.log,
            **options,
        )
        if self.notebook:
            from IPython.display import display

            self.place = display(self.bar.container, display_id=True)

    def __enter__(self):
        return self

    def __exit__(self, error, *_):
        if self.notebook:
            if error:
                self.lines.append(f"stopped after {self.bar.n} of {self.bar.total} steps")
            self.bar.container.close()
            self.place.update({"text/plain": "\n".join(self.lines)}, raw=True)
        self.bar.close()

    def run(self, title: str) -> None:
        self.bar.set_description(title, refresh=False)

    def step(self) -> None:
        self.bar.update()

    def skip(self, steps: int) -> None:
        """Steps that an earlier process has done."""
        self.bar.update(steps)

    def epoch_done(self, line: str) -> None:
        if self.log and time.monotonic() - self.last_line_at >= SECONDS_BETWEEN_LOG_LINES:
            self._print(line)

    def run_done(self, line: str) -> None:
        if self.notebook:
            self.lines.append(line)
        elif self.shown:
            self._print(line)

    def _print(self, line: str) -> None:
        self.last_line_at = time.monotonic()
        tqdm_in_text.write(line)
        sys.stdout.flush()
