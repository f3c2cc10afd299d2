"""The live registry through the real winreg, on keys that the test writes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from scanner.collect import Collection
from scanner.model import EvidenceKind, Problem
from scanner.parsers.registry_firewall import gpo_was_looked_at
from scanner.registry_key import AbsentKey, RegistryData, RegistryKey
from scanner.registry_paths import GPO_FIREWALL_POLICY, HKLM
from scanner.sources.live_registry import LIVE_REGISTRY, read_live_registry
from tests.windows.throwaway import denied, require_throwaway_windows, system

require_throwaway_windows()

GEO = r"SOFTWARE\Geomant Call Center Solutions"
TAO, TAO_32 = r"SOFTWARE\ACE\TAO", r"SOFTWARE\WOW6432Node\ACE\TAO"


def read() -> dict[str, RegistryKey]:
    return {item.path: item for item in read_live_registry() if isinstance(item, RegistryKey)}


@pytest.fixture(autouse=True)
def _leave_nothing_behind() -> Iterator[None]:
    yield
    for path in (GEO, r"SOFTWARE\ACE", r"SOFTWARE\WOW6432Node\ACE"):
        if any(key.casefold().startswith(f"{HKLM}\\{path}".casefold()) for key in read()):
            system("reg", "delete", f"HKLM\\{path}", "/f", "/reg:64")


def test_each_view_is_read_as_itself() -> None:
    for view in ("32", "64"):
        system("reg", "add", rf"HKLM\{TAO}", "/v", "View", "/d", view, "/f", f"/reg:{view}")
    found = read()
    assert found[f"{HKLM}\\{TAO}"].value("view") == "64"
    assert found[f"{HKLM}\\{TAO_32}"].value("view") == "32"


def test_a_key_of_the_32_bit_view_alone_is_not_taken_for_one_of_the_other() -> None:
    system("reg", "add", rf"HKLM\{TAO}", "/v", "View", "/d", "32", "/f", "/reg:32")
    found = read()
    assert f"{HKLM}\\{TAO}" not in found
    assert f"{HKLM}\\{TAO_32}" in found


def test_data_of_every_type_take_the_form_of_every_registry_source() -> None:
    assert sys.platform == "win32"
    import winreg

    cases: tuple[tuple[str, int, object, RegistryData], ...] = (
        ("", winreg.REG_SZ, "the default", "the default"),
        ("text", winreg.REG_SZ, "Ügyfél 客户", "Ügyfél 客户"),
        ("expand", winreg.REG_EXPAND_SZ, r"%SystemRoot%\x", r"%SystemRoot%\x"),
        ("empty", winreg.REG_SZ, "", ""),
        ("number", winreg.REG_DWORD, 0xFFFFFFFF, 0xFFFFFFFF),
        ("long", winreg.REG_QWORD, 1 << 40, 1 << 40),
        ("list", winreg.REG_MULTI_SZ, ["a", "b c"], ("a", "b c")),
        ("no list", winreg.REG_MULTI_SZ, [], ()),
        ("bytes", winreg.REG_BINARY, b"\x00\xff", b"\x00\xff"),
        ("nothing", winreg.REG_NONE, None, b""),
        ("half \ud800", winreg.REG_SZ, "half \udc00", "half \ufffd"),
    )
    with winreg.CreateKeyEx(winreg.HKEY_LOCAL_MACHINE, GEO, 0, 0xF013F) as key:
        for name, kind, data, _ in cases:
            winreg.SetValueEx(key, name, 0, kind, data)
    found = read()[f"{HKLM}\\{GEO}"]
    assert dict(found.values) == {
        name.replace("\ud800", "\ufffd"): expected for name, _, _, expected in cases
    }
    assert found.origin.source == LIVE_REGISTRY
    assert found.last_write
    assert timedelta(minutes=-1) < datetime.now(tz=UTC) - found.last_write < timedelta(minutes=5)


def test_keys_below_a_key_of_interest_are_read_whatever_their_names() -> None:
    for name in (r"A\B\C", "Ügyfél", "with space"):
        system("reg", "add", rf"HKLM\{GEO}\{name}", "/f", "/reg:64")
    assert {rf"{HKLM}\{GEO}\{name}" for name in ("A", r"A\B", r"A\B\C", "Ügyfél", "with space")} <= set(
        read()
    )


def test_a_key_that_does_not_exist_is_said_to_be_absent() -> None:
    items = list(read_live_registry())
    assert GPO_FIREWALL_POLICY not in [item.path for item in items if isinstance(item, RegistryKey)]
    absent = [item for item in items if isinstance(item, AbsentKey)]
    assert any(GPO_FIREWALL_POLICY.startswith(item.path) for item in absent)
    assert gpo_was_looked_at((), absent)


def test_a_key_that_may_not_be_opened_is_a_problem_that_keeps_its_evidence_unproven() -> None:
    path = GPO_FIREWALL_POLICY.removeprefix(f"{HKLM}\\")
    system("reg", "add", rf"HKLM\{path}\FirewallRules", "/f", "/reg:64")
    with denied(path):
        items = list(read_live_registry())
    system("reg", "delete", rf"HKLM\{path}", "/f", "/reg:64")
    (problem,) = (item for item in items if isinstance(item, Problem))
    assert problem.origin.locator == GPO_FIREWALL_POLICY
    assert problem.reason.startswith("it cannot be read: Access")
    collection = Collection(())
    for item in items:
        collection.add(item)
    gaps = {gap.kind: gap.reason for gap in collection.snapshot().gaps}
    assert f"{LIVE_REGISTRY}: it cannot be read: Access" in gaps[EvidenceKind.GPO_POLICY]
