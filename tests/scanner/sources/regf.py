"""Builds small registry hives (regf), so that hive tests need no real one."""

from __future__ import annotations

import struct
from typing import NamedTuple

Raw = tuple[int, bytes]  # registry type, data
STRING, BINARY, NUMBER, LIST, BIG_NUMBER = 1, 3, 4, 7, 11
_LARGEST = 16344


class Key(NamedTuple):
    """A key to build; `index` is the kind of subkey list: lf, lh, li, or ri (one leaf for each subkey)."""

    values: dict[str, Raw | str | int] = {}  # noqa: RUF012 - never changed
    children: dict[str, Key] = {}  # noqa: RUF012
    index: str = "lh"
    filetime: int = 0


def hive(root: Key, *, name: str = "ROOT", sequences: tuple[int, int] = (1, 1), file_type: int = 0) -> bytes:
    """The bytes of a hive with that tree."""
    cells = bytearray()
    at = _key(cells, name, root)
    header = struct.pack("<4sIIQIIIIII", b"regf", *sequences, 0, 1, 5, file_type, 1, at, len(cells))
    return header.ljust(4096, b"\0") + bytes(cells)


def _cell(cells: bytearray, raw: bytes) -> int:
    at = len(cells)
    size = -(-(len(raw) + 4) // 8) * 8
    cells += struct.pack("<i", -size) + raw.ljust(size - 4, b"\0")
    return at


def _key(cells: bytearray, name: str, key: Key) -> int:
    children = [_key(cells, child_name, child) for child_name, child in key.children.items()]
    values = [_value(cells, *value) for value in key.values.items()]
    index = _index(cells, key.index, children)
    value_list = _cell(cells, struct.pack(f"<{len(values)}I", *values))
    raw_name, latin = _name(name)
    counts = (0, len(children), 0, index, 0xFFFFFFFF, len(values), value_list)
    node = struct.pack("<2sHQ4s7I", b"nk", 0x20 if latin else 0, key.filetime, b"", *counts)
    node += bytes(28) + struct.pack("<HH", len(raw_name), 0)
    return _cell(cells, node + raw_name)


def _index(cells: bytearray, kind: str, children: list[int]) -> int:
    if kind == "ri":
        leaves = [_index(cells, "li", [child]) for child in children]
        return _cell(cells, struct.pack(f"<2sH{len(leaves)}I", b"ri", len(leaves), *leaves))
    hashes = b"" if kind == "li" else bytes(4)
    elements = b"".join(struct.pack("<I", child) + hashes for child in children)
    return _cell(cells, struct.pack("<2sH", kind.encode(), len(children)) + elements)


def _value(cells: bytearray, name: str, data: Raw | str | int) -> int:
    if isinstance(data, str):
        data = (STRING, f"{data}\0".encode("utf-16-le"))
    elif isinstance(data, int):
        data = (NUMBER, data.to_bytes(4, "little"))
    kind, raw = data
    raw_name, latin = _name(name)
    size, at = (0x80000000 + len(raw), int.from_bytes(raw, "little")) if len(raw) <= 4 else (len(raw), 0)
    if len(raw) > 4:
        at = _cell(cells, raw) if len(raw) <= _LARGEST else _segments(cells, raw)
    head = struct.pack("<2sHIIIHH", b"vk", len(raw_name), size, at, kind, int(latin), 0)
    return _cell(cells, head + raw_name)


def _segments(cells: bytearray, raw: bytes) -> int:
    segments = [_cell(cells, raw[start : start + _LARGEST]) for start in range(0, len(raw), _LARGEST)]
    listed = _cell(cells, struct.pack(f"<{len(segments)}I", *segments))
    return _cell(cells, struct.pack("<2sHI", b"db", len(segments), listed))


def _name(name: str) -> tuple[bytes, bool]:
    try:
        return name.encode("latin-1"), True
    except UnicodeEncodeError:
        return name.encode("utf-16-le"), False
