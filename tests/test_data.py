"""What `load_data` promises, for each source of pictures.

The oracles are scikit-learn for the digits, torchvision's ImageFolder for folders, and for CIFAR-10 a small
archive in its layout, made here and served on 127.0.0.1 by a server that can also cut, spoil or hold back
what it sends.
"""

import hashlib
import io
import multiprocessing
import os
import pickle
import re
import shutil
import tarfile
import threading
import time
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.datasets import load_digits
from torchvision import transforms
from torchvision.datasets import CIFAR10, ImageFolder

from course_utils import data as data_module
from course_utils import download
from course_utils.data import Data, DataError, Split, load_data


def pixels(seed: int, shape=(6, 5, 3)) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def same(a: Data, b: Data) -> bool:
    return all(
        torch.equal(getattr(x, field), getattr(y, field))
        for x, y in ((a.train, b.train), (a.test, b.test))
        for field in ("images", "labels")
    )


# --- batches -----------------------------------------------------------------------------------------------


@pytest.fixture
def ten_pictures() -> Split:
    return Split(torch.arange(10.0).view(10, 1, 1, 1).expand(10, 3, 2, 2).contiguous(), torch.arange(10))


def test_batches_hold_every_picture_once_with_its_label_and_keep_the_short_last_one(ten_pictures):
    batches = list(ten_pictures.batches(4, shuffle=True, generator=torch.Generator().manual_seed(3)))
    assert [len(labels) for _, labels in batches] == [4, 4, 2]
    assert sorted(torch.cat([labels for _, labels in batches]).tolist()) == list(range(10))
    for images, labels in batches:
        assert torch.equal(images[:, 0, 0, 0], labels.float())


def test_batches_without_shuffling_follow_the_order_of_the_split(ten_pictures):
    assert torch.cat([labels for _, labels in ten_pictures.batches(3)]).tolist() == list(range(10))


def test_the_order_of_batches_depends_on_the_generator_alone(ten_pictures):
    def order(seed):
        torch.rand(seed + 1)  # whatever else was drawn before
        generator = torch.Generator().manual_seed(seed)
        return torch.cat([labels for _, labels in ten_pictures.batches(4, True, generator)]).tolist()

    assert order(5) == order(5) == torch.randperm(10, generator=torch.Generator().manual_seed(5)).tolist()
    assert order(5) != order(6)


def test_a_batch_changed_in_place_leaves_the_data_as_it_was(ten_pictures):
    before = ten_pictures.images.clone()
    for images, labels in ten_pictures.batches(4):
        images.zero_()
        labels.zero_()
    assert torch.equal(ten_pictures.images, before)
    assert ten_pictures.labels.tolist() == list(range(10))


def test_a_batch_of_no_pictures_is_refused(ten_pictures):
    with pytest.raises(ValueError, match="batch_size is 0"):
        next(ten_pictures.batches(0))


# --- digits ------------------------------------------------------------------------------------------------


def test_digits_are_scikit_learns_every_one_in_exactly_one_split():
    data, oracle = load_data("digits", device="cpu"), load_digits()
    images = torch.cat([data.train.images, data.test.images])
    labels = torch.cat([data.train.labels, data.test.labels])
    assert images.dtype == torch.float32 and images.shape == (1797, 3, 8, 8)
    levels = data.unnormalise(images).mul(16)
    for channel in range(3):
        rows = np.column_stack([levels[:, channel].reshape(1797, 64).numpy().round(3), labels])
        expected = np.column_stack([oracle.data, oracle.target])
        assert np.array_equal(rows[np.lexsort(rows.T)], expected[np.lexsort(expected.T)])
    assert data.classes == tuple("0123456789")


def test_a_fifth_of_every_digit_is_for_testing():
    data = load_data("digits", device="cpu")
    of_each = np.bincount(load_digits().target)
    assert np.abs(torch.bincount(data.test.labels).numpy() - of_each / 5).max() <= 1
    assert len(data.test) == 360


def test_digits_have_mean_0_and_standard_deviation_1_in_training():
    images = load_data("digits", device="cpu").train.images.double()
    assert images.mean((0, 2, 3)).abs().max() < 1e-6
    assert (images.std((0, 2, 3), correction=0) - 1).abs().max() < 1e-6


