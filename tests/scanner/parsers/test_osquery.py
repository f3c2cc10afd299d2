"""osquery's tables, with what each of them cannot tell on Windows."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import ParseError
from scanner.model import Action, FirewallRule, Listener, Origin, Problem, Process, Profile, Service, Store
from scanner.parsers.osquery import looks_like_osquery, parse_osquery
from scanner.registry_key import RegistryKey
from scanner.registry_paths import FIREWALL_POLICY, GPO_FIREWALL_POLICY, POLICIES

ORIGIN = Origin(source="osquery.json")
EVERYWHERE = "0.0.0.0"  # noqa: S104 - what Windows reports, nothing is bound
PORT = {"pid": "4711", "port": "9901", "protocol": "6", "family": "2", "address": EVERYWHERE}
PORT |= {"fd": "0", "socket": "0", "path": ""}
SOCKET = {"pid": "4711", "family": "23", "protocol": "6", "local_address": "::", "remote_address": "::"}
SOCKET |= {"local_port": "9901", "remote_port": "0", "state": "LISTEN"}
PROCESS = {"pid": "4711", "name": "db.exe", "path": r"C:\CE\db.exe", "cmdline": "db.exe -x"}
SERVICE = {"name": "CE", "service_type": "OWN_PROCESS", "display_name": "CE Server", "status": "RUNNING"}
SERVICE |= {"pid": "4711", "start_type": "AUTO_START", "path": r'"C:\CE\s.exe" -k', "module_path": ""}
VALUE = {"key": rf"{FIREWALL_POLICY}\FirewallRules", "path": "x", "name": "CE-1", "type": "REG_SZ"}
VALUE |= {"data": "v2.30|Action=Allow|Active=TRUE|Dir=In|", "mtime": "0"}
RULE = {"name": "CE naming", "app_name": r"C:\CE\naming.exe", "action": "Allow", "enabled": "1"}
RULE |= {"grouping": "", "direction": "In", "protocol": "TCP", "local_addresses": "*", "local_ports": "9999"}
RULE |= {"remote_addresses": "LocalSubnet", "remote_ports": "*", "icmp_types_codes": "", "service_name": ""}
RULE |= {"profile_domain": "1", "profile_private": "1", "profile_public": "0"}
HIDDEN = ("interface_types", "interfaces", "security", "package", "user")


def read(*rows: object) -> list[Any]:
    return list(parse_osquery(json.dumps(rows), ORIGIN))


def flat(**more: str) -> FirewallRule:
    (fw_rule,) = read({**RULE, **more})
    assert isinstance(fw_rule, FirewallRule)
    return fw_rule


def test_listening_ports_name_address_port_and_owner() -> None:
    place = Origin(source="osquery.json", locator="item 1")
    assert read(PORT) == [Listener(protocol="tcp", address=EVERYWHERE, port=9901, pid=4711, origin=place)]
    assert read({**PORT, "protocol": "17", "pid": "-1"})[0].pid is None


def test_an_ipv6_row_of_one_address_may_be_an_established_connection() -> None:
    established = {**PORT, "family": "23", "address": "2001:db8::5", "port": "50123"}
    wildcard = {**PORT, "family": "23", "address": "::"}
    udp = {**established, "protocol": "17"}

    *listeners, problem = read(established, wildcard, udp, established)

    assert [(item.protocol, item.address) for item in listeners] == [("tcp", "::"), ("udp", "2001:db8::5")]
    assert isinstance(problem, Problem)
    assert problem.text.startswith("2 ")


def test_rows_without_a_port_or_of_another_transport_are_no_sockets_of_ours() -> None:
    assert read(PORT, {**PORT, "port": "0"}, {**PORT, "protocol": "1"})[1:] == []


@pytest.mark.parametrize(
    ("more", "listens"),
    [
        ({}, True),
        ({"state": "ESTABLISHED", "remote_port": "443"}, False),
        ({"state": "BOUND"}, False),
        ({"state": ""}, True),
        ({"state": "", "remote_port": "443"}, False),
        ({"protocol": "17", "state": "", "remote_address": "0"}, True),
        ({"local_port": "0"}, False),
        ({"protocol": "0"}, False),
    ],
)
def test_only_listening_and_udp_sockets_are_listeners(more: dict[str, str], listens: bool) -> None:
    assert len(read({**SOCKET, **more})) == listens


@pytest.mark.parametrize("bad", [{"address": "HOST"}, {"port": "99999"}, {"port": "x"}])
def test_a_socket_without_address_or_port_is_a_problem(bad: dict[str, str]) -> None:
    assert [type(item) for item in read(PORT, {**PORT, **bad})] == [Listener, Problem]


def test_processes_and_services() -> None:
    process, bad = read(PROCESS, {**PROCESS, "pid": "-1"})
    service, nameless = read(SERVICE, {**SERVICE, "name": ""})

    assert (type(process), process.path) == (Process, r"C:\CE\db.exe")
    assert (type(service), service.state, service.start_mode) == (Service, "running", "auto")
    assert (service.pid, service.path) == (4711, r'"C:\CE\s.exe" -k')
    assert isinstance(bad, Problem)
    assert isinstance(nameless, Problem)
    (stopped,) = read({**SERVICE, "pid": "0", "status": "STOPPED", "start_type": "DEMAND_START"})
    assert (stopped.pid, stopped.start_mode) == (None, "manual")


def test_a_rule_of_com_has_neither_id_nor_store_and_hides_conditions() -> None:
    assert flat() == FirewallRule(
        id="osquery-1",
        store=Store.UNKNOWN,
        active=True,
        action=Action.ALLOW,
        direction=flat().direction,
        profiles=(Profile.DOMAIN, Profile.PRIVATE),
        protocol=6,
        local_ports=("9999",),
        remote_addresses=("LocalSubnet",),
        program=r"C:\CE\naming.exe",
        name="CE naming",
        unread=HIDDEN,
        origin=Origin(source="osquery.json", locator="item 1"),
    )


def test_an_empty_protocol_is_not_any() -> None:
    other, every = flat(protocol="", local_ports="", remote_ports=""), flat(protocol="Any", local_ports="")

    assert (other.protocol, other.unread) == (None, ("protocol", *HIDDEN))
    assert (every.protocol, every.unread) == (None, HIDDEN)


def test_an_empty_program_or_service_is_any_and_a_missing_column_is_not() -> None:
    row = {name: value for name, value in RULE.items() if name not in ("service_name", "remote_ports")}
    (fw_rule,) = read({**row, "app_name": ""})

    assert (fw_rule.program, fw_rule.unread) == (None, ("remote_ports", "service", *HIDDEN))
    assert flat(service_name="*").service == "*"


def test_doubtful_switches_become_conditions() -> None:
    assert flat(enabled="0").active is False
    assert flat(enabled="maybe").extra == (("Enabled", "maybe"),)
    assert flat(profile_domain="0", profile_private="0").extra == (("Profile", ""),)


def test_registry_rows_become_keys() -> None:
    dword = {
        **VALUE,
        "key": rf"{FIREWALL_POLICY}\DomainProfile",
        "name": "EnableFirewall",
        "type": "REG_DWORD",
    }
    rows = [
        VALUE,
        {**VALUE, "name": "CE-2"},
        {**VALUE, "type": "subkey", "name": "x", "data": ""},
        {**dword, "data": "1"},
        {**dword, "name": "m", "type": "REG_MULTI_SZ", "data": "a,b"},
        {**dword, "name": "b", "type": "REG_BINARY", "data": "00ff"},
        {**dword, "name": "(Default)", "type": "REG_SZ", "data": "x"},
    ]

    fw_rules, profile = read(*rows)

    assert isinstance(fw_rules, RegistryKey)
    assert [name for name, _ in fw_rules.values] == ["CE-1", "CE-2"]
    assert profile.values == (("EnableFirewall", 1), ("m", ("a", "b")), ("b", b"\x00\xff"), ("", "x"))


@pytest.mark.parametrize(("kind", "data"), [("REG_DWORD", "x"), ("REG_BINARY", "zz")])
def test_registry_data_of_another_type_is_a_problem_of_its_key(kind: str, data: str) -> None:
    problem, _ = read({**VALUE, "type": kind, "data": data})

    assert isinstance(problem, Problem)
    assert problem.origin.locator == VALUE["key"]


@pytest.mark.parametrize(
    "key", [FIREWALL_POLICY, POLICIES, rf"{POLICIES}\Microsoft\Edge", GPO_FIREWALL_POLICY]
)
def test_a_parent_key_proves_nothing_about_its_children(key: str) -> None:
    assert [item.path for item in read(VALUE, {**VALUE, "key": key})] == [VALUE["key"]]


def test_no_key_shows_what_is_below_it() -> None:
    assert [item.childless for item in read(VALUE)] == [True]


def test_group_policy_rules_without_its_profiles_are_not_the_whole_policy() -> None:
    policy = {**VALUE, "key": rf"{GPO_FIREWALL_POLICY}\FirewallRules"}
    profile = {**VALUE, "key": rf"{GPO_FIREWALL_POLICY}\DomainProfile"}

    key, problem = read(policy)

    assert isinstance(key, RegistryKey)
    assert isinstance(problem, Problem)
    assert [type(item) for item in read(policy, profile)] == [RegistryKey, RegistryKey]


def test_a_row_that_is_none_is_a_problem() -> None:
    strange, mixed, listener = read(PORT, 7, {**PORT, "pid": 4})

    assert isinstance(strange, Problem)
    assert isinstance(mixed, Problem)
    assert (listener.port, mixed.origin.locator) == (9901, "item 3")


@pytest.mark.parametrize(
    "text",
    [
        *("", "[]", "{}", "[1]", "[", '[{"pid": "1"}]', "[" * 100_000),
        '[{"protocol": "tcp", "address": "::", "port": 1, "pid": 2}]',
        '[{"pid": 1, "name": "a", "path": null}]',
    ],
)
def test_other_text_is_refused(text: str) -> None:
    assert not looks_like_osquery(text)
    with pytest.raises(ParseError):
        list(parse_osquery(text, ORIGIN))


@given(
    st.sampled_from((PORT, SOCKET, PROCESS, SERVICE, VALUE, RULE)),
    st.dictionaries(
        st.sampled_from(sorted({**PORT, **SOCKET, **SERVICE, **VALUE, **RULE})), st.text(), max_size=6
    ),
)
def test_any_values_give_facts(good: dict[str, str], more: dict[str, str]) -> None:
    assert read(good, {**good, **more})
