"""Whether two assessments say the same of a host (`--only-if-changed`).

What varies by itself, or without changing what is said, does not count: when and by what the evidence was
collected, its hashes, sizes and times, the last start, the versions of this program and of its catalogue,
the day of the waivers, and how findings and endpoints are worded. What is configured, listening and
permitted, each finding with the condition it was found in, each check that could not be decided, each gap
and each unreadable piece counts.
"""

from __future__ import annotations

from collections.abc import Hashable

import msgspec

from rules.model import CheckResult, Finding, Results


def says_the_same(one: Results, other: Results) -> bool:
    """True where a reader of the report of `one` learns nothing from that of `other`."""
    return _said(one) == _said(other)


def _said(results: Results) -> Hashable:
    host = results.host
    return (
        results.verdict,
        (host.name, host.role, host.domain, host.os, host.elevated, host.install_directory, host.profiles),
        frozenset(map(_of_check, results.results)),
        frozenset(msgspec.structs.replace(row, note="", sources=()) for row in results.endpoints),
        frozenset((gap.kind, gap.reason) for gap in results.gaps),
        frozenset((problem.origin.source, problem.reason) for problem in results.problems),
        frozenset((waiver.subject, waiver.state) for waiver in results.waivers),
        _of_baseline(results),
        results.site,
    )


def _of_check(result: CheckResult) -> Hashable:
    return (result.check, result.status, result.reason, frozenset(map(_of_finding, result.findings)))


def _of_finding(finding: Finding) -> Hashable:
    return (finding.fingerprint, finding.condition, finding.severity, finding.waived, finding.baseline)


def _of_baseline(results: Results) -> Hashable:
    found = results.baseline
    return found and tuple(frozenset(map(_of_finding, each)) for each in (found.resolved, found.undecided))
