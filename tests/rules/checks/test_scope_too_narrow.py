"""A rule is made for an endpoint and leaves out some of those who must reach it."""

import pytest

from rules.site import Site
from scanner.model import Action, EvidenceKind, Profile, Snapshot, Store
from tests.rules.changes import (
    changed,
    changed_listener,
    changed_rule,
    dropped,
    with_rule,
    without_rule,
)
from tests.rules.hosts import DB, DB_RULE, core_server, fw_rule, interface, operator_pc, program
from tests.rules.judging import assess_all, found, judge, statuses, the_finding

CHECK = "scope-too-narrow"
CORE = core_server()
SITE = Site(servers=("10.1.0.0/24",), clients=("10.8.0.0/22",), front_ends=("10.3.0.10", "10.3.0.12"))
APPLICATION_PORT = "CE-ucma-recorder-application-port-tcp-9100"
DB_FINDING = {(CHECK, "DBConnectorServer")}


def scoped(*addresses: str, rule_id: str = DB_RULE) -> Snapshot:
    return changed_rule(CORE, rule_id, remote_addresses=addresses)


def seeded() -> Snapshot:
    """The rule was written before the agents moved to the upper half of their network."""
    return scoped("10.1.0.0/24", "10.8.0.0/23")


def test_who_is_left_out_is_named_to_the_address() -> None:
    finding = the_finding(seeded(), CHECK, SITE)
    assert found(seeded(), SITE) == DB_FINDING
    assert (finding.severity.value, finding.port) == ("high", 9901)
    assert finding.message == (
        f"The firewall rule 'rule {DB_RULE}' for DBConnectorServer on TCP 9901 leaves out the clients "
        "10.8.2.0/23"
    )
    assert finding.expected == "a rule for remote addresses 10.1.0.0/24, 10.8.0.0/23, 10.8.2.0/23"


def test_the_rule_is_given_the_missing_addresses_and_its_own_back() -> None:
    remediation = the_finding(seeded(), CHECK, SITE).remediation
    name = f"Set-NetFirewallRule -Name '{DB_RULE}' -RemoteAddress "
    assert remediation.commands == (f"{name}'10.1.0.0/24','10.8.0.0/23','10.8.2.0/23'",)
    assert remediation.undo == (f"{name}'10.1.0.0/24','10.8.0.0/23'",)
    (netsh,) = remediation.netsh
    assert netsh.startswith(f'netsh advfirewall firewall set rule name="rule {DB_RULE}" dir=in new ')
    assert netsh.endswith("remoteip=10.1.0.0/24,10.8.0.0/23,10.8.2.0/23")


@pytest.mark.parametrize(
    ("addresses", "left_out"),
    [
        (("10.9.9.9",), "the CE servers 10.1.0.0/24 and the clients 10.8.0.0/22"),
        (("10.8.0.0/16",), "the CE servers 10.1.0.0/24"),
        (("10.1.0.0/25", "10.8.0.0/22"), "the CE servers 10.1.0.128/25"),
        (("10.1.0.0/24", "10.8.0.0-10.8.3.99"), "the clients 10.8.3.100-10.8.3.255"),
        (("LocalSubnet",), "the clients 10.8.0.0/22"),  # the servers are on this host's own subnet
        (("2001:db8::/32",), "the CE servers 10.1.0.0/24 and the clients 10.8.0.0/22"),
    ],
)
def test_every_way_to_leave_somebody_out_is_found(addresses: tuple[str, ...], left_out: str) -> None:
    assert the_finding(scoped(*addresses), CHECK, SITE).message.endswith(f"leaves out {left_out}")
    assert found(scoped(*addresses), SITE) == DB_FINDING


@pytest.mark.parametrize(
    "addresses",
    [
        (),
        ("10.0.0.0/8",),
        ("10.1.0.0/24", "10.8.0.0/23", "10.8.2.0/23"),
        ("10.8.0.0/22", "LocalSubnet4"),
        # the network's own address, its broadcast address and this host itself call nobody
        ("10.1.0.1-10.1.0.4", "10.1.0.6-10.1.0.254", "10.8.0.1-10.8.3.254"),
    ],
)
def test_a_rule_that_lets_everyone_in_passes(addresses: tuple[str, ...]) -> None:
    assert judge(scoped(*addresses), CHECK, SITE).status == "pass"
    assert found(scoped(*addresses), SITE) == set()


