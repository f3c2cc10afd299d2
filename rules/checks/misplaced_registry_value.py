"""Registry values that stand in the view their program does not read (contact-expert.md A13)."""

from __future__ import annotations

from collections.abc import Iterator

from rules.case import Case
from rules.catalogue.model import Definition
from rules.causes import Cause, undecided
from rules.check import Check, Unproven
from rules.endpoints import Endpoint
from rules.evidence_sets import ENDPOINTS
from rules.findings import defined_where, endpoint_finding, seen_configuration, seen_listeners, subject
from rules.model import Finding, Remediation, Severity
from rules.powershell import is_quotable, quoted
from rules.remedies import rerun_cmdlets
from scanner.locations import LocationKind
from scanner.model import EvidenceKind, FaultCode, PortState

_REGISTRY = (LocationKind.TAO, LocationKind.REGISTRY_NUMBER)
_SOFTWARE, _WOW = "SOFTWARE\\", "SOFTWARE\\WOW6432Node\\"


def find(case: Case) -> Iterator[Finding | Unproven]:
    for endpoint, diagnosis in case.port_diagnoses:
        if diagnosis.cause is Cause.MISPLACED:
            yield _finding(case, endpoint)
        elif _is_unread(endpoint):
            yield Unproven(subject=subject(endpoint), reason=undecided(endpoint).reason)


def _is_unread(endpoint: Endpoint) -> bool:
    defined = endpoint.row.defined_in
    in_registry = defined is not None and defined.kind in _REGISTRY
    return in_registry and endpoint.state is PortState.NOT_DETERMINABLE


def _finding(case: Case, endpoint: Endpoint) -> Finding:
    faults = endpoint.configuration.faults if endpoint.configuration else ()
    told = [fault.text for fault in faults if fault.code is FaultCode.MISPLACED]
    return endpoint_finding(
        case,
        endpoint,
        severity=Severity.MEDIUM,
        message=f"The port of {endpoint.title} is set in the wrong registry view, where its program does not "
        "look",
        expected=f"the value in {defined_where(endpoint)}",
        observed="; ".join(told),
        evidence=seen_configuration(case, endpoint)
        + seen_listeners(case, *endpoint.listeners, *endpoint.elsewhere),
        remediation=_remediation(case, endpoint),
        impact=f"The program starts as if no port were set. If it then takes another: {endpoint.row.impact}",
    )


def _remediation(case: Case, endpoint: Endpoint) -> Remediation:
    again, defined = rerun_cmdlets(case), endpoint.row.defined_in
    copy, undo = _copied(defined) if defined and is_quotable(defined.key + defined.value) else ((), ())
    return Remediation(
        commands=(*copy, *again.commands),
        undo=(*again.undo, *undo),
        manual=(
            (
                "First make sure that the value is meant for Contact Expert: other products use such keys as "
                "well."
            ),
            "Run in a 64-bit PowerShell, which sees both views.",
            *again.manual,
        ),
        restart=again.restart,
    )


def _copied(defined: Definition) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The commands that copy the value, whatever its type, into the view the program reads, and the undo."""
    paths = f"HKLM:\\{defined.key}", f"HKLM:\\{defined.key.replace(_SOFTWARE, _WOW, 1)}"
    wrong, right = (quoted(path) for path in (paths if defined.view == 32 else reversed(paths)))
    name = quoted(defined.value)
    return (
        f"if (-not (Test-Path -LiteralPath {right})) {{ New-Item -Path {right} -Force }}",
        f"Copy-ItemProperty -LiteralPath {wrong} -Name {name} -Destination {right}",
    ), (f"Remove-ItemProperty -LiteralPath {right} -Name {name}",)


CHECK = Check(
    id="misplaced-registry-value",
    title="Every port in the registry stands in the view that its program reads",
    severity=Severity.MEDIUM,
    requires=frozenset({EvidenceKind.CONFIGURED_PORTS}),
    needs=ENDPOINTS,
    rationale="64-bit Windows keeps two copies of such keys. A port entered in the wrong one looks set in "
    "the registry editor, while the program never sees it and chooses its port as if nothing were set.",
    decides="The value is found in the other registry view only (the naming service reads the 32-bit view, "
    "the recorder and connector ports the 64-bit view), and the right view was collected as well. That the "
    "port then moves, or that no firewall rule fits, is told here and nowhere else.",
    mend="Enter the value in the right view, re-run the vendor's cmdlets and restart the application server.",
    controls=("NIST SP 800-53 r5 CM-6",),
    find=find,
)
