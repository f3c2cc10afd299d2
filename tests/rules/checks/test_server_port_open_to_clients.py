"""Clients can reach a port that only CE servers need."""

import pytest

from rules.site import Site
from scanner.model import Action, EvidenceKind, Profile, Snapshot, Store
from tests.rules.changes import (
    all_rules,
    changed,
    changed_listener,
    changed_rule,
    dropped,
    not_configured,
    with_rule,
    with_settings,
)
from tests.rules.hosts import core_server, fw_rule, interface, operator_pc, program, settings
from tests.rules.judging import found, judge, the_finding

CHECK = "server-port-open-to-clients"
SERVERS, CLIENTS = "10.1.0.0/24", "10.8.0.0/22"
SITE = Site(servers=(SERVERS,), clients=(CLIENTS,), front_ends=("10.3.0.10",))
LICENSE_RULE = "CE-license-server-tcp-9900"


def _scoped() -> Snapshot:
    """Every server-only port is scoped to the servers; what clients need stays open."""
    host = all_rules(core_server(), remote_addresses=(SERVERS, "10.3.0.10"))
    for row in ("naming-service", "db-connector-server", "chat-server", "tomcat"):
        host = all_rules(host, row, remote_addresses=())
    return host


CORE = _scoped()


def seeded() -> Snapshot:
    """One server-only port is open to everyone."""
    return changed_rule(CORE, LICENSE_RULE, remote_addresses=())


def test_a_server_port_open_to_clients_is_one_low_finding() -> None:
    finding = the_finding(seeded(), CHECK, SITE)
    assert (finding.severity.value, finding.component, finding.port) == ("low", "LicenseServer", 9900)
    assert f"Clients ({CLIENTS})" in finding.message
    assert "does not ask for this limit" in finding.impact
    assert found(seeded(), SITE) == set()


def test_the_rule_is_narrowed_to_the_servers_and_given_back() -> None:
    remediation = the_finding(seeded(), CHECK, SITE).remediation
    name = f"Set-NetFirewallRule -Name '{LICENSE_RULE}' -RemoteAddress "
    assert remediation.commands == (f"{name}'{SERVERS}','10.3.0.10'",)
    assert remediation.undo == (f"{name}'Any'",)


@pytest.mark.parametrize("addresses", [("10.8.0.0/23",), ("10.8.2.77",), ("10.0.0.0/8",)])
def test_a_part_of_the_clients_is_enough_and_is_named(addresses: tuple[str, ...]) -> None:
    message = the_finding(changed_rule(CORE, LICENSE_RULE, remote_addresses=addresses), CHECK, SITE).message
    assert (addresses[0] if addresses != ("10.0.0.0/8",) else CLIENTS) in message


def test_ports_that_clients_need_are_theirs() -> None:
    assert judge(CORE, CHECK, SITE).status == "pass"


def test_a_client_that_is_a_server_does_not_count() -> None:
    inside = Site(servers=("10.8.1.0/24",), clients=("10.8.1.0/24",))
    assert (
        judge(changed_rule(CORE, LICENSE_RULE, remote_addresses=("10.8.1.0/24",)), CHECK, inside).findings
        == ()
    )
    overlapping = Site(servers=("10.8.1.0/24",), clients=("10.8.0.0/23",))
    opened = all_rules(CORE, "license", remote_addresses=())
    assert "Clients (10.8.0.0/24)" in the_finding(opened, CHECK, overlapping).message


def test_a_dmz_proxy_is_a_client() -> None:
    assert "192.168.7.2" in the_finding(seeded(), CHECK, Site(proxies=("192.168.7.2",))).message


def test_where_the_site_names_no_client_nothing_is_asked() -> None:
    result = judge(seeded(), CHECK, Site(servers=(SERVERS,)))
    assert result.status == "not-applicable"
    assert "`clients`" in result.reason


def test_a_firewall_that_is_off_is_another_finding() -> None:
    off = with_settings(CORE, settings(Profile.DOMAIN, enabled=False))
    assert judge(off, CHECK, SITE).findings == ()
    assert found(off, SITE) == {("firewall-disabled", "")}


def test_a_block_rule_for_clients_closes_it() -> None:
    closed = with_rule(
        seeded(), fw_rule("B", action=Action.BLOCK, local_ports=("9900",), remote_addresses=(CLIENTS,))
    )
    assert judge(closed, CHECK, SITE).status == "pass"


def test_a_rule_that_serves_clients_too_is_not_narrowed_by_a_command() -> None:
    shared = with_rule(CORE, fw_rule("span", local_ports=("9900-9901",)))
    finding = the_finding(shared, CHECK, SITE)
    assert finding.remediation.commands == ()
    assert "client endpoint" in finding.remediation.manual[0]
    policy = changed_rule(seeded(), LICENSE_RULE, store=Store.GPO)
    assert "Group Policy" in the_finding(policy, CHECK, SITE).remediation.manual[0]


def test_an_operator_pc_is_for_servers_only() -> None:
    finding = the_finding(operator_pc(), CHECK, SITE)
    assert (finding.component, finding.severity.value) == ("AgentClientApp", "low")


def test_clients_that_use_ipv6_meet_the_socket_on_ipv6() -> None:
    site = Site(servers=(SERVERS,), clients=("2001:db8::/64",))
    assert judge(seeded(), CHECK, site).findings == ()
    dual = interface("Ethernet", Profile.DOMAIN, "10.1.0.5/24", "2001:db8:1::5/64")
    ipv6 = changed_listener(changed(seeded(), interfaces=(dual,)), 9900, address="::")
    assert "2001:db8::/64" in the_finding(ipv6, CHECK, site).message


@pytest.mark.parametrize(
    "open_question",
    [
        changed_rule(CORE, LICENSE_RULE, extra=(("Foo", "bar"),), remote_addresses=()),
        not_configured(CORE, "license-server"),
        changed_rule(CORE, LICENSE_RULE, program=program("license-server"), remote_addresses=("DNS",)),
    ],
)
def test_what_the_evidence_leaves_open_never_passes(open_question: Snapshot) -> None:
    result = judge(open_question, CHECK, SITE)
    assert (result.status, result.findings) == ("not-proven", ())


@pytest.mark.parametrize("kind", [EvidenceKind.FIREWALL_RULES, EvidenceKind.PROFILE_SETTINGS])
def test_without_its_evidence_it_never_passes(kind: EvidenceKind) -> None:
    assert judge(dropped(CORE, kind), CHECK, SITE).status == "not-proven"
