"""Who looks for the naming service at another port than its own (contact-expert.md A14)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from rules.case import Case
from rules.catalogue.model import CatalogueRow
from rules.check import Check, Unproven
from rules.endpoints import Basis, Endpoint
from rules.evidence_sets import ENDPOINTS
from rules.findings import defined_where, seen_configuration
from rules.model import Finding, Observation, Remediation, Severity
from rules.paths import file_name
from rules.port_causes import is_dynamic
from rules.remedies import restart
from rules.this_host import folded_host
from scanner.locations import LocationKind
from scanner.model import EvidenceKind, NamingReference

_PORTAL = "The portal's Server Port (naming_port in the site file)"
_ASK = "the portal keeps its Server Port in CE's database: naming_port in the site file would tell it"


def find(case: Case) -> Iterator[Finding | Unproven]:
    here = _naming_service(case)
    known = [endpoint for endpoint in here if _is_settled(case, endpoint)]
    for endpoint in here[: not known]:
        yield Unproven(
            subject=endpoint.title, reason="the port of the naming service is not known, or not fixed"
        )
    if known and case.site.naming_port and not _serves(known, case.site.naming_port):
        yield _portal(case, known)
    yield from _references(case, known)
    for endpoint in case.endpoints:
        defined = endpoint.row.defined_in
        if endpoint.configuration is None and defined and defined.kind is LocationKind.XML:
            yield Unproven(
                subject=endpoint.title,
                reason="its configuration, which may name the naming service, was not collected",
            )


def not_applicable(case: Case) -> str:
    """Why there is nothing to compare, or ""; what the site file would settle is said to be so."""
    if any(gap.kind is EvidenceKind.CONFIGURED_PORTS and not gap.subject for gap in case.snapshot.gaps):
        return ""
    if case.site.naming_port:
        return "" if _naming_service(case) or case.snapshot.naming_references else _NOTHING
    if _naming_service(case):
        return "" if case.snapshot.naming_references else f"{_NOTHING}; {_ASK}"
    return "" if _disagreeing(case) else f"the naming service is not on this host; {_ASK}"


_NOTHING = "nothing collected from this host names the naming service's port a second time"


def _naming_service(case: Case) -> list[Endpoint]:
    return [each for each in case.endpoints if _is_naming(each.row) and not each.slot.purpose]


def _is_naming(row: CatalogueRow) -> bool:
    """True for the row whose port stands in TaoNamingServiceOptions."""
    return row.defined_in is not None and row.defined_in.kind is LocationKind.TAO


def _is_settled(case: Case, endpoint: Endpoint) -> bool:
    known = endpoint.basis in (Basis.CONFIGURED, Basis.OBSERVED)
    return known and endpoint.slot.protocol == "tcp" and not is_dynamic(case, endpoint)


def _serves(known: list[Endpoint], port: int) -> bool:
    return any(first <= port <= last for first, last in (endpoint.span for endpoint in known))


def _portal(case: Case, known: list[Endpoint]) -> Finding:
    return _finding(
        case,
        subject="portal Server Port",
        message=f"{_PORTAL} is {case.site.naming_port}, but the naming service is on TCP {_ports(known)}",
        expected=f"Server Port {_ports(known)}",
        observed=f"Server Port {case.site.naming_port}",
        named=_SERVER_PORT,
        evidence=tuple(seen for endpoint in known for seen in seen_configuration(case, endpoint)),
        known=known,
    )


def _references(case: Case, known: list[Endpoint]) -> Iterator[Finding]:
    """One finding for each file name whose references lead elsewhere than to the naming service's port."""
    stated = case.site.naming_port
    if not known and stated is None:
        yield from _contradictions(case)
        return
    wrong: dict[str, list[NamingReference]] = defaultdict(list)
    for found in case.snapshot.naming_references:
        if not (_serves(known, found.port) if known else found.port == stated):
            wrong[file_name(found.origin.source)].append(found)
    for name, several in sorted(wrong.items()):
        expected = f"TCP {_ports(known)}" if known else f"TCP {stated} (naming_port in the site file)"
        yield _finding(
            case,
            subject=f"naming reference in {name}",
            message=f"{name} looks for the naming service at {_places(several)}, but it is on {expected}",
            expected=expected,
            observed=_places(several),
            named=f"the reference in {name}",
            evidence=_seen(case, several),
            known=known,
        )


