"""Judging a host in memory, and what tests ask of the results."""

from __future__ import annotations

from rules.case import Case
from rules.check_list import CHECKS
from rules.engine import run
from rules.model import CheckResult, Finding, Results, Severity
from rules.site import Site
from scanner.model import (
    Snapshot,
)
from tests.rules.hosts import CATALOGUE


def case_of(snapshot: Snapshot, site: Site | None = None) -> Case:
    return Case(snapshot, CATALOGUE, site or Site())


def assess_all(snapshot: Snapshot, site: Site | None = None) -> Results:
    return run(CHECKS, case_of(snapshot, site), "ce-audit test")


def judge(snapshot: Snapshot, check_id: str, site: Site | None = None) -> CheckResult:
    check = next(each for each in CHECKS if each.id == check_id)
    return run((check,), case_of(snapshot, site), "ce-audit test").results[0]


def found(
    snapshot: Snapshot, site: Site | None = None, floor: Severity = Severity.MEDIUM
) -> set[tuple[str, str]]:
    """Every finding of `floor` or worse over all checks, as (check id, component)."""
    return {
        (result.check, finding.component)
        for result in assess_all(snapshot, site).results
        for finding in result.findings
        if finding.severity.at_least(floor)
    }


def statuses(snapshot: Snapshot, site: Site | None = None) -> dict[str, str]:
    return {result.check: result.status.value for result in assess_all(snapshot, site).results}


def the_finding(snapshot: Snapshot, check_id: str, site: Site | None = None) -> Finding:
    """The one finding of a check; fails where there is none, or another."""
    (finding,) = judge(snapshot, check_id, site).findings
    return finding
