r"""Rows of osquery's registry table as registry keys (windows-firewall.md 4.6).

    {"key": "HKEY_LOCAL_MACHINE\\...\\FirewallRules", "name": "CE-1", "type": "REG_SZ", "data": "v2.30|..."}

The table lists the keys that were asked for and nothing below them. So the parent of the firewall's keys
proves nothing about its children, and a listing of Group Policy's part is whole only with its profiles.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from scanner.model import Origin, Problem
from scanner.parsers.lines import problem
from scanner.registry_key import RegistryData, RegistryKey
from scanner.registry_paths import FIREWALL_POLICY, GPO_FIREWALL_POLICY, POLICIES

_TEXTS = ("REG_SZ", "REG_EXPAND_SZ", "REG_LINK")
_NUMBERS = ("REG_DWORD", "REG_DWORD_LITTLE_ENDIAN", "REG_QWORD", "REG_QWORD_LITTLE_ENDIAN")
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})*")


def read_registry(rows: Sequence[Mapping[str, str]], origin: Origin) -> Iterator[RegistryKey | Problem]:
    """One key for all rows of the same key, in order; rows that are subkeys say nothing.

    Data that does not fit its type is a problem named after its key.
    """
    keys: dict[str, tuple[str, list[tuple[str, RegistryData]]]] = {}
    for row in rows:
        if row["type"] == "subkey" or not _is_telling(row["key"]):
            continue
        _, values = keys.setdefault(row["key"].casefold(), (row["key"], []))
        data = _data(row["type"], row["data"])
        name = "" if row["name"] == "(Default)" else row["name"]
        if data is None:
            place = Origin(source=origin.source, locator=row["key"])
            yield problem(place, f"{name} = {row['data']}", f"not data of the type {row['type']}")
        else:
            values.append((name, data))
    for path, values in keys.values():
        place = Origin(source=origin.source, locator=path)
        yield RegistryKey(path=path, values=tuple(values), childless=True, origin=place)
    if _lacks_policy_profiles(keys):
        place = Origin(source=origin.source, locator=GPO_FIREWALL_POLICY)
        reason = (
            "osquery lists only the keys it is asked for, and Group Policy's profile keys were not among them"
        )
        yield problem(place, GPO_FIREWALL_POLICY, reason)


def _is_telling(path: str) -> bool:
    """False for keys whose presence would be taken for an export of everything below them."""
    folded = path.casefold()
    policies, firewall = POLICIES.casefold(), GPO_FIREWALL_POLICY.casefold()
    above = folded == policies or folded.startswith(policies + "\\")
    return folded != FIREWALL_POLICY.casefold() and (not above or folded.startswith(firewall + "\\"))


def _lacks_policy_profiles(keys: Mapping[str, object]) -> bool:
    below = [path for path in keys if path.startswith(GPO_FIREWALL_POLICY.casefold() + "\\")]
    return bool(below) and not any(path.endswith("profile") for path in below)


def _data(kind: str, text: str) -> RegistryData | None:
    if kind in _TEXTS:
        return text
    if kind in _NUMBERS:
        return int(text) if text.isascii() and text.isdecimal() and len(text) <= 20 else None
    if kind == "REG_MULTI_SZ":
        return tuple(filter(None, text.split(",")))
    return bytes.fromhex(text) if _HEX.fullmatch(text) else None
