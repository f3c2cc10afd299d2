"""What Windows Firewall decides for an endpoint, for each source."""

from time import perf_counter

import pytest

from rules.catalogue.model import Source
from rules.firewall.regions import remote_texts
from rules.firewall.verdict import Outcome
from rules.permission import Permission
from rules.site import Site
from scanner.model import Profile, Snapshot
from tests.rules.changes import (
    changed_listener,
    changed_rule,
    configured,
    listening,
    on_networks,
    with_process,
    with_rule,
    without_process,
    without_rule,
)
from tests.rules.hosts import DB, DB_RULE, core_server, fw_rule, listener, pid_of, process, program, tcp
from tests.rules.judging import case_of

CORE = core_server()
SITE = Site(servers=("10.1.0.6", "10.1.0.7"), clients=("10.8.0.9",))
ALLOWED, BLOCKED, CONDITIONAL, NOT_EXPOSED = (
    Outcome.ALLOWED,
    Outcome.BLOCKED,
    Outcome.CONDITIONAL,
    Outcome.NOT_EXPOSED,
)


def permitted(snapshot: Snapshot, site: Site | None = None, row_id: str = DB) -> Permission:
    return next(each.permission for each in case_of(snapshot, site).endpoints if each.row.id == row_id)


def scoped(*addresses: str) -> Snapshot:
    return changed_rule(CORE, DB_RULE, remote_addresses=addresses)


@pytest.mark.parametrize(
    ("snapshot", "site", "server", "client", "overall"),
    [
        (CORE, None, ALLOWED, ALLOWED, ALLOWED),
        (without_rule(CORE, DB_RULE), None, BLOCKED, BLOCKED, BLOCKED),
        (scoped("10.1.0.6"), None, CONDITIONAL, CONDITIONAL, CONDITIONAL),
        (scoped("10.1.0.6", "10.1.0.7"), SITE, ALLOWED, BLOCKED, BLOCKED),
        (scoped("10.1.0.6"), SITE, BLOCKED, BLOCKED, BLOCKED),
        (scoped("10.1.0.6", "10.1.0.7", "10.8.0.9"), SITE, ALLOWED, ALLOWED, ALLOWED),
        (changed_listener(CORE, 9901, address="127.0.0.1"), None, NOT_EXPOSED, NOT_EXPOSED, NOT_EXPOSED),
        (changed_listener(CORE, 9901, address="::1"), None, NOT_EXPOSED, NOT_EXPOSED, NOT_EXPOSED),
    ],
)
def test_the_worst_caller_decides(
    snapshot: Snapshot, site: Site | None, server: Outcome, client: Outcome, overall: Outcome
) -> None:
    found = permitted(snapshot, site)
    assert (found.outcome(Source.SERVER), found.outcome(Source.CLIENT), found.overall) == (
        server,
        client,
        overall,
    )


def test_a_source_that_is_not_expected_has_no_outcome() -> None:
    found = permitted(CORE, row_id="license-server")
    assert (found.outcome(Source.SERVER), found.outcome(Source.CLIENT)) == (ALLOWED, None)
    assert Permission().overall is ALLOWED
    assert Permission().is_local_only is False


def test_ipv6_counts_only_where_nothing_is_bound_on_ipv4() -> None:
    ipv4 = scoped("10.1.0.6", "10.1.0.7", "10.8.0.9")
    both = listening(ipv4, listener(9901, pid_of(DB), address="::"))
    assert permitted(both, SITE).overall is ALLOWED
    assert permitted(both).bound == ("0.0.0.0",)  # noqa: S104
    assert permitted(changed_listener(ipv4, 9901, address="::"), SITE).overall is NOT_EXPOSED


