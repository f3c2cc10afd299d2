"""Profiles, interfaces, loopback, service hardening and stores (windows-firewall.md section 3)."""

import msgspec
import pytest

from rules.firewall.decision import Outcome
from rules.firewall.policy import effective_policy
from scanner.model import Action, Profile, Store
from tests.rules.firewall.policies import decided, flow, fw_rule, interface, raw_rule, settings, snapshot

DOMAIN, PRIVATE, PUBLIC = Profile.DOMAIN, Profile.PRIVATE, Profile.PUBLIC
ALLOWED, BLOCKED = Outcome.ALLOWED, Outcome.BLOCKED
CONDITIONAL, NOT_EXPOSED = Outcome.CONDITIONAL, Outcome.NOT_EXPOSED
OPEN = "Action=Allow|Protocol=6|LPort=443"
WILDCARD = "0.0.0.0"  # noqa: S104 - what a listener shows, not what we bind


def test_an_unknown_profile_is_decided_for_all_three_and_conditional_where_they_differ() -> None:
    some = decided(flow(443, profile=None), fw_rule(f"{OPEN}|Profile=Domain"))
    every = decided(flow(443, profile=None), fw_rule(OPEN))

    assert some.outcome == CONDITIONAL
    assert some.profile == "domain,private,public"
    assert some.per_profile == ((DOMAIN, ALLOWED), (PRIVATE, BLOCKED), (PUBLIC, BLOCKED))
    assert "allowed under Domain" in some.unknowns[0]
    assert every.outcome == ALLOWED
    assert every.reason == f'allowed by the Allow rule "{OPEN}" (local)'


def test_each_profile_is_judged_by_its_own_settings() -> None:
    off = settings(Store.GPO, PUBLIC, enabled=False)

    answer = decided(flow(443, profile=None), off)

    assert answer.per_profile == ((DOMAIN, BLOCKED), (PRIVATE, BLOCKED), (PUBLIC, ALLOWED))
    assert "Public: the firewall is off in the profile (Group Policy)" in answer.reason


LAN = interface("LAN", "10.0.0.1/24", "fe80::1%4/64", guid="{A}", profile=DOMAIN)
DMZ = interface("DMZ", "172.16.0.1/16", guid="{B}", profile=PUBLIC)
LOOPBACK = interface("Loopback", "127.0.0.1/8", "::1/128")


@pytest.mark.parametrize(
    ("address", "interfaces", "profile"),
    [
        ("10.0.0.1", (LAN, DMZ), "domain"),
        ("172.16.0.1", (LAN, DMZ), "public"),
        (WILDCARD, (LAN, DMZ, LOOPBACK), "domain,public"),
        (WILDCARD, (LAN, LOOPBACK), "domain"),
        (None, (LAN,), "domain"),
        ("10.9.9.9", (LAN, DMZ), "domain,private,public"),
        (WILDCARD, (LAN, interface("VPN", "10.8.0.1/24")), "domain,public"),
        (WILDCARD, (LAN, interface("VPN", "2001:db8::1/64")), "domain"),
        (WILDCARD, (LAN, interface("Silent", profile=PRIVATE)), "domain,private"),
        (WILDCARD, (interface("eth0", "10.0.0.1/24"),), "domain,private,public"),
        (None, (), "domain,private,public"),
    ],
)
def test_the_profile_is_that_of_the_interfaces_the_traffic_may_use(
    address: str | None, interfaces: tuple[object, ...], profile: str
) -> None:
    answer = decided(flow(443, profile=None, local_address=address, remote_address="10.0.0.9"), *interfaces)

    assert answer.profile == profile


@pytest.mark.parametrize("name", ["dmz", "{B}", "b"])
def test_a_flow_may_name_its_interface(name: str) -> None:
    answer = decided(flow(443, profile=None, local_address=None, interface=name), LAN, DMZ)

    assert answer.profile == "public"


def test_a_stated_profile_goes_before_the_interfaces() -> None:
    assert decided(flow(443, profile=PRIVATE), LAN).profile == "private"
    assert decided(flow(443, profile=PRIVATE, local_address=WILDCARD), LAN).profile == "private"