def test_the_seed_does_not_move_pictures_between_training_and_test():
    assert same(load_data("digits", device="cpu", seed=0), load_data("digits", device="cpu", seed=1))


def test_data_describe_themselves_in_one_line():
    text = repr(load_data("digits", device="cpu"))
    assert "\n" not in text and "1437 pictures of 3×8×8 on cpu" in text and "360" in text


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_with_a_gpu_the_data_lie_there_and_are_the_same():
    on_gpu, on_cpu = load_data("digits"), load_data("digits", device="cpu")
    assert on_gpu.device.type == "cuda" and on_gpu.train.labels.device.type == "cuda"
    assert torch.allclose(on_gpu.train.images.cpu(), on_cpu.train.images, atol=1e-6)


# --- limit -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [100, 107, 7])
def test_a_limit_draws_equally_many_of_every_class_for_training_and_for_test(limit):
    data = load_data("digits", device="cpu", limit=limit)
    for split in (data.train, data.test):
        of_each = torch.bincount(split.labels, minlength=10)
        assert len(split) == limit
        assert of_each.max() - of_each.min() <= 1


def test_limited_data_are_a_part_of_the_whole_in_its_order():
    whole, part = load_data("digits", device="cpu"), load_data("digits", device="cpu", limit=200)
    all_levels, some_levels = (
        [image.numpy().tobytes() for image in data.unnormalise(data.train.images).mul(16).round()]
        for data in (whole, part)
    )
    places = [all_levels.index(levels) for levels in some_levels]
    assert places == sorted(places) and len(set(places)) == 200
    assert torch.equal(whole.train.labels[places], part.train.labels)


def test_the_seed_decides_which_pictures_a_limit_keeps():
    first, again, other = (load_data("digits", device="cpu", limit=50, seed=seed) for seed in (4, 4, 5))
    assert same(first, again)
    assert not torch.equal(first.train.images, other.train.images)


def test_a_limit_beyond_the_data_keeps_everything():
    assert same(load_data("digits", device="cpu", limit=10**6), load_data("digits", device="cpu"))


def test_where_a_class_is_small_the_others_fill_the_limit():
    labels = np.array([0] * 20 + [1] * 2 + [2] * 20)
    chosen = data_module._draw_balanced(labels, limit=12, seed=0)
    assert np.bincount(labels[chosen]).tolist() == [5, 2, 5]


@pytest.mark.parametrize("limit", [0, -5, 2.5, "100", True])
def test_a_limit_that_is_no_number_of_pictures_is_named(limit):
    with pytest.raises(DataError, match=re.escape(f"limit is {limit!r}")):
        load_data("digits", limit=limit)


# --- names -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["mnist", "Digits", "folder:", "", 7])
def test_an_unknown_data_set_is_named_with_the_ones_there_are(name):
    with pytest.raises(DataError, match="'digits', 'cifar10' or 'folder:PATH'") as error:
        load_data(name)
    assert f"The data set is {name!r}" in str(error.value)


def test_course_data_chooses_where_the_call_does_not(monkeypatch, pictures):
    monkeypatch.setenv("COURSE_DATA", f"folder:{pictures}")
    assert load_data(device="cpu").name == f"folder:{pictures}"
    assert load_data("digits", device="cpu").name == "digits"


def test_a_wrong_course_data_is_blamed_by_name(monkeypatch):
    monkeypatch.setenv("COURSE_DATA", "imagenet")
    with pytest.raises(DataError, match="variable COURSE_DATA is 'imagenet'; expected 'digits'"):
        load_data()


@pytest.mark.parametrize("value", [None, ""])
def test_without_a_gpu_and_course_data_it_is_digits(monkeypatch, value):
    monkeypatch.delenv("COURSE_DATA", raising=False)
    if value is not None:
        monkeypatch.setenv("COURSE_DATA", value)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    data = load_data()
    assert data.name == "digits" and data.device == torch.device("cpu")


# --- a folder of pictures ----------------------------------------------------------------------------------


@pytest.fixture
def pictures(tmp_path) -> Path:
    """Two classes, five training and two test pictures, 5 pixels wide and 6 high."""
    root = tmp_path / "pictures"
    names = [
        "train/cat/2.png",
        "train/cat/10.PNG",
        "train/Dog/a.png",
        "train/Dog/deeper/b.bmp",
        "train/cat/3.jpg",
    ]
    for seed, name in enumerate([*names, "test/cat/1.png", "test/Dog/1.png"]):
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels(seed)).save(file)
    return root


