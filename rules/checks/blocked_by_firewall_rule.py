"""Endpoints that a Block rule refuses, whatever allows them."""

from __future__ import annotations

from collections.abc import Iterator

from rules.case import Case
from rules.causes import Cause, Diagnosis
from rules.check import Check, Unproven
from rules.endpoints import Endpoint
from rules.evidence_sets import DECISION, ENDPOINTS
from rules.findings import describe, endpoint_finding, place, reported, seen_rules
from rules.model import Finding, Severity
from rules.prompts import is_prompt_rule
from rules.remedies import disable, first, named
from scanner.model import Action, FirewallRule


def find(case: Case) -> Iterator[Finding | Unproven]:
    for item in reported(case, Cause.BLOCKED):
        yield item if isinstance(item, Unproven) else _finding(case, *item)


def _finding(case: Case, endpoint: Endpoint, diagnosis: Diagnosis) -> Finding:
    decided = diagnosis.decision.decided_by if diagnosis.decision else ()
    blocks = [
        fw_rule for fw_rule in decided if fw_rule.action is Action.BLOCK and not is_prompt_rule(fw_rule)
    ]
    return endpoint_finding(
        case,
        endpoint,
        severity=Severity.HIGH,
        message=f"{_who(blocks)} connections to {place(endpoint)}, and no allow rule can outweigh that",
        expected="no active Block rule that matches the endpoint",
        observed="; ".join(describe(fw_rule) for fw_rule in blocks),
        evidence=seen_rules(case, *blocks),
        remediation=first("First find out who made the Block rule, and why.", disable(case, blocks)),
    )


def _who(blocks: list[FirewallRule]) -> str:
    names = " and ".join(dict.fromkeys(map(named, blocks)))
    return f"The Block rules {names} refuse" if len(blocks) > 1 else f"The Block rule {names} refuses"


CHECK = Check(
    id="blocked-by-firewall-rule",
    title="No Block rule refuses a CE endpoint",
    severity=Severity.HIGH,
    requires=DECISION,
    needs=ENDPOINTS,
    rationale="Any matching Block rule beats every allow rule, in whichever store either lives.",
    decides="The effective decision is blocked, and the deciding rules are Block rules. Those that a "
    "cancelled prompt left, where the evidence shows it, are poisoned-prompt-rule's.",
    mend="Disable or remove the Block rule; adding an allow rule does not help.",
    controls=("NIST SP 800-53 r5 CM-6", "PCI DSS v4.0 1.2.7"),
    rules_alone=True,
    find=find,
)
