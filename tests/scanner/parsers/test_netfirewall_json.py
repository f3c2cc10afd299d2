"""Firewall rules that PowerShell wrote as JSON are read in every shape and spelling it gives them."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import ParseError
from scanner.model import (
    Action,
    Direction,
    FirewallRule,
    Interface,
    Origin,
    Problem,
    Profile,
    ProfileSettings,
    Store,
)
from scanner.parsers.netfirewall_json import (
    NetFilter,
    looks_like_netfirewall_json,
    parse_netfirewall_json,
    with_filters,
)

ORIGIN = Origin(source="firewall.json")
RULE = {"InstanceID": "CE-1", "Name": "CE-1", "DisplayName": "CE naming", "Enabled": 1, "Direction": 1}
RULE |= {"Action": 2, "Profile": 3, "PolicyStoreSource": "PersistentStore", "PolicyStoreSourceType": 1}
PORT = {"InstanceID": "CE-1", "Protocol": "TCP", "LocalPort": "9999", "RemotePort": "Any", "IcmpType": "Any"}
ADDR = {"InstanceID": "CE-1", "LocalAddress": "Any", "RemoteAddress": "LocalSubnet"}
APP = {"InstanceID": "CE-1", "Program": r"C:\CE\naming.exe", "Package": None}
SVC = {"InstanceID": "CE-1", "Service": "Any"}
IFT = {"InstanceID": "CE-1", "InterfaceType": 0}
SEC = {"InstanceID": "CE-1", "Authentication": 0, "Encryption": 0, "OverrideBlockRules": False}
SEC |= {"LocalUser": "Any", "RemoteUser": "Any", "RemoteMachine": "Any"}
PARTS = {"port": PORT, "addr": ADDR, "app": APP, "svc": SVC, "ift": IFT, "sec": SEC}
FLAT = {**RULE, **PORT, **ADDR, **APP, **SVC, **IFT, **SEC, "InterfaceAlias": "Any"}
PROFILE = {"Name": "Domain", "Enabled": 1, "DefaultInboundAction": 4, "AllowInboundRules": 1}
ALL_FILTERS = {
    *("protocol", "local_ports", "remote_ports", "icmp", "local_addresses", "remote_addresses"),
    *("program", "package", "service", "interface_types", "interfaces", "security", "user"),
}


def read(data: object) -> list[Any]:
    return list(parse_netfirewall_json(json.dumps(data), ORIGIN))


def one(data: object) -> FirewallRule:
    (fw_rule,) = read(data)
    assert isinstance(fw_rule, FirewallRule)
    return fw_rule


def flat(**more: object) -> FirewallRule:
    return one({**FLAT, **more})


def test_a_rule_and_its_filters_become_one_rule() -> None:
    fw_rule = one({"rules": [RULE], **{name: [part] for name, part in PARTS.items()}})

    assert fw_rule == FirewallRule(
        id="CE-1",
        store=Store.LOCAL,
        active=True,
        action=Action.ALLOW,
        direction=Direction.IN,
        profiles=(Profile.DOMAIN, Profile.PRIVATE),
        protocol=6,
        local_ports=("9999",),
        remote_addresses=("LocalSubnet",),
        program=r"C:\CE\naming.exe",
        name="CE naming",
        unread=("interfaces",),  # the script does not fetch the interface filter
        origin=Origin(source="firewall.json", locator="rules 1"),
    )


@pytest.mark.parametrize(
    "wrap", [lambda one: one, lambda one: [one], lambda one: {"value": [one], "Count": 1}]
)
def test_each_part_may_be_bare_an_array_or_wrapped(wrap: Callable[[object], object]) -> None:
    parts = {"rules": wrap(RULE), **{name: wrap(part) for name, part in PARTS.items()}, "prof": "", "net": ""}

    assert one(parts).unread == ("interfaces",)
    assert one(wrap(FLAT)).unread == ()


@pytest.mark.parametrize("missing", sorted(PARTS))
def test_a_missing_filter_is_not_any(missing: str) -> None:
    parts = {name: part for name, part in PARTS.items() if name != missing}

    assert set(one({"rules": [RULE], **parts}).unread) > {"interfaces"}


def test_rules_alone_leave_every_condition_unread() -> None:
    fw_rule = one([RULE])

    assert set(fw_rule.unread) == ALL_FILTERS
    assert (fw_rule.protocol, fw_rule.local_ports, fw_rule.program) == (None, (), None)


def test_filters_of_other_files_are_joined_by_instance_id() -> None:
    filters = [item for part in PARTS.values() for item in read([part])]
    stranger = read([{**PORT, "InstanceID": "other"}])
    assert all(isinstance(item, NetFilter) for item in (*filters, *stranger))

    (joined,) = with_filters(read([RULE]), [*stranger, *filters])

    assert joined.local_ports == ("9999",)
    assert joined.unread == ("interfaces",)


def test_a_second_telling_of_a_filter_changes_nothing() -> None:
    (joined,) = with_filters([flat(InterfaceType="Wired")], read([{**PORT, "LocalPort": "1"}]))

    assert joined == flat(InterfaceType="Wired")


@pytest.mark.parametrize(
    ("value", "active"),
    [(1, True), ("True", True), ("1", True), (True, True), (2, False), ("False", False), (False, False)],
)
def test_enabled_is_two_for_a_disabled_rule(value: object, active: bool) -> None:
    assert (flat(Enabled=value).active, flat(Enabled=value).extra) == (active, ())


@pytest.mark.parametrize(
    ("more", "extra"),
    [
        ({"Enabled": 7}, ("Enabled", "7")),
        ({"Profile": "NotApplicable"}, ("Profile", "notapplicable")),
        ({"Profile": 65535}, ("Profile", "65535")),
        ({"Protocol": "Foo"}, ("Protocol", "foo")),
        ({"Authentication": "Foo"}, ("Authentication", "foo")),
        ({"Encryption": 9}, ("Encryption", "9")),
        ({"InterfaceType": "Foo"}, ("IFType", "Foo")),
        ({"PolicyStoreSource": "x", "PolicyStoreSourceType": 9}, ("PolicyStoreSourceType", "9")),
        ({"Platform": "new"}, ("PowerShell Platform", "new")),
    ],
)
def test_a_word_nobody_knows_becomes_a_condition(more: dict[str, Any], extra: tuple[str, str]) -> None:
    assert extra in flat(**more).extra


@pytest.mark.parametrize(
    ("value", "action"),
    [(2, Action.ALLOW), ("Block", Action.BLOCK), (4, Action.BLOCK), (3, Action.BYPASS), (0, None)],
)
def test_the_action_by_number_or_word(value: object, action: Action | None) -> None:
    assert flat(Action=value).action is action


def test_overriding_blocks_makes_a_bypass_inbound_and_its_token_outbound() -> None:
    assert flat(OverrideBlockRules=True).action is Action.BYPASS
    assert flat(OverrideBlockRules=True, Action=4).action is Action.BLOCK
    outbound = flat(OverrideBlockRules="True", Direction="Outbound")
    assert (outbound.action, outbound.direction) == (Action.ALLOW, Direction.OUT)
    assert ("AuthByPassOut", "TRUE") in outbound.extra


@pytest.mark.parametrize(
    ("value", "profiles"),
    [
        (0, ()),
        ("Any", ()),
        (2147483647, ()),
        (1, (Profile.DOMAIN,)),
        (5, (Profile.DOMAIN, Profile.PUBLIC)),
        ("Domain, Public", (Profile.DOMAIN, Profile.PUBLIC)),
        (["Private"], (Profile.PRIVATE,)),
    ],
)
def test_profiles_are_a_mask_or_words(value: object, profiles: tuple[Profile, ...]) -> None:
    assert flat(Profile=value).profiles == profiles
    assert flat(Profile=None, Profiles=value).profiles == profiles


@pytest.mark.parametrize(
    ("value", "ports"),
    [
        ("80", ("80",)),
        (80, ("80",)),
        (["80", "5000-5010"], ("80", "5000-5010")),
        ({"value": [80, 443], "Count": 2}, ("80", "443")),
        ("80, 443", ("80", "443")),
        ("80 443", ("80", "443")),  # an array below the depth of ConvertTo-Json
        ("RPCEPMap", ("RPC-EPMap",)),
        (["RPC", "Teredo"], ("RPC", "Teredo")),
        (["IPHTTPSIn", "PlayToDiscovery", "mDNS"], ("IPHTTPSIn", "Ply2Disc", "mDNS")),
        ("Novelty", ("Novelty",)),
        ("Any", ()),
        (["Any"], ()),
    ],
)
def test_ports_in_the_registry_s_spelling(value: object, ports: tuple[str, ...]) -> None:
    fw_rule = flat(LocalPort=value)

    assert (fw_rule.local_ports, fw_rule.unread) == (ports, ())


@pytest.mark.parametrize("value", [None, "", [], "System.String[]", "System.Object[]"])
def test_a_value_that_was_lost_on_the_way_is_unread(value: object) -> None:
    assert flat(LocalPort=value).unread == ("local_ports",)
    assert flat(RemoteAddress=value).unread == ("remote_addresses",)


@pytest.mark.parametrize("name", ["Program", "Service", "InterfaceType", "Authentication", "InterfaceAlias"])
def test_a_lost_condition_of_one_value_is_unread(name: str) -> None:
    assert len(flat(**{name: None}).unread) == 1


@pytest.mark.parametrize(
    ("value", "addresses"),
    [
        ("10.0.0.0/255.0.0.0", ("10.0.0.0/255.0.0.0",)),
        (["10.0.0.1-10.0.0.9", "fe80::/64"], ("10.0.0.1-10.0.0.9", "fe80::/64")),
        ("localsubnet4", ("LocalSubnet4",)),
        (["DNS6", "PlayToDevice", "Intranet4"], ("DNS6", "PlayToDevice", "Intranet4")),
        ("Any", ()),
    ],
)
def test_addresses_as_written_and_keywords_in_their_spelling(
    value: object, addresses: tuple[str, ...]
) -> None:
    assert flat(RemoteAddress=value).remote_addresses == addresses
    assert flat(LocalAddress=value).local_addresses == addresses


@pytest.mark.parametrize(
    ("protocol", "number"), [("UDP", 17), ("ICMPv6", 58), (47, 47), ("41", 41), ("Any", None), ("256", None)]
)
def test_a_protocol_by_name_or_number(protocol: object, number: int | None) -> None:
    assert flat(Protocol=protocol).protocol == number


def test_a_protocol_without_ports_has_none_whatever_is_printed() -> None:
    fw_rule = flat(Protocol="ICMPv4", LocalPort="RPC", RemotePort=None, IcmpType=["8", "3:4"])

    assert (fw_rule.local_ports, fw_rule.unread) == ((), ())
    assert fw_rule.extra == (("ICMP4", "8:*"), ("ICMP4", "3:4"))


def test_icmp_types_that_are_not_told_are_unread() -> None:
    assert flat(Protocol="ICMPv4", IcmpType=None).unread == ("icmp",)


@pytest.mark.parametrize(
    ("more", "extra"),
    [
        ({"Package": "S-1-15-2-1"}, ("AppPkgId", "S-1-15-2-1")),
        ({"Package": "Some.App_8wek"}, ("PFN", "Some.App_8wek")),
        ({"InterfaceType": 2}, ("IFType", "Wireless")),
        ({"InterfaceType": "Wired"}, ("IFType", "Lan")),
        ({"InterfaceAlias": ["Local Area Connection 2"]}, ("InterfaceAlias", "Local Area Connection 2")),
        ({"Authentication": 1}, ("Security", "Authenticate")),
        ({"Authentication": "NoEncap"}, ("Security2_9", "An-NoEncap")),
        ({"Encryption": "Required"}, ("Security", "AuthenticateEncrypt")),
        ({"Encryption": 2}, ("Security2", "AnE-Nego")),
        ({"RemoteMachine": "O:LSD:"}, ("RMAuth", "O:LSD:")),
        ({"RemoteUser": "O:LSD:"}, ("RUAuth", "O:LSD:")),
        ({"LocalUser": "O:LSD:"}, ("LUAuth", "O:LSD:")),
        ({"Owner": "S-1-5-21-1"}, ("LUOwn", "S-1-5-21-1")),
        ({"EdgeTraversalPolicy": 3}, ("Defer", "App")),
        ({"EdgeTraversalPolicy": "Allow"}, ("Edge", "TRUE")),
        ({"LocalOnlyMapping": True}, ("LOM", "TRUE")),
        ({"Platform": ["6.2+"]}, ("Platform2", "GTEQ")),
        ({"Platforms": "10.0"}, ("Platform", "2:10:0")),
        ({"DynamicTarget": "ProximitySharing"}, ("TTK", "proximitysharing")),
        ({"Group": "CE"}, ("EmbedCtxt", "CE")),
    ],
)
def test_what_has_no_field_is_the_registry_s_token(more: dict[str, Any], extra: tuple[str, str]) -> None:
    assert extra in flat(**more).extra


@pytest.mark.parametrize(
    ("source", "kind", "store"),
    [
        ("PersistentStore", "Local", Store.LOCAL),
        (None, None, Store.LOCAL),
        (r"corp\CE", 2, Store.GPO),
        ("PersistentStore", "GroupPolicy", Store.GPO),
        ("MDM", 6, Store.MDM),
        ("StaticServiceStore", 5, Store.WSH_STATIC),
        ("ConfigurableServiceStore", 1, Store.WSH_CONFIGURABLE),
        ("Hardcoded", 5, Store.UNKNOWN),
    ],
)
def test_the_store_as_active_store_names_it(source: object, kind: object, store: Store) -> None:
    assert flat(PolicyStoreSource=source, PolicyStoreSourceType=kind).store is store


def test_noise_of_cim_and_the_case_of_names_do_not_matter() -> None:
    noise = {"CimClass": {"x": [1]}, "CimInstanceProperties": ["Caption"], "PSComputerName": None}
    shouted = {name.upper(): value for name, value in FLAT.items()}

    assert one({**noise, **FLAT}) == one(shouted) == one(FLAT)


def test_the_id_is_the_name_and_only_else_the_instance() -> None:
    assert flat(Name="real", InstanceID="real|GPO").id == "real"
    assert flat(Name=None).id == "CE-1"


def test_a_rule_without_an_id_is_a_problem_and_the_rest_is_read() -> None:
    nameless, fw_rule, stray = read([{**FLAT, "Name": "", "InstanceID": None}, FLAT, "text"])

    assert isinstance(nameless, Problem)
    assert nameless.text == "CE naming"
    assert isinstance(fw_rule, FirewallRule)
    assert isinstance(stray, Problem)
    assert stray.origin.locator == "item 3"


def test_connection_profiles_come_with_the_script_s_object() -> None:
    net = {"InterfaceAlias": "LAN", "InterfaceIndex": 7, "NetworkCategory": 2}
    _, interface = read({"rules": [RULE], **PARTS, "net": net})

    assert isinstance(interface, Interface)
    assert interface.profile is Profile.DOMAIN


@pytest.mark.parametrize(
    ("more", "store"),
    [
        ({}, Store.LOCAL),
        ({"EnforcementStatus": "NotApplicable"}, Store.LOCAL),
        ({"EnforcementStatus": ""}, Store.LOCAL),
        ({"EnforcementStatus": [1, 5]}, Store.UNKNOWN),
        ({"EnforcementStatus": {"value": ["Enforced"], "Count": 1}}, Store.UNKNOWN),
        ({"PolicyStoreSourceType": 2}, Store.GPO),
    ],
)
def test_profiles_speak_for_the_store_that_the_rules_beside_them_show(
    more: dict[str, Any], store: Store
) -> None:
    *_, settings = read({"rules": [{**RULE, **more}], **PARTS, "prof": [PROFILE]})

    assert isinstance(settings, ProfileSettings)
    assert settings.store is store


def test_a_profile_that_leaves_a_choice_open_is_not_in_force() -> None:
    active = {**RULE, "EnforcementStatus": [1]}
    *_, settings = read({"rules": [active], **PARTS, "prof": [{**PROFILE, "Enabled": 2}]})

    assert (settings.store, settings.enabled) == (Store.LOCAL, None)


@pytest.mark.parametrize(
    "text",
    [
        *("", "[]", "{}", "12", "[1]", "{", '[{"InstanceID": "x"}]', '{"rules": 1}', '"Direction"'),
        '[{"InstanceID": "x", "LocalPort": 1, "LocalAddress": "::", "State": 2, "OwningProcess": 1}]',
        '[{"InstanceID": "x", "InterfaceAlias": "LAN", "NetworkCategory": 1}]',
        '{"Direction": ' + "[" * 100_000,
    ],
)
def test_other_text_is_refused(text: str) -> None:
    assert not looks_like_netfirewall_json(text)
    with pytest.raises(ParseError):
        list(parse_netfirewall_json(text, ORIGIN))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.sampled_from(["Any", "RPC", "1-2"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["value", "x"]), inner),
    max_leaves=5,
)
NAMES = st.sampled_from(sorted({*FLAT, *PROFILE, "EnforcementStatus", "Platform", "NetworkCategory"}))
ROWS = st.lists(st.dictionaries(NAMES, JSON, max_size=30), max_size=3)


@given(ROWS, ROWS, ROWS)
def test_any_values_give_facts_or_a_parse_error(one: list[Any], other: list[Any], third: list[Any]) -> None:
    rows = [{**FLAT, **row} for row in one]
    for data in (rows, other, {"rules": rows, "port": other, "prof": third}):
        try:
            list(parse_netfirewall_json(json.dumps(data), ORIGIN))
        except ParseError:
            continue