def load_folder(root: Path) -> Data:
    return load_data(f"folder:{root}", device="cpu")


def assert_as_image_folder(data: Data, root: Path) -> None:
    for split, name in ((data.train, "train"), (data.test, "test")):
        to_normalised = transforms.Compose([transforms.ToTensor(), transforms.Normalize(data.mean, data.std)])
        oracle = ImageFolder(root / name, to_normalised)
        assert data.classes == tuple(oracle.classes)
        assert split.labels.tolist() == oracle.targets
        assert torch.allclose(split.images, torch.stack([image for image, _ in oracle]), atol=1e-6)


def test_a_folder_is_read_as_torchvision_reads_it(pictures):
    data = load_folder(pictures)
    assert data.train.images.shape == (5, 3, 6, 5) and data.train.images.is_contiguous()
    assert_as_image_folder(data, pictures)


def test_a_folder_is_normalised_by_its_training_pictures(pictures):
    data = load_folder(pictures)
    training = [transforms.ToTensor()(image) for image, _ in ImageFolder(pictures / "train")]
    training = torch.stack(training).double()
    assert data.mean == pytest.approx(training.mean((0, 2, 3)).tolist(), abs=1e-6)
    assert data.std == pytest.approx(training.std((0, 2, 3), correction=0).tolist(), abs=1e-6)


def test_unnormalised_pictures_are_the_pixels_of_the_files(pictures):
    data = load_folder(pictures)
    shown = data.unnormalise(data.test.images).mul(255).round().byte().permute(0, 2, 3, 1).numpy()
    assert np.array_equal(shown, np.stack([pixels(6), pixels(5)]))  # Dog comes before cat


def test_grey_transparent_and_palette_pictures_become_rgb(pictures):
    grey, alpha = pixels(20, (6, 5)), pixels(21, (6, 5, 4))
    Image.fromarray(grey).save(pictures / "test/cat/2.png")
    Image.fromarray(alpha).save(pictures / "test/cat/3.png")
    Image.fromarray(pixels(22)).quantize(8).save(pictures / "test/cat/4.png")
    data = load_folder(pictures)
    assert_as_image_folder(data, pictures)
    shown = data.unnormalise(data.test.images).mul(255).round().byte().permute(0, 2, 3, 1).numpy()
    assert np.array_equal(shown[2], np.stack([grey] * 3, axis=-1))
    assert np.array_equal(shown[3], alpha[..., :3])


def test_a_channel_that_never_changes_stays_finite(pictures):
    for seed, file in enumerate(sorted(pictures.glob("train/*/*.*"))):
        Image.fromarray(pixels(seed) * np.array([1, 1, 0], dtype=np.uint8)).save(file)
    shutil.rmtree(pictures / "train/Dog/deeper")
    (pictures / "train/cat/3.jpg").unlink()  # JPEG would blur the channel
    data = load_folder(pictures)
    assert data.train.images.isfinite().all() and data.test.images.isfinite().all()
    assert data.train.images[:, 2].abs().max() == 0


def test_what_other_programs_leave_behind_is_no_data(pictures):
    before = load_folder(pictures)
    (pictures / "train/.ipynb_checkpoints").mkdir()
    (pictures / "train/.ipynb_checkpoints/2.png").write_bytes(b"copy")
    (pictures / "train/cat/._2.png").write_bytes(b"not a picture")
    (pictures / "train/cat/Thumbs.db").write_bytes(b"not a picture")
    assert same(load_folder(pictures), before)


def test_a_limit_holds_for_folders_too(pictures):
    data = load_data(f"folder:{pictures}", device="cpu", limit=2)
    assert data.train.labels.tolist() == [0, 1] and data.test.labels.tolist() == [0, 1]


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(DataError, match=re.escape(f"{tmp_path}/nowhere is not a folder")):
        load_folder(tmp_path / "nowhere")


@pytest.mark.parametrize("split", ["train", "test"])
def test_a_missing_split_is_named_with_what_is_there_instead(pictures, split):
    (pictures / split).rename(pictures / "valid")
    with pytest.raises(DataError, match=f"has no folder {split}/; it holds .*valid"):
        load_folder(pictures)


