"""The computer that an object of PowerShell says it is of, beside what it is about (windows-firewall.md 4.3).

    {"ProcessId": 4, "Name": "System", "CSName": "CE01", "PSComputerName": null}

Objects that were fetched over the network name it, and CIM's own often do; others leave it empty.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from ipaddress import ip_address
from typing import Any

import msgspec

from scanner.model import Origin

# what the computer calls itself, then what its caller called it, which may be an address or an alias
_OWN = ("csname", "systemname", "servername")
_CALLED = ("pscomputername", "machinename", "computername")
_SYSTEM_PROPERTIES = "cimsystemproperties"
_NAME = re.compile(r"[\w-]{1,63}(?:\.[\w-]{1,63}){0,10}")


class ComputerName(msgspec.Struct, frozen=True, kw_only=True):
    """A name by which an object knows its computer; it names the host where nothing better does."""

    name: str
    origin: Origin


def computer_names(rows: Iterable[Any], origin: Origin) -> Iterator[ComputerName]:
    """Every name that some of `rows` bears, once; the case of property names does not count."""
    told: dict[str, str] = {}
    for row in rows:
        name = _name(row) if isinstance(row, dict) else None
        if name:
            told.setdefault(name.casefold(), name)
    yield from (ComputerName(name=name, origin=origin) for name in told.values())


def _name(row: Mapping[str, Any]) -> str | None:
    known = {name.strip().lower(): value for name, value in row.items()}
    system = known.get(_SYSTEM_PROPERTIES)
    if isinstance(system, dict):
        known.update((name.lower(), value) for name, value in system.items() if name.lower() == "servername")
    return next((name for key in (*_OWN, *_CALLED) if (name := _computer(known.get(key)))), None)


def _computer(value: object) -> str | None:
    """The name, None for one that may be any computer's: empty, ".", localhost, an address."""
    if not isinstance(value, str) or not _NAME.fullmatch(value.strip()):
        return None
    name = value.strip()
    is_any_s = name.partition(".")[0].casefold() == "localhost" or _is_address(name)
    return None if is_any_s else name


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
