"""Endpoints for CE servers alone that clients can reach as well."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from rules.callers import clients, spans_of
from rules.case import Case
from rules.catalogue.model import Source
from rules.check import Check, Unproven
from rules.endpoints import Basis, Endpoint
from rules.evidence_sets import DECISION, ENDPOINTS
from rules.findings import describe, endpoint_finding, place, seen_rules, subject
from rules.firewall.addresses import Span
from rules.firewall.decision import Decision
from rules.firewall.ports import merged
from rules.firewall.regions import remote_texts, subtracted
from rules.firewall.verdict import Outcome
from rules.model import Finding, Remediation, Severity
from rules.permission import met_at
from rules.remedies import by_hand
from rules.scope_remedies import remote_scope, set_scopes
from scanner.model import Action, FirewallRule

Met = tuple[Span, tuple[Decision, ...]]


def find(case: Case) -> Iterator[Finding | Unproven]:
    strangers = _clients_only(case)
    shared = {
        id(fw_rule)
        for endpoint in case.endpoints
        if Source.CLIENT in endpoint.row.sources
        for decision in endpoint.permission.all()
        for fw_rule in decision.decided_by
    }
    for endpoint in case.endpoints:
        if endpoint.row.sources == (Source.SERVER,) and endpoint.port is not None:
            yield from _of_endpoint(case, endpoint, strangers, shared)


def not_applicable(case: Case) -> str:
    """Who a client is, only the site can say."""
    if clients(case.site):
        return ""
    return "the site file does not say where clients are: its keys `clients` and `dmz_proxies` would"


def _clients_only(case: Case) -> tuple[Span, ...]:
    """The client networks less the servers within them."""
    servers = (*case.site.servers, *case.site.front_ends)
    return subtracted(filter(None, clients(case.site)), filter(None, spans_of(servers)))


def _of_endpoint(
    case: Case, endpoint: Endpoint, strangers: tuple[Span, ...], shared: set[int]
) -> Iterator[Finding | Unproven]:
    met = list(_met(case, endpoint, strangers))
    let_in = [(part, decisions) for part, decisions in met if _is_let_in(decisions)]
    doubts = [found.reason for _, decisions in met for found in decisions if _is_open(found)]
    if let_in and endpoint.basis is not Basis.ASSUMED:
        yield _finding(case, endpoint, let_in, shared)
    elif doubts:
        yield Unproven(subject=subject(endpoint), reason=doubts[0])
    elif endpoint.basis is not Basis.CONFIGURED and endpoint.row.ports:
        yield Unproven(subject=subject(endpoint), reason="its configured port is not known")


def _met(case: Case, endpoint: Endpoint, callers: tuple[Span, ...]) -> Iterator[Met]:
    permission = endpoint.permission
    if permission.flow is not None:
        flow = msgspec.structs.replace(permission.flow, local_port=endpoint.port)
        for _, part, decisions in met_at(case.policy, flow, permission.addresses, callers):
            if part is not None:
                yield part, decisions


def _is_open(decision: Decision) -> bool:
    return decision.outcome is Outcome.CONDITIONAL


def _is_let_in(decisions: tuple[Decision, ...]) -> bool:
    """True where a rule lets them in; a firewall that is off is another finding."""
    return any(found.outcome is Outcome.ALLOWED and found.decided_by for found in decisions)


def _finding(
    case: Case,
    endpoint: Endpoint,
    let_in: list[Met],
    shared: set[int],
) -> Finding:
    who = ", ".join(remote_texts(merged(part for part, _ in let_in))[0])
    deciding = {
        id(fw_rule): fw_rule
        for _, decisions in let_in
        for found in decisions
        for fw_rule in found.decided_by
        if fw_rule.action is Action.ALLOW
    }
    finding = endpoint_finding(
        case,
        endpoint,
        severity=Severity.LOW,
        message=f"Clients ({who}) can reach {place(endpoint)}, which only CE servers need",
        expected="remote addresses of CE servers only",
        observed="; ".join(describe(fw_rule) for fw_rule in deciding.values()),
        evidence=seen_rules(case, *deciding.values()),
        remediation=_remediation(case, tuple(deciding.values()), shared),
    )
    return msgspec.structs.replace(finding, impact=_IMPACT)


_IMPACT = (
    "CE works. Every workstation, and whoever takes one over, can talk to a part of the contact centre that "
    "no agent program uses. The vendor's page does not ask for this limit, so it is advice."
)


def _remediation(case: Case, fw_rules: tuple[FirewallRule, ...], shared: set[int]) -> Remediation:
    """The rule narrowed to the servers, where the site names them and the rule serves no client."""
    servers = (*case.site.servers, *case.site.front_ends)
    what = "limit its remote addresses to the CE servers, once no client endpoint depends on it"
    if len(fw_rules) != 1 or id(fw_rules[0]) in shared or not case.site.servers:
        return Remediation(manual=tuple(by_hand(fw_rule, what) for fw_rule in fw_rules))
    return set_scopes(case, fw_rules[0], [remote_scope(fw_rules[0], servers)])


CHECK = Check(
    id="server-port-open-to-clients",
    title="Ports that only CE servers need are not open to clients",
    severity=Severity.LOW,
    requires=DECISION,
    needs=ENDPOINTS,
    rationale="Most of CE's ports serve other CE servers alone. Open to the workstations as well, they are "
    "a way from any of these into the heart of the contact centre.",
    decides="For every endpoint whose only source on the vendor's page is Server, asks for Windows' decision "
    "for the clients and proxies that the site file names, less the servers among them. The vendor's page "
    "does not ask for scopes: this is hardening, and low.",
    mend="Limit the remote addresses of the rule to the CE servers and, for the application ports, the Skype "
    "for Business Front Ends.",
    controls=(
        "NIST SP 800-53 r5 AC-4",
        "NIST SP 800-53 r5 SC-7",
        "PCI DSS v4.0 1.2.5",
        "PCI DSS v4.0 1.3.1",
        "ISO/IEC 27001:2022 A.8.22",
    ),
    not_applicable=not_applicable,
    find=find,
)