@pytest.mark.parametrize(
    ("address", "bound"),
    [
        (None, "0.0.0.0"),  # noqa: S104
        ("localhost", "127.0.0.1"),
        ("10.1.0.5", "10.1.0.5"),
        ("[::1]", "::1"),
        ("ce01.example.test", "0.0.0.0"),  # noqa: S104
    ],
)
def test_a_stopped_component_is_asked_about_at_its_configured_address(
    address: str | None, bound: str
) -> None:
    stopped = configured(without_process(CORE, DB), DB, tcp(9901, address=address))
    assert permitted(stopped).bound == (bound,)


def test_the_program_is_the_one_that_holds_the_socket() -> None:
    child = program(DB).replace("DBConnectorServer.exe", "Child.exe")
    assert permitted(CORE).program == program(DB)
    assert permitted(with_process(changed_listener(CORE, 9901, pid=77), process(77, child))).program == child
    assert permitted(without_process(CORE, DB)).program == program(DB)


def test_every_port_of_a_span_is_asked_about() -> None:
    spanned = configured(CORE, DB, tcp(9901, port_end=9903))
    assert permitted(changed_rule(spanned, DB_RULE, local_ports=("9901-9903",))).overall is ALLOWED
    assert permitted(changed_rule(spanned, DB_RULE, local_ports=("9901", "9903"))).overall is BLOCKED


def test_one_decision_for_two_sources_is_listed_once() -> None:
    assert len(list(permitted(CORE).all())) == 1
    assert len(list(permitted(CORE, SITE).all())) == 3


def test_of_several_networks_the_one_that_the_site_expects_is_decided_for() -> None:
    both = on_networks(CORE, Profile.DOMAIN, Profile.PUBLIC)
    assert permitted(both).overall is CONDITIONAL
    assert permitted(both, Site(expected_profile=Profile.DOMAIN)).overall is ALLOWED
    assert permitted(both, Site(expected_profile=Profile.PUBLIC)).overall is BLOCKED


def test_what_the_site_expects_outweighs_no_network_that_was_seen() -> None:
    domain = Site(expected_profile=Profile.DOMAIN)
    assert permitted(on_networks(CORE, Profile.PUBLIC), domain).overall is BLOCKED
    assert permitted(on_networks(CORE, None), domain).overall is ALLOWED


@pytest.mark.parametrize("address", ["not an address", "fe80::1%12", ""])
def test_hostile_bind_text_is_no_crash(address: str) -> None:
    assert permitted(changed_listener(CORE, 9901, address=address)).is_local_only is False


NETWORKS = Site(servers=("10.1.0.0/24",), clients=("10.8.0.0/22",), proxies=("192.168.7.2",))


@pytest.mark.parametrize(
    ("addresses", "server", "client"),
    [
        (("10.0.0.0/8", "192.168.7.2"), ALLOWED, ALLOWED),
        (("LocalSubnet",), ALLOWED, BLOCKED),
        (("10.1.0.0/24", "10.8.0.0/23", "10.8.2.0-10.8.3.255"), ALLOWED, BLOCKED),  # the proxy
        (("10.1.0.0/25", "10.8.0.0/22", "192.168.7.0/24"), BLOCKED, ALLOWED),
        (("10.1.0.0/24", "10.8.0.0/24", "192.168.7.2"), ALLOWED, BLOCKED),
        (("10.99.0.0/16",), BLOCKED, BLOCKED),
        (("DNS",), CONDITIONAL, CONDITIONAL),
        (("10.1.0.0/24", "DNS"), ALLOWED, CONDITIONAL),
    ],
)
def test_a_network_is_decided_part_by_part_and_its_worst_part_counts(
    addresses: tuple[str, ...], server: Outcome, client: Outcome
) -> None:
    found = permitted(scoped(*addresses), NETWORKS)
    assert (found.outcome(Source.SERVER), found.outcome(Source.CLIENT)) == (server, client)


def test_who_is_left_out_is_known_to_the_address() -> None:
    found = permitted(scoped("10.1.0.0/25", "10.8.0.0/23", "10.8.3.0/24"), NETWORKS)
    assert remote_texts(found.left_out(Source.SERVER))[0] == ("10.1.0.128/25",)
    assert remote_texts(found.left_out(Source.CLIENT))[0] == ("10.8.2.0/24", "192.168.7.2")
    assert permitted(CORE).left_out(Source.CLIENT) == ()


