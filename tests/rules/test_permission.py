"""What Windows Firewall decides for an endpoint, for each source."""

import pytest

from rules.catalogue.model import Source
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
    without_process,
    without_rule,
)
from tests.rules.hosts import DB, DB_RULE, core_server, listener, pid_of, process, program, tcp
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


def test_the_sites_profile_is_the_one_decided_for() -> None:
    public = on_networks(CORE, Profile.PUBLIC)
    assert permitted(public).overall is BLOCKED
    assert permitted(public, Site(expected_profile=Profile.DOMAIN)).overall is ALLOWED


@pytest.mark.parametrize("address", ["not an address", "fe80::1%12", ""])
def test_hostile_bind_text_is_no_crash(address: str) -> None:
    assert permitted(changed_listener(CORE, 9901, address=address)).is_local_only is False
