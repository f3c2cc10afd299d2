"""The verdict in words: one sentence, the worst reasons, what would change it, and the counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from reports.model import Count
from reports.order import Placed
from reports.visible import one_line
from reports.wording import SEVERITY, STATUS, WAIVED
from rules.model import CheckResult, Results, Severity, Status, Verdict

UNDECIDED = (Status.ERROR, Status.NOT_PROVEN)
_REASONS = 3


def sentence(results: Results, findings: Sequence[Placed]) -> str:
    """What the verdict rests on, in one sentence."""
    if results.verdict is Verdict.NON_COMPLIANT:
        breaking = _breaking(findings)
        number = _number(len(breaking), "finding breaks", "findings break")
        counts = [
            f"{each.count} {each.badge.word.lower()}" for each in severity_counts(breaking) if each.count
        ]
        return f"{number} the firewall policy of Contact Expert 6.1 on this host: {', '.join(counts)}."
    if results.verdict is Verdict.NOT_PROVEN:
        lacking = _number(len(_undecided(results)), "applicable check lacks", "applicable checks lack")
        return (
            f"Nothing that was read breaks the policy, but {lacking} evidence. This is not a pass."
            f"{_accepted(findings)}"
        )
    decided = sum(result.status in (Status.PASS, Status.FAIL) for result in results.results)
    checks = _number(decided, "applicable check was", "applicable checks were all")
    return f"{checks} decided, and nothing found breaks the policy.{_accepted(findings)}"


def outlook(results: Results) -> str:
    """What would change the verdict."""
    undecided = len(_undecided(results))
    proof = _number(undecided, "check that is not proven is", "checks that are not proven are")
    if results.verdict is Verdict.COMPLIANT:
        return "It holds until a port, a firewall rule or a policy changes: scan again after every change."
    if results.verdict is Verdict.NOT_PROVEN:
        return f"Compliant once the {proof} decided and pass."
    return f"Compliant once they are mended{f' and the {proof} decided' if undecided else ''}."


def reasons(results: Results, findings: Sequence[Placed]) -> tuple[str, ...]:
    """At most three sentences, worst first: the engine's own, else what the findings and open checks say."""
    worst = [item.finding.message for item in _breaking(findings)]
    lacking = [f"{result.title}: {result.reason}" for result in _undecided(results)]
    said = results.reasons or (*worst, *lacking)
    return tuple(one_line(reason, 300) for reason in said[:_REASONS])


def severity_counts(findings: Sequence[Placed]) -> tuple[Count, ...]:
    """Unwaived findings of each severity, worst first, then the waived ones if there are any."""
    found = Counter(item.finding.severity for item in findings if not item.finding.waived)
    counts = [Count(badge=badge, count=found[severity]) for severity, badge in SEVERITY.items()]
    waived = sum(item.finding.waived for item in findings)
    return (*counts, Count(badge=WAIVED, count=waived)) if waived else tuple(counts)


def status_counts(results: Sequence[CheckResult]) -> tuple[Count, ...]:
    """How many checks ended in each status."""
    found = Counter(result.status for result in results)
    return tuple(Count(badge=badge, count=found[status]) for status, badge in STATUS.items())


def unproven_intro(results: Results) -> str:
    """The line below "What was not proven"."""
    gaps, undecided = len(results.gaps), len(_undecided(results))
    if not gaps and not undecided:
        return "Nothing: every applicable check was decided, and no evidence is reported missing."
    checks = _number(undecided, "check was", "checks were")
    pieces = _number(gaps, "piece", "pieces")
    return f"{checks} not decided; {pieces} of evidence missing. Missing evidence is never a pass."


def _breaking(findings: Sequence[Placed]) -> list[Placed]:
    """The findings that make a host non-compliant (design.md section 3)."""
    floor = Severity.MEDIUM
    return [item for item in findings if not item.finding.waived and item.finding.severity.at_least(floor)]


def _accepted(findings: Sequence[Placed]) -> str:
    """What would break the policy and is waived: a verdict that rests on waivers says so."""
    floor = Severity.MEDIUM
    waived = sum(item.finding.waived and item.finding.severity.at_least(floor) for item in findings)
    if not waived:
        return ""
    return f" Left out of this: {_number(waived, 'waived finding', 'waived findings')} that would break it."


def _undecided(results: Results) -> list[CheckResult]:
    return [result for result in results.results if result.status in UNDECIDED]


def _number(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"
