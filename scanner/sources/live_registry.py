"""The registry of the Windows machine we run on, read and never written."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from scanner.errors import ScannerError, SourceError
from scanner.model import Problem
from scanner.registry_key import AbsentKey, RegistryData, RegistryKey
from scanner.registry_paths import HKLM, KEYS_OF_INTEREST
from scanner.sources.registry_tree import read_tree

LIVE_REGISTRY = "live registry"  # the source of every fact read here

_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)


class WinReg(Protocol):
    """What we use of the standard library's winreg."""

    HKEY_LOCAL_MACHINE: int
    KEY_READ: int
    KEY_WOW64_64KEY: int

    # Handles and data are Any: typeshed describes them on Windows only.
    def OpenKey(self, key: int, sub_key: str, reserved: int, access: int, /) -> Any: ...  # noqa: ANN401
    def QueryInfoKey(self, key: Any, /) -> tuple[int, int, int]: ...  # noqa: ANN401
    def EnumKey(self, key: Any, index: int, /) -> str: ...  # noqa: ANN401
    def EnumValue(self, key: Any, index: int, /) -> tuple[str, Any, int]: ...  # noqa: ANN401


def read_live_registry(winreg: WinReg | None = None) -> Iterator[RegistryKey | AbsentKey | Problem]:
    """The keys of interest of this machine; one that may not be read is a Problem.

    Raises SourceError, at the first step, on anything but Windows.
    """
    yield from read_tree(_LiveKey(winreg or _this_machine(), HKLM), LIVE_REGISTRY, KEYS_OF_INTEREST)


def _this_machine() -> WinReg:
    if sys.platform == "win32":
        import winreg

        return winreg
    raise SourceError("the live registry can be read on Windows only: name a folder of evidence instead")


class _LiveKey:
    """A key of this machine (scanner.sources.registry_tree.RegistryNode), opened anew for each look."""

    def __init__(self, winreg: WinReg, path: str) -> None:
        self._winreg = winreg
        self.path = path

    @property
    def last_write(self) -> datetime | None:
        try:
            with self._open() as key:
                return _EPOCH + timedelta(microseconds=self._winreg.QueryInfoKey(key)[2] // 10)
        except OSError:
            return None

    def child(self, name: str) -> _LiveKey | None:
        child = _LiveKey(self._winreg, f"{self.path}\\{name}")
        try:
            with child._open():
                return child
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unreadable(error) from error

    def children(self) -> Iterator[_LiveKey | ScannerError]:
        try:
            with self._open() as key:
                count = self._winreg.QueryInfoKey(key)[0]
                names = [self._winreg.EnumKey(key, index) for index in range(count)]
        except OSError as error:
            yield _unreadable(error)
        else:
            yield from (_LiveKey(self._winreg, f"{self.path}\\{name}") for name in names)

    def values(self) -> Iterator[tuple[str, RegistryData] | ScannerError]:
        try:
            with self._open() as key:
                for index in range(self._winreg.QueryInfoKey(key)[1]):
                    name, data, _ = self._winreg.EnumValue(key, index)
                    yield _clean(name), _data(data)
        except OSError as error:
            yield _unreadable(error)

    def _open(self) -> Any:  # noqa: ANN401 - a winreg handle, which closes itself
        # the 64-bit view whatever we are; the 32-bit one is reached by its path, below WOW6432Node
        access = self._winreg.KEY_READ | self._winreg.KEY_WOW64_64KEY
        below = self.path.partition("\\")[2]
        return self._winreg.OpenKey(self._winreg.HKEY_LOCAL_MACHINE, below, 0, access)


def _data(data: Any) -> RegistryData:  # noqa: ANN401 - what winreg makes of the value's type
    if isinstance(data, str):
        return _clean(data)
    if isinstance(data, list):
        return tuple(map(_clean, data))
    return data if isinstance(data, int | bytes) else b""


def _clean(text: str) -> str:
    """Text as UTF-8 can hold it: the registry may hold half a surrogate pair."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _unreadable(error: OSError) -> SourceError:
    return SourceError(f"it cannot be read: {error.strerror or error}")
