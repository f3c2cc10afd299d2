"""CE ports that another program holds."""

from __future__ import annotations

from collections.abc import Iterator

from rules.case import Case
from rules.causes import Cause
from rules.check import Check, Unproven
from rules.endpoints import Endpoint
from rules.evidence_sets import ENDPOINTS, SOCKETS
from rules.findings import (
    defined_where,
    endpoint_finding,
    owner_unknown,
    seen_configuration,
    seen_listeners,
)
from rules.model import Finding, Remediation, Severity
from rules.paths import file_name


def find(case: Case) -> Iterator[Finding | Unproven]:
    for endpoint, diagnosis in case.port_diagnoses:
        if diagnosis.cause is Cause.FOREIGN:
            yield _finding(case, endpoint)
        elif endpoint.unowned:
            yield owner_unknown(endpoint)


def _finding(case: Case, endpoint: Endpoint) -> Finding:
    programs = dict.fromkeys(case.owners.name(listener) or "?" for listener in endpoint.foreign)
    owners = ", ".join(programs)
    names = ", ".join(map(file_name, programs))
    return endpoint_finding(
        case,
        endpoint,
        severity=Severity.HIGH,
        message=f"Another program ({names}) holds {endpoint.slot.protocol.upper()} {endpoint.port}, the port "
        f"of {endpoint.title}",
        expected=f"{endpoint.installed.program or endpoint.row.executable} listening on it",
        observed=owners,
        evidence=seen_listeners(case, *endpoint.foreign) + seen_configuration(case, endpoint),
        remediation=Remediation(
            manual=(
                (f"Find out who needs {owners} and move it to another port; then restart {endpoint.title}."),
                (
                    f"Where it has to stay, set another port for {endpoint.title} in "
                    f"{defined_where(endpoint)}, re-run the vendor's cmdlets and restart."
                ),
            )
        ),
    )


CHECK = Check(
    id="foreign-listener",
    title="Only CE's own programs listen on CE's ports",
    severity=Severity.HIGH,
    requires=SOCKETS,
    needs=ENDPOINTS,
    rationale="The component cannot open its port while another program has it, and whatever the firewall "
    "lets through for CE reaches that program instead.",
    decides="Compares the owner of every socket on an expected CE port with the component's program, by full "
    "path; a program in the component's own directory counts as the component.",
    mend="Move the other program, or give the component another port and re-run the vendor's cmdlets.",
    controls=("NIST SP 800-53 r5 CM-7", "PCI DSS v4.0 2.2.4"),
    find=find,
)
