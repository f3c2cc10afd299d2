"""Static ports inside the ranges that Windows itself uses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from rules.case import Case
from rules.check import Check, Unproven
from rules.endpoints import Basis, Endpoint
from rules.evidence_sets import ENDPOINTS
from rules.findings import (
    defined_where,
    endpoint_finding,
    place,
    seen_configuration,
    seen_listeners,
    subject,
)
from rules.firewall.ports import DEFAULT_DYNAMIC, Span, merged
from rules.model import Finding, Observation, Remediation, Severity
from rules.port_ranges import dynamic_range, family_of, is_reserved, taken_by_windows
from scanner.model import DynamicRange, EvidenceKind, ExcludedRange

_IN_USE = "Stop the component first: Windows refuses to reserve a port that is in use."


def find(case: Case) -> Iterator[Finding | Unproven]:
    ranges = case.snapshot.port_ranges
    widened: dict[str, list[Endpoint]] = defaultdict(list)
    for endpoint in case.endpoints:
        if endpoint.basis is not Basis.CONFIGURED or is_reserved(ranges, endpoint):
            continue
        if taken := taken_by_windows(ranges, endpoint):
            yield from _taken(case, endpoint, taken)
        elif found := dynamic_range(ranges, endpoint):
            if endpoint.span[1] >= DEFAULT_DYNAMIC[0]:
                yield _forecast(case, endpoint, found)
            else:
                widened[endpoint.slot.protocol].append(endpoint)
        elif all(each.protocol != endpoint.slot.protocol for each in ranges.dynamic):
            yield Unproven(
                subject=f"dynamic port range {endpoint.slot.protocol}", reason="it was not collected"
            )
    for protocol, endpoints in widened.items():
        yield _widened(case, protocol, endpoints)


def _taken(case: Case, endpoint: Endpoint, taken: ExcludedRange) -> Iterator[Finding | Unproven]:
    """The port is kept for something else; whether the component has it all the same, its socket shows."""
    if endpoint.foreign:
        return  # who holds it is a finding of its own, and may be who keeps it
    if case.lacks_listeners or (endpoint.unowned and not endpoint.listeners):
        reason = (
            f"its port lies in the excluded range {taken.start}-{taken.end}; whether it has it is not known"
        )
        yield Unproven(subject=subject(endpoint), reason=reason)
        return
    holds = bool(endpoint.listeners)
    later = f"CE works. If the component does not get the port at a later start: {endpoint.row.impact}"
    yield endpoint_finding(
        case,
        endpoint,
        severity=Severity.LOW if holds else Severity.HIGH,
        message=f"{place(endpoint)} lies in a port range that Windows keeps for something else"
        + (", although it has the port now" if holds else ", so the component cannot open it"),
        expected="a port outside every excluded range, or one reserved for CE",
        observed=f"{endpoint.ports} lies in the excluded range {taken.start}-{taken.end}",
        evidence=case.observe_all([(taken.origin, f"excluded {taken.protocol} {taken.start}-{taken.end}")])
        + seen_configuration(case, endpoint)
        + seen_listeners(case, *endpoint.listeners),
        remediation=_reservation(
            [endpoint],
            "Ranges without a star in `netsh int ipv4 show excludedportrange` belong to Hyper-V, WinNAT or "
            "Docker and change with every start: stop what keeps this one (net stop winnat), reserve the "
            "port, start it again.",
            f"Or set another port in {defined_where(endpoint)} and re-run the vendor's cmdlets.",
        ),
        impact=later if holds else "",
    )


def _forecast(case: Case, endpoint: Endpoint, found: DynamicRange) -> Finding:
    return endpoint_finding(
        case,
        endpoint,
        severity=Severity.MEDIUM,
        message=f"{place(endpoint)} lies in the range that Windows hands out ports from, so after some start "
        "another program may have it",
        expected=f"a port outside {_shown(found)}, or one reserved for CE",
        observed=f"{endpoint.ports} lies in the dynamic range {_shown(found)}",
        evidence=(_seen(case, found), *seen_configuration(case, endpoint)),
        remediation=_reservation(
            [endpoint],
            _IN_USE,
            f"Or set a port below {DEFAULT_DYNAMIC[0]} in {defined_where(endpoint)} and re-run the vendor's "
            "cmdlets.",
        ),
        impact=f"CE works until another program gets the port first. Then: {endpoint.row.impact}",
    )


def _widened(case: Case, protocol: str, endpoints: list[Endpoint]) -> Finding:
    """The range of this host is the cause: one finding, however many components it covers."""
    spans = dict.fromkeys(found for found in (_range_of(case, endpoint) for endpoint in endpoints) if found)
    places = ", ".join(dict.fromkeys(place(endpoint) for endpoint in endpoints))
    first, last = DEFAULT_DYNAMIC
    shown = " and ".join(dict.fromkeys(_shown(found) for found in spans))
    return Finding(
        severity=Severity.MEDIUM,
        protocol=protocol,
        subject=f"dynamic port range {protocol}",
        message=f"Windows hands out {protocol.upper()} ports from {shown} on this host, which covers "
        f"{len(endpoints)} of the ports that CE needs",
        expected=f"the range {first}-{last}, which is Windows' default, or CE's ports reserved",
        observed=f"the dynamic range {shown} covers {places}",
        impact="Whenever Windows has given one of these ports to another connection, the component cannot "
        f"open it at its next start. For {endpoints[0].title} that means: {endpoints[0].row.impact}",
        evidence=tuple(_seen(case, found) for found in spans),
        remediation=_reservation(
            endpoints,
            _IN_USE,
            "Or restore Windows' default range, if nothing on this host needs the wider one: "
            + " and ".join(
                f"netsh int {family} set dynamicport {protocol} start={first} num={last - first + 1}"
                for family in ("ipv4", "ipv6")
            )
            + ".",
        ),
    )


def _range_of(case: Case, endpoint: Endpoint) -> DynamicRange | None:
    return dynamic_range(case.snapshot.port_ranges, endpoint)


def _shown(found: DynamicRange) -> str:
    return f"{found.start}-{found.start + found.count - 1}"


def _seen(case: Case, found: DynamicRange) -> Observation:
    return case.observe(found.origin, f"dynamic {found.protocol} range {_shown(found)}")


def _reservation(endpoints: Iterable[Endpoint], *manual: str) -> Remediation:
    """Ports kept for whoever asks for them by number; Windows then hands none of them out."""
    spans: dict[tuple[str, str], list[Span]] = defaultdict(list)
    for endpoint in endpoints:
        spans[family_of(endpoint), endpoint.slot.protocol].append(endpoint.span)
    ranges = [(*key, span) for key, several in spans.items() for span in merged(several)]
    return Remediation(
        commands=tuple(_exclusion("add", *each) for each in ranges),
        undo=tuple(_exclusion("delete", *each) for each in ranges),
        manual=manual,
    )


def _exclusion(verb: str, family: str, protocol: str, span: Span) -> str:
    first, last = span
    return (
        f"netsh int {family} {verb} excludedportrange protocol={protocol} startport={first} "
        f"numberofports={last - first + 1} store=persistent"
    )


CHECK = Check(
    id="port-in-dynamic-range",
    title="No fixed CE port lies where Windows hands out or withholds ports",
    severity=Severity.MEDIUM,
    requires=frozenset({EvidenceKind.PORT_RANGES}),
    needs=ENDPOINTS,
    rationale="A port inside the dynamic range works until Windows gives it to some other connection first. "
    "Then a component does not start one morning, although nobody changed anything.",
    decides="Looks whether a configured port lies in the host's dynamic range of its protocol (medium) or in "
    "an excluded range that no administrator made (high where the component does not hold the port, low "
    "where it does). Ports that an administrator reserved are fine. Where the range was widened over CE's "
    "ports, the range is the one finding.",
    mend="Reserve the port (the command shown), restore Windows' default range, or choose another port.",
    controls=("NIST SP 800-53 r5 CM-6", "ISO/IEC 27001:2022 A.8.9"),
    find=find,
)
