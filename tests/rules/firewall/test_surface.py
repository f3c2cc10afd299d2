"""The surface: every opening of a policy, equal to the decision everywhere."""

import random
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from rules.catalogue.loader import load_catalogue, port_locations
from rules.firewall.policy import effective_policy
from rules.firewall.regions import remote_texts
from rules.firewall.subjects import ANYONE, Field, Subject, fields
from rules.firewall.surface import Opening, Surface, surface
from rules.firewall.vantage import is_own
from scanner.collect import collect_evidence
from scanner.model import Action, FirewallRule, Interface, Profile, ProfileSettings, Snapshot, Store
from tests.corpus import CORPUS, needs_corpus
from tests.rules.firewall.crowded_policies import crowded
from tests.rules.firewall.policies import fw_rule, interface, settings, snapshot
from tests.rules.firewall.probes import SVCHOST, flow_of, outcome, point_of, ports, remotes, said
from tests.rules.firewall.random_policies import policies

PROBES = 150
SEED = 61
SAMPLES = Path(__file__).resolve().parents[3] / "samples"
REAL = (
    "reg/gorstak_Firewall.reg",
    "reg/yossi_FirewallRules_utf16.reg",
    "hive/regipy_SYSTEM_2.xz",
    "hive/regipy_SYSTEM_WIN_10_1709.xz",
    "wfw/luthfina16_firewall.wfw",
    "wfw/cooper_firewall.wfw",
    "wfw/oxide_firewall_rules_1.wfw",
    "netsh/en_show_rule_all_logancave.txt",
    "powershell/firewall_rules_export_semicolon.csv",
)
LAN = interface("lan", "10.0.0.1/24", profile=Profile.DOMAIN)


def surfaced(*facts: FirewallRule | ProfileSettings | Interface, **more: object) -> Surface:
    return surface(effective_policy(snapshot(*facts, **more)))


def lines(found: Surface, *, certain: bool = True) -> list[tuple[Any, ...]]:
    """Openings as ports, program, addresses, and the addresses left out."""
    return [
        (opening.ports, opening.subject.program, *remote_texts(opening.remotes))
        for opening in found.openings
        if opening.certain is certain
    ]


def is_judgeable(field: Field) -> bool:
    """A svchost.exe without a service does not exist; decide() then has the service unknown."""
    return not (SVCHOST in (field.program or "").casefold() and field.subject.service is None)


def assert_agrees(policy_facts: Snapshot, chance: random.Random, probes: int) -> None:
    policy = effective_policy(policy_facts)
    found = surface(policy)
    subjects = [field for field in fields(policy) if is_judgeable(field)]
    elsewhere = [text for text in remotes(policy) if not is_own(_address(text), policy.interfaces)]
    local_ports = ports(policy)
    for _ in range(probes):
        field = chance.choice(subjects)
        profile, protocol = chance.choice(found.profiles), chance.choice(found.protocols)
        port, remote = chance.choice(local_ports), chance.choice(elsewhere)
        asked = flow_of(field, protocol, port, remote, profile)
        reading = said(found, field.subject, profile, protocol, port, point_of(remote))
        assert outcome(policy, asked) == reading, (asked, field.subject)


def _address(text: str) -> tuple[int, int]:
    address = ip_address(text)
    return address.version, int(address)


@hypothesis_settings(max_examples=150, deadline=None)
@given(crowded, st.randoms(use_true_random=False))
def test_the_surface_is_the_decision_on_crowded_policies(policy: Snapshot, chance: random.Random) -> None:
    assert_agrees(policy, chance, PROBES)


@hypothesis_settings(max_examples=150, deadline=None)
@given(policies, st.randoms(use_true_random=False))
def test_the_surface_is_the_decision_on_odd_policies(policy: Snapshot, chance: random.Random) -> None:
    assert_agrees(policy, chance, PROBES)


@needs_corpus
@pytest.mark.parametrize("name", REAL)
def test_the_surface_is_the_decision_on_real_policies(name: str) -> None:
    found = collect_evidence(CORPUS / name, port_locations(load_catalogue()))

    assert_agrees(found, random.Random(SEED), 200)  # noqa: S311


@pytest.mark.parametrize("name", ["drifted-core", "gpo-ignores-local", "operator-prompt-block"])
def test_the_surface_is_the_decision_on_the_samples(name: str) -> None:
    found = collect_evidence(SAMPLES / name, port_locations(load_catalogue()))

    assert_agrees(found, random.Random(SEED), 400)  # noqa: S311