@pytest.mark.parametrize("split", ["train", "test"])
def test_a_split_without_pictures_is_named(pictures, split):
    for file in pictures.glob(f"{split}/**/*.*"):
        file.rename(file.with_suffix(".txt"))
    with pytest.raises(DataError, match=re.escape(f"{pictures / split} holds no pictures")):
        load_folder(pictures)


def test_pictures_outside_of_a_class_folder_are_no_pictures(tmp_path):
    for split in ("train", "test"):
        (tmp_path / split).mkdir()
        Image.fromarray(pixels(0)).save(tmp_path / split / "1.png")
    with pytest.raises(DataError, match=f"holds no pictures; expected them in .*{re.escape('train/<class>/')}"):
        load_folder(tmp_path)


@pytest.mark.parametrize(("only", "lacking"), [("train", "test"), ("test", "train")])
@pytest.mark.parametrize("leave_empty_folder", [True, False])
def test_a_class_in_one_split_only_is_named(pictures, only, lacking, leave_empty_folder):
    (pictures / only / "zebra").mkdir()
    Image.fromarray(pixels(9)).save(pictures / only / "zebra/1.png")
    if leave_empty_folder:
        (pictures / lacking / "zebra").mkdir()
    with pytest.raises(DataError, match=f"The class 'zebra' is only in {only}/") as error:
        load_folder(pictures)
    assert str(pictures / lacking / "zebra") in str(error.value)


def test_a_class_without_any_picture_is_named(pictures):
    (pictures / "train/zebra").mkdir()
    with pytest.raises(DataError, match="The class 'zebra' has no pictures"):
        load_folder(pictures)


def spoil_by_text(file: Path) -> None:
    file.write_text("this is no picture")


def spoil_by_cutting(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-60])


def spoil_by_16_bits(file: Path) -> None:
    Image.fromarray(np.full((6, 5), 40_000, dtype=np.uint16)).save(file)


@pytest.mark.parametrize("spoil", [spoil_by_text, spoil_by_cutting, spoil_by_16_bits])
@pytest.mark.parametrize("name", ["train/Dog/a.png", "test/cat/1.png"])
def test_a_picture_that_cannot_be_read_is_named(pictures, spoil, name):
    spoil(pictures / name)
    with pytest.raises(DataError, match=f"Cannot read the picture {re.escape(str(pictures / name))}: "):
        load_folder(pictures)


def test_pictures_of_two_sizes_are_named_with_their_sizes(pictures):
    Image.fromarray(pixels(0, (4, 7, 3))).save(pictures / "test/cat/1.png")
    with pytest.raises(DataError, match="Pictures of several sizes") as error:
        load_folder(pictures)
    assert f"{pictures / 'train/Dog/a.png'} has 5×6 pixels" in str(error.value)
    assert f"{pictures / 'test/cat/1.png'} has 7×4" in str(error.value)


# --- CIFAR-10 ----------------------------------------------------------------------------------------------


def in_cifar10s_layout() -> tuple[bytes, dict]:
    """An archive of 600 + 90 random pictures, and what torchvision's CIFAR10 must be told to take it."""
    contents = {"batches.meta": {"label_names": ["plane", "car", "bird"]}}
    for name, seed, n in (("data_batch_1", 1, 400), ("data_batch_2", 2, 200), ("test_batch", 3, 90)):
        contents[name] = {"data": pixels(seed, (n, 3072)), "labels": [i % 3 for i in range(n)]}
    files = {name: pickle.dumps(content, protocol=2) for name, content in contents.items()}
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    md5 = {name: hashlib.md5(content).hexdigest() for name, content in files.items()}
    described = {
        "tgz_md5": hashlib.md5(packed.getvalue()).hexdigest(),
        "train_list": [[name, md5[name]] for name in ("data_batch_1", "data_batch_2")],
        "test_list": [["test_batch", md5["test_batch"]]],
        "meta": {"filename": "batches.meta", "key": "label_names", "md5": md5["batches.meta"]},
    }
    return packed.getvalue(), described


