"""What changed since an earlier assessment: new, known and resolved findings, and those nobody can tell."""

from __future__ import annotations

import msgspec

from rules.engine import SWITCHED_OFF
from rules.model import BaselineRecord, CheckResult, Finding, Results, Status


def compare(results: Results, earlier: Results) -> Results:
    """`results` with every finding marked new or known, and a record of what `earlier` had and they lack.

    A finding is the same where its fingerprint is. The verdict does not change: a known finding still counts.
    """
    known = {finding.fingerprint for result in earlier.results for finding in result.findings}
    marked = tuple(_marked(result, known) for result in results.results)
    words = [finding.baseline for result in marked for finding in result.findings]
    resolved, undecided = gone(results, earlier)
    record = BaselineRecord(
        host=earlier.host.name,
        tool=earlier.tool,
        collected_at=earlier.host.collected_at,
        new=words.count("new"),
        known=words.count("known"),
        resolved=resolved,
        undecided=undecided,
    )
    return msgspec.structs.replace(results, results=marked, baseline=record)


def gone(results: Results, earlier: Results) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """The findings of `earlier` that `results` lack: resolved ones, and those whose check did not decide."""
    found = {finding.fingerprint for result in results.results for finding in result.findings}
    decided = {result.check for result in results.results if _decided(result)}
    resolved: list[Finding] = []
    undecided: list[Finding] = []
    for result in earlier.results:
        for finding in result.findings:
            if finding.fingerprint not in found:
                own = msgspec.structs.replace(finding, baseline="")  # of the one before is not said
                (resolved if result.check in decided else undecided).append(own)
    return tuple(resolved), tuple(undecided)


def _marked(result: CheckResult, known: set[str]) -> CheckResult:
    findings = tuple(
        msgspec.structs.replace(finding, baseline="known" if finding.fingerprint in known else "new")
        for finding in result.findings
    )
    return msgspec.structs.replace(result, findings=findings)


def _decided(result: CheckResult) -> bool:
    """True where not finding something means that it is not there.

    A failed check with open questions has not looked everywhere: what it does not find again may be there.
    """
    if result.status is Status.FAIL:
        return not result.reason
    if result.status is Status.NOT_APPLICABLE:
        return not result.reason.startswith(SWITCHED_OFF)  # what nobody looks at is not mended
    return result.status is Status.PASS
