"""Which endpoints of one host want the same port."""

import pytest
from msgspec.structs import replace

from scanner.model import ConfiguredEndpoint, Snapshot
from tests.rules.changes import changed_listener, configured, not_configured, with_process
from tests.rules.hosts import DB, core_server, file, pid_of, process, program, tcp, udp
from tests.rules.judging import case_of

CORE = core_server()
LICENSE = "license-server"


def fighting(snapshot: Snapshot) -> set[frozenset[str]]:
    """The pairs of row ids that want one port."""
    case = case_of(snapshot)
    return {
        frozenset({endpoint.row.id, other.row.id})
        for endpoint in case.endpoints
        for other in case.rivals(endpoint)
    }


def pair(here: ConfiguredEndpoint, there: ConfiguredEndpoint) -> Snapshot:
    return configured(configured(CORE, DB, here), LICENSE, there)


@pytest.mark.parametrize(
    ("here", "there", "fights"),
    [
        (tcp(9900), tcp(9900), True),
        (tcp(9900), tcp(9901), False),
        (tcp(9950), udp(9950), False),
        (tcp(9900), tcp(9900, address="10.1.0.5"), True),
        (tcp(9900, address="10.1.0.5"), tcp(9900, address="10.1.0.5"), True),
        (tcp(9900, address="10.1.0.5"), tcp(9900, address="10.1.0.6"), False),
        (tcp(9900, address="10.1.0.5"), tcp(9900, address="0.0.0.0"), True),  # noqa: S104 - a fact
        (tcp(9900, address="10.1.0.5"), tcp(9900, address="[::]"), True),
        (tcp(9900, address="10.1.0.5"), tcp(9900, address="ce01.example.test"), True),
        (tcp(9950, port_end=9960), tcp(9950), True),
        (tcp(9950, port_end=9960), tcp(9955), False),
    ],
)
def test_two_want_one_port_where_protocol_port_and_address_meet(
    here: ConfiguredEndpoint, there: ConfiguredEndpoint, fights: bool
) -> None:
    expected = {frozenset({DB, LICENSE})} if fights else set()
    assert fighting(pair(here, there)) == expected


def test_a_span_wants_the_port_that_it_has() -> None:
    spanned = pair(tcp(9895, port_end=9902), tcp(9901))
    assert fighting(spanned) == {frozenset({DB, LICENSE})}


def test_an_assumed_default_accuses_nobody() -> None:
    unread = not_configured(changed_listener(CORE, 9901, pid=None), DB)
    assert fighting(configured(unread, LICENSE, tcp(9901))) == set()


def test_channels_are_left_alone_whichever_recorder_they_belong_to() -> None:
    cmapi, sip = "telephony-recorder-cmapi", "telephony-recorder-sip"
    media = udp(20000, purpose="media")
    found = next(each for each in CORE.configured_ports if each.component == sip)
    both = configured(CORE, sip, media, udp(20000, purpose="media", address="10.1.0.5"))
    both = with_process(both, process(pid_of(cmapi), program(cmapi)))
    both = replace(
        both,
        executables=(*both.executables, file(program(cmapi))),
        configured_ports=(*both.configured_ports, replace(found, component=cmapi, endpoints=(media,))),
    )
    assert fighting(both) == set()


def test_ports_of_one_program_fight_where_they_are_for_different_uses() -> None:
    tomcat = "web-service"
    doubled = configured(CORE, tomcat, tcp(8080, purpose="http"), tcp(8080, purpose="https"))
    assert fighting(doubled) == {frozenset({tomcat})}
    one, two = tcp(8080, purpose="http"), tcp(8080, purpose="http", address="10.1.0.5")
    assert fighting(configured(CORE, tomcat, one, two)) == set()
    rows = ("ucma-recorder-application-port", "ucma-recorder-recorder-port")
    assert fighting(configured(CORE, rows[1], tcp(9100))) == {frozenset(rows)}


def test_variants_fight_only_where_both_run() -> None:
    plain, web = "ivr-connector", "ivr-connector-webservices"
    found = next(each for each in CORE.configured_ports if each.component == web)
    on_disk = replace(
        CORE,
        executables=(*CORE.executables, file(program(plain))),
        configured_ports=(*CORE.configured_ports, replace(found, component=plain, endpoints=(tcp(9909),))),
    )
    assert fighting(on_disk) == set()
    running = with_process(on_disk, process(pid_of(plain), program(plain)))
    assert fighting(running) == {frozenset({plain, web})}
    stopped = replace(on_disk, processes=(), listeners=())
    assert fighting(stopped) == set()