def test_spans_are_maximal_and_named_with_every_rule_that_opens_them() -> None:
    found = surfaced(
        fw_rule("Action=Allow|Protocol=6|LPort2_10=80-90|Name=a"),
        fw_rule("Action=Allow|Protocol=6|LPort2_10=85-99|LPort=443|Name=b"),
    )

    assert lines(found) == [(((80, 99),), None, ("any",), ()), (((443, 443),), None, ("any",), ())]
    assert [fw.name for fw in found.openings[0].opened_by] == ["a", "b"]


def test_a_block_is_subtracted_by_port_and_by_address() -> None:
    found = surfaced(
        fw_rule("Action=Allow|Protocol=6|LPort2_10=80-90"),
        fw_rule("Action=Block|Protocol=6|LPort=85"),
        fw_rule("Action=Block|Protocol=6|LPort=90|RA4=10.0.0.5"),
    )

    assert lines(found) == [
        (((80, 84), (86, 89)), None, ("any",), ()),
        (((90, 90),), None, ("any",), ("10.0.0.5",)),
    ]


def test_programs_and_services_are_told_apart() -> None:
    found = surfaced(
        fw_rule(r"Action=Allow|Protocol=6|LPort=443|App=C:\CE\a.exe"),
        fw_rule(r"Action=Allow|Protocol=17|LPort=53|App=%SystemRoot%\System32\svchost.exe|Svc=Dnscache"),
    )

    assert [(opening.subject, opening.program) for opening in found.openings] == [
        (Subject(r"c:\ce\a.exe"), r"C:\CE\a.exe"),
        (Subject(r"c:\windows\system32\svchost.exe", "dnscache"), r"%SystemRoot%\System32\svchost.exe"),
    ]


def test_a_programs_own_block_takes_it_out_of_what_anyone_meets() -> None:
    found = surfaced(
        fw_rule("Action=Allow|Protocol=6|LPort=443"),
        fw_rule(r"Action=Block|App=C:\CE\a.exe"),
        LAN,
    )

    assert lines(found) == [(((443, 443),), None, ("any",), ())]
    tcp = [override for override in found.overrides if override.protocol == 6]
    assert [(override.subject.program, override.ports) for override in tcp] == [
        (r"c:\ce\a.exe", ((0, 65535),))
    ]


def test_service_hardening_leaves_only_what_it_allows() -> None:
    host = r"App=C:\Windows\System32\svchost.exe|Svc=X"
    found = surfaced(
        fw_rule(f"Action=Allow|Protocol=6|LPort2_10=440-450|{host}"),
        fw_rule(f"Action=Allow|Protocol=6|LPort=443|{host}", store=Store.WSH_STATIC),
        fw_rule(f"Action=Block|{host}", store=Store.WSH_STATIC),
        LAN,
    )

    assert [(opening.ports, opening.certain) for opening in found.openings] == [(((443, 443),), True)]


def test_a_hardening_allow_for_some_addresses_or_for_anyone_beats_the_services_block() -> None:
    host = r"App=C:\Windows\System32\svchost.exe|Svc=X"
    opened = fw_rule(f"Action=Allow|Protocol=6|LPort=443|{host}")
    dropped = fw_rule(f"Action=Block|{host}", store=Store.WSH_STATIC)
    for_some = fw_rule(f"Action=Allow|RA4=10.0.0.0/8|{host}", store=Store.WSH_STATIC)
    for_anyone = fw_rule("Action=Allow|Protocol=6|LPort=443", store=Store.WSH_STATIC)

    assert lines(surfaced(opened, dropped, LAN)) == []
    assert [line[2] for line in lines(surfaced(opened, dropped, for_some, LAN))] == [("10.0.0.0/8",)]
    assert [line[2] for line in lines(surfaced(opened, dropped, for_anyone, LAN))] == [("any",)]


def test_a_rule_whose_protocol_the_evidence_hides_may_match_traffic_without_ports() -> None:
    hidden = fw_rule("Action=Allow|Protocol=6|LPort=80")
    found = surfaced(msgspec.structs.replace(hidden, protocol=None, unread=("protocol",)), LAN)

    assert {(opening.ports, opening.protocols, opening.certain) for opening in found.openings} == {
        (((80, 80),), (6, 17), False),
        (((0, 65535),), (0,), False),
    }


