"""One run at a time in an output folder: a file there that the operating system locks for its holder, and
frees when the holder ends, however it ends. So no lock is ever stale.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from ce_audit.output import make_folder
from reports.visible import one_line
from scanner.errors import SourceError
from scanner.sources.folder import LOCK_FILE

_FLAGS = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
_TRIES, _PAUSE = 20, 0.05  # how often a holder may end, and take folder or file away, between steps of ours

if sys.platform == "win32":
    import msvcrt

    _FAR = 0x7FFF0000  # Windows keeps others from reading what is locked: not the text, but a byte behind it

    def _take(handle: int) -> bool:
        os.lseek(handle, _FAR, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:  # of an open file, only that another holds it; its number says nothing under Wine
            return False
        return True

    def _release(handle: int, path: Path) -> None:
        os.close(handle)  # an open file cannot be removed; one that the next holder has opened neither
        with suppress(OSError):
            path.unlink()

else:
    import fcntl

    def _take(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _release(handle: int, path: Path) -> None:
        with suppress(OSError):  # before it is freed: whoever waits for this file must see that it is gone
            path.unlink()
        os.close(handle)


@contextmanager
def locked(folder: Path, now: datetime) -> Iterator[None]:
    """Hold `folder`, made if need be, for this run alone; `now` is what the next run is told of its start.

    At the end the lock's file is gone, and so are the folders made for it that are still empty. Raises
    SourceError where another run holds it, saying which and since when, and where nothing can be written.
    """
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    handle = _acquire(folder)
    try:
        os.ftruncate(handle, 0)
        os.lseek(handle, 0, os.SEEK_SET)
        os.write(handle, f"pid {os.getpid()}, since {now:%Y-%m-%dT%H:%M:%SZ}\n".encode())
        yield
    finally:
        _release(handle, folder / LOCK_FILE)
        _remove_empty(made)


def _acquire(folder: Path) -> int:
    path = folder / LOCK_FILE
    for left in range(_TRIES - 1, -1, -1):
        make_folder(folder)
        try:
            handle = os.open(path, _FLAGS, 0o644)
        except FileNotFoundError:  # its holder ended and took the empty folder away
            continue
        except PermissionError as error:
            if not left or os.name != "nt":
                raise SourceError(f"{path}: cannot be written: {error.strerror}") from error
            time.sleep(_PAUSE)  # Windows: a file that is being removed refuses everybody for a moment
            continue
        except OSError as error:
            raise SourceError(f"{path}: cannot be written: {error.strerror or error}") from error
        if _taken(handle, path):
            return handle
    raise SourceError(f"{folder}: others come and go there too fast to begin")


def _taken(handle: int, path: Path) -> bool:
    """True where the lock is ours; False, and `handle` closed, where its file was removed meanwhile."""
    ours = False
    try:
        ours = _lock(handle, path)
    finally:
        if not ours:
            os.close(handle)
    return ours


def _lock(handle: int, path: Path) -> bool:
    try:
        free = _take(handle)
    except OSError as error:
        raise SourceError(f"{path}: cannot be locked: {error.strerror or error}") from error
    if not free:
        raise SourceError(f"{path.parent}: another run writes there ({_holder(path)})")
    try:
        return os.path.samestat(os.fstat(handle), path.lstat())
    except FileNotFoundError:
        return False


def _holder(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            said = stream.read(80).decode("utf-8", "replace")
    except OSError:
        said = ""
    return one_line(said) or "it has only just begun or ended"


def _remove_empty(folders: list[Path]) -> None:
    with suppress(OSError):
        for folder in folders:
            folder.rmdir()