def test_local_addresses_hold_or_fail_for_all_addresses_a_socket_has() -> None:
    both = fw_rule(f"{OPEN}|LA4=10.0.0.0/24")
    on_all = flow(443, local_address=WILDCARD)
    second = interface("LAN 2", "10.0.5.1/24", profile=DOMAIN)
    silent = interface("LAN 3", profile=DOMAIN)

    assert decided(flow(443), both).outcome == ALLOWED
    assert decided(flow(443, local_address="10.0.5.1"), both).outcome == BLOCKED
    assert decided(on_all, both).outcome == CONDITIONAL
    assert decided(on_all, both, LAN).outcome == ALLOWED
    assert decided(on_all, both, second).outcome == BLOCKED
    assert decided(on_all, both, LAN, second).outcome == CONDITIONAL
    assert decided(on_all, both, LAN, silent).outcome == CONDITIONAL


def test_an_address_condition_on_an_unknown_remote_is_open() -> None:
    assert decided(flow(443, remote_address=None), fw_rule(f"{OPEN}|RA4=10.0.0.9")).outcome == CONDITIONAL
    assert decided(flow(443, remote_address=None), fw_rule(f"{OPEN}|RA6=fe80::/64")).outcome == BLOCKED


@pytest.mark.parametrize(
    ("local", "remote", "outcome"),
    [
        ("10.0.0.1", "127.0.0.1", ALLOWED),
        ("10.0.0.1", "10.0.0.1", ALLOWED),
        ("10.0.0.1", "172.16.0.1", ALLOWED),
        ("127.0.0.1", "127.0.0.1", ALLOWED),
        ("127.0.0.1", None, NOT_EXPOSED),
        ("127.0.0.1", "10.0.0.9", NOT_EXPOSED),
        ("::1", "fe80::9", NOT_EXPOSED),
        ("10.0.0.1", "fe80::9", NOT_EXPOSED),
        ("nonsense", "10.0.0.9", BLOCKED),
        ("10.0.0.1", "10.0.0.9", BLOCKED),
    ],
)
def test_loopback_and_sockets_no_network_reaches(local: str, remote: str | None, outcome: Outcome) -> None:
    answer = decided(
        flow(443, local_address=local, remote_address=remote),
        fw_rule("Action=Block"),
        settings(Store.LOCAL, DOMAIN, block_all_inbound=True),
        LAN,
        DMZ,
    )

    assert answer.outcome == outcome


SVCHOST = r"C:\Windows\System32\svchost.exe"
HARDENING = (
    raw_rule("v2.0|Action=Allow|Dir=In|Svc=X|LPort=443|Protocol=6|", store=Store.WSH_STATIC),
    raw_rule("v2.0|Action=Block|Dir=In|Svc=X|", store=Store.WSH_CONFIGURABLE),
)


def test_hardening_stops_loopback_too_but_not_a_firewall_that_is_off() -> None:
    asked = flow(444, program=SVCHOST, service="X", remote_address="127.0.0.1")

    assert decided(asked, *HARDENING).outcome == BLOCKED
    assert decided(asked, *HARDENING, settings(Store.GPO, DOMAIN, enabled=False)).outcome == ALLOWED


def test_hardening_of_an_unknown_service_makes_an_allowed_flow_conditional() -> None:
    asked = flow(444, program=SVCHOST)

    allowed = decided(asked, *HARDENING, fw_rule("Action=Allow"))

    assert allowed.outcome == CONDITIONAL
    assert "service hardening may block it" in allowed.reason
    assert decided(asked, *HARDENING).outcome == BLOCKED
    assert decided(flow(444), *HARDENING, fw_rule("Action=Allow")).outcome == ALLOWED


def test_a_disabled_hardening_rule_is_none() -> None:
    disabled = raw_rule("v2.0|Action=Block|Active=FALSE|Dir=In|Svc=X|", store=Store.WSH_CONFIGURABLE)

    assert decided(flow(444, service="X"), disabled, fw_rule("Action=Allow")).outcome == ALLOWED


def test_stores_that_never_decide_for_an_ordinary_program() -> None:
    for store in (Store.DEFAULTS, Store.APPISO):
        assert decided(flow(443), fw_rule(OPEN, store=store)).outcome == BLOCKED


def test_mdm_rules_are_added_and_replace_nothing() -> None:
    mdm = fw_rule("Action=Block|Protocol=6|LPort=443", store=Store.MDM, rule_id="x")
    local = fw_rule(OPEN, rule_id="x")

    assert decided(flow(443), mdm, local).decided_by == (mdm,)
    assert decided(flow(80), mdm, fw_rule("Action=Allow", rule_id="y")).outcome == ALLOWED


