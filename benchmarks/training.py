"""How fast `fit` trains, against the loop of every tutorial and against the bare step, in the same run.

    python benchmarks/training.py [--rounds 5] [--steps 12] [--quick]

One network (plain, n = 3, 19 conv layers), one batch size (128), pictures of 32×32. The usual loop: a torchvision-style
data set of PIL pictures, ToTensor and Normalize, a DataLoader with 2 workers, `.item()` twice a step; its clock starts
when its first batch is there. The bare step: forward, backward and optimiser again and again on one batch that lies on
the device. `fit` and the fast `fit` train one epoch on as many pictures, shuffling included. Every round times all in
turn, in an order that rotates; ratios are medians of the rounds' ratios. Then lesson 04's trainings on digits are timed
once (31 conv layers, 8 epochs, two networks, 3 seeds), and their accuracy is compared with that of the usual loop and of
the fast path: how far the means lie apart, in standard deviations over seeds (the root of the two variances' mean). At
last, peak memory is taken, of a fresh process each.
"""

import argparse
import math
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402
from PIL import Image  # noqa: E402
from torch.utils.data import DataLoader, Dataset, TensorDataset  # noqa: E402
from torchvision import transforms  # noqa: E402

from course_utils.data import CIFAR10_MEAN, CIFAR10_STD, Data, Split, load_data  # noqa: E402
from course_utils.fastpath import FastSteps, has_bfloat16, mixed_precision  # noqa: E402
from course_utils.models import PlainDeepCNN  # noqa: E402
from course_utils.recipes import STUDIES  # noqa: E402
from course_utils.training import Recipe, compare, fit  # noqa: E402
from study.networks import resnet  # noqa: E402

BATCH, N_BLOCKS, WORKERS = 128, 3, 2
RECIPE = Recipe(epochs=1, batch_size=BATCH, milestones=())
DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
SIDES = ("usual loop", "bare step", "fit", "bare step, fast", "fit, fast")


class Pictures(Dataset):
    """As torchvision's CIFAR10 gives them: PIL pictures, transformed one by one."""

    def __init__(self, count: int):
        generator = torch.Generator().manual_seed(0)
        self.pixels = torch.randint(0, 256, (count, 32, 32, 3), generator=generator, dtype=torch.uint8).numpy()
        self.labels = torch.randint(0, 10, (count,), generator=generator).tolist()
        self.transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize(CIFAR10_MEAN, CIFAR10_STD)])

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int):
        return self.transform(Image.fromarray(self.pixels[index])), self.labels[index]


def on_the_device(pictures: Pictures) -> Data:
    pixels = torch.from_numpy(pictures.pixels).permute(0, 3, 1, 2).contiguous().to(DEVICE)
    labels = torch.tensor(pictures.labels, device=DEVICE)
    scale = 255, *(torch.tensor(value, device=DEVICE).view(3, 1, 1) for value in (CIFAR10_MEAN, CIFAR10_STD))
    test = Split(pixels[:2], labels[:2], scale)  # so small that evaluation takes no time
    return Data("made up", Split(pixels, labels, scale), test, tuple("0123456789"), CIFAR10_MEAN, CIFAR10_STD)


def network() -> torch.nn.Module:
    torch.manual_seed(0)
    return PlainDeepCNN(N_BLOCKS).to(DEVICE)


def optimiser(model: torch.nn.Module) -> torch.optim.Optimizer:
    return torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)


def now() -> float:
    if DEVICE.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter()


def usual_loop(pictures: Pictures, _: Data) -> float:
    """Pictures a second of the loop as tutorials write it, from its first batch on."""
    model = network().train()
    optimizer, criterion = optimiser(model), torch.nn.CrossEntropyLoss()
    loader = iter(DataLoader(pictures, batch_size=BATCH, shuffle=True, num_workers=WORKERS))
    batch, running, correct, total = next(loader), 0.0, 0, 0
    began = now()
    while batch is not None:
        images, labels = batch[0].to(DEVICE), batch[1].to(DEVICE)
        optimizer.zero_grad()
        outputs = model(images)
        loss = criterion(outputs, labels)
        loss.backward()
        optimizer.step()
        running += loss.item() * images.size(0)
        correct += outputs.max(1)[1].eq(labels).sum().item()
        total += labels.size(0)
        batch = next(loader, None)
    return total / (now() - began)


