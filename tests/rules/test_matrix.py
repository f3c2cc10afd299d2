"""The endpoint matrix: four facts and the one state they make."""

import pytest

from rules.matrix import endpoint_rows
from rules.model import EndpointRow
from scanner.model import EvidenceKind, PortState, Snapshot
from tests.rules.changes import (
    changed_listener,
    changed_rule,
    configured,
    dropped,
    not_configured,
    not_listening,
    with_file,
    with_process,
    without_process,
    without_rule,
)
from tests.rules.hosts import DB, DB_RULE, core_server, file, process, program, tcp
from tests.rules.judging import case_of

CORE = core_server()


def row(snapshot: Snapshot, component: str = "DBConnectorServer", variant: str = "") -> EndpointRow:
    rows = endpoint_rows(case_of(snapshot))
    return next(each for each in rows if (each.component, each.variant) == (component, variant))


@pytest.mark.parametrize(
    ("snapshot", "state"),
    [
        (CORE, "configured, listening, permitted: works"),
        (without_rule(CORE, DB_RULE), "configured, listening, blocked: works only from this host"),
        (
            changed_rule(CORE, DB_RULE, remote_addresses=("10.9.9.9",)),
            "configured, listening, permitted under conditions: works where the conditions hold",
        ),
        (
            with_process(
                changed_listener(CORE, 9901, pid=77), process(77, r"C:\svchost.exe", services=("iphlpsvc",))
            ),
            "a port forwarding holds its port",
        ),
        (
            changed_listener(CORE, 9901, address="127.0.0.1"),
            "configured, listening, bound to this host: serves this host only",
        ),
        (
            not_listening(CORE, 9901),
            "configured, not listening, permitted: an open door with nobody behind it",
        ),
        (
            without_rule(without_process(CORE, DB), DB_RULE),
            "configured, not listening, blocked: shut, and nobody behind it",
        ),
        (
            changed_listener(CORE, 9901, port=9933),
            "configured, listening elsewhere, permitted: an open door with nobody behind it",
        ),
        (not_configured(CORE, DB), "configuration not known, listening, permitted: works"),
        (
            without_process(not_configured(CORE, DB), DB),
            "default assumed, not listening, permitted: an open door with nobody behind it",
        ),
        (dropped(CORE, EvidenceKind.LISTENERS), "configured, sockets not collected, permitted"),
        (
            configured(CORE, DB, state=PortState.DYNAMIC, reason="x"),
            "dynamic: the port changes at every start",
        ),
        (configured(CORE, DB, state=PortState.DISABLED, reason="x"), "switched off in the configuration"),
        (
            with_process(changed_listener(CORE, 9901, pid=77), process(77, r"C:\x.exe")),
            "another program holds its port",
        ),
        (
            without_process(dropped(CORE, EvidenceKind.EXECUTABLES), DB),
            "configured; whether it is installed is not known",
        ),
    ],
)
def test_the_facts_make_one_named_state(snapshot: Snapshot, state: str) -> None:
    assert row(snapshot).state == state


def test_a_row_holds_the_four_facts() -> None:
    one = row(CORE)
    assert (one.documented, one.configured, one.listening) == ((9901,), (9901,), (9901,))
    assert (one.permitted.server, one.permitted.client, one.configured_state) == (
        "allowed",
        "allowed",
        "static",
    )
    assert [(each.id, each.store, each.action) for each in one.decided_by] == [(DB_RULE, "local", "allow")]
    assert row(CORE, "LicenseServer").permitted.client == ""


def test_what_was_not_collected_and_what_is_off_are_named_apart() -> None:
    assert row(not_configured(CORE, DB)).configured_state == "not collected"
    assert row(not_configured(CORE, DB)).note == "its configuration was not collected"
    no_ajp = configured(CORE, "web-service", tcp(8080, purpose="http"))
    assert row(no_ajp, "Web Service", "ajp").configured_state == "disabled"


def test_a_component_without_ports_and_a_removed_one_are_shown() -> None:
    assert row(CORE, "Contact Manager Service").state == "uses no ports"
    left = row(with_file(CORE, file(program("sms-connector-server"))), "SMSConnectorServer")
    assert (left.state, left.documented) == ("removed from the product, still here", (9912,))


def test_a_listener_elsewhere_is_shown_by_its_port() -> None:
    assert row(changed_listener(CORE, 9901, port=9933)).listening == (9933,)