class Mirror:
    """A server for one archive. It notes where each request wanted to begin, and can misbehave."""

    def __init__(self, payload: bytes):
        self.payload = payload
        self.starts: list[int] = []
        self.cut_after: list[int | None] = []  # one entry a response: send so many bytes, then hang up
        self.knows_ranges = True
        self.hold_after: int | None = None  # send so many bytes, then wait for `go_on`
        self.go_on = threading.Event()

        mirror = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                mirror.answer(self)

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/cifar-10-python.tar.gz"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        start = int(re.fullmatch(r"bytes=(\d+)-", request.headers["Range"])[1])
        self.starts.append(start)
        if self.knows_ranges and start >= len(self.payload):
            request.send_error(416)
            return
        start = start if self.knows_ranges else 0
        body = self.payload[start:]
        request.send_response(206 if self.knows_ranges else 200)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        if self.hold_after is not None:
            request.wfile.write(body[: self.hold_after])
            self.go_on.wait(60)
            return
        request.wfile.write(body[: self.cut_after.pop(0) if self.cut_after else None])

    def close(self) -> None:
        self.go_on.set()
        self.server.shutdown()
        self.server.server_close()


PAYLOAD, DESCRIBED = in_cifar10s_layout()


@pytest.fixture
def mirror(monkeypatch):
    mirror = Mirror(PAYLOAD)
    for attribute, value in {**DESCRIBED, "url": mirror.url}.items():
        monkeypatch.setattr(CIFAR10, attribute, value)
    monkeypatch.setattr(data_module, "CIFAR10_MIRRORS", ())
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    yield mirror
    mirror.close()


@pytest.fixture
def root(tmp_path, monkeypatch) -> Path:
    root = tmp_path / "not there yet/downloads"
    monkeypatch.setenv("COURSE_DATA_DIR", str(root))
    return root


def load_cifar10() -> Data:
    return load_data("cifar10", device="cpu")


def assert_is_the_stand_in(data: Data) -> None:
    """Compare with the arrays that went into the archive, and with DESIGN's constants."""
    mean = np.array([0.4914, 0.4822, 0.4465]).reshape(3, 1, 1)
    std = np.array([0.2470, 0.2435, 0.2616]).reshape(3, 1, 1)
    train = np.concatenate([pixels(1, (400, 3072)), pixels(2, (200, 3072))])
    for split, expected in ((data.train, train), (data.test, pixels(3, (90, 3072)))):
        expected = (expected.reshape(-1, 3, 32, 32) / 255 - mean) / std
        assert np.allclose(split.images.numpy(), expected, atol=1e-5)
    assert data.train.labels.tolist() == [i % 3 for i in (*range(400), *range(200))]
    assert data.test.labels.tolist() == [i % 3 for i in range(90)]
    assert data.classes == ("plane", "car", "bird")


def test_cifar10_is_downloaded_verified_and_normalised(mirror, root):
    assert_is_the_stand_in(load_cifar10())
    assert mirror.starts == [0]
    left = {entry.name for entry in root.iterdir() if not entry.name.endswith(".lock")}
    assert left == {"cifar-10-batches-py", "cifar-10-python.tar.gz"}


def test_a_second_run_downloads_nothing(mirror, root):
    assert same(load_cifar10(), load_cifar10())
    assert mirror.starts == [0]


def test_a_transfer_that_breaks_off_goes_on_where_it_stopped(mirror, root):
    mirror.cut_after = [1_000_000, 7]
    assert_is_the_stand_in(load_cifar10())
    assert mirror.starts == [0, 1_000_000, 1_000_007]


def test_a_server_without_resuming_is_read_from_the_start(mirror, root):
    mirror.knows_ranges = False
    mirror.cut_after = [1_000_000]
    assert_is_the_stand_in(load_cifar10())
    assert mirror.starts == [0, 1_000_000]


def test_a_download_that_keeps_breaking_off_fails_in_words_and_the_next_run_goes_on(mirror, root):
    mirror.cut_after = [1000] * download.ROUNDS
    with pytest.raises(DataError, match="the connection closed .* bytes too early") as error:
        load_cifar10()
    assert mirror.url in str(error.value) and "'digits'" in str(error.value)
    assert not (root / "cifar-10-batches-py").exists() and not (root / "cifar-10-python.tar.gz").exists()
    mirror.starts.clear()
    assert_is_the_stand_in(load_cifar10())
    assert mirror.starts == [1000 * download.ROUNDS]


