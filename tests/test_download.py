"""One file from several sources: servers on loopback that drip, fall silent, cut off, lie about the length, or lie at all."""

import hashlib
import os
import re
import threading
from contextlib import ExitStack, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from course_utils import __main__ as command_line
from course_utils import data, download
from course_utils.data import DataError
from course_utils.download import DownloadFailed

PAYLOAD = os.urandom(400_000)
MD5 = hashlib.md5(PAYLOAD).hexdigest()


class Source:
    """A server for one payload; `behave(handler, start)` may answer otherwise. It notes where each request began."""

    def __init__(self, behave=None, payload: bytes = PAYLOAD):
        self.starts: list[int] = []
        self.over = threading.Event()
        source = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                start = int(re.fullmatch(r"bytes=(\d+)-", self.headers["Range"])[1])
                source.starts.append(start)
                with suppress(ConnectionError):  # the other side has left
                    (behave or source.give)(self, start)

            def log_message(self, *args):
                pass

        self.payload = payload
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/file"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def give(self, handler, start: int, length: int | None = None, upto: int | None = None) -> None:
        handler.send_response(206)
        handler.send_header("Content-Length", str(len(self.payload) - start if length is None else length))
        handler.end_headers()
        handler.wfile.write(self.payload[start:upto])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.over.set()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(download, "PATIENCE", 0.5)
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def serve():
    with ExitStack() as stack:
        yield lambda *args, **kwargs: stack.enter_context(Source(*args, **kwargs))


def drips(source_holder: list):
    def behave(handler, start):
        source = source_holder[0]
        source.give(handler, start, upto=start + 1000)
        sent = start + 1000
        while not source.over.wait(0.05):
            handler.wfile.write(PAYLOAD[sent : sent + 10])
            sent += 10

    return behave


def falls_silent(source_holder: list):
    def behave(handler, start):
        source_holder[0].give(handler, start, upto=start + 1000)
        source_holder[0].over.wait(60)

    return behave


def cuts_off(source_holder: list):
    return lambda handler, start: source_holder[0].give(handler, start, upto=start + 1000)


def is_gone(source_holder: list):
    return lambda handler, start: handler.send_error(404)


@pytest.mark.parametrize("behave", [drips, falls_silent, cuts_off, is_gone])
def test_a_source_that_fails_stalls_or_drips_is_left_for_the_next_which_goes_on(tmp_path, serve, behave):
    holder = []
    holder.append(serve(behave(holder)))
    good = serve()
    download.download([holder[0].url, good.url], tmp_path / "file", MD5)
    assert (tmp_path / "file").read_bytes() == PAYLOAD
    assert len(holder[0].starts) == 1 and len(good.starts) == 1
    assert (good.starts[0] > 0) == (behave is not is_gone)


def test_a_source_that_drips_is_kept_where_the_rate_that_is_asked_for_is_lower(tmp_path, serve):
    holder = []

    def slowly(handler, start):
        holder[0].give(handler, start, upto=start)
        for at in range(start, len(PAYLOAD), 50_000):
            handler.wfile.write(PAYLOAD[at : at + 50_000])
            holder[0].over.wait(0.2)

    holder.append(serve(slowly))
    other = serve()
    download.download([holder[0].url, other.url], tmp_path / "file", MD5, slowest=1)
    assert (tmp_path / "file").read_bytes() == PAYLOAD and other.starts == []


def test_where_no_source_is_fast_enough_one_is_taken_all_the_same(tmp_path, serve):
    holders = [[], []]
    for holder in holders:

        def slowly(handler, start, holder=holder):
            holder[0].give(handler, start, upto=start)
            for at in range(start, len(PAYLOAD), 20_000):
                handler.wfile.write(PAYLOAD[at : at + 20_000])
                holder[0].over.wait(0.1)

        holder.append(serve(slowly))
    download.download([holder[0].url for holder in holders], tmp_path / "file", MD5, slowest=10**9)
    assert (tmp_path / "file").read_bytes() == PAYLOAD


def test_other_bytes_are_thrown_away_and_the_next_source_begins_at_the_beginning(tmp_path, serve):
    liar, good = serve(payload=bytes(len(PAYLOAD))), serve()
    download.download([liar.url, good.url], tmp_path / "file", MD5)
    assert (tmp_path / "file").read_bytes() == PAYLOAD and good.starts == [0]


def test_other_bytes_at_the_beginning_do_not_spoil_what_a_good_source_gives(tmp_path, serve):
    holder = []
    holder.append(serve(cuts_off(holder), payload=bytes(len(PAYLOAD))))
    good = serve()
    download.download([holder[0].url, good.url], tmp_path / "file", MD5)
    assert (tmp_path / "file").read_bytes() == PAYLOAD and good.starts == [1000, 0]


@pytest.mark.parametrize("length", [len(PAYLOAD) + 7, len(PAYLOAD) - 7])
def test_a_source_that_lies_about_the_length_is_left_for_the_next(tmp_path, serve, length):
    holder = []
    holder.append(serve(lambda handler, start: holder[0].give(handler, start, length=length - start)))
    good = serve()
    download.download([holder[0].url, good.url], tmp_path / "file", MD5)
    assert (tmp_path / "file").read_bytes() == PAYLOAD


def test_a_source_that_never_ends_is_left(tmp_path, serve, monkeypatch):
    monkeypatch.setattr(download, "MOST", 600_000)
    holder = []
    holder.append(serve(payload=bytes(900_000)))
    good = serve()
    download.download([holder[0].url, good.url], tmp_path / "file", MD5)
    assert (tmp_path / "file").read_bytes() == PAYLOAD


def test_where_all_fail_each_is_named_with_its_reason(tmp_path, serve):
    gone, liar = serve(is_gone([])), serve(payload=b"something else")
    with pytest.raises(DownloadFailed) as failure:
        download.download([gone.url, liar.url], tmp_path / "file", MD5)
    assert f"{gone.url}: HTTP Error 404" in str(failure.value)
    assert f"{liar.url}: what arrived has a wrong checksum" in str(failure.value)
    assert list(tmp_path.iterdir()) == []


def test_ones_own_mirror_comes_first_and_only_the_web_is_a_source(monkeypatch):
    monkeypatch.setenv("COURSE_DATA_URL", "https://mirror.example/cifar.tar.gz")
    assert data.cifar10_sources()[0] == "https://mirror.example/cifar.tar.gz" and len(data.cifar10_sources()) == 3
    monkeypatch.setenv("COURSE_DATA_URL", "/etc/passwd")
    with pytest.raises(DataError, match="COURSE_DATA_URL is '/etc/passwd'; expected the address of"):
        data.cifar10_sources()


def test_a_rate_that_is_no_number_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_DATA_RATE", "fast")
    with pytest.raises(DataError, match="COURSE_DATA_RATE is 'fast'"):
        data.download_cifar10(tmp_path)


def test_the_command_fills_a_shared_folder(monkeypatch, tmp_path, capsys):
    asked = []
    monkeypatch.setattr(command_line, "download_cifar10", lambda root: asked.append(root) or root / "cifar")
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path))
    assert command_line.main(["download"]) == command_line.main(["download", "--to", str(tmp_path / "x")]) == 0
    assert asked == [tmp_path, tmp_path / "x"]
    assert f"CIFAR-10 is in {tmp_path / 'cifar'}" in capsys.readouterr().out
