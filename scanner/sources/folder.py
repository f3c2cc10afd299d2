"""Evidence on disk: a folder, a `.zip` bundle or a single file -> documents, nothing recognised yet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from scanner.errors import SourceError
from scanner.model import Origin, Problem
from scanner.sources.archive import is_zip, read_zip, unwrap
from scanner.sources.document import Document
from scanner.sources.hive_with_logs import with_logs_replayed

LOCK_FILE = ".ce-audit.lock"  # a scan's own, where its output folder lies within the evidence
MAX_FILE_BYTES = 1 << 30  # a SOFTWARE hive stays far below; more than this is not evidence

# design.md section 5: config/<drive letter>/<path> holds a file at its path on the host
_ON_HOST = re.compile(r"(?:^|/)config/([A-Za-z])/(.+)$")


def read_evidence(path: Path) -> Iterator[Document | Problem]:
    """Yield every file of a folder, a zip bundle, or the one file `path` names, in a stable order.

    A hive that was not closed cleanly is completed from its transaction logs. A file of a folder that cannot
    be read becomes a Problem and the others are still read. Raises SourceError where `path` does not exist,
    is an empty folder, or is a single file that cannot be read or must be refused.
    """
    if not path.exists():
        raise SourceError(f"{path}: no such file or folder")
    found = _read_folder(path) if path.is_dir() else _read_file(path, _written(path.name))
    yield from with_logs_replayed(found)


def host_path(source: str) -> str | None:
    """The path on the audited host that a bundle file stands for: `config/C/CE/x.xml` -> `C:\\CE\\x.xml`."""
    match = _ON_HOST.search(source)
    if match is None:
        return None
    below = match[2].replace("/", "\\")
    return f"{match[1].upper()}:\\{below}"


def _read_folder(folder: Path) -> Iterator[Document | Problem]:
    files = sorted(found for found in folder.rglob("*") if not found.is_dir() and found.name != LOCK_FILE)
    if not files:
        raise SourceError(f"{folder}: the folder is empty; give the folder or .zip that the collector wrote")
    for found in files:
        source = _written(found.relative_to(folder).as_posix())
        if not found.is_file():  # to read a pipe would be to wait for ever
            yield _problem(source, f"{source}: neither a file nor a link to one")
            continue
        try:
            yield from _read_file(found, source, within=f"{source}/")
        except SourceError as error:
            yield _problem(source, str(error))


def _read_file(path: Path, source: str, within: str = "") -> Iterator[Document | Problem]:
    """The document at `path`, or those in the archive there, whose names then start with `within`."""
    try:
        status = path.stat()
        if status.st_size > MAX_FILE_BYTES:
            raise SourceError(f"{path}: larger than {MAX_FILE_BYTES >> 20} MiB, which no evidence file is")
        data = path.read_bytes()
    except OSError as error:
        raise SourceError(f"{path}: the file cannot be read: {error.strerror or error}") from error
    modified_at = datetime.fromtimestamp(int(status.st_mtime), tz=UTC)
    document = Document(source=source, data=data, modified_at=modified_at)
    if not is_zip(document):
        yield _opened(document)
        return
    for member in read_zip(document):
        named = msgspec.structs.replace(member, source=within + member.source)
        try:
            yield _opened(named)
        except SourceError as error:
            yield _problem(named.source, str(error))


def _opened(document: Document) -> Document:
    if is_zip(document):
        raise SourceError(f"{document.source}: an archive within an archive is not opened: unpack it first")
    return msgspec.structs.replace(unwrap(document), host_path=host_path(document.source))


def _problem(source: str, reason: str) -> Problem:
    return Problem(origin=Origin(source=source), text="", reason=_written(reason))


def _written(name: str) -> str:
    """A file's name as JSON can hold it: names of some systems are bytes that no text stands for."""
    return name.encode("utf-8", "replace").decode()
