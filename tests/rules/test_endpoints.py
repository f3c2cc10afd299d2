"""The join: which endpoints a host has, the port each should have, and why."""

import msgspec
import pytest

from rules.catalogue.model import CataloguePort
from rules.endpoints import Basis, Endpoint, slots_of
from scanner.model import ConfiguredEndpoint, ConfiguredPorts, EvidenceKind, PortState, Snapshot
from tests.rules.changes import (
    changed_listener,
    configured,
    dropped,
    listening,
    not_configured,
    removed,
    with_file,
    with_process,
    without_process,
)
from tests.rules.hosts import (
    CATALOGUE,
    DB,
    core_server,
    file,
    listener,
    origin,
    pid_of,
    process,
    program,
    tcp,
    udp,
)
from tests.rules.judging import case_of

CORE = core_server()
ROWS = {row.id: row for row in CATALOGUE.rows}


def endpoints(snapshot: Snapshot, row_id: str) -> list[Endpoint]:
    return [each for each in case_of(snapshot).endpoints if each.row.id == row_id]


def endpoint(snapshot: Snapshot, row_id: str = DB) -> Endpoint:
    (one,) = endpoints(snapshot, row_id)
    return one


def expected(snapshot: Snapshot, row_id: str = DB) -> tuple[int | None, Basis]:
    one = endpoint(snapshot, row_id)
    return one.port, one.basis


def port(number: int, purpose: str | None = None) -> CataloguePort:
    return CataloguePort(protocol="tcp", port=number, purpose=purpose)


TOMCAT = (port(8005, "shutdown"), port(8080, "http"), port(8443, "https"))


@pytest.mark.parametrize(
    ("found", "ports", "pairs"),
    [
        ((), (port(1),), [(1, None)]),
        ((tcp(2),), (port(1),), [(1, 2)]),
        ((tcp(2), tcp(1)), (port(1), port(2)), [(1, 1), (2, 2)]),
        ((tcp(3), tcp(1)), (port(1), port(2)), [(1, 1), (2, 3)]),
        ((tcp(3), tcp(4)), (port(1),), [(1, 3), (None, 4)]),
        ((udp(1),), (port(1),), [(1, None), (None, 1)]),
        ((tcp(8081, purpose="http"),), TOMCAT, [(8005, None), (8080, 8081), (8443, None)]),
        (
            (tcp(9443, purpose="https"), tcp(8080, purpose="http")),
            TOMCAT,
            [(8005, None), (8080, 8080), (8443, 9443)],
        ),
        ((tcp(8009, purpose="ajp"),), TOMCAT, [(8005, None), (8080, None), (8443, None), (None, 8009)]),
        ((tcp(5), tcp(6)), (), [(None, 5), (None, 6)]),
        ((), (), [(None, None)]),
    ],
)
def test_a_configured_port_goes_to_the_documented_one_it_replaces(
    found: tuple[ConfiguredEndpoint, ...],
    ports: tuple[CataloguePort, ...],
    pairs: list[tuple[int | None, int | None]],
) -> None:
    facts = ConfiguredPorts(
        component=DB, location="x", state=PortState.STATIC, endpoints=found, origin=origin("x")
    )
    made = slots_of(msgspec.structs.replace(ROWS[DB], ports=ports), facts)
    assert [(slot.documented, slot.configured and slot.configured.port) for slot in made] == pairs


def test_without_configuration_every_documented_port_has_a_slot() -> None:
    assert [slot.documented for slot in slots_of(ROWS["web-service"], None)] == [8005, 8009, 8080, 8443]


@pytest.mark.parametrize(
    ("snapshot", "port_and_basis"),
    [
        (CORE, (9901, Basis.CONFIGURED)),
        (configured(CORE, DB, tcp(9951)), (9951, Basis.CONFIGURED)),
        (not_configured(CORE, DB), (9901, Basis.OBSERVED)),
        (not_configured(changed_listener(CORE, 9901, port=9933), DB), (9933, Basis.OBSERVED)),
        # two ports and neither is the documented one: nobody can say which
        (
            not_configured(
                listening(changed_listener(CORE, 9901, port=9933), listener(9934, pid_of(DB))), DB
            ),
            (9901, Basis.ASSUMED),
        ),
        (without_process(not_configured(CORE, DB), DB), (9901, Basis.ASSUMED)),
        (configured(CORE, DB, state=PortState.NOT_DETERMINABLE, reason="x"), (9901, Basis.OBSERVED)),
        (configured(CORE, DB, state=PortState.DYNAMIC, reason="x"), (None, Basis.NONE)),
        (configured(CORE, DB, state=PortState.INVALID, reason="x"), (None, Basis.NONE)),
        (configured(CORE, DB, state=PortState.DISABLED, reason="x"), (None, Basis.NONE)),
    ],
)
def test_configured_goes_before_seen_and_seen_before_documented(
    snapshot: Snapshot, port_and_basis: tuple[int | None, Basis]
) -> None:
    assert expected(snapshot) == port_and_basis


