"""Transaction logs of a hive (`SYSTEM.LOG1`, `SYSTEM.LOG2`), replayed in memory as Windows does at start.

Windows 8.1 and Server 2012 R2 on write numbered entries, each with the pages it changes and two hashes:

    HvLE | size | flags | number | size of the hive's data | pages | hash of the rest | hash of this | pages

Before, one log holds one set of pages behind a bitmap (`DIRT`). The format is described by M. Suhanov's
"Windows registry file format specification". regipy's recovery works on files only, applies entries of any
number, checks no hash and refuses a hive that grows, so the replay is ours.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

import msgspec

from scanner.errors import ParseError

_BASE = 4096  # offsets of pages count from the end of the hive's header block
_LOG_BASE = 512  # a log has one sector of header
_SECTOR = 512
_HEADER = struct.Struct("<4sIIQIII")  # signature, sequence numbers, time, version (2), file type
_DATA_SIZE_AT = 40  # of the hive's header: the size of its data
_CHECKSUM_AT = 508
_LOG_TYPES = (1, 2, 6)
_NEW_LOG = 6
_ENTRY = struct.Struct("<4sIIIIIQQ")
_HASHED_HEAD = 32  # bytes of an entry that its second hash covers
_SEED = 0x82EF4D887A4E55C5
_WORD = 0xFFFFFFFF
_LARGEST_HIVE = 2 << 30


class _Entry(msgspec.Struct, frozen=True):
    """One step: `pages` are (offset in the hive's data, bytes), `data_size` what the hive then measures."""

    number: int
    data_size: int
    pages: tuple[tuple[int, bytes], ...]


def is_hive_log(data: bytes) -> bool:
    """True for a registry hive's transaction log."""
    return data[:4] == b"regf" and len(data) >= _LOG_BASE and _type(data) in _LOG_TYPES


def is_dirty(hive: bytes) -> bool:
    """True for a hive whose last changes are not, or not all, in it."""
    _, begun, finished, *_ = _HEADER.unpack_from(hive)
    return bool(begun != finished)


def replayed(hive: bytes, logs: Iterable[bytes]) -> bytes:
    """The hive with the changes of its logs, clean; both are as their files hold them.

    Entries count from the number at which the hive stands, without a break, up to the first that is missing
    or broken: Windows would take the same. Raises ParseError where no log continues the hive.
    """
    entries: dict[int, _Entry] = {}
    for log in logs:
        for entry in _new_entries(log) if _type(log) == _NEW_LOG else _old_entry(hive, log):
            entries.setdefault(entry.number, entry)
    _, _, number, *_ = _HEADER.unpack_from(hive)
    if number not in entries:
        raise ParseError("its transaction logs hold no change that continues it")
    restored = bytearray(hive)
    while number in entries:
        _apply(entries[number], restored)
        number += 1
    struct.pack_into("<II", restored, 4, number, number)
    return bytes(restored)


def _apply(entry: _Entry, hive: bytearray) -> None:
    end = _BASE + entry.data_size
    hive.extend(bytes(max(0, end - len(hive))))
    for offset, page in entry.pages:
        hive[_BASE + offset : _BASE + offset + len(page)] = page
    struct.pack_into("<I", hive, _DATA_SIZE_AT, entry.data_size)


def _new_entries(log: bytes) -> Iterator[_Entry]:
    """The entries from the start of the log to the first that is none, or broken."""
    at = _LOG_BASE
    while len(log) - at >= _ENTRY.size:
        signature, size, _, number, data_size, count, rest_hash, head_hash = _ENTRY.unpack_from(log, at)
        raw = log[at : at + size]
        whole = signature == b"HvLE" and len(raw) == size >= _ENTRY.size + 8 * count
        if not whole or data_size % 4096 or data_size > _LARGEST_HIVE:
            return
        if (
            marvin32(raw[:_HASHED_HEAD], _SEED) != head_hash
            or marvin32(raw[_ENTRY.size :], _SEED) != rest_hash
        ):
            return
        pages = tuple(_pages(raw, count, data_size))
        if len(pages) == count:
            yield _Entry(number, data_size, pages)
        at += size


def _pages(entry: bytes, count: int, data_size: int) -> Iterator[tuple[int, bytes]]:
    """The pages of an entry, those that lie inside the hive and the entry."""
    at = _ENTRY.size + 8 * count
    for offset, size in struct.iter_unpack("<II", entry[_ENTRY.size : at]):
        page = entry[at : at + size]
        if len(page) == size and offset + size <= data_size:
            yield offset, page
        at += size


def _old_entry(hive: bytes, log: bytes) -> Iterator[_Entry]:
    """What a whole log of the older kind holds for this state of the hive, told by its time of writing."""
    _, begun, finished, written, *_ = _HEADER.unpack_from(log)
    _, _, number, hive_written, *_ = _HEADER.unpack_from(hive)
    bits_at = _LOG_BASE + 4
    (data_size,) = struct.unpack_from("<I", log, _DATA_SIZE_AT)
    bitmap = log[bits_at : bits_at + data_size // _SECTOR // 8]
    valid = begun == finished and written == hive_written and _checksum(log) == _stated_checksum(log)
    if not valid or log[_LOG_BASE:bits_at] != b"DIRT" or data_size > _LARGEST_HIVE:
        return
    dirty = [8 * at + bit for at, byte in enumerate(bitmap) for bit in range(8) if byte >> bit & 1]
    first = -(-(bits_at + len(bitmap)) // _SECTOR) * _SECTOR
    pages = [log[at : at + _SECTOR] for at in range(first, first + _SECTOR * len(dirty), _SECTOR)]
    if all(len(page) == _SECTOR for page in pages):
        offsets = (_SECTOR * page for page in dirty)
        yield _Entry(number, data_size, tuple(zip(offsets, pages, strict=True)))


def marvin32(data: bytes, seed: int) -> int:
    """The Marvin32 hash of `data`, as 64 bits."""
    low, high = seed & _WORD, seed >> 32
    whole = len(data) & ~3
    tail = int.from_bytes(data[whole:] + b"\x80", "little")
    words = (word for (word,) in struct.iter_unpack("<I", data[:whole]))
    for word in (*words, tail, 0):
        low = (low + word) & _WORD
        high ^= low
        low = (((low << 20) | (low >> 12)) + high) & _WORD
        high = (((high << 9) | (high >> 23)) & _WORD) ^ low
        low = (((low << 27) | (low >> 5)) + high) & _WORD
        high = ((high << 19) | (high >> 13)) & _WORD
    return high << 32 | low


def _type(data: bytes) -> int:
    return int.from_bytes(data[28:32], "little")


def _stated_checksum(data: bytes) -> int:
    return int.from_bytes(data[_CHECKSUM_AT : _CHECKSUM_AT + 4], "little")


def _checksum(data: bytes) -> int:
    """The XOR of a header's words; Windows writes neither of two values."""
    total = 0
    for (word,) in struct.iter_unpack("<I", data[:_CHECKSUM_AT]):
        total ^= word
    return {0: 1, _WORD: _WORD - 1}.get(total, total)