def test_two_rules_may_let_everyone_in_together() -> None:
    two = with_rule(
        scoped("10.1.0.0/24"),
        fw_rule("more", program=program(DB), local_ports=("9901",), remote_addresses=("10.8.0.0/16",)),
    )
    assert judge(two, CHECK, SITE).status == "pass"


def test_front_ends_must_reach_the_application_ports_and_no_others() -> None:
    servers_only = scoped("10.1.0.0/24", rule_id=APPLICATION_PORT)
    assert found(servers_only, SITE) == {(CHECK, "UCMA Recorder Service")}
    assert (
        "the CE servers or Front Ends 10.3.0.10, 10.3.0.12" in the_finding(servers_only, CHECK, SITE).message
    )
    recorder_port = scoped("10.1.0.0/24", rule_id="CE-ucma-recorder-recorder-port-tcp-9971")
    assert found(recorder_port, SITE) == set()


def test_dmz_proxies_are_clients() -> None:
    site = Site(servers=("10.1.0.0/24",), proxies=("192.168.7.2",))
    assert "the clients 192.168.7.2" in the_finding(scoped("10.1.0.0/24"), CHECK, site).message


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"local_addresses": ("10.5.5.5",)}, "own address"),
        ({"remote_ports": ("5060",)}, "a port that Windows chose"),
        ({"remote_ports": ("50000-65535",)}, "a port that Windows chose"),
        ({"extra": (("IFType", "Wireless"),)}, "the kind of network interface"),
        ({"extra": (("IF", "{00000000-0000-0000-0000-000000000001}"),)}, "the network interface in use"),
    ],
)
def test_other_conditions_leave_everyone_out(change: dict[str, object], words: str) -> None:
    lan = interface(
        "Ethernet", Profile.DOMAIN, "10.1.0.5/24", guid="{00000000-0000-0000-0000-00000000000A}", kind="lan"
    )
    narrow = changed_rule(changed(CORE, interfaces=(lan,)), DB_RULE, **change)
    assert words in the_finding(narrow, CHECK).message
    assert found(narrow) == DB_FINDING


@pytest.mark.parametrize(
    ("change", "option", "undo"),
    [
        ({"local_addresses": ("10.5.5.5",)}, "-LocalAddress 'Any'", "-LocalAddress '10.5.5.5'"),
        ({"remote_ports": ("5060", "6000-6010")}, "-RemotePort 'Any'", "-RemotePort '5060','6000-6010'"),
    ],
)
def test_a_condition_nobody_meant_is_lifted(change: dict[str, object], option: str, undo: str) -> None:
    remediation = the_finding(changed_rule(CORE, DB_RULE, **change), CHECK).remediation
    assert remediation.commands == (f"Set-NetFirewallRule -Name '{DB_RULE}' {option}",)
    assert remediation.undo == (f"Set-NetFirewallRule -Name '{DB_RULE}' {undo}",)


def test_source_ports_of_windows_own_range_are_enough() -> None:
    assert judge(changed_rule(CORE, DB_RULE, remote_ports=("1024-65535",)), CHECK).status == "pass"
    media = "CE-telephony-recorder-sip-udp-20000"  # of media nobody knows which port it comes from
    assert judge(changed_rule(CORE, media, remote_ports=("1024-65535",)), CHECK).status == "not-proven"


def test_a_policy_rule_and_a_hostile_address_are_changed_by_hand() -> None:
    policy = changed_rule(CORE, DB_RULE, store=Store.GPO, remote_addresses=("10.9.9.9",))
    assert "Group Policy" in the_finding(policy, CHECK, SITE).remediation.manual[0]
    hostile = scoped("10.9.9.9", "nonsense\n; Remove-Item")
    assert judge(hostile, CHECK, SITE).findings == ()  # a word nobody understood may admit anyone
    local = changed_rule(CORE, DB_RULE, local_addresses=("10.5.5.5",), remote_addresses=("2001:db8::/32",))
    assert the_finding(local, CHECK).remediation.commands == ()


