"""A kernel's world where nothing can be mounted: the file system as it is, of which Landlock opens what Python needs.

What it writes lies on disk, in a scratch folder that is the kernel's alone. Nothing holds such a folder to a size, so its
keeper adds up what is in it, files included that have no name any more, and removes it at the end whatever it holds.
"""

import os
import secrets
import stat

from . import landlock, world

_MOST_ENTRIES = 100_000


def enter(own: world.World) -> world.Entered:
    """Put up the world `own`. Raises OSError, and ValueError where the submission does not fit into the scratch folder."""
    places = world.Places(f"{own.place}/scratch", own.sockets)
    os.mkdir(places.scratch, 0o700)
    for folder in places.folders:
        os.mkdir(folder, 0o700)
    if own.submission:
        world.copy(own.submission, places.submission, own.scratch_bytes)
    if own.own_user:
        world.give_away(places.scratch, own)
    rules = {path: landlock.READ for path in (*own.readable, "/proc") if os.path.exists(path)}
    rules |= {path: landlock.DEVICE for path in own.devices if os.path.exists(path)}
    rules |= {
        places.scratch: landlock.WRITE,
        own.sockets: landlock.WRITE_FILE | landlock.MAKE_SOCK | landlock.REMOVE_FILE,
    }
    processes = os.open("/proc", os.O_RDONLY | os.O_DIRECTORY)
    return world.Entered(places, rules, processes, os.open(places.submission, os.O_RDONLY | os.O_DIRECTORY))


def too_much(folder: str, limit: int, processes: int, members: tuple[str, ...]) -> str:
    """What is wrong with what a kernel has written, or "".

    folder: its scratch folder. limit: bytes. processes: an open folder of the proc file system; members: those in it that
    are the kernel's, and may have open what has no name any more.
    """
    total = entries = 0
    waiting = [folder]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as found:
                for entry in found:
                    entries += 1
                    status = entry.stat(follow_symlinks=False)
                    total += status.st_blocks * 512 // max(1, status.st_nlink)
                    if stat.S_ISDIR(status.st_mode):
                        waiting.append(entry.path)
                    if entries > _MOST_ENTRIES:
                        return f"it made more than {_MOST_ENTRIES:,} files and folders"
        except FileNotFoundError:
            continue  # it has been removed since
        except PermissionError:
            return "it made a folder that nobody may look into"
        except OSError as error:
            return f"it made files that cannot be added up ({error.strerror})"
    try:
        total += _without_a_name(folder, processes, members)
    except PermissionError:
        return "it has a process that hides which files it has open"
    return f"it wrote more than {limit // 2**20} MiB of files" if total > limit else ""


def _without_a_name(folder: str, processes: int, members: tuple[str, ...]) -> int:
    """Bytes of files that have been removed and are still open, or mapped, in one of these processes.

    Raises PermissionError where one of them cannot be looked at.
    """
    seen: dict[tuple[int, int], int] = {}
    mapped = 0
    for member in members:
        try:
            files = os.open(f"{member}/fd", os.O_RDONLY | os.O_DIRECTORY, dir_fd=processes)
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has ended since
        try:
            for number in os.listdir(files):
                try:
                    status = os.stat(number, dir_fd=files)
                except FileNotFoundError:
                    continue  # closed since
                if stat.S_ISREG(status.st_mode) and not status.st_nlink:
                    seen[status.st_dev, status.st_ino] = status.st_blocks * 512
            with open(os.open(f"{member}/maps", os.O_RDONLY, dir_fd=processes)) as lines:
                for line in lines:
                    if line.endswith(" (deleted)\n") and f" {folder}/" in line:
                        first, end = line.split(" ", 1)[0].split("-")
                        mapped += int(end, 16) - int(first, 16)
        except (FileNotFoundError, ProcessLookupError):
            continue
        finally:
            os.close(files)
    return sum(seen.values()) + mapped


def remove(folder: str) -> None:
    """Remove `folder` and all in it, nested to whatever depth and however it may be accessed. Nobody is at work in there.

    What lies deep is moved up before it is emptied, so no path gets long and nothing is called within itself.
    """
    if not os.path.lexists(folder):
        return
    waiting, number, prefix = [folder], 0, secrets.token_hex(8)
    while waiting:
        current = waiting.pop()
        os.chmod(current, 0o700)
        for entry in list(os.scandir(current)):
            if not entry.is_dir(follow_symlinks=False):
                os.unlink(entry.path)
            elif current == folder:
                waiting.append(entry.path)
            else:
                os.chmod(entry.path, 0o700)
                number += 1
                waiting.append(f"{folder}/{prefix}-{number}")
                os.rename(entry.path, waiting[-1])
        if current != folder:
            os.rmdir(current)
    os.rmdir(folder)