def test_a_download_with_a_wrong_checksum_is_thrown_away(mirror, root):
    mirror.payload = PAYLOAD[:-500] + bytes(500)
    with pytest.raises(DataError, match="wrong checksum"):
        load_cifar10()
    assert [entry.name for entry in root.iterdir() if not entry.name.endswith(".lock")] == []
    mirror.payload = PAYLOAD
    assert_is_the_stand_in(load_cifar10())


def test_a_partial_download_of_something_else_is_not_built_upon(mirror, root):
    root.mkdir(parents=True)
    (root / "cifar-10-python.tar.gz.part").write_bytes(bytes(5000))
    assert_is_the_stand_in(load_cifar10())
    assert mirror.starts == [5000, 0]


def test_a_partial_download_that_is_complete_is_used(mirror, root):
    root.mkdir(parents=True)
    (root / "cifar-10-python.tar.gz.part").write_bytes(PAYLOAD)
    assert_is_the_stand_in(load_cifar10())
    assert mirror.starts == [len(PAYLOAD)]


def test_an_archive_cut_short_by_another_program_is_fetched_again(mirror, root):
    root.mkdir(parents=True)
    (root / "cifar-10-python.tar.gz").write_bytes(PAYLOAD[:5000])
    assert_is_the_stand_in(load_cifar10())
    assert (root / "cifar-10-python.tar.gz").read_bytes() == PAYLOAD


def test_an_archive_put_there_by_hand_needs_no_network(mirror, root):
    root.mkdir(parents=True)
    (root / "cifar-10-python.tar.gz").write_bytes(PAYLOAD)
    assert_is_the_stand_in(load_cifar10())
    assert mirror.starts == []


@pytest.mark.parametrize("file", ["data_batch_2", "test_batch", "batches.meta"])
def test_a_damaged_file_is_replaced_from_the_archive(mirror, root, file):
    load_cifar10()
    damaged = root / "cifar-10-batches-py" / file
    damaged.write_bytes(damaged.read_bytes()[:-10])
    assert_is_the_stand_in(load_cifar10())
    assert mirror.starts == [0]


def test_unpacking_that_was_interrupted_starts_over(mirror, root, monkeypatch):
    def unpack_a_little(archive, folder):
        (Path(folder) / "cifar-10-batches-py").mkdir(parents=True)
        (Path(folder) / "cifar-10-batches-py/data_batch_1").write_bytes(b"half")
        raise KeyboardInterrupt

    with monkeypatch.context() as interrupted, pytest.raises(KeyboardInterrupt):
        interrupted.setattr("torchvision.datasets.utils.extract_archive", unpack_a_little)
        load_cifar10()
    assert not (root / "cifar-10-batches-py").exists()
    assert_is_the_stand_in(load_cifar10())
    assert mirror.starts == [0]


def test_a_server_that_is_not_there_is_named(mirror, root):
    mirror.close()
    with pytest.raises(DataError, match=re.escape(mirror.url)):
        load_cifar10()


def test_a_download_folder_that_cannot_be_made_is_named(mirror, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path / "file/downloads"))
    with pytest.raises(DataError, match=f"Loading 'cifar10' failed: .*{re.escape(str(tmp_path / 'file'))}"):
        load_cifar10()


def load_in_another_process(described: dict, root: Path) -> None:
    os.environ.update(COURSE_DATA_DIR=str(root), no_proxy="127.0.0.1")
    data_module.CIFAR10_MIRRORS = ()
    for attribute, value in described.items():
        setattr(CIFAR10, attribute, value)
    assert_is_the_stand_in(load_cifar10())


