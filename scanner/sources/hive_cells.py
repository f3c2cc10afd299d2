"""The cells of a registry hive file (regf); a broken or hostile byte is reported and does nothing else.

The structures are regipy's. The walk over them is ours: regipy's own stops at the first broken cell, reads
names as ASCII where Windows writes Latin-1, and believes every length and offset.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, TypeVar

from scanner.errors import ParseError, ScannerError
from scanner.registry_key import RegistryData, registry_data

_Structure = Any  # a structure parsed by regipy, which types none of its fields
_Item = TypeVar("_Item")

# signature, sequence numbers, time, version (2), file type, format, root key offset, size of the data
_HEADER = struct.Struct("<4sIIQIIIIII")
_BASE = 4096  # offsets count from the end of the header block
_INLINE = 0x80000000
_LARGEST_CELL_DATA = 16344  # longer values are cut into the segments of a "db" cell
_LONGEST_NAME = 512  # bytes
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)


class HiveKey:
    """A key of a hive (scanner.sources.registry_tree.RegistryNode); `path` as the running host knows it."""

    def __init__(self, hive: Hive, node: _Structure, parent: str = "", path: str = "") -> None:
        self._hive, self._node = hive, node
        self.name = _name(node.key_name_string, latin=node.flags.KEY_COMP_NAME)
        self.path = path or f"{parent}\\{self.name}"

    @property
    def last_write(self) -> datetime | None:
        try:
            return _EPOCH + timedelta(microseconds=self._node.last_modified // 10)
        except OverflowError:
            return None

    def at(self, path: str) -> HiveKey:
        """The same key under another path."""
        return HiveKey(self._hive, self._node, path=path)

    def child(self, name: str) -> HiveKey | None:
        broken: ScannerError | None = None
        for child in self.children():
            if isinstance(child, ScannerError):
                broken = child
            elif child.name.casefold() == name.casefold():
                return child
        if broken:  # absence is not proven
            raise broken
        return None

    def children(self) -> Iterator[HiveKey | ScannerError]:
        for node in self._hive.subkeys(self._node):
            yield node if isinstance(node, ScannerError) else HiveKey(self._hive, node, self.path)

    def values(self) -> Iterator[tuple[str, RegistryData] | ScannerError]:
        return self._hive.values(self._node)


class Hive:
    """A hive in memory. `_budget` bounds the bytes read, however its cells refer to each other."""

    def __init__(self, data: bytes) -> None:
        from regipy import structs  # slow to import, and most evidence holds no hive

        self._structs: Any = structs
        self._data = data
        self._budget = 2 * len(data) + 1_000_000

    def root(self) -> HiveKey:
        """The root key; raises ParseError where it cannot be read."""
        if len(self._data) <= _BASE:
            raise ParseError(f"the file ends after {len(self._data)} bytes")
        *_, offset, _ = _HEADER.unpack_from(self._data)
        return HiveKey(self, self._key(offset))

    def doubts(self) -> Iterator[str]:
        """What the header says against trusting the whole."""
        _, begun, finished, *_, promised = _HEADER.unpack_from(self._data)
        present = len(self._data) - _BASE
        if present < promised:
            yield f"the hive is cut off: {present} of {promised} bytes of its data are there"
        if begun != finished:
            yield "the hive was not closed cleanly: its last changes may be in its transaction logs only"

    def subkeys(self, node: _Structure) -> Iterator[_Structure | ScannerError]:
        return _readable(self._subkey_offsets(node), node.subkey_count, self._key, "subkeys")

    def values(self, node: _Structure) -> Iterator[tuple[str, RegistryData] | ScannerError]:
        return _readable(self._value_offsets(node), node.values_count, self._value, "values")

    def _subkey_offsets(self, node: _Structure) -> Iterator[int]:
        """Offsets of the nodes below `node`, through the index of indexes that large keys have."""
        index = self._cell(node.subkeys_list_offset)
        if index[:2] != self._structs.INDEX_ROOT_SIGNATURE:
            yield from self._leaf_offsets(index)
            return
        for leaf in _parse(self._structs.INDEX_ROOT, index[2:]).elements:
            yield from self._leaf_offsets(self._cell(leaf.subkey_list_offset))

    def _leaf_offsets(self, index: bytes) -> Iterator[int]:
        plain = index[:2] == self._structs.LEAF_INDEX_SIGNATURE
        if not plain and index[:2] not in (
            self._structs.HASH_LEAF_SIGNATURE,
            self._structs.FAST_LEAF_SIGNATURE,
        ):
            raise ParseError("its index of subkeys is broken")
        structure = self._structs.INDEX_LEAF if plain else self._structs.LF_LH_SK_ELEMENT
        return (element.key_node_offset for element in _parse(structure, index[2:]).elements)

    def _value_offsets(self, node: _Structure) -> Iterator[int]:
        yield from _offsets(self._cell(node.values_list_offset), node.values_count)

    def _key(self, offset: int) -> _Structure:
        cell = self._cell(offset)
        if cell[:2] != b"nk":
            raise ParseError("a key is not where it should be")
        node = _parse(self._structs.CM_KEY_NODE, cell[2:])
        if node.key_name_size > _LONGEST_NAME:
            raise ParseError("the name of a key is longer than Windows allows")
        return node

    def _value(self, offset: int) -> tuple[str, RegistryData]:
        value = _parse(self._structs.VALUE_KEY, self._cell(offset))
        name = _name(value.name, latin=value.flags.VALUE_COMP_NAME)
        return name, registry_data(int(value.data_type), self._value_data(value.data_size, value.data_offset))

    def _value_data(self, size: int, offset: int) -> bytes:
        """The raw data: in the offset's own four bytes, in a cell, or in the segments of a "db" cell."""
        if size >= _INLINE:
            return offset.to_bytes(4, "little")[: size - _INLINE]
        data = self._cell(offset) if size else b""
        if size > _LARGEST_CELL_DATA and data[:2] == self._structs.BIG_DATA_SIGNATURE:
            large = _parse(self._structs.BIG_DATA_BLOCK, data)
            segments = _offsets(self._cell(large.offset_to_list_of_segments), large.number_of_segments)
            data = b"".join(self._cell(segment)[:_LARGEST_CELL_DATA] for segment in segments)
        if len(data) < size:
            raise ParseError("the data of a value are cut off")
        return data[:size]

    def _cell(self, offset: int) -> bytes:
        start = _BASE + offset
        size = abs(int.from_bytes(self._data[start : start + 4], "little", signed=True))
        if size <= 4 or start + size > len(self._data):
            raise ParseError("it points outside the file")
        self._budget -= size
        if self._budget < 0:
            raise ParseError("its parts refer to each other without end")
        return self._data[start + 4 : start + size]


