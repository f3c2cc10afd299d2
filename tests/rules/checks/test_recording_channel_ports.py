"""Recording channels that get into each other's way."""

import pytest
from msgspec.structs import replace

from rules.model import Severity
from scanner.model import ConfiguredEndpoint, EvidenceKind, Fault, FaultCode, PortState, Snapshot
from tests.rules.changes import (
    configured,
    dropped,
    listening,
    not_configured,
    not_listening,
    removed,
    with_file,
    with_process,
)
from tests.rules.hosts import CORE as PORTS
from tests.rules.hosts import core_server, file, listener, operator_pc, pid_of, process, program, tcp, udp
from tests.rules.judging import found, judge, the_finding

CHECK = "recording-channel-ports"
CORE = core_server()
SIP, CMAPI = "telephony-recorder-sip", "telephony-recorder-cmapi"
CLASH = "UDP 20000 is used by the channels Trunk 1 (sip), Trunk 2 (sip)"


def clashing(*texts: str, snapshot: Snapshot = CORE, row_id: str = SIP) -> Snapshot:
    return configured(
        snapshot,
        row_id,
        *PORTS[SIP],
        state=PortState.INVALID,
        reason="; ".join(texts),
        faults=tuple(Fault(code=FaultCode.CHANNEL_CLASH, text=text) for text in texts),
    )


def seeded() -> Snapshot:
    """Two SIP channels were given one media port."""
    return clashing(CLASH)


def with_cmapi(snapshot: Snapshot, *endpoints: ConfiguredEndpoint) -> Snapshot:
    """The other recorder with channels runs here too, and its list is known."""
    found_sip = next(each for each in snapshot.configured_ports if each.component == SIP)
    both = with_process(with_file(snapshot, file(program(CMAPI))), process(pid_of(CMAPI), program(CMAPI)))
    return replace(
        both,
        configured_ports=(
            *both.configured_ports,
            replace(found_sip, component=CMAPI, endpoints=endpoints),
        ),
    )


def test_channels_that_share_a_port_are_the_one_finding() -> None:
    assert found(seeded()) == {(CHECK, "TelephonyRecorder")}
    finding = the_finding(seeded(), CHECK)
    assert (finding.severity, finding.variant, finding.observed) == (Severity.MEDIUM, "SIP", CLASH)
    assert "Recording > Channels" in finding.remediation.manual[0]


def test_every_shared_port_is_a_finding_with_its_own_name() -> None:
    findings = judge(clashing(CLASH, "TCP 21000 is used by the channels a, b"), CHECK).findings
    assert len({finding.fingerprint for finding in findings}) == 2


def test_a_recorder_that_could_not_open_a_shared_port_is_not_told_twice() -> None:
    assert found(not_listening(seeded(), 20000)) == {(CHECK, "TelephonyRecorder")}


def test_channels_of_two_recorders_that_share_a_port_are_told_once() -> None:
    text = "UDP 20000 is used by the channels Trunk 1 (sip), Station 1 (cmapi)"
    both = clashing(text, snapshot=with_cmapi(CORE), row_id=SIP)
    both = configured(
        both,
        CMAPI,
        udp(20000, purpose="media"),
        state=PortState.INVALID,
        reason=text,
        faults=(Fault(code=FaultCode.CHANNEL_CLASH, text=text),),
    )
    assert [finding.observed for finding in judge(both, CHECK).findings] == [text]
    assert judge(both, "port-conflict").findings == ()
    held = listening(not_listening(both, 20000), listener(20000, pid_of(CMAPI), protocol="udp"))
    assert [finding.observed for finding in judge(held, CHECK).findings] == [text]
    assert judge(held, "port-conflict").findings == ()


def test_a_fault_of_another_kind_is_not_about_channels() -> None:
    other = configured(
        CORE, SIP, *PORTS[SIP], faults=(Fault(code=FaultCode.CHILD_PROCESS, text="something else"),)
    )
    assert judge(other, CHECK).findings == ()


@pytest.mark.parametrize(
    ("ports", "observed"),
    [
        ((udp(20001, purpose="media"),), "odd: 20001"),
        (
            (udp(20000, purpose="media"), udp(20001, purpose="media")),
            "odd: 20001; next port in use: 20000",
        ),
        (
            tuple(udp(port, purpose="media") for port in range(20001, 20015, 2)),
            "odd: 20001, 20003, 20005, 20007, 20009, ...",
        ),
    ],
)
def test_media_ports_against_the_convention_are_for_information(
    ports: tuple[ConfiguredEndpoint, ...], observed: str
) -> None:
    finding = the_finding(configured(CORE, SIP, *ports), CHECK)
    assert (finding.severity, finding.observed) == (Severity.INFO, observed)


@pytest.mark.parametrize(
    "fine",
    [
        CORE,
        configured(CORE, SIP, udp(20000, purpose="media"), tcp(20001, purpose="control")),
        configured(CORE, SIP, state=PortState.DISABLED, reason="the list has no channel of this recorder"),
    ],
)
def test_channels_with_ports_of_their_own_pass(fine: Snapshot) -> None:
    assert judge(fine, CHECK).status == "pass"


def test_without_such_a_recorder_the_check_does_not_apply() -> None:
    for host in (removed(CORE, SIP), operator_pc()):
        result = judge(host, CHECK)
        assert (result.status, result.reason) == (
            "not-applicable",
            "no recorder with recording channels is on this host",
        )


def test_the_ucma_recorder_has_no_channels() -> None:
    ucma = with_process(
        removed(CORE, SIP), process(pid_of("telephony-recorder-ucma"), program("telephony-recorder-ucma"))
    )
    assert judge(ucma, CHECK).status == "not-applicable"


def test_without_the_channel_list_it_never_passes() -> None:
    result = judge(not_configured(CORE, SIP), CHECK)
    assert result.status == "not-proven"
    assert "was not supplied" in result.reason


def test_where_nobody_looked_for_programs_the_recorder_may_be_here() -> None:
    blind = dropped(removed(CORE, SIP), EvidenceKind.EXECUTABLES)
    assert judge(blind, CHECK).status == "not-proven"


@pytest.mark.parametrize(
    "kind", [EvidenceKind.RECORDING_CHANNELS, EvidenceKind.EXECUTABLES, EvidenceKind.PROCESSES]
)
def test_without_its_evidence_it_never_passes(kind: EvidenceKind) -> None:
    assert judge(dropped(CORE, kind), CHECK).status == "not-proven"
