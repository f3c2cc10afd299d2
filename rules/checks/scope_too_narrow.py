"""Endpoints whose firewall rule leaves out some of those who must reach them."""

from __future__ import annotations

from collections.abc import Iterator

from rules.case import Case
from rules.catalogue.model import Source
from rules.causes import Cause, Diagnosis
from rules.check import Check, Unproven
from rules.endpoints import Endpoint
from rules.evidence_sets import DECISION, ENDPOINTS
from rules.findings import describe, endpoint_finding, place, reported, seen_rules
from rules.firewall.near_miss import NearMiss
from rules.firewall.ports import merged
from rules.firewall.regions import remote_texts
from rules.model import Finding, Remediation, Severity
from rules.remedies import by_hand, named, restart
from rules.scope_remedies import Scope, remote_scope, set_scopes, without_scope
from scanner.model import EvidenceKind

_REMOTE = "remote-address"


def find(case: Case) -> Iterator[Finding | Unproven]:
    for item in reported(case, Cause.SCOPE):
        yield item if isinstance(item, Unproven) else _finding(case, *item)


def _finding(case: Case, endpoint: Endpoint, diagnosis: Diagnosis) -> Finding:
    miss = diagnosis.near_misses[0]
    return endpoint_finding(
        case,
        endpoint,
        severity=Severity.HIGH,
        message=f"The firewall rule {named(miss.fw_rule)} for {place(endpoint)} leaves out "
        f"{_left_out(endpoint, miss)}",
        expected=_expected(endpoint, miss),
        observed=f"{describe(miss.fw_rule)}; it {miss.explanation}",
        evidence=seen_rules(case, *(found.fw_rule for found in diagnosis.near_misses)),
        remediation=_remediation(case, endpoint, miss),
        impact=f"For whoever is left out: {endpoint.row.impact}",
    )


def _left_out(endpoint: Endpoint, miss: NearMiss) -> str:
    """Who, as far as the site names them; else whom the rule's words leave out."""
    named = [
        f"the {_who(endpoint, source)} {', '.join(remote_texts(spans)[0])}"
        for source in endpoint.row.sources
        if (spans := endpoint.permission.left_out(source))
    ]
    others = [text for name, text in _OTHERS.items() if name in miss.failed]
    if others or not named:
        return " and ".join(others) or "everyone who connects to it"
    return " and ".join(named)


def _who(endpoint: Endpoint, source: Source) -> str:
    if source is Source.CLIENT:
        return "clients"
    return "CE servers or Front Ends" if endpoint.row.front_ends else "CE servers"


_OTHERS = {
    "local-address": "whoever connects to this host's own address",
    "remote-port": "whoever connects from a port that Windows chose",
    "interface": "whoever connects through the network interface in use",
    "interface-type": "whoever connects through the kind of network interface in use",
}


def _expected(endpoint: Endpoint, miss: NearMiss) -> str:
    remote = f"remote addresses {', '.join(_wanted(endpoint, miss))}" if _REMOTE in miss.failed else ""
    others = [f"any {name.replace('-', ' ')}" for name in _OTHERS if name in miss.failed]
    return f"a rule for {', '.join(filter(None, (remote, *others)))}"


def _wanted(endpoint: Endpoint, miss: NearMiss) -> tuple[str, ...]:
    """The rule's own remote addresses and those it leaves out."""
    missing = merged(span for source in Source for span in endpoint.permission.left_out(source))
    texts = remote_texts(missing)[0] if missing else ("those of everyone who must connect",)
    return (*miss.fw_rule.remote_addresses, *texts)


def _remediation(case: Case, endpoint: Endpoint, miss: NearMiss) -> Remediation:
    scopes: list[Scope | None] = [
        without_scope(miss.fw_rule, name) for name in miss.failed if name != _REMOTE
    ]
    if _REMOTE in miss.failed:
        known = any(endpoint.permission.left_out(source) for source in Source)
        scopes.append(remote_scope(miss.fw_rule, _wanted(endpoint, miss)) if known else None)
    if None in scopes:
        what = f"let it apply as expected: {_expected(endpoint, miss)}"
        return Remediation(manual=(by_hand(miss.fw_rule, what),), restart=restart(case))
    return set_scopes(case, miss.fw_rule, [scope for scope in scopes if scope])


CHECK = Check(
    id="scope-too-narrow",
    title="CE's firewall rules let in everyone who must connect",
    severity=Severity.HIGH,
    requires=DECISION,
    needs=ENDPOINTS | {EvidenceKind.INTERFACES},
    rationale="A rule scoped to addresses lets in the hosts that somebody thought of. The server added last "
    "year, or the office whose agents moved to another subnet, is refused, and only they notice.",
    decides="Asks for Windows' decision for every address range of the servers, clients, Front Ends and "
    "proxies that the site file names, part by part where rules tell addresses apart. The endpoint is "
    "blocked for some, and a rule for it would have matched but for its remote or local addresses, its "
    "remote ports, or its network interfaces. Without named callers a rule with addresses stays undecided.",
    mend="Add the addresses that are left out to the rule, or lift the condition that nobody meant.",
    controls=("NIST SP 800-53 r5 AC-4", "NIST SP 800-53 r5 CM-6", "PCI DSS v4.0 1.2.5"),
    rules_alone=True,
    find=find,
)