def _contradictions(case: Case) -> Iterator[Finding]:
    for host, several in sorted(_disagreeing(case).items()):
        yield _finding(
            case,
            subject=f"naming references to {host}",
            message=f"The configurations of this host look for one naming service at several ports: "
            f"{_places(several)}",
            expected="one port, that of the naming service",
            observed=_places(several),
            named="the references",
            evidence=_seen(case, several),
            known=[],
        )


def _disagreeing(case: Case) -> Mapping[str, list[NamingReference]]:
    """References to one host at several ports, by its name; two hosts may serve two domains at two ports."""
    by_host: dict[str, list[NamingReference]] = defaultdict(list)
    for found in case.snapshot.naming_references:
        by_host[folded_host(found.host)].append(found)
    return {host: several for host, several in by_host.items() if len({each.port for each in several}) > 1}


def _ports(known: list[Endpoint]) -> str:
    return " or ".join(dict.fromkeys(endpoint.ports for endpoint in known))


def _places(references: list[NamingReference]) -> str:
    return ", ".join(sorted({f"{found.host}:{found.port}" for found in references}))


def _seen(case: Case, references: list[NamingReference]) -> tuple[Observation, ...]:
    ordered = sorted(references, key=lambda found: (found.origin.source, found.origin.locator, found.host))
    return case.observe_all(
        (found.origin, f"naming service at {found.host}:{found.port}") for found in ordered
    )


def _also(named: str) -> str:
    return "" if named == _SERVER_PORT else f"; {_SERVER_PORT} must be the same"


_SERVER_PORT = "the application server's Server Port in the CE portal"


def _finding(
    case: Case,
    *,
    subject: str,
    message: str,
    expected: str,
    observed: str,
    evidence: tuple[Observation, ...],
    named: str,
    known: list[Endpoint],
) -> Finding:
    row = next(row for row in case.catalogue.rows if _is_naming(row))
    where = f" or {defined_where(known[0])}" if known else " or the naming service itself"
    return Finding(
        severity=Severity.HIGH,
        component=row.component,
        protocol="tcp",
        port=known[0].port if known else case.site.naming_port,
        subject=subject,
        message=message,
        expected=expected,
        observed=observed,
        impact=row.impact,
        evidence=evidence,
        remediation=Remediation(
            manual=(
                (f"Decide which port is right and correct whatever differs: {named}{where}{_also(named)}."),
                (
                    "After a change of the naming service's own port re-run Remove-CEFirewallRules and "
                    "Add-CEFirewallRules."
                ),
            ),
            restart=restart(case),
        ),
    )


CHECK = Check(
    id="naming-port-mismatch",
    title="Whoever looks for the naming service looks at the port it is on",
    severity=Severity.HIGH,
    requires=frozenset({EvidenceKind.CONFIGURED_PORTS}),
    needs=ENDPOINTS,
    rationale="Every part of CE asks the naming service where the others are. One that asks at an old port "
    "finds nobody: agents cannot log in, although every service runs and every firewall rule is right.",
    decides="Compares the port the naming service is configured for, or listens on, with the site's "
    "naming_port (the portal's Server Port) and with each reference to a naming service in the "
    "configurations of this host. On a host without naming service it compares the references with "
    "naming_port, and else those to one host with each other.",
    mend="Use one port in TaoNamingServiceOptions, in the portal's Server Port and in every reference.",
    controls=(
        "NIST SP 800-53 r5 CM-2",
        "NIST SP 800-53 r5 CM-6",
    ),
    not_applicable=not_applicable,
    find=find,
)
