"""Wrappers around evidence: `.zip` bundles, `.gz` and `.xz` files, opened under limits."""

from __future__ import annotations

import gzip
import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import PurePosixPath

import msgspec

from scanner.errors import SourceError
from scanner.sources.document import Document

MAX_ENTRIES = 20_000
MAX_TOTAL_BYTES = 2 << 30
MAX_RATIO = 200  # text compresses about 30-fold; beyond this only zeros and bombs do
RATIO_FROM_BYTES = 64 << 20

NO_DATE = (1980, 1, 1, 0, 0, 0)  # the earliest a zip can say, and what writers without a clock put

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")  # with entries, and empty
# What the standard library raises, somewhere, on a damaged or encrypted archive.
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
)
_GZIP = b"\x1f\x8b"
_XZ = b"\xfd7zXZ\x00"


def is_zip(document: Document) -> bool:
    """True for a zip archive, by its first bytes."""
    return document.data.startswith(_ZIP)


def read_zip(document: Document) -> Iterator[Document]:
    """Yield the files of a zip, named by their path inside it, in a stable order.

    Raises SourceError for a damaged zip and for one not to be trusted: absolute paths, `..`, links, two
    entries of one name, encryption, too many entries, or too much data behind too few bytes.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(document.data)) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            _refuse_hostile(document.source, entries)
            for entry in sorted(entries, key=_name):
                yield Document(source=_name(entry), data=archive.read(entry), modified_at=_date(entry))
    except _DAMAGE as error:
        raise SourceError(f"{document.source}: the zip archive cannot be read: {error}") from error


def unwrap(document: Document) -> Document:
    """What a `.gz` or `.xz` document holds; any other document as it is.

    Raises SourceError where the wrapper is damaged or holds more than the limit.
    """
    if document.data.startswith(_GZIP):
        return _opened(document, gzip.GzipFile(fileobj=io.BytesIO(document.data)))
    if document.data.startswith(_XZ):
        return _opened(document, lzma.LZMAFile(io.BytesIO(document.data)))
    return document


def _opened(document: Document, stream: gzip.GzipFile | lzma.LZMAFile) -> Document:
    most = min(MAX_TOTAL_BYTES, max(RATIO_FROM_BYTES, MAX_RATIO * len(document.data)))
    try:
        data = stream.read(most + 1)
    except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
        raise SourceError(f"{document.source}: the compressed file is damaged: {error}") from error
    if len(data) > most:
        raise SourceError(f"{document.source}: unpacks to more than {most >> 20} MiB, which no evidence does")
    return msgspec.structs.replace(document, data=data, delivered=document.data)


def _refuse_hostile(source: str, entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MAX_ENTRIES:
        raise SourceError(f"{source}: holds {len(entries)} entries; at most {MAX_ENTRIES} are read")
    if sum(entry.file_size for entry in entries) > MAX_TOTAL_BYTES:
        raise SourceError(f"{source}: unpacks to more than {MAX_TOTAL_BYTES >> 20} MiB")
    seen: set[str] = set()
    for entry in entries:
        trouble = _trouble(entry)
        folded = _name(entry).casefold()
        if trouble or folded in seen:
            raise SourceError(
                f"{source}: refused: {trouble or 'two entries of one name'}: {entry.filename!r}"
            )
        seen.add(folded)


def _trouble(entry: zipfile.ZipInfo) -> str:
    name = _name(entry)
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or ":" in name or not name.isprintable():
        return "an entry outside the archive"
    if (entry.external_attr >> 16) & 0o170000 == 0o120000:
        return "a link"
    if entry.file_size > RATIO_FROM_BYTES and entry.file_size > MAX_RATIO * max(entry.compress_size, 1):
        return f"an entry that unpacks more than {MAX_RATIO}-fold"
    return ""


def _name(entry: zipfile.ZipInfo) -> str:
    return entry.filename.replace("\\", "/")


def _date(entry: zipfile.ZipInfo) -> datetime | None:
    if entry.date_time == NO_DATE:
        return None
    try:
        return datetime(*entry.date_time, tzinfo=UTC)
    except ValueError:  # a zip may carry month 0
        return None