def bare_step(pictures: Pictures, data: Data, fast: bool = False) -> float:
    """Pictures a second where nothing but the step is done, on one batch."""
    model = network().train()
    optimizer = optimiser(model)
    images, labels = next(data.train.batches(BATCH))

    mixed = fast and has_bfloat16(DEVICE)

    def step(images, labels):
        with mixed_precision(DEVICE) if mixed else nullcontext():
            logits = model(images)
        logits = logits.float()
        loss = F.cross_entropy(logits, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.detach(), logits.detach()

    if fast:
        step = FastSteps(step, model, optimizer, print)
        images = images.contiguous(memory_format=torch.channels_last)
    steps = len(pictures) // BATCH
    began = now()
    for _ in range(steps):
        step(images, labels)
    return steps * BATCH / (now() - began)


def fitted(pictures: Pictures, data: Data, fast: bool = False) -> float:
    """Pictures a second of `fit`, everything that it does included."""
    model = network()
    began = now()
    fit(model, data, RECIPE, progress=False, fast=fast)
    return len(pictures) / (now() - began)


TIMED: dict[str, Callable[[Pictures, Data], float]] = {
    "usual loop": usual_loop,
    "bare step": bare_step,
    "fit": fitted,
    "bare step, fast": lambda pictures, data: bare_step(pictures, data, True),
    "fit, fast": lambda pictures, data: fitted(pictures, data, True),
}
RATIOS = (("fit", "usual loop"), ("fit, fast", "usual loop"), ("fit", "bare step"), ("fit, fast", "bare step, fast"))


def speeds(rounds: int, steps: int) -> None:
    """Measure and print the table of speeds and ratios."""
    pictures = Pictures(steps * BATCH)
    data = on_the_device(pictures)
    for side in SIDES:  # libraries load, memory is set aside
        TIMED[side](Pictures(2 * BATCH), on_the_device(Pictures(2 * BATCH)))
    found: dict[str, list[float]] = {side: [] for side in SIDES}
    for turn in range(rounds):
        for k in range(len(SIDES)):
            side = SIDES[(turn + k) % len(SIDES)]
            found[side].append(TIMED[side](pictures, data))
    print(f"\n{'pictures a second':18}{'median':>9}{'lowest':>9}{'highest':>9}")
    for side in SIDES:
        print(f"{side:18}{statistics.median(found[side]):9.0f}{min(found[side]):9.0f}{max(found[side]):9.0f}")
    print(f"\n{'ratio':34}{'median':>9}{'lowest':>9}{'highest':>9}")
    for one, other in RATIOS:
        ratios = [a / b for a, b in zip(found[one], found[other], strict=True)]
        print(f"{f'{one} / {other}':34}{statistics.median(ratios):9.3f}{min(ratios):9.3f}{max(ratios):9.3f}")


def lesson_04() -> None:
    """Time the trainings of lesson 04, as its quick profile does them, and how accurate each way of training them gets."""
    data, recipe = load_data("digits", DEVICE), STUDIES["digits"].recipe
    networks = {"plain": lambda: PlainDeepCNN(5), "residual": lambda: resnet(5)}
    began = now()
    result = compare(networks, data, recipe, progress=False)
    print(f"\nlesson 04 on digits, 2 networks × 3 seeds: {now() - began:.1f} s; {result.gap()}")

    quick = compare(networks, data, recipe, seeds=result.seeds, progress=False, fast=True)
    print(f"\n{'test accuracy, 3 seeds':24}{'usual loop':>16}{'fit':>16}{'fit, fast':>16}{'apart, in deviations':>24}")
    for name, build in networks.items():
        found = [[usual_training(build, data, recipe, seed) for seed in result.seeds]]
        found += [[run.test_accuracy[-1] for run in ran.histories[name]] for ran in (result, quick)]
        means, deviations = [statistics.mean(one) for one in found], [statistics.stdev(one) for one in found]
        shown = [f"{mean:.1f} ± {deviation:.1f} %" for mean, deviation in zip(means, deviations, strict=True)]
        apart = [abs(means[k] - means[0]) / math.hypot(deviations[k], deviations[0]) * math.sqrt(2) for k in (1, 2)]
        print(f"{name:24}{shown[0]:>16}{shown[1]:>16}{shown[2]:>16}{apart[0]:>16.2f}{apart[1]:>8.2f}")


def usual_training(build: Callable[[], torch.nn.Module], data: Data, recipe: Recipe, seed: int) -> float:
    """Test accuracy in % after training as tutorials write it: a shuffling DataLoader, SGD, MultiStepLR."""
    torch.manual_seed(seed)
    model = build().to(DEVICE)
    optimizer = torch.optim.SGD(
        model.parameters(), recipe.learning_rate, recipe.momentum, weight_decay=recipe.weight_decay
    )
    scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, recipe.milestones)  # a tenth at each
    loader = DataLoader(TensorDataset(data.train.images, data.train.labels), recipe.batch_size, shuffle=True)
    for _ in range(recipe.epochs):
        model.train()
        for images, labels in loader:
            optimizer.zero_grad()
            F.cross_entropy(model(images), labels).backward()
            optimizer.step()
        scheduler.step()
    model.eval()
    with torch.no_grad():
        return 100 * model(data.test.images).argmax(1).eq(data.test.labels).float().mean().item()


def memory(steps: int) -> None:
    """Peak memory of each side in a process of its own: on a GPU its memory, else the process's, workers not counted."""
    print(f"\n{'peak memory, MiB':18}{'total':>9}{'above import':>14}")
    for side in SIDES:
        command = [sys.executable, __file__, "--steps", str(steps), "--memory-of", side]
        total, at_start = map(float, subprocess.run(command, check=True, capture_output=True, text=True).stdout.split())
        print(f"{side:18}{total:9.0f}{total - at_start:14.0f}")


def memory_of(side: str, steps: int) -> None:
    def peak() -> float:
        if DEVICE.type == "cuda":
            return torch.cuda.max_memory_allocated() / 2**20
        # Not getrusage, whose peak a process inherits from the one that started it.
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))

    at_start, pictures = peak(), Pictures(steps * BATCH)
    TIMED[side](pictures, on_the_device(pictures))
    print(peak(), at_start)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="how often each side is timed (default: %(default)s)")
    parser.add_argument("--steps", type=int, default=12, help="steps of 128 pictures a timing (default: %(default)s)")
    parser.add_argument("--quick", action="store_true", help="speeds only: no lesson 04, no memory")
    parser.add_argument("--memory-of", choices=SIDES, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.memory_of:
        return memory_of(given.memory_of, given.steps)
    device = torch.cuda.get_device_name() if DEVICE.type == "cuda" else f"{torch.get_num_threads()} CPU threads"
    print(f"Python {platform.python_version()}, torch {torch.__version__}, {device}, load {os.getloadavg()[0]:.1f}")
    print(f"plain network of 19 conv layers, batch {BATCH}, 32×32; {given.rounds} rounds of {given.steps} steps a side")
    speeds(given.rounds, given.steps)
    if not given.quick:
        lesson_04()
        memory(given.steps)
    return None


if __name__ == "__main__":
    main()
