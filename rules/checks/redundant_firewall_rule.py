"""CE's firewall rules that never decide, because of other rules or by what they say."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from rules.case import Case
from rules.catalogue.model import CatalogueRow
from rules.check import Check, Unproven
from rules.evidence_sets import DECISION, ENDPOINTS
from rules.findings import anonymous, describe, opened, seen_rules
from rules.firewall.flow import transport
from rules.firewall.hygiene import Idle, Idleness
from rules.idle_rules import idle_rules_of_ce
from rules.model import Finding, Remediation, Severity
from rules.remedies import disable, named
from scanner.model import Action, EvidenceKind, FirewallRule

_TWICE = (
    "CE works. Copies come from Add-CEFirewallRules run again without Remove-CEFirewallRules before it; "
    "whoever disables or narrows one of them changes nothing, and may not notice."
)
_CLUTTER = (
    "CE works without it. A rule that decides nothing hides the ones that do from whoever reviews them."
)


def find(case: Case) -> Iterator[Finding | Unproven]:
    alike: dict[tuple[Idleness, str], list[tuple[Idle, tuple[CatalogueRow, ...]]]] = {}
    for idle, rows in idle_rules_of_ce(case):
        alike.setdefault((idle.kind, _subject(idle.fw_rule)), []).append((idle, rows))
    for (kind, subject), several in alike.items():
        yield _finding(case, kind, subject, [idle for idle, _ in several], several[0][1])
    yield from anonymous(case)
    yield from _hidden(case)


def _hidden(case: Case) -> Iterator[Unproven]:
    """Of a rule whose conditions were not all read nobody can say that another one covers it."""
    hidden = [fw_rule for fw_rule, _ in case.own_rules if fw_rule.unread]
    if hidden:
        yield Unproven(
            subject="firewall rules",
            reason=f"the evidence does not show every condition of {len(hidden)} CE firewall rules",
        )


def _finding(
    case: Case, kind: Idleness, subject: str, idle: list[Idle], rows: tuple[CatalogueRow, ...]
) -> Finding:
    components = dict.fromkeys(row.component for row in rows)
    fw_rules = [each.fw_rule for each in idle]
    others = tuple({id(other): other for each in idle for other in each.because_of}.values())
    because = f"; because of {'; '.join(map(describe, others))}" if others else ""
    return Finding(
        severity=Severity.LOW,
        component=next(iter(components)) if len(components) == 1 else "",
        protocol=transport(fw_rules[0].protocol),
        subject=f"{subject} ({kind.value})",
        message=f"{_who(fw_rules)} for {', '.join(components)} on {opened(fw_rules[0])} decides nothing: "
        f"{_why(kind, idle[0])}",
        expected="no rule without which Windows would decide just the same",
        observed=f"{'; '.join(map(describe, fw_rules))}{because}",
        impact=_TWICE if kind is Idleness.DUPLICATE else _CLUTTER,
        evidence=seen_rules(case, *fw_rules, *others),
        remediation=_remediation(case, fw_rules),
    )


def _why(kind: Idleness, idle: Idle) -> str:
    """The reason, by the name of the rule that counts instead where it is one."""
    if len(idle.because_of) != 1 or kind not in _INSTEAD:
        return idle.reason
    other = idle.because_of[0]
    same_name = named(other) == named(idle.fw_rule)
    return _INSTEAD[kind].format(
        instead="another one of that name" if same_name else f"the rule {named(other)}",
        does="blocks" if other.action is Action.BLOCK else "allows",
    )


_INSTEAD = {
    Idleness.DUPLICATE: "{instead} has the same conditions",
    Idleness.REDUNDANT: "{instead} {does} all of it",
    Idleness.SHADOWED: "{instead} blocks all of it",
}


def _subject(fw_rule: FirewallRule) -> str:
    return " ".join(
        filter(None, (fw_rule.name or fw_rule.id, fw_rule.program, ",".join(fw_rule.local_ports)))
    )


def _who(fw_rules: list[FirewallRule]) -> str:
    name = named(fw_rules[0])
    return (
        f"The firewall rule {name}"
        if len(fw_rules) == 1
        else f"Each of {len(fw_rules)} firewall rules {name}"
    )


def _remediation(case: Case, fw_rules: list[FirewallRule]) -> Remediation:
    """By id only: netsh would take every rule of that name, the needed one too."""
    return msgspec.structs.replace(disable(case, fw_rules), netsh=())


CHECK = Check(
    id="redundant-firewall-rule",
    title="Every firewall rule of CE decides something",
    severity=Severity.LOW,
    requires=frozenset({EvidenceKind.FIREWALL_RULES}),
    needs=DECISION | ENDPOINTS,
    rationale="Copies and covered rules make a rule list that nobody can review: the rule somebody changes "
    "may not be the one that counts.",
    decides="Among the active inbound rules for CE's executables, or that decide for a CE endpoint: "
    "duplicates, rules that others cover wholly, Allow rules wholly blocked, and rules that cannot match at "
    "all. What another finding explains is left out, and so is a rule that only one broader than needed "
    "covers.",
    mend="Remove-CEFirewallRules before every Add-CEFirewallRules; disable the copies shown.",
    controls=("NIST SP 800-53 r5 CM-6", "PCI DSS v4.0 1.2.7", "ISO/IEC 27001:2022 A.8.9"),
    rules_alone=True,
    find=find,
)
