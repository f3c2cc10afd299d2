"""Recording channels that get into each other's way."""

from __future__ import annotations

from collections.abc import Iterator

from rules.case import Case
from rules.check import Check, Unproven
from rules.conflicts import has_channels
from rules.endpoints import Endpoint
from rules.findings import defined_where, seen_configuration
from rules.model import Finding, Remediation, Severity
from rules.presence import Presence
from scanner.model import EvidenceKind, FaultCode

_CLASH = (
    "Calls on one of these channels are not recorded, or end up in the recording of the other. Nobody "
    "notices before the recording is asked for."
)
_SHOWN = 5  # ports in a sentence


def find(case: Case) -> Iterator[Finding | Unproven]:
    told: set[str] = set()
    recorders = {endpoint.row.id: endpoint for endpoint in case.endpoints if has_channels(endpoint.row)}
    for endpoint in recorders.values():
        if endpoint.configuration is None:
            yield Unproven(
                subject=endpoint.row.title, reason="the list of its recording channels was not supplied"
            )
        yield from _clashes(case, endpoint, told)
        yield from _unusual(case, endpoint)


def _clashes(case: Case, endpoint: Endpoint, told: set[str]) -> Iterator[Finding]:
    """One finding for each port that channels share; both recorders' rows may tell of the same one."""
    faults = endpoint.configuration.faults if endpoint.configuration else ()
    for fault in faults:
        if fault.code is FaultCode.CHANNEL_CLASH and fault.text not in told:
            told.add(fault.text)
            yield Finding(
                severity=Severity.MEDIUM,
                component=endpoint.row.component,
                variant=endpoint.row.variant,
                subject=f"{endpoint.row.title} channels: {fault.text}",
                message=f"Recording channels of {endpoint.row.title} share a port: {fault.text}",
                expected="a media port and a control port of its own for every channel",
                observed=fault.text,
                impact=_CLASH,
                evidence=seen_configuration(case, endpoint),
                remediation=_separate(endpoint),
            )


def _unusual(case: Case, endpoint: Endpoint) -> Iterator[Finding]:
    """RTP takes even ports and keeps the next one for RTCP; whether CE does is unconfirmed (7.5)."""
    configured = endpoint.configuration.endpoints if endpoint.configuration else ()
    media = sorted({found.port for found in configured if found.purpose == "media"})
    odd = [port for port in media if port % 2]
    crowded = [port for port in media if port + 1 in media]
    words = [
        text
        for text in (odd and f"odd: {_listed(odd)}", crowded and f"next port in use: {_listed(crowded)}")
        if text
    ]
    if words:
        yield Finding(
            severity=Severity.INFO,
            component=endpoint.row.component,
            variant=endpoint.row.variant,
            protocol="udp",
            subject=f"{endpoint.row.title} media ports",
            message=f"Media ports of {endpoint.row.title} do not follow the convention of RTP: "
            f"{'; '.join(words)}",
            expected="even media ports, each with the next port free for RTCP",
            observed="; ".join(words),
            impact="None known: whether the recorder follows the convention is not documented. If it does, "
            "the control data of one channel may disturb the recording of another.",
            evidence=seen_configuration(case, endpoint),
            remediation=_separate(endpoint),
        )


def _listed(ports: list[int]) -> str:
    more = ", ..." if len(ports) > _SHOWN else ""
    return ", ".join(map(str, ports[:_SHOWN])) + more


def _separate(endpoint: Endpoint) -> Remediation:
    return Remediation(
        manual=(
            (
                f"Give the channels ports of their own in {defined_where(endpoint)}, then re-run the "
                "vendor's cmdlets and restart the recorder."
            ),
        )
    )


def not_applicable(case: Case) -> str:
    """Only two of the recorders have channels; where nobody looked for programs they may be here."""
    if any(has_channels(endpoint.row) for endpoint in case.endpoints):
        return ""
    rows = (row for row in case.catalogue.rows if has_channels(row))
    if any(case.installed(row).presence is Presence.UNKNOWN for row in rows):
        return ""
    return "no recorder with recording channels is on this host"


CHECK = Check(
    id="recording-channel-ports",
    title="Every recording channel has ports of its own",
    severity=Severity.MEDIUM,
    requires=frozenset(),
    needs=frozenset({EvidenceKind.RECORDING_CHANNELS, EvidenceKind.EXECUTABLES, EvidenceKind.PROCESSES}),
    rationale="Two channels on one port are one channel too many: calls on the second are not recorded, or "
    "end up in the recording of the first. Nobody notices before the recording is asked for.",
    decides="Looks for ports that more than one channel of the supplied list uses (medium). Odd media ports, "
    "and media ports followed directly by another, break the convention of RTP (info; whether the recorders "
    "follow it is not documented).",
    mend="Change the ports in the CE Web Admin GUI, re-run the vendor's cmdlets and restart the recorder.",
    controls=("NIST SP 800-53 r5 CM-6",),
    not_applicable=not_applicable,
    find=find,
)
