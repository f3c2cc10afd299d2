"""A registry key as every registry source yields it: `.reg` text, an offline hive, or the live registry."""

from __future__ import annotations

from datetime import datetime

import msgspec

from scanner.model import Origin

RegistryData = str | int | tuple[str, ...] | bytes

_STRINGS = (1, 2, 6)  # REG_SZ, REG_EXPAND_SZ, REG_LINK
_MULTI_STRING = 7
_NUMBER_SIZES = {4: 4, 11: 8}  # REG_DWORD, REG_QWORD


class RegistryKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key with its values.

    `path` is spelled in full and canonical: `HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\...` (a hive's
    `ControlSet00n` already mapped, the 32-bit view under `SOFTWARE\\WOW6432Node`); case as found, compare
    with `casefold`. `values` keeps order and case of names; the default value's name is "". Data:
    REG_SZ/EXPAND_SZ as str, DWORD/QWORD as int, MULTI_SZ as a tuple, anything else as bytes. `one_gpo` = what
    a single Group Policy object sets: what it does not hold, the host may still have from another.
    `childless` = given without the keys below it, or with some of them lost: of those it shows nothing.
    """

    path: str
    values: tuple[tuple[str, RegistryData], ...] = ()
    whole: bool = True  # False where a value of it could not be read, so that an absent one proves nothing
    last_write: datetime | None = None
    one_gpo: bool = False
    childless: bool = False
    origin: Origin

    def value(self, name: str) -> RegistryData | None:
        """The data of the value called `name` (any case), or None."""
        wanted = name.casefold()
        return next((data for found, data in self.values if found.casefold() == wanted), None)


class AbsentKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key that a source looked for and found absent, so that nothing below it is there either.

    `path` as in RegistryKey; the first key that is missing on the way to the one that was wanted.
    """

    path: str
    origin: Origin


def registry_data(kind: int, raw: bytes) -> RegistryData:
    """Raw data as the registry type `kind` reads them; of the wrong size for it, they stay bytes."""
    if kind in _STRINGS:
        return raw.decode("utf-16-le", "replace").partition("\0")[0]
    if kind == _MULTI_STRING:
        return tuple(filter(None, raw.decode("utf-16-le", "replace").split("\0")))
    return int.from_bytes(raw, "little") if _NUMBER_SIZES.get(kind) == len(raw) else raw