def test_an_unlisted_component_has_only_what_is_configured_or_seen() -> None:
    assert expected(CORE, "chat-server") == (9915, Basis.CONFIGURED)
    assert expected(not_configured(CORE, "chat-server"), "chat-server") == (9915, Basis.OBSERVED)
    gone = without_process(not_configured(CORE, "chat-server"), "chat-server")
    assert expected(gone, "chat-server") == (None, Basis.NONE)


def test_a_port_of_the_programs_other_row_is_not_taken_for_this_ones() -> None:
    one = not_configured(changed_listener(CORE, 9100, port=9555), "ucma-recorder-application-port")
    assert expected(one, "ucma-recorder-application-port") == (9555, Basis.OBSERVED)
    assert expected(one, "ucma-recorder-recorder-port") == (9971, Basis.CONFIGURED)


def test_tomcats_run_time_ports_are_not_taken_for_a_connector() -> None:
    moved = not_configured(changed_listener(CORE, 8080, port=50007), "web-service")
    http = [each for each in endpoints(moved, "web-service") if each.slot.purpose == "http"]
    assert [(each.port, each.basis) for each in http] == [(8080, Basis.ASSUMED)]


def test_a_connector_that_server_xml_does_not_have_is_off() -> None:
    no_ajp = configured(CORE, "web-service", tcp(8080, purpose="http"))
    assert {each.slot.purpose: each.basis for each in endpoints(no_ajp, "web-service")} == {
        "shutdown": Basis.NONE,
        "ajp": Basis.NONE,
        "http": Basis.CONFIGURED,
        "https": Basis.NONE,
    }


def test_what_is_absent_removed_or_without_ports_has_no_endpoint() -> None:
    ids = {each.row.id for each in case_of(with_file(CORE, file(program("sms-server")))).endpoints}
    assert ids.isdisjoint({"dialer-server", "sms-server", "contact-manager-service"})
    assert endpoints(removed(CORE, DB), DB) == []


def test_where_nobody_looked_for_programs_a_configured_port_is_enough() -> None:
    blind = without_process(dropped(CORE, EvidenceKind.EXECUTABLES), DB)
    assert expected(blind) == (9901, Basis.CONFIGURED)
    assert endpoints(configured(blind, DB, state=PortState.DYNAMIC, reason="x"), DB) == []
    assert endpoints(not_configured(blind, DB), DB) == []


def test_a_variant_stands_by_while_its_alternative_runs() -> None:
    tsapi, ucma = "telephony-connector-tsapi", "telephony-connector-ucma"
    both = with_file(CORE, file(program(tsapi)), file(program(ucma)))
    assert endpoints(both, tsapi)
    assert endpoints(both, ucma)
    running = with_process(both, process(pid_of(tsapi), program(tsapi)))
    assert endpoints(running, tsapi)
    assert endpoints(running, ucma) == []
    assert endpoints(running, "telephony-connector-ucma-application-port") == []


def test_sockets_are_sorted_by_whose_they_are() -> None:
    busy = listening(
        with_process(CORE, process(77, r"C:\x.exe")),
        *(listener(9901, 77, address="10.1.0.5"), listener(9901, None, address="::")),
        listener(9902, pid_of(DB)),
    )
    one = endpoint(busy)
    assert [each.pid for each in one.listeners] == [pid_of(DB)]
    assert [each.pid for each in one.foreign] == [77]
    assert [each.address for each in one.unowned] == ["::"]
    assert [each.port for each in one.elsewhere] == [9902]


def test_of_a_span_the_port_in_use_is_the_one_that_counts() -> None:
    spanned = configured(CORE, DB, tcp(9901, port_end=9905))
    assert expected(spanned) == (9901, Basis.CONFIGURED)
    assert expected(changed_listener(spanned, 9901, port=9904)) == (9904, Basis.CONFIGURED)
    assert expected(changed_listener(spanned, 9901, port=9906)) == (9901, Basis.CONFIGURED)
    assert (endpoint(spanned).ports, endpoint(CORE).ports) == ("9901-9905", "9901")


def test_every_channel_of_a_recorder_is_an_endpoint() -> None:
    assert [(each.slot.protocol, each.port) for each in endpoints(CORE, "telephony-recorder-sip")] == [
        ("udp", 20000),
        ("tcp", 21000),
        ("udp", 20002),
        ("tcp", 21001),
    ]


def test_an_endpoint_is_called_by_component_variant_and_purpose() -> None:
    assert endpoints(CORE, "telephony-recorder-sip")[0].title == "TelephonyRecorder (SIP) media"
    assert endpoint(CORE).title == "DBConnectorServer"
