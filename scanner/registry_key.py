"""A registry key as every registry source yields it: `.reg` text, an offline hive, or the live registry."""

from __future__ import annotations

from datetime import datetime

import msgspec

from scanner.model import Origin

RegistryData = str | int | tuple[str, ...] | bytes


class RegistryKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key with its values.

    `path` is spelled in full and canonical: `HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\...` (a hive's
    `ControlSet00n` already mapped, the 32-bit view under `SOFTWARE\\WOW6432Node`); case as found, compare with
    `casefold`. `values` keeps order and case of names; the default value's name is "". Data: REG_SZ/EXPAND_SZ as
    str, DWORD/QWORD as int, MULTI_SZ as a tuple, anything else as bytes.
    """

    path: str
    values: tuple[tuple[str, RegistryData], ...] = ()
    last_write: datetime | None = None
    origin: Origin

    def value(self, name: str) -> RegistryData | None:
        """The data of the value called `name` (any case), or None."""
        wanted = name.casefold()
        return next((data for found, data in self.values if found.casefold() == wanted), None)