@pytest.fixture(scope="module")
def processes():
    """New processes that have torch imported already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["course_utils.data"])
    return context


def test_a_download_killed_in_the_middle_is_continued_by_the_next_run(mirror, root, processes):
    mirror.hold_after = 1_500_000
    process = processes.Process(target=load_in_another_process, args=({**DESCRIBED, "url": mirror.url}, root))
    process.start()
    part = root / "cifar-10-python.tar.gz.part"
    deadline = time.monotonic() + 120
    while not (part.exists() and part.stat().st_size > 500_000) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.kill()
    process.join()
    have = part.stat().st_size
    assert have > 500_000 and not (root / "cifar-10-batches-py").exists()

    mirror.hold_after = None
    mirror.starts.clear()
    assert_is_the_stand_in(load_cifar10())
    assert mirror.starts == [have]


def test_two_processes_at_once_share_one_download(mirror, root, processes):
    both = [
        processes.Process(target=load_in_another_process, args=({**DESCRIBED, "url": mirror.url}, root))
        for _ in range(2)
    ]
    for process in both:
        process.start()
    for process in both:
        process.join()
    assert [process.exitcode for process in both] == [0, 0]
    assert mirror.starts == [0]


# --- pictures that stay bytes, and augmentation ------------------------------------------------------------


def test_pixels_stay_bytes_and_images_are_what_torchvisions_transforms_make_of_them():
    data = load_data("digits")
    assert data.train.pixels.dtype == torch.uint8
    given = data.train.pixels[5].float() / 16
    expected = transforms.functional.normalize(given, data.mean, data.std)
    torch.testing.assert_close(data.train[torch.tensor([5])][0][0], expected)
    assert torch.equal(data.train.images[5], data.train[[5]][0][0])


def augmented(pixels: torch.Tensor, seed: int) -> torch.Tensor:
    split = Split(pixels, torch.zeros(len(pixels), dtype=torch.int64))
    ((images, _),) = split.batches(len(pixels), True, torch.Generator().manual_seed(seed), augment=True)
    return images


def all_ways(picture: torch.Tensor) -> dict[bytes, int]:
    """Every picture that torchvision's padded crop and flip can make of one (3, H, W), numbered."""
    height, width = picture.shape[1:]
    padded = transforms.functional.pad(picture, [4, 4, 4, 4])
    crops = [transforms.functional.crop(padded, y, x, height, width) for y in range(9) for x in range(9)]
    ways = [way for crop in crops for way in (crop, transforms.functional.hflip(crop))]
    return {way.contiguous().numpy().tobytes(): number for number, way in enumerate(ways)}


def test_augmented_pictures_are_drawn_evenly_from_exactly_those_that_torchvision_draws():
    picture = torch.arange(1, 1 + 3 * 12 * 11, dtype=torch.float32).view(3, 12, 11)
    ways = all_ways(picture)
    assert len(ways) == 9 * 9 * 2
    tries = 162 * 100
    ours = [ways[image.numpy().tobytes()] for image in augmented(picture.expand(tries, -1, -1, -1), seed=1)]
    torch.manual_seed(1)
    theirs = transforms.Compose([transforms.RandomCrop((12, 11), padding=4), transforms.RandomHorizontalFlip()])
    for drawn in (ours, [ways[theirs(picture).contiguous().numpy().tobytes()] for _ in range(tries)]):
        counts = np.bincount(drawn, minlength=162)
        chi_square = ((counts - 100) ** 2 / 100).sum()
        assert chi_square < 230  # 161 degrees of freedom: exceeded with a probability of 0.0003


def test_the_padding_is_black_before_normalising():
    data = load_data("digits")
    split = replace(data.train, pixels=torch.zeros_like(data.train.pixels[:50]), labels=data.train.labels[:50])
    ((images, _),) = split.batches(50, augment=True)
    assert torch.equal(images, split.images)


def test_augmentation_keeps_pictures_with_their_labels_and_depends_on_the_seed_alone():
    pixels = torch.arange(1, 41, dtype=torch.uint8).view(40, 1, 1, 1).expand(40, 3, 8, 8)
    split = Split(pixels, torch.arange(1, 41))
    runs = [list(split.batches(16, True, torch.Generator().manual_seed(s), augment=True)) for s in (3, 3, 4)]
    for images, labels in runs[0]:
        assert torch.equal(images.amax((1, 2, 3)), labels.to(torch.uint8))
    same = [torch.equal(a[0], b[0]) for a, b in zip(runs[0], runs[1], strict=True)]
    assert all(same)
    assert not torch.equal(runs[0][0][0], runs[2][0][0])


def test_what_was_drawn_is_noted(ten_pictures):
    noted = []
    batches = ten_pictures.batches(4, True, torch.Generator().manual_seed(3), note=noted.append)
    assert torch.cat([labels for _, labels in batches]).tolist() == noted[0].tolist()
