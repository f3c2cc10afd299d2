"""Ports that differ from the vendor's default."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from rules.case import Case
from rules.causes import Cause
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
from rules.model import Finding, Remediation, Severity
from scanner.locations import LocationKind


def find(case: Case) -> Iterator[Finding | Unproven]:
    for endpoint, diagnosis in case.port_diagnoses:
        if _differs(endpoint) and diagnosis.cause is not Cause.DYNAMIC:
            yield _finding(case, endpoint)
        elif diagnosis.cause is Cause.UNDECIDED and endpoint.slot.documented:
            yield Unproven(subject=subject(endpoint), reason=diagnosis.reason)


def _differs(endpoint: Endpoint) -> bool:
    first, last = endpoint.span
    documented = endpoint.slot.documented
    known = endpoint.basis in (Basis.CONFIGURED, Basis.OBSERVED)
    return known and documented is not None and not first <= documented <= last


def _finding(case: Case, endpoint: Endpoint) -> Finding:
    default = f"{endpoint.slot.protocol.upper()} {endpoint.slot.documented}"
    basis = "is configured for" if endpoint.basis is Basis.CONFIGURED else "listens on"
    found = endpoint_finding(
        case,
        endpoint,
        severity=Severity.INFO,
        message=f"{endpoint.title} {basis} {endpoint.slot.protocol.upper()} {endpoint.ports} instead of the "
        f"default {endpoint.slot.documented}",
        expected=f"{default}, or another port on purpose",
        observed=place(endpoint),
        evidence=seen_configuration(case, endpoint) + seen_listeners(case, *endpoint.listeners),
        remediation=Remediation(
            manual=(
                (
                    "Nothing, if the port was changed on purpose. Otherwise set it back to "
                    f"{endpoint.slot.documented} in {defined_where(endpoint)}, re-run the vendor's cmdlets "
                    "and restart."
                ),
            )
        ),
    )
    return msgspec.structs.replace(found, impact=_impact(endpoint))


def _impact(endpoint: Endpoint) -> str:
    """What must follow the port: the firewall, and whoever else keeps a copy of it (A1, A14, 7.2)."""
    ports = f"{endpoint.ports} and no longer {endpoint.slot.documented}"
    sentences = [f"The vendor allows it. The firewall must open {ports}."]
    if endpoint.row.defined_in and endpoint.row.defined_in.kind is LocationKind.TAO:
        sentences.append(
            "The Server Port of the application server in the CE portal must be the same, or nobody finds "
            "the naming service."
        )
    if endpoint.row.front_ends:
        sentences.append(
            "The trusted application in the Skype for Business topology must have the same port, or calls do "
            "not arrive."
        )
    return " ".join(sentences)


CHECK = Check(
    id="non-default-port",
    title="CE components use the vendor's default ports, or others on purpose",
    severity=Severity.INFO,
    requires=frozenset(),
    needs=ENDPOINTS,
    rationale="A port may be changed, and everything that keeps a copy of it must change with it: the "
    "firewall rules, for the naming service the CE portal, for application ports the Skype for Business "
    "topology. Whoever reads the vendor's table must know that this host differs from it.",
    decides="Compares the configured port, or the observed one where the configuration could not be read, "
    "with the vendor's table. Only for information: whether the firewall follows, other checks say.",
    mend="Nothing, if the change was made on purpose; otherwise set the default port again, re-run the "
    "vendor's cmdlets and restart.",
    controls=("NIST SP 800-53 r5 CM-2", "PCI DSS v4.0 1.2.5"),
    find=find,
)