def test_what_is_unknown_stays_conditional_and_says_why() -> None:
    found = surfaced(
        fw_rule("Action=Allow|Protocol=6|LPort=80|Foo=Bar|Name=odd"),
        fw_rule("Action=Allow|Protocol=6|LPort=81|Name=plain"),
        fw_rule("Action=Block|Protocol=6|LPort=81|LUAuth=O:LSD:|Name=user"),
    )

    odd, plain = found.openings
    assert (odd.certain, odd.because) == (False, ('the Allow rule "odd" (local): token foo unknown',))
    assert [fw.name for fw in plain.opened_by] == ["plain"]
    assert [fw.name for fw in plain.unless] == ["user"]
    assert plain.because == ('the Block rule "user" (local): user unknown',)


def test_a_firewall_that_is_off_opens_everything_in_its_profile_only() -> None:
    found = surfaced(
        settings(Store.LOCAL, Profile.PUBLIC, enabled=False),
        fw_rule(r"Action=Block|App=C:\CE\a.exe"),
    )

    (opening,) = found.openings
    assert (opening.profiles, opening.protocols) == ((Profile.PUBLIC,), found.protocols)
    assert opening.because == ("the firewall is off in the Public profile (the local policy)",)
    assert {override.profile for override in found.overrides} == {Profile.DOMAIN, Profile.PRIVATE}


def test_shields_up_leaves_nothing_and_a_default_of_allow_all_but_blocks() -> None:
    up = surfaced(
        settings(Store.LOCAL, Profile.DOMAIN, block_all_inbound=True),
        fw_rule("Action=Allow|Protocol=6|LPort=80"),
        LAN,
    )
    default = surfaced(
        settings(Store.LOCAL, Profile.DOMAIN, default_inbound=Action.ALLOW),
        fw_rule("Action=Block|Protocol=6|LPort=80"),
        LAN,
    )

    assert not up.openings
    tcp = [opening for opening in default.openings if 6 in opening.protocols]
    assert [opening.ports for opening in tcp] == [((0, 79), (81, 65535))]


def test_local_rules_that_policy_ignores_open_nothing() -> None:
    found = surfaced(
        settings(Store.GPO, Profile.DOMAIN, allow_local_rules=False),
        fw_rule("Action=Allow|Protocol=6|LPort=80"),
        fw_rule("Action=Allow|Protocol=6|LPort=81", store=Store.GPO),
        LAN,
    )

    assert lines(found) == [(((81, 81),), None, ("any",), ())]


def test_profiles_come_from_the_networks_and_are_all_three_without_them() -> None:
    everywhere = fw_rule("Action=Allow|Protocol=6|LPort=80")

    (known,) = surfaced(everywhere, LAN).openings
    (unknown,) = surfaced(everywhere).openings

    assert known.profiles == (Profile.DOMAIN,)
    assert unknown.profiles == (Profile.DOMAIN, Profile.PRIVATE, Profile.PUBLIC)


def test_a_rule_without_protocol_opens_every_protocol() -> None:
    (opening,) = surfaced(fw_rule(r"Action=Allow|App=C:\CE\a.exe"), LAN).openings

    assert opening.subject != ANYONE
    assert opening.ports == ((0, 65535),)
    assert opening.protocols == (0, 6, 17)


def test_keywords_of_addresses_are_resolved_where_the_host_shows_its_networks() -> None:
    rule_text = "Action=Allow|Protocol=6|LPort=80|RA4=LocalSubnet|RA6=LocalSubnet"

    assert lines(surfaced(fw_rule(rule_text), LAN)) == [(((80, 80),), None, ("10.0.0.0/24", "fe80::/64"), ())]
    unresolved = surfaced(fw_rule(rule_text))
    assert ("any", ("fe80::/64",)) in [(line[2][0], line[3]) for line in lines(unresolved, certain=False)]


def test_the_order_of_the_rules_does_not_matter() -> None:
    facts = [fw_rule(f"Action=Allow|Protocol=6|LPort={port}|RA4=10.0.0.{port}") for port in range(80, 90)]

    def openings(found: Surface) -> list[Opening]:
        return sorted(found.openings, key=lambda opening: opening.ports)

    assert openings(surfaced(*facts)) == openings(surfaced(*reversed(facts)))
