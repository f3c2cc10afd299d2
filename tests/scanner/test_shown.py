"""What proves that a kind of evidence was collected, even where there was none of it."""

from datetime import UTC, datetime

import pytest

from scanner.model import (
    DynamicRange,
    EvidenceKind,
    FirewallRule,
    Host,
    InstalledFile,
    Interface,
    Listener,
    Origin,
    Process,
    Profile,
    ProfileSettings,
    Service,
    Store,
)
from scanner.registry_key import AbsentKey, RegistryKey
from scanner.registry_paths import FIREWALL_POLICY, GPO_FIREWALL_POLICY, POLICIES, PORT_PROXY
from scanner.shown import kinds_shown

HERE = Origin(source="x")
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def shown(*facts: object, keys: tuple[str, ...] = (), host: Host = Host()) -> set[EvidenceKind]:  # noqa: B008
    items: dict[type, list[object]] = {}
    for fact in facts:
        items.setdefault(type(fact), []).append(fact)
    return set(kinds_shown(items, [RegistryKey(path=path, origin=HERE) for path in keys], (), host))


def test_nothing_shows_nothing() -> None:
    assert shown() == set()


@pytest.mark.parametrize(
    ("fact", "kind"),
    [
        (Listener(protocol="tcp", address="::", port=1, origin=HERE), EvidenceKind.LISTENERS),
        (Process(pid=1, name="x", origin=HERE), EvidenceKind.PROCESSES),
        (Service(name="x", origin=HERE), EvidenceKind.SERVICES),
        (InstalledFile(path="x", origin=HERE), EvidenceKind.EXECUTABLES),
        (DynamicRange(protocol="tcp", start=1, count=1, origin=HERE), EvidenceKind.PORT_RANGES),
        (Interface(alias="x", profile=Profile.PUBLIC, origin=HERE), EvidenceKind.INTERFACES),
    ],
)
def test_one_fact_shows_its_kind(fact: object, kind: EvidenceKind) -> None:
    assert shown(fact) == {kind}


def test_an_interface_without_its_profile_shows_nothing() -> None:
    assert shown(Interface(alias="x", addresses=("10.0.0.1/8",), origin=HERE)) == set()


@pytest.mark.parametrize(
    ("path", "kinds"),
    [
        (FIREWALL_POLICY, {EvidenceKind.FIREWALL_RULES, EvidenceKind.PROFILE_SETTINGS}),
        (FIREWALL_POLICY.upper(), {EvidenceKind.FIREWALL_RULES, EvidenceKind.PROFILE_SETTINGS}),
        (rf"{FIREWALL_POLICY}\FirewallRules", {EvidenceKind.FIREWALL_RULES}),
        (rf"{FIREWALL_POLICY}\Logging", set()),
        (POLICIES, {EvidenceKind.GPO_POLICY}),
        (GPO_FIREWALL_POLICY, {EvidenceKind.GPO_POLICY}),
        (rf"{POLICIES}X", set()),
    ],
)
def test_an_exported_key_shows_what_would_have_been_below_it(path: str, kinds: set[EvidenceKind]) -> None:
    assert shown(keys=(path,)) == kinds


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (GPO_FIREWALL_POLICY, EvidenceKind.GPO_POLICY),
        (POLICIES, EvidenceKind.GPO_POLICY),
        (PORT_PROXY, EvidenceKind.PORT_PROXIES),
    ],
)
def test_a_key_that_is_said_to_be_absent_was_looked_for(path: str, kind: EvidenceKind) -> None:
    assert set(kinds_shown({}, (), (AbsentKey(path=path, origin=HERE),), Host())) == {kind}


def test_an_absent_firewall_policy_shows_no_rules() -> None:
    absent = AbsentKey(path=FIREWALL_POLICY, origin=HERE)
    assert set(kinds_shown({}, (), (absent,), Host())) == set()


def test_profile_settings_of_group_policy_show_nothing_of_the_local_ones() -> None:
    gpo = ProfileSettings(store=Store.GPO, profile=Profile.DOMAIN, origin=HERE)
    local = ProfileSettings(store=Store.LOCAL, profile=Profile.DOMAIN, origin=HERE)
    assert shown(gpo) == set()
    assert shown(gpo, local) == {EvidenceKind.PROFILE_SETTINGS}


def test_the_host_shows_when_it_started_and_when_its_rules_changed() -> None:
    assert shown(host=Host(name="A")) == set()
    assert shown(host=Host(boot_time=NOON)) == {EvidenceKind.HOST}
    assert shown(host=Host(firewall_changed_at=NOON)) == {EvidenceKind.CHANGE_TIMES}


@pytest.mark.parametrize(
    ("store", "kinds"),
    [
        (Store.LOCAL, {EvidenceKind.FIREWALL_RULES}),
        (Store.UNKNOWN, {EvidenceKind.FIREWALL_RULES}),
        (Store.GPO, set()),
        (Store.WSH_STATIC, set()),
    ],
)
def test_a_listing_shows_the_local_rules_unless_all_are_of_another_store(
    store: Store, kinds: set[EvidenceKind]
) -> None:
    listed = FirewallRule(id="x", store=store, active=True, action=None, direction=None, origin=HERE)
    assert shown(listed) == kinds


def test_the_settings_in_force_show_group_policy_s_part_too() -> None:
    in_force = ProfileSettings(store=Store.UNKNOWN, profile=Profile.PUBLIC, origin=HERE)
    assert shown(in_force) == {EvidenceKind.PROFILE_SETTINGS, EvidenceKind.GPO_POLICY}
