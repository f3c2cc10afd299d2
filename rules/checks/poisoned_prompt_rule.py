"""Block rules that a cancelled "allow this app?" prompt left for a CE program."""

from __future__ import annotations

from collections.abc import Iterator

from rules.case import Case
from rules.catalogue.model import CatalogueRow
from rules.check import Check, Unproven
from rules.endpoints import Endpoint
from rules.evidence_sets import DECISION, ENDPOINTS
from rules.findings import describe, place, seen_drops, seen_rules
from rules.firewall.policy import ORDINARY_STORES
from rules.firewall.programs import read_program
from rules.firewall.verdict import Outcome
from rules.model import Finding, Severity
from rules.prompts import has_id, is_prompt_rule
from rules.remedies import disable
from scanner.model import Action, Direction, EvidenceKind, FirewallRule

Concerned = tuple[Endpoint, ...]


def find(case: Case) -> Iterator[Finding | Unproven]:
    deciding = _deciding(case, Outcome.BLOCKED)
    perhaps = _deciding(case, Outcome.CONDITIONAL)
    by_program: dict[str, list[FirewallRule]] = {}
    for fw_rule in _active_blocks(case):
        program = read_program(fw_rule.program).key if fw_rule.program else ""
        concerns_ce = bool(case.rows_of(program)) or id(fw_rule) in deciding
        if concerns_ce and is_prompt_rule(fw_rule):
            by_program.setdefault(program, []).append(fw_rule)
        elif not has_id(fw_rule) and (concerns_ce or "program" in fw_rule.unread):
            yield Unproven(
                subject=fw_rule.name or "firewall rules",
                reason="the evidence does not show the ids of Block rules, and so not where they came from",
            )
    for program, fw_rules in by_program.items():
        yield _finding(case, program, fw_rules, _of_all(fw_rules, deciding))
        if doubtful := _of_all(fw_rules, perhaps):
            yield Unproven(
                subject=place(doubtful[0]), reason="whether the prompt's rule blocks it is not known"
            )


def _active_blocks(case: Case) -> Iterator[FirewallRule]:
    for fw_rule in case.snapshot.firewall_rules:
        blocks = fw_rule.active and (fw_rule.action, fw_rule.direction) == (Action.BLOCK, Direction.IN)
        if blocks and fw_rule.store in ORDINARY_STORES:
            yield fw_rule


def _deciding(case: Case, outcome: Outcome) -> dict[int, list[Endpoint]]:
    """By `id` of each rule, the endpoints it decides with this outcome."""
    found: dict[int, list[Endpoint]] = {}
    for endpoint in case.endpoints:
        decisions = [each for each in endpoint.permission.all() if each.outcome is outcome]
        for fw_rule in {id(each): each for made in decisions for each in made.decided_by}.values():
            found.setdefault(id(fw_rule), []).append(endpoint)
    return found


def _of_all(fw_rules: list[FirewallRule], deciding: dict[int, list[Endpoint]]) -> Concerned:
    found = (endpoint for fw_rule in fw_rules for endpoint in deciding.get(id(fw_rule), ()))
    return tuple({id(endpoint): endpoint for endpoint in found}.values())


def _finding(case: Case, program: str, fw_rules: list[FirewallRule], blocked: Concerned) -> Finding:
    rows = tuple(dict.fromkeys(endpoint.row for endpoint in blocked)) or case.rows_of(program)
    component = rows[0].component if rows else fw_rules[0].name
    names = " and ".join(f"'{fw_rule.id}'" for fw_rule in fw_rules)
    now = (
        f"which {_verb(fw_rules, 'refuse')} connections to {', '.join(map(place, blocked))}"
        if blocked
        else f"which {_verb(fw_rules, 'refuse')} nothing for now"
    )
    return Finding(
        severity=Severity.HIGH if blocked else Severity.LOW,
        component=component,
        subject=f"prompt rules for {program}",
        message=f'A cancelled "allow this app?" prompt left {_count(fw_rules)} for {component}, {now}',
        expected="no active rule of the prompt; what the program needs is opened by CE's own rules",
        observed=f"{names}: {'; '.join(describe(fw_rule) for fw_rule in fw_rules)}",
        impact=_impact(rows, blocked),
        evidence=seen_rules(case, *fw_rules)
        + tuple(seen for endpoint in blocked for seen in seen_drops(case, endpoint)),
        remediation=disable(case, fw_rules),
    )


def _count(fw_rules: list[FirewallRule]) -> str:
    return "a Block rule" if len(fw_rules) == 1 else f"{len(fw_rules)} Block rules"


def _verb(fw_rules: list[FirewallRule], verb: str) -> str:
    return f"{verb}s" if len(fw_rules) == 1 else verb


def _impact(rows: tuple[CatalogueRow, ...], blocked: Concerned) -> str:
    told = " ".join(dict.fromkeys(row.impact for row in rows))
    if blocked:
        return told
    return f"None now. Once the network gets another profile, or the program gets another port: {told}"


CHECK = Check(
    id="poisoned-prompt-rule",
    title="No cancelled firewall prompt blocks a CE program",
    severity=Severity.HIGH,
    requires=frozenset({EvidenceKind.FIREWALL_RULES}),
    needs=DECISION | ENDPOINTS,
    rationale="The first time a program listens, Windows asks whether to allow it. An agent who is no "
    "administrator, or who clicks Cancel, leaves a Block rule each for TCP and UDP. It beats every allow "
    "rule, the vendor's own included, and that workstation goes silent.",
    decides='Active inbound Block rules whose id is the prompt\'s ("TCP Query User{...}") and whose program '
    "is a CE executable: high where one of them decides for an endpoint now, low where none does. Listings "
    "without ids cannot show where a rule came from.",
    mend="Disable the prompt's rules; adding an allow rule does not help, for Block wins.",
    controls=("NIST SP 800-53 r5 CM-6", "PCI DSS v4.0 1.2.7"),
    rules_alone=True,
    find=find,
)
