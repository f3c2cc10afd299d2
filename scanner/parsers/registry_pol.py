r"""A Group Policy object's registry settings, `registry.pol` (MS-GPREG; windows-firewall.md 1.1).

    PReg 01 00 00 00 [SOFTWARE\Policies\Microsoft\WindowsFirewall\DomainProfile;EnableFirewall;4;4;...]

Everything between the brackets is UTF-16, key and value end with a NUL, and the data are as long as their
size says. One file is what one GPO sets: the host may have more, from others, and may not have this at all.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from scanner.errors import ParseError
from scanner.model import Origin, Problem
from scanner.registry_key import RegistryData, RegistryKey, registry_data
from scanner.registry_paths import HKLM

_HEADER = b"PReg\x01\x00\x00\x00"
_OPEN, _SEPARATOR, _CLOSE = (mark.encode("utf-16-le") for mark in "[;]")
_NEXT = _CLOSE + _OPEN
_HKCU = "HKEY_CURRENT_USER"
_LONGEST_NAME = 1024  # bytes; a key path has 255 characters, a value name 259

_Keys = dict[str, dict[str, tuple[str, RegistryData]]]  # key -> folded name -> name and data


def looks_like_registry_pol(data: bytes) -> bool:
    """True where the file opens as a registry policy file of version 1."""
    return data.startswith(_HEADER)


def parse_registry_pol(data: bytes, origin: Origin) -> Iterator[RegistryKey | Problem]:
    """The keys that the GPO sets, each once with its last values, marked `one_gpo`.

    A machine's file is relative to HKEY_LOCAL_MACHINE, one in a folder called User to the user's root.
    Deletions the GPO orders (`**del.`) take effect on what it has set before them. A broken record is a
    Problem and the next one is looked for. Raises ParseError where the header is another.
    """
    if not looks_like_registry_pol(data):
        raise ParseError(f"{origin.source}: not a registry policy file of version 1")
    folders = origin.source.casefold().split("/")[:-1]
    root = _HKCU if folders and folders[-1] == "user" else HKLM
    keys: _Keys = {}
    spelled: dict[str, str] = {}
    at = len(_HEADER)
    while at < len(data):
        place = Origin(source=origin.source, locator=f"byte {at}")
        try:
            key, name, kind, raw, at = _record(data, at)
        except ValueError as error:
            yield Problem(origin=place, text="", reason=f"not a record of a policy file: {error}")
            at = _resume(data, at + 1)
            continue
        path = spelled.setdefault(key.casefold(), rf"{root}\{key}")
        values = keys.setdefault(path, {})
        if not name.startswith("**"):
            values[name.casefold()] = name, registry_data(kind, raw)
        elif not _obeyed(name.casefold(), raw, keys, path):
            yield Problem(origin=place, text=f"{key} : {name}"[:200], reason="an order we do not know")
    for path, values in keys.items():
        here = Origin(source=origin.source, locator=path)
        yield RegistryKey(path=path, values=tuple(values.values()), origin=here, one_gpo=True)


def _record(data: bytes, at: int) -> tuple[str, str, int, bytes, int]:
    """Key, value name, type and data of the record at `at`, and where the next begins."""
    at = _mark(data, at, _OPEN)
    key, at = _text(data, at)
    name, at = _text(data, _mark(data, at, _SEPARATOR))
    kind, at = _number(data, _mark(data, at, _SEPARATOR))
    size, at = _number(data, _mark(data, at, _SEPARATOR))
    at = _mark(data, at, _SEPARATOR)
    raw = data[at : at + size]
    return key.strip("\\"), name, kind, raw, _mark(data, at + size, _CLOSE)


def _mark(data: bytes, at: int, mark: bytes) -> int:
    if data[at : at + 2] != mark:
        raise ValueError(f"no {mark.decode('utf-16-le')} where one should be")
    return at + 2


def _text(data: bytes, at: int) -> tuple[str, int]:
    """The text up to its NUL, and where it ends."""
    window = data[at : at + _LONGEST_NAME].decode("utf-16-le", "replace")
    text, nul, _ = window.partition("\0")
    if not nul:
        raise ValueError("a name without its end")
    return text, at + len(f"{text}\0".encode("utf-16-le"))


def _number(data: bytes, at: int) -> tuple[int, int]:
    if len(data) < at + 4:
        raise ValueError("the file ends")
    return struct.unpack_from("<I", data, at)[0], at + 4


def _resume(data: bytes, at: int) -> int:
    """Where the next record may begin, at the earliest at `at`."""
    found = data.find(_NEXT, at)
    return len(data) if found < 0 else found + len(_CLOSE)


def _obeyed(name: str, raw: bytes, keys: _Keys, path: str) -> bool:
    """Carries out the deletion that a folded value name orders at `path`; False for an unknown order."""
    values = keys[path]
    listed = [part.strip().casefold() for part in str(registry_data(1, raw)).split(";")]
    if name.startswith("**del."):
        values.pop(name.removeprefix("**del."), None)
    elif name == "**delvals.":
        values.clear()
    elif name == "**deletevalues":
        for each in listed:
            values.pop(each, None)
    elif name == "**deletekeys":
        gone = tuple(f"{path}\\{each}\\".casefold() for each in listed)
        for key in [key for key in keys if f"{key}\\".casefold().startswith(gone)]:
            del keys[key]
    else:
        return name == "**securekey"
    return True