def _readable(
    offsets: Iterator[int], count: int, read: Callable[[int], _Item], what: str
) -> Iterator[_Item | ScannerError]:
    """What `read` makes of each offset; at the end one error that says how much is missing."""
    done, reason = 0, "its list ends early"
    offsets = islice(offsets, count)
    try:
        for offset in offsets:
            try:
                item = read(offset)
            except ParseError as error:
                reason = str(error)
            else:
                done += 1
                yield item
    except ParseError as error:
        reason = str(error)
    if done < count:
        yield ParseError(f"only {done} of {count} {what} could be read: {reason}")


def _parse(structure: Any, raw: bytes) -> _Structure:  # noqa: ANN401 - construct types nothing
    from construct import ConstructError  # type: ignore[import-untyped]

    try:
        return structure.parse(raw)
    except (ConstructError, struct.error, ValueError, IndexError) as error:
        raise ParseError(f"a structure is broken ({type(error).__name__})") from error


def _offsets(cell: bytes, count: int) -> Iterator[int]:
    """The first `count` offsets in a list cell, fewer where it ends before."""
    return (offset for (offset,) in struct.iter_unpack("<I", cell[: min(4 * count, len(cell) // 4 * 4)]))


def _name(raw: bytes, *, latin: bool) -> str:
    return raw.decode("latin-1") if latin else raw.decode("utf-16-le", "replace")
