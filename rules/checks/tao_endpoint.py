"""Endpoint options of ACE/TAO that do not give one port for every host (contact-expert.md 4.5 and A14)."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from rules.case import Case
from rules.causes import Cause, undecided
from rules.check import Check, Unproven
from rules.endpoints import Endpoint
from rules.evidence_sets import ENDPOINTS
from rules.findings import (
    defined_where,
    endpoint_finding,
    place,
    seen_configuration,
    seen_listeners,
    subject,
)
from rules.model import Finding, Remediation, Severity
from rules.port_causes import TAO_FAULTS, is_bound_by_options, needs_no_port
from rules.remedies import first, rerun_cmdlets
from scanner.locations import LocationKind
from scanner.model import FaultCode, PortState

_HOLDS_OPTIONS = (LocationKind.TAO, LocationKind.XML)
_FAULTS = {
    FaultCode.TAO_REFUSED: ("refused", "will not start, because TAO refuses its endpoint options"),
    FaultCode.TAO_COLON_MISSING: (
        "colon-missing",
        "has no fixed {protocol} port, because the colon before the port is missing in its endpoint options",
    ),
}


def find(case: Case) -> Iterator[Finding | Unproven]:
    told: set[str] = set()
    for endpoint, diagnosis in case.port_diagnoses:
        if diagnosis.cause is Cause.TAO:
            yield from _faulty(case, endpoint, told)
        elif endpoint.slot.configured and endpoint.slot.configured.port_end:
            yield _span(case, endpoint)
        elif diagnosis.cause is Cause.DYNAMIC or needs_no_port(case, endpoint):
            continue  # told already, or nobody asks for a port
        elif _is_unread(endpoint):
            yield Unproven(subject=subject(endpoint), reason=undecided(endpoint).reason)


def _is_unread(endpoint: Endpoint) -> bool:
    """True where options may stand that nobody could read."""
    defined = endpoint.row.defined_in
    read = endpoint.state is not PortState.NOT_DETERMINABLE or endpoint.slot.configured
    return not read and defined is not None and defined.kind in _HOLDS_OPTIONS


def _faulty(case: Case, endpoint: Endpoint, told: set[str]) -> Iterator[Finding]:
    """What stands in the options once for their component, a loopback address for each of its endpoints."""
    found = endpoint.configuration
    faults = [fault for fault in found.faults if fault.code in TAO_FAULTS] if found else []
    if faults and endpoint.row.id not in told:
        told.add(endpoint.row.id)
        worst = min(faults, key=lambda fault: TAO_FAULTS.index(fault.code))
        code, what = _FAULTS[worst.code]
        message = f"{endpoint.row.title} {what.format(protocol=endpoint.slot.protocol.upper())}"
        observed = "; ".join(fault.text for fault in faults)
        yield _finding(case, endpoint, Severity.HIGH, code, message, observed)
    elif is_bound_by_options(endpoint):
        message = f"{place(endpoint)} is bound to this host alone, so no other host can reach it"
        address = endpoint.slot.configured.address if endpoint.slot.configured else None
        observed = f"its options bind it to {address}"
        yield _finding(case, endpoint, Severity.HIGH, "loopback", message, observed)


def _span(case: Case, endpoint: Endpoint) -> Finding:
    """A firewall rule can cover a span; whether one does, the firewall checks say."""
    ports = f"{endpoint.slot.protocol.upper()} {endpoint.ports}"
    message = f"{endpoint.title} takes the first free port of {ports} at each start, not always the same one"
    observed = f"any port of {endpoint.ports}"
    found = _finding(case, endpoint, Severity.LOW, "portspan", message, observed)
    later = f"CE works while all of {ports} is open to those who connect. Else: {endpoint.row.impact}"
    return msgspec.structs.replace(found, impact=later)


def _finding(
    case: Case, endpoint: Endpoint, severity: Severity, code: str, message: str, observed: str
) -> Finding:
    found = endpoint_finding(
        case,
        endpoint,
        severity=severity,
        message=message,
        expected=f"one static port on every address: iiop://:{_wanted(endpoint)}",
        observed=observed,
        evidence=seen_configuration(case, endpoint)
        + seen_listeners(case, *endpoint.listeners, *endpoint.elsewhere),
        remediation=_remediation(case, endpoint),
    )
    return msgspec.structs.replace(found, code=code)


def _wanted(endpoint: Endpoint) -> str:
    configured = endpoint.slot.configured
    port = configured.port if configured else endpoint.slot.documented
    return str(port or "PORT")


def _remediation(case: Case, endpoint: Endpoint) -> Remediation:
    return first(
        f"First set the endpoint option to `-ORBListenEndpoints iiop://:{_wanted(endpoint)}` in "
        f"{defined_where(endpoint)} and leave the other options as they are.",
        rerun_cmdlets(case),
    )


CHECK = Check(
    id="tao-endpoint",
    title="The endpoint options of every TAO component give one port on every address",
    severity=Severity.HIGH,
    requires=frozenset(),
    needs=ENDPOINTS,
    rationale="One colon too few in the naming service's options, and it answers on another port after "
    "each start; a loopback address, and no other host finds the parts of the contact centre at all.",
    decides="Reads the options as TAO does. High: options it refuses, so that the service does not start; "
    "a port taken for a host name because its colon is missing; an endpoint bound to loopback. Low: a span "
    "of ports, of which it takes the first free one. Their codes in results.json: refused, colon-missing, "
    "loopback, portspan; an option without a port is left to dynamic-port, code ephemeral.",
    mend="Write `-ORBListenEndpoints iiop://:9999` with the component's own port, re-run the vendor's "
    "cmdlets and restart the application server.",
    controls=("NIST SP 800-53 r5 CM-6",),
    find=find,
)
