"""Allow rules that open more than the CE endpoints they serve."""

from __future__ import annotations

from collections.abc import Iterator

from rules.case import Case
from rules.causes import Cause
from rules.check import Check, Unproven
from rules.endpoints import Endpoint
from rules.evidence_sets import DECISION, ENDPOINTS
from rules.findings import anonymous, describe, place, seen_rules
from rules.firewall.conditions import PROFILE_BITS
from rules.firewall.flow import TCP, UDP, transport
from rules.firewall.ports import MOST_PORTS, count
from rules.firewall.verdict import Outcome
from rules.model import Finding, Remediation, Severity
from rules.port_causes import is_dynamic
from rules.remedies import disable, first, named
from scanner.model import Action, FirewallRule

_MOST_ADDRESSES = 16  # of one host; a span beyond this is a network
_HARDLY_ANY = {"protocol", "remote-address"}  # conditions that leave every program and port


def find(case: Case) -> Iterator[Finding | Unproven]:
    served: dict[FirewallRule, list[Endpoint]] = {}
    moving: set[str] = set()  # programs whose port changes: only a program-wide rule can follow it
    for endpoint, diagnosis in case.port_diagnoses:
        if diagnosis.cause is Cause.MISPLACED or is_dynamic(case, endpoint):
            moving.add(endpoint.row.executable)
        for fw_rule in _allowing(endpoint):
            served.setdefault(fw_rule, []).append(endpoint)
    for fw_rule in _open_to_networks(case):
        served.setdefault(fw_rule, list(case.endpoints))
    for fw_rule, endpoints in served.items():
        severity, excess = _excess(fw_rule, endpoints, moving)
        if severity is not None:
            yield _finding(case, fw_rule, endpoints, severity, excess)
    yield from anonymous(case)


def _allowing(endpoint: Endpoint) -> dict[FirewallRule, None]:
    """The rules by which it is reached; of one without a port every rule for a port might be."""
    decided = (
        fw_rule
        for decision in endpoint.permission.all()
        if endpoint.port or decision.outcome is Outcome.ALLOWED
        for fw_rule in decision.decided_by
    )
    return dict.fromkeys(fw_rule for fw_rule in decided if fw_rule.action is Action.ALLOW)


def _open_to_networks(case: Case) -> Iterator[FirewallRule]:
    """The rules in force that open every program on every port to a network, whoever CE's callers are.

    One for a few addresses may be a monitoring host's.
    """
    profiles = sum(PROFILE_BITS[profile] for profile in case.profiles)
    for compiled in case.policy.ordinary.everything:
        admitted = case.policy.remote_spans.get(id(compiled), ())
        if (
            compiled.fw_rule.action is Action.ALLOW
            and compiled.protocol in (None, TCP, UDP)
            and compiled.enforced & profiles
            and {name for name, _ in compiled.conditions} <= _HARDLY_ANY
            and any(last - first >= _MOST_ADDRESSES for first, last in admitted)
        ):
            yield compiled.fw_rule


def _excess(
    fw_rule: FirewallRule, endpoints: list[Endpoint], moving: set[str]
) -> tuple[Severity | None, str]:
    """How much wider the rule is than its endpoints, worst first; (None, "") where not at all."""
    if not {"program", "local_ports"}.isdisjoint(fw_rule.unread):
        return None, ""
    ports = count(fw_rule.local_ports)
    if fw_rule.program is None and fw_rule.service in (None, "*"):
        if not fw_rule.local_ports:
            return Severity.HIGH, "every program on every port"
        if ports > MOST_PORTS:
            return Severity.MEDIUM, f"every program on {ports} ports"
        return Severity.LOW, "whatever program takes its port"
    follows = any(
        _needs_program_rule(endpoint) or endpoint.row.executable in moving for endpoint in endpoints
    )
    if not fw_rule.local_ports and not follows:
        return Severity.LOW, "every port that its program ever opens"
    if ports > MOST_PORTS:
        return Severity.LOW, f"{ports} ports of its program"
    return None, ""


def _needs_program_rule(endpoint: Endpoint) -> bool:
    """Rows no port rule can satisfy (contact-expert.md section 9, A2, A4, A10)."""
    return endpoint.row.dynamic_app or not endpoint.row.ports


def _finding(
    case: Case, fw_rule: FirewallRule, endpoints: list[Endpoint], severity: Severity, excess: str
) -> Finding:
    served = _served(endpoints)
    return Finding(
        severity=severity,
        component=endpoints[0].row.component if len({endpoint.row.id for endpoint in endpoints}) == 1 else "",
        protocol=transport(fw_rule.protocol),
        subject=" ".join(
            filter(None, (fw_rule.name or fw_rule.id, fw_rule.program, ",".join(fw_rule.local_ports)))
        ),
        message=f"The firewall rule {named(fw_rule)} opens {excess}, and not only {served}",
        expected=f"rules by program and port for {served} and for nothing else",
        observed=describe(fw_rule),
        impact=_IMPACT[severity],
        evidence=seen_rules(case, fw_rule),
        remediation=_remediation(case, fw_rule),
    )


def _served(endpoints: list[Endpoint]) -> str:
    places = list(dict.fromkeys(place(endpoint) for endpoint in endpoints))
    if len(places) > _NAMED:
        return f"the {len(places)} CE endpoints that it serves"
    return ", ".join(places)


_NAMED = 3
_DOORS = (
    "CE works through it, and so does whatever else runs on this host, or will: programs that nobody meant "
    "to offer to the network can be reached on a server of the contact centre."
)
_IMPACT = {
    Severity.HIGH: _DOORS,
    Severity.MEDIUM: _DOORS,
    Severity.LOW: "CE works. Should the program ever open another port, or another program take the port "
    "while this one is stopped, it can be reached from the network at once.",
}


def _remediation(case: Case, fw_rule: FirewallRule) -> Remediation:
    return first(
        "First make sure that each endpoint has a rule of its own, by program and port; only then disable "
        "this one.",
        disable(case, (fw_rule,)),
    )


CHECK = Check(
    id="over-permissive-firewall-rule",
    title="No firewall rule opens more than the CE endpoints it serves",
    severity=Severity.HIGH,
    requires=DECISION,
    needs=ENDPOINTS,
    rationale="A rule without a program or a port lets in far more than CE. The vendor's page lists a "
    "program and a port for nearly every component, so nearly every rule can name both.",
    decides="Looks at every allow rule that decides for a CE endpoint: no program and no port is high; no "
    "program over many ports medium; no program on one port, or one program on every port where the vendor "
    "lists one, low. High too is a rule without program and port for whole networks, whoever it was made "
    "for. Whether a rule for an endpoint should name remote addresses is not judged: the vendor's "
    "page does not ask for them.",
    mend="Replace it by rules that name program and port, as the vendor's cmdlets do.",
    controls=(
        "NIST SP 800-53 r5 CM-7",
        "NIST SP 800-53 r5 SC-7(5)",
        "PCI DSS v4.0 1.2.5",
    ),
    rules_alone=True,
    find=find,
)
