"""Files that belong together appear together: written aside, then moved; what a kill leaves, the next run
mends.

`.ce-audit-scan-*` is a set in the making, or one being removed: worthless after a kill. `.ce-audit-ready`
is a complete set on its way into a plain folder, where only one file can be moved at a time: the next run
moves the rest. Only the holder of the folder's lock may call anything here.
"""

from __future__ import annotations

import os
import secrets
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scanner.errors import SourceError

RESULTS = "results.json"
# all that a report can be made of; the results are moved last, so that they never promise what is not there
FILES = ("snapshot.json", "report.html", "report.pdf", "findings.csv", "exceptions.csv", RESULTS)
_MAKING = ".ce-audit-scan-"
_READY = ".ce-audit-ready"
# Windows refuses to move what a virus scanner is looking at, as it does just after the writing
_ATTEMPTS, _PAUSE = (30 if os.name == "nt" else 1), 0.1


@contextmanager
def staged(folder: Path) -> Iterator[Path]:
    """A new folder within `folder` to write into; gone at the end unless it was moved."""
    # not mkdtemp: what it makes, and all moved out of it, stays closed to everyone but its maker
    made = _unused(folder)
    made.mkdir()
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def write_synced(path: Path, data: bytes) -> None:
    """Write `data` and wait for the disk. Raises SourceError where that fails."""
    try:
        with path.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        raise SourceError(f"{path}: cannot be written: {error.strerror or error}") from error


def put_in_place(made: Path, folder: Path) -> None:
    """Move the files of `made`, a complete set, into `folder`. Raises SourceError where one cannot be."""
    ready = folder / _READY
    move(made, ready)
    _move_files(ready, folder)


def mend(folder: Path) -> None:
    """Finish what a killed run had ready, and remove what it had not."""
    ready = folder / _READY
    if is_real_folder(ready):
        _move_files(ready, folder)
    for left in folder.glob(f"{_MAKING}*"):
        if is_real_folder(left):
            shutil.rmtree(left, ignore_errors=True)


def discard(path: Path) -> None:
    """Remove a folder within its parent so that no half of it is ever seen under its name."""
    aside = _unused(path.parent)
    move(path, aside)
    shutil.rmtree(aside, ignore_errors=True)


def move(source: Path, target: Path) -> None:
    """Rename `source`, replacing a file at `target`. Raises SourceError where it cannot be done."""
    for left in range(_ATTEMPTS - 1, -1, -1):
        try:
            source.replace(target)
        except OSError as error:
            if not left or not isinstance(error, PermissionError):
                raise SourceError(
                    f"{target}: cannot be written: {error.strerror or error}; is it open in a program?"
                ) from error
            time.sleep(_PAUSE)
        else:
            return


def is_real_folder(path: Path) -> bool:
    """True for a folder itself; False for a link or junction to one, and where there is nothing."""
    try:
        status = path.lstat()
    except OSError:
        return False
    reparsed = getattr(status, "st_file_attributes", 0) & stat.FILE_ATTRIBUTE_REPARSE_POINT
    return stat.S_ISDIR(status.st_mode) and not reparsed


def _move_files(ready: Path, folder: Path) -> None:
    for name in FILES:
        if (ready / name).exists():
            move(ready / name, folder / name)
    shutil.rmtree(ready, ignore_errors=True)


def _unused(folder: Path) -> Path:
    return folder / f"{_MAKING}{secrets.token_hex(6)}"