def test_without_named_callers_an_address_leaves_the_question_open_and_says_who_answers() -> None:
    result = judge(scoped("10.1.0.0/24"), CHECK)
    assert (result.status, result.findings) == ("not-proven", ())
    assert "`ce_servers` and `clients`" in result.reason
    half = judge(scoped("10.1.0.0/24"), CHECK, Site(servers=("10.1.0.0/24",)))
    assert (half.status, half.findings) == ("not-proven", ())
    assert "`clients`" in half.reason
    assert "`ce_servers`" not in half.reason


def test_a_rule_for_nobody_in_particular_does_not_make_it_narrow() -> None:
    admin = fw_rule("admin", remote_addresses=("10.99.0.1",))
    span = fw_rule("span", local_ports=("9000-9999",), remote_addresses=("10.99.0.1",))
    for broad in (admin, span):
        assert found(with_rule(without_rule(CORE, DB_RULE), broad), SITE) == {
            ("missing-firewall-rule", "DBConnectorServer")
        }
    own_port = fw_rule("port", local_ports=("9901",), remote_addresses=("10.99.0.1",))
    assert found(with_rule(without_rule(CORE, DB_RULE), own_port), SITE) == DB_FINDING


def test_a_block_rule_for_some_of_them_is_the_nearer_cause() -> None:
    block = fw_rule("B", action=Action.BLOCK, program=program(DB), remote_addresses=("10.8.1.0/24",))
    assert found(with_rule(CORE, block), SITE) == {("blocked-by-firewall-rule", "DBConnectorServer")}
    assert found(with_rule(seeded(), block), SITE) == {("blocked-by-firewall-rule", "DBConnectorServer")}


def test_nothing_bound_for_their_ip_version_is_no_scope() -> None:
    site = Site(servers=("10.1.0.0/24", "2001:db8:1::/64"), clients=("10.8.0.0/22",))
    assert found(scoped("10.0.0.0/8"), site) == set()
    ipv6 = Site(servers=("2001:db8:1::/64",), clients=("2001:db8:2::/64",))
    both = changed_listener(scoped("2001:db8:1::/64"), 9901, address="::")
    assert "the clients 2001:db8:2::/64" in the_finding(both, CHECK, ipv6).message


def test_an_operator_pc_is_called_back_by_servers_only() -> None:
    pc = changed_rule(operator_pc(), "CE-agent-client-app-tcp-19960", remote_addresses=("10.1.0.0/24",))
    assert statuses(pc, SITE)[CHECK] == "pass"
    assert found(pc, Site(servers=("10.1.0.0/23",))) == {(CHECK, "AgentClientApp")}


def test_a_network_that_falls_apart_into_too_many_parts_stays_open() -> None:
    many = scoped(*(f"10.8.{n // 128}.{n % 128 * 2}" for n in range(200)))
    assert judge(many, CHECK, Site(clients=("10.8.0.0/22",), servers=("10.8.0.0",))).status == "not-proven"


def test_one_change_of_the_scope_is_another_condition_of_the_same_finding() -> None:
    one, other = (the_finding(scoped(text), CHECK, SITE) for text in ("10.1.0.0/24", "10.1.0.0/25"))
    assert one.fingerprint == other.fingerprint
    assert one.condition != other.condition


@pytest.mark.parametrize(
    "kind", [EvidenceKind.FIREWALL_RULES, EvidenceKind.GPO_POLICY, EvidenceKind.INTERFACES]
)
def test_without_its_evidence_it_never_passes(kind: EvidenceKind) -> None:
    assert judge(dropped(CORE, kind), CHECK, SITE).status == "not-proven"


def test_no_other_check_speaks_of_it() -> None:
    results = assess_all(seeded(), SITE).results
    assert [each.check for each in results if each.status == "not-proven"] == []