def test_an_outbound_gpo_copy_replaces_the_local_rule_too() -> None:
    policy = fw_rule(f"{OPEN}|Dir=Out", store=Store.GPO, rule_id="x")

    answer = decided(flow(443), policy, fw_rule(OPEN, rule_id="x"))

    assert answer.outcome == BLOCKED
    assert "replaces" in answer.near_misses[0].explanation


def test_shields_up_with_a_default_of_allow_is_unconfirmed() -> None:
    shielded = settings(Store.LOCAL, DOMAIN, block_all_inbound=True, default_inbound=Action.ALLOW)

    answer = decided(flow(443), shielded)

    assert answer.outcome == CONDITIONAL
    assert "unconfirmed" in answer.unknowns[0]


def test_a_default_of_allow_still_obeys_blocks() -> None:
    open_by_default = settings(Store.LOCAL, DOMAIN, default_inbound=Action.ALLOW)
    block = fw_rule("Action=Block|Protocol=6|LPort=443")
    maybe = fw_rule("Action=Block|Protocol=6|LPort=80|Foo=Bar")

    assert decided(flow(443), open_by_default, block).outcome == BLOCKED
    assert decided(flow(80), open_by_default, maybe).outcome == CONDITIONAL
    assert decided(flow(25), open_by_default, block, maybe).outcome == ALLOWED
    assert decided(flow(25), open_by_default, fw_rule("Action=Allow|Foo=Bar")).outcome == ALLOWED


@pytest.mark.parametrize(
    ("guids", "interfaces", "outcome"),
    [
        (("{A}",), (LAN,), ALLOWED),
        (("{C}",), (LAN,), BLOCKED),
        (("{A}",), (), CONDITIONAL),
        ((), (), BLOCKED),
    ],
)
def test_a_disabled_interface_filters_nothing(
    guids: tuple[str, ...], interfaces: tuple[object, ...], outcome: Outcome
) -> None:
    off = settings(Store.LOCAL, DOMAIN, disabled_interfaces=guids)

    assert decided(flow(443), off, *interfaces).outcome == outcome


def test_a_listing_without_programs_never_says_open_to_all() -> None:
    listed = msgspec.structs.replace(fw_rule(OPEN), extra=(), unread=("program", "interface_types"))

    answer = decided(flow(443), listed)

    assert answer.outcome == CONDITIONAL
    assert "program, interface-type unknown" in answer.unknowns[0]


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("protocol", "protocol"),
        ("local_ports", "local-port"),
        ("remote_ports", "remote-port"),
        ("local_addresses", "local-address"),
        ("remote_addresses", "remote-address"),
        ("package", "package"),
        ("user", "user"),
    ],
)
def test_a_condition_that_was_not_read_is_never_any(field: str, said: str) -> None:
    read: dict[str, object] = {"protocol": None} if field == "protocol" else {}
    listed = msgspec.structs.replace(fw_rule(OPEN), extra=(), unread=(field,), **read)

    answer = decided(flow(443), listed)

    assert answer.outcome == CONDITIONAL
    assert f"{said} unknown" in answer.unknowns[0]
    assert effective_policy(snapshot(listed)).malformed == ()


def test_single_interfaces_that_a_listing_does_not_show_are_noted_and_read_as_none() -> None:
    listed = msgspec.structs.replace(fw_rule(OPEN), extra=(), unread=("interfaces",))

    answer = decided(flow(443), listed)

    assert answer.outcome == ALLOWED
    assert any("single interfaces" in note for note in answer.notes)


@pytest.mark.parametrize("field", ["direction", "action"])
def test_an_unreadable_word_of_a_listing_leaves_the_rule_open(field: str) -> None:
    """The word may mean inbound or outbound, allow or block."""
    listed = msgspec.structs.replace(fw_rule(OPEN), extra=(), **{field: None})

    assert decided(flow(443), listed).outcome == CONDITIONAL
    assert effective_policy(snapshot(listed)).malformed == ()


def test_many_deciding_rules_are_all_listed_and_the_sentence_counts_them() -> None:
    several = [fw_rule(OPEN, rule_id=f"r{number}") for number in range(5)]

    answer = decided(flow(443), *several)

    assert len(answer.decided_by) == 5
    assert "and 2 more" in answer.reason
