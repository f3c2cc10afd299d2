"""Builds hives of one page and transaction logs for them."""

from __future__ import annotations

import struct

from scanner.sources.hive_log import marvin32

SEED = 0x82EF4D887A4E55C5
DATA = 4096  # bytes of a hive's data in these tests; a log entry's must be whole pages
WRITTEN = 133_000_000_000_000_000


def primary(fill: int = 0, sequences: tuple[int, int] = (8, 7), written: int = WRITTEN) -> bytes:
    """A hive of one page, all of one byte."""
    header = struct.pack("<4sIIQIIIIII", b"regf", *sequences, written, 1, 5, 0, 1, 32, DATA)
    return header.ljust(4096, b"\0") + bytes([fill]) * DATA


def log(*entries: bytes, file_type: int = 6) -> bytes:
    header = struct.pack("<4sIIQIIIIII", b"regf", 7, 7, WRITTEN, 1, 5, file_type, 1, 32, DATA)
    return header.ljust(512, b"\0") + b"".join(entries)


def entry(number: int, *pages: tuple[int, bytes], data_size: int = DATA, signature: bytes = b"HvLE") -> bytes:
    references = b"".join(struct.pack("<II", offset, len(page)) for offset, page in pages)
    rest = references + b"".join(page for _, page in pages)
    size = -(-(40 + len(rest)) // 512) * 512
    rest = rest.ljust(size - 40, b"\0")
    head = struct.pack("<4sIIIII", signature, size, 0, number, data_size, len(pages))
    head += struct.pack("<Q", marvin32(rest, SEED))
    return head + struct.pack("<Q", marvin32(head, SEED)) + rest
