"""The live registry, through a stand-in for winreg."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from scanner.errors import SourceError
from scanner.model import Problem
from scanner.parsers.registry_firewall import gpo_was_looked_at
from scanner.registry_key import AbsentKey, RegistryKey
from scanner.registry_paths import FIREWALL_POLICY, GPO_FIREWALL_POLICY, HKLM, POLICIES
from scanner.sources.live_registry import LIVE_REGISTRY, read_live_registry

if TYPE_CHECKING:
    from collections.abc import Iterator

RULES = rf"{FIREWALL_POLICY}\FirewallRules".removeprefix(HKLM + "\\")
TAO = r"SOFTWARE\WOW6432Node\ACE\TAO"


class FakeWinReg:
    """A registry in a dict: path below HKEY_LOCAL_MACHINE -> values."""

    HKEY_LOCAL_MACHINE, KEY_READ, KEY_WOW64_64KEY = 0x80000002, 0x20019, 0x100

    def __init__(self, content: dict[str, dict[str, Any]], denied: tuple[str, ...] = ()) -> None:
        self.content = {path.casefold(): (path, values) for path, values in content.items()}
        self.denied = {path.casefold() for path in denied}

    @contextmanager
    def OpenKey(self, key: int, sub_key: str, reserved: int, access: int) -> Iterator[str]:
        assert (key, reserved, access) == (0x80000002, 0, 0x20119)
        path = sub_key.casefold()
        if path in self.denied:
            raise PermissionError(13, "Access is denied")
        if path and not any(found == path or found.startswith(path + "\\") for found in self.content):
            raise FileNotFoundError(2, "The system cannot find the file specified")
        yield path

    def names(self, path: str) -> list[str]:
        head = f"{path}\\" if path else ""
        below = [full[len(head) :] for found, (full, _) in self.content.items() if found.startswith(head)]
        return list(dict.fromkeys(name.partition("\\")[0] for name in below))

    def values(self, path: str) -> list[tuple[str, Any]]:
        return list(self.content.get(path, ("", {}))[1].items())

    def QueryInfoKey(self, key: str) -> tuple[int, int, int]:
        return len(self.names(key)), len(self.values(key)), 132_320_299_293_150_370

    def EnumKey(self, key: str, index: int) -> str:
        return self.names(key)[index]

    def EnumValue(self, key: str, index: int) -> tuple[str, Any, int]:
        name, data = self.values(key)[index]
        if isinstance(data, OSError):
            raise data
        return name, data, 1


def read(
    content: dict[str, dict[str, Any]], denied: tuple[str, ...] = ()
) -> list[RegistryKey | AbsentKey | Problem]:
    return list(read_live_registry(FakeWinReg(content, denied)))


def keys(items: list[RegistryKey | AbsentKey | Problem]) -> dict[str, RegistryKey]:
    return {item.path: item for item in items if isinstance(item, RegistryKey)}


def test_keys_of_interest_are_read_in_both_views() -> None:
    found = keys(
        read({RULES: {"{A}": "v2.30|"}, TAO: {"TaoNamingServiceOptions": "x"}, r"SOFTWARE\Other": {"a": 1}})
    )
    rules_key = found[f"{HKLM}\\{RULES}"]
    assert rules_key.values == (("{A}", "v2.30|"),)
    assert rules_key.origin.source == LIVE_REGISTRY
    assert rules_key.last_write is not None
    assert rules_key.last_write.year == 2020
    assert found[f"{HKLM}\\{TAO}"].value("TaoNamingServiceOptions") == "x"
    assert not any("Other" in path for path in found)


def test_data_take_the_form_of_every_registry_source() -> None:
    values = {"n": 1, "list": ["a", "b"], "bytes": b"\x00", "none": None, "half \ud800": "half \udc00"}
    assert keys(read({TAO: values}))[f"{HKLM}\\{TAO}"].values == (
        ("n", 1),
        ("list", ("a", "b")),
        ("bytes", b"\x00"),
        ("none", b""),
        ("half \ufffd", "half \ufffd"),
    )


def test_a_key_that_does_not_exist_is_said_to_be_absent_and_nothing_beside_it() -> None:
    items = read({r"SOFTWARE\Policies\Microsoft": {}, r"SOFTWARE\WOW6432Node": {}})
    assert keys(items) == {}
    absent = {item.path for item in items if isinstance(item, AbsentKey)}
    assert {GPO_FIREWALL_POLICY, rf"{HKLM}\SOFTWARE\ACE", rf"{HKLM}\SOFTWARE\WOW6432Node\ACE"} <= absent
    assert f"{HKLM}\\SYSTEM" in absent
    assert not absent & {HKLM, rf"{HKLM}\SOFTWARE", POLICIES, rf"{HKLM}\SOFTWARE\WOW6432Node"}


def test_what_is_absent_is_said_once() -> None:
    absent = [item.path for item in read({}) if isinstance(item, AbsentKey)]
    assert absent == [rf"{HKLM}\SYSTEM", rf"{HKLM}\SOFTWARE"]


def test_a_key_that_may_not_be_read_is_a_problem_and_not_absent() -> None:
    items = read(
        {rf"{RULES}": {"{A}": "v2.30|"}, r"SOFTWARE\Policies\Microsoft": {}}, (r"SOFTWARE\Policies",)
    )
    assert not gpo_was_looked_at(tuple(keys(items).values()), [i for i in items if isinstance(i, AbsentKey)])
    assert f"{HKLM}\\{RULES}" in keys(items)
    denied = [item for item in items if isinstance(item, Problem)]
    assert {problem.reason for problem in denied} == {"it cannot be read: Access is denied"}
    assert GPO_FIREWALL_POLICY in {problem.origin.locator for problem in denied}


def test_a_subkey_that_may_not_be_opened_costs_no_other() -> None:
    profile = RULES.replace("FirewallRules", "DomainProfile")
    items = read({RULES: {"{A}": "v2.30|"}, profile: {"EnableFirewall": 1}}, (RULES,))
    assert keys(items)[f"{HKLM}\\{profile}"].value("EnableFirewall") == 1
    assert keys(items)[f"{HKLM}\\{RULES}"].last_write is None
    assert any(isinstance(item, Problem) and item.origin.locator == f"{HKLM}\\{RULES}" for item in items)


def test_a_value_that_vanishes_while_reading_is_a_problem() -> None:
    items = read({RULES: {"{A}": "v2.30|", "{B}": OSError(259, "No more data is available")}})
    assert len(keys(items)[f"{HKLM}\\{RULES}"].values) == 1
    assert any(isinstance(item, Problem) and "No more data" in item.reason for item in items)


@pytest.mark.skipif(sys.platform == "win32", reason="says what happens elsewhere")
def test_elsewhere_than_on_windows_it_says_so() -> None:
    with pytest.raises(SourceError, match="on Windows only"):
        next(read_live_registry())
