"""Which keys the evidence proves to be absent: by statement, or by the export of a key above them."""

import pytest

from scanner.model import Origin
from scanner.registry_index import RegistryIndex
from scanner.registry_key import AbsentKey, RegistryKey
from scanner.registry_paths import GPO_FIREWALL_POLICY, HKLM, PORT_PROXY, PROCRUN, SERVICES

SOFTWARE = rf"{HKLM}\SOFTWARE"
WOW = rf"{SOFTWARE}\WOW6432Node"
TAO_32, TAO_64 = rf"{WOW}\ACE\TAO", rf"{SOFTWARE}\ACE\TAO"
GEO = rf"{SOFTWARE}\Geomant Call Center Solutions\GeoCampaign"
ALL = (TAO_32, TAO_64, GEO, PROCRUN, GPO_FIREWALL_POLICY, PORT_PROXY)


def key(path: str, source: str = "a.reg", *, childless: bool = False, one_gpo: bool = False) -> RegistryKey:
    return RegistryKey(path=path, childless=childless, one_gpo=one_gpo, origin=Origin(source=source))


def absent(path: str) -> AbsentKey:
    return AbsentKey(path=path, origin=Origin(source="b.reg"))


def proven(*keys: RegistryKey) -> set[str]:
    """Which of the keys that are asked for are proven to be absent."""
    index = RegistryIndex(keys)
    return {path for path in ALL if index.absence(path)}


def test_no_evidence_proves_nothing() -> None:
    assert proven() == set()
    assert not RegistryIndex(()).shows_tree(PORT_PROXY)


@pytest.mark.parametrize(
    ("stated", "missing"),
    [
        (rf"{WOW}\ACE", {TAO_32}),
        (rf"{WOW}\ace".upper(), {TAO_32}),
        (TAO_32, {TAO_32}),
        (rf"{TAO_32}\Below", set()),
        (WOW, {TAO_32, PROCRUN}),
        (rf"{SOFTWARE}\AC", set()),
        (rf"{SOFTWARE}\Policies", {GPO_FIREWALL_POLICY}),
        (PORT_PROXY, {PORT_PROXY}),
    ],
)
def test_a_statement_goes_for_its_key_and_all_below_it(stated: str, missing: set[str]) -> None:
    index = RegistryIndex((), (absent(stated),))
    assert {path for path in ALL if index.absence(path)} == missing
    assert {path for path in ALL if index.shows_tree(path)} == missing


@pytest.mark.parametrize(
    ("path", "missing"),
    [
        (rf"{WOW}\ACE", {TAO_32}),
        (rf"{SOFTWARE}\Geomant Call Center Solutions", {GEO}),
        (rf"{WOW}\Apache Software Foundation", {PROCRUN}),
        (rf"{SOFTWARE}\Policies", {GPO_FIREWALL_POLICY}),
        (rf"{SOFTWARE}\Policies\Microsoft", {GPO_FIREWALL_POLICY}),
        (rf"{SOFTWARE}\Policies\Google", set()),
        (rf"{SOFTWARE}\ACE2", set()),
    ],
)
def test_an_exported_key_without_the_one_below_says_none(path: str, missing: set[str]) -> None:
    assert proven(key(path)) == missing
    assert proven(key(path.upper()), key(rf"{HKLM}\HARDWARE\Other")) == missing


@pytest.mark.parametrize(
    "path", [HKLM, SOFTWARE, WOW, rf"{HKLM}\SYSTEM", rf"{HKLM}\SYSTEM\CurrentControlSet"]
)
def test_a_bare_key_above_those_of_several_programs_proves_nothing(path: str) -> None:
    assert proven(key(path)) == set()
    assert proven(key(path), key(rf"{path}\Somewhere\Deep"), key(rf"{path}\Next", "b.reg")) == set()


@pytest.mark.parametrize(
    ("path", "missing"),
    [
        (SOFTWARE, {TAO_64, GEO, GPO_FIREWALL_POLICY}),
        (WOW, {TAO_32, PROCRUN}),
        (SERVICES, {PORT_PROXY}),
        (rf"{HKLM}\SYSTEM", set()),  # without CurrentControlSet, which every Windows has
    ],
)
def test_the_same_key_with_another_directly_below_it_is_an_export(path: str, missing: set[str]) -> None:
    assert proven(key(path), key(rf"{path}\Other")) == missing


def test_a_bare_key_is_believed_of_what_stands_directly_below_it_where_its_source_holds_nothing_else() -> (
    None
):
    assert proven(key(SERVICES)) == {PORT_PROXY}
    assert proven(key(SERVICES), key(rf"{HKLM}\SYSTEM\Other")) == set()


def test_an_export_that_holds_the_key_elsewhere_changes_nothing() -> None:
    index = RegistryIndex((key(TAO_32, "a.reg"), key(rf"{WOW}\ACE", "b.reg")))
    assert [found.origin.source for found in index.at(TAO_32.lower())] == ["a.reg"]
    assert index.at(TAO_64) == ()


@pytest.mark.parametrize("flag", ["childless", "one_gpo"])
def test_a_source_that_does_not_show_what_is_below_proves_nothing_of_it(flag: str) -> None:
    marked = key(SERVICES, **{flag: True}), key(rf"{SERVICES}\Dnscache"), key(PROCRUN, **{flag: True})
    assert proven(*marked) == set()
    assert not RegistryIndex(marked).shows_tree(PROCRUN)
    assert RegistryIndex((*marked, key(PROCRUN, "b.reg"))).shows_tree(PROCRUN)


def test_a_part_of_a_tree_does_not_show_the_rest() -> None:
    assert not RegistryIndex((key(rf"{PORT_PROXY}\v4tov4\tcp"),)).shows_tree(PORT_PROXY)