def test_a_rule_without_addresses_is_decided_once_for_all_networks() -> None:
    assert len(list(permitted(CORE, NETWORKS).all())) == 2  # the networks, and the one proxy


def test_front_ends_are_asked_about_beside_servers_never_in_their_place() -> None:
    row_id, rule_id = "ucma-recorder-application-port", "CE-ucma-recorder-application-port-tcp-9100"
    for_front_ends = changed_rule(CORE, rule_id, remote_addresses=("10.3.0.10",))
    assert permitted(for_front_ends, Site(front_ends=("10.3.0.10",)), row_id).overall is CONDITIONAL
    both = Site(front_ends=("10.3.0.10",), servers=("10.1.0.6",))
    assert permitted(for_front_ends, both, row_id).overall is BLOCKED
    assert permitted(scoped("10.1.0.6"), both).outcome(Source.SERVER) is ALLOWED


def test_a_host_that_is_alone_calls_itself() -> None:
    assert (
        permitted(without_rule(CORE, DB_RULE), Site(servers=("10.1.0.5",))).outcome(Source.SERVER) is ALLOWED
    )
    itself = Site(servers=("10.1.0.5/32",), clients=("10.8.0.0/30",))
    assert permitted(scoped("10.8.0.1-10.8.0.2"), itself).overall is ALLOWED
    pair = Site(servers=("10.8.0.0/31",), clients=("10.8.0.0/31",))
    assert permitted(scoped("10.8.0.1"), pair).overall is BLOCKED


def test_a_caller_of_an_ip_version_that_nothing_is_bound_on_does_not_count_beside_others() -> None:
    site = Site(servers=("10.1.0.0/24", "2001:db8::/64"), clients=("10.8.0.0/22",))
    assert permitted(scoped("10.0.0.0/8"), site).overall is ALLOWED
    assert permitted(CORE, Site(servers=("2001:db8::/64",))).outcome(Source.SERVER) is NOT_EXPOSED
    both = listening(scoped("10.0.0.0/8"), listener(9901, pid_of(DB), address="::"))
    assert permitted(both, site).outcome(Source.SERVER) is BLOCKED


@pytest.mark.parametrize("text", ["not an address", "10.9.9.9-10.1.1.1", ""])
def test_a_caller_nobody_can_read_is_an_unknown_one(text: str) -> None:
    assert permitted(scoped("10.0.0.0/8"), Site(servers=(text,))).outcome(Source.SERVER) is CONDITIONAL
    assert permitted(CORE, Site(servers=(text,))).outcome(Source.SERVER) is ALLOWED


@pytest.mark.parametrize(
    ("ports", "outcome"),
    [
        (("5060",), BLOCKED),
        (("49152-65535",), ALLOWED),
        (("49152-50000", "50001-65535"), ALLOWED),
        (("50000-65535",), BLOCKED),
        (("RPC",), CONDITIONAL),
    ],
)
def test_tcp_callers_come_from_a_port_that_windows_chose(ports: tuple[str, ...], outcome: Outcome) -> None:
    assert permitted(changed_rule(CORE, DB_RULE, remote_ports=ports)).overall is outcome


def test_hosts_with_many_networks_stay_cheap() -> None:
    site = Site(clients=tuple(f"10.{n}.0.0/16" for n in range(2, 200)), servers=("10.1.0.0/24",))
    many = with_rule(
        scoped(*(f"10.{n}.0.0/16" for n in range(1, 200))),
        *(
            fw_rule(f"n{n}", local_ports=("9901",), remote_addresses=(f"10.250.{n}.0/24",))
            for n in range(200)
        ),
    )
    start = perf_counter()
    assert permitted(many, site).overall is ALLOWED
    assert perf_counter() - start < 4  # about 0.15 s on a quiet machine
