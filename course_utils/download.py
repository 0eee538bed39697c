"""One file whose checksum is known, from whichever of several sources gives it, and at a bearable rate.

All sources hold the same bytes, so what one has given the next one continues; the checksum decides in the end. A source
that fails, stalls or drips is left for the next. Where none is fast enough, the fastest is taken in the last round.
"""

import hashlib
import os
import time
from collections.abc import Sequence
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from tqdm.auto import tqdm

ROUNDS = 3  # how often each source is asked
PATIENCE = 10.0  # seconds over which a rate is measured, and for which a silent source is waited for
SLOWEST = 500  # kB/s; a slower source is left while there are others to be asked
MOST = 2**30  # bytes; a server that sends more sends something else


class DownloadFailed(Exception):
    """No source gave the file; the message says of each what was the matter last."""


class TooSlow(OSError):
    """A source stays below the rate that was asked for."""


def download(urls: Sequence[str], target: Path, md5: str, slowest: float = SLOWEST) -> None:
    """Fetch `target` from one of `urls`, by way of a .part file that other sources, and later runs, continue.

    slowest: kB/s below which a source is left for the next one. Raises DownloadFailed when every source has been asked
    `ROUNDS` times, and OSError when the file cannot be written.
    """
    part = target.with_name(target.name + ".part")
    failures: dict[str, str] = {}
    rates = dict.fromkeys(urls, 0.0)
    for round_ in range(ROUNDS):
        last = round_ == ROUNDS - 1 or len(urls) == 1
        for url in sorted(urls, key=rates.get, reverse=True) if last else urls:
            alone = not part.exists()
            try:
                _continue(url, part, 0 if last else slowest, rates)
                if _md5(part) != md5 and not alone:  # others gave the beginning, or an earlier run did
                    part.unlink()
                    _continue(url, part, 0 if last else slowest, rates)
            except (OSError, HTTPException) as error:
                failures[url] = str(error) or type(error).__name__
                continue
            if _md5(part) == md5:
                os.replace(part, target)
                return
            part.unlink()
            failures[url] = "what arrived has a wrong checksum"
    raise DownloadFailed("; ".join(f"{url}: {why}" for url, why in failures.items()))


def _md5(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest()


def _continue(url: str, part: Path, slowest: float, rates: dict[str, float]) -> None:
    """Bring `part` to its end with what `url` gives; raises OSError or HTTPException where that does not come."""
    have = part.stat().st_size if part.exists() else 0
    request = Request(url, headers={"User-Agent": "resnet-coursework", "Range": f"bytes={have}-"})
    try:
        response = urlopen(request, timeout=PATIENCE)
    except HTTPError as error:
        error.close()
        if error.code == 416 and have:  # nothing comes after what we have, so the checksum decides
            return
        raise OSError(str(error)) from error
    with response:
        have = have if response.status == 206 else 0  # 200: the server begins at the beginning
        total = response.length and have + response.length
        bar = tqdm(desc=f"From {urlsplit(url).hostname}", total=total, initial=have, unit="B", unit_scale=True)
        with bar, open(part, "ab" if have else "wb") as file:
            since, arrived = time.monotonic(), 0
            while chunk := response.read1(1 << 16):
                file.write(chunk)
                bar.update(len(chunk))
                have, arrived = have + len(chunk), arrived + len(chunk)
                if have > MOST:
                    raise OSError(f"it sends more than {MOST:,} bytes")
                if (waited := time.monotonic() - since) >= PATIENCE:
                    rates[url] = arrived / 1000 / waited
                    if rates[url] < slowest:
                        raise TooSlow(f"only {rates[url]:,.0f} kB/s, less than {slowest:,.0f}")
                    since, arrived = time.monotonic(), 0
    if response.length:  # http.client counts it down
        raise ConnectionError(f"the connection closed {response.length:,} bytes too early")
