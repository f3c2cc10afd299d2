"""Results -> Report: sorting, counting and wording, once, for every format (design.md section 3)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from reports import results_json
from reports.actions import POWERSHELL, next_actions
from reports.changes import changes, intro
from reports.controls import control_groups, in_short
from reports.exceptions import by_anchor, exceptions, stub
from reports.matrix import endpoint_lines
from reports.model import (
    Badge,
    CheckLine,
    EvidenceLine,
    Fact,
    FindingBlock,
    GapBlock,
    LedgerLine,
    OpenChecks,
    ProblemLine,
    Report,
    Script,
    Section,
    WaiverLine,
)
from reports.order import Placed, placed, restart_text, subject
from reports.verdict import (
    UNDECIDED,
    outlook,
    reasons,
    sentence,
    severity_counts,
    status_counts,
    unproven_intro,
)
from reports.visible import one_line, rewritten, visible
from reports.wording import (
    BASELINE,
    BASELINE_DEFINITIONS,
    DEFINITIONS,
    EVIDENCE_KIND,
    LIMITS,
    METHOD,
    SECTIONS,
    SEVERITY,
    STATUS,
    VERDICT,
    WAIVED,
    WAIVER_DEFINITIONS,
)
from rules.model import (
    AssessedHost,
    CheckResult,
    Finding,
    LedgerRow,
    Observation,
    Remediation,
    Results,
    Severity,
    Status,
)
from scanner.model import Gap, Problem

__all__ = ["Report", "build"]

_LIMIT = 200
_OBSERVATIONS = 20
_LINKS = 12
_POLICY = "Windows Firewall policy of Contact Expert 6.1"


def build(results: Results) -> Report:
    """The view of one assessment. Pure: the same results give an equal report."""
    digest = hashlib.sha256(results_json.render(results)).hexdigest()
    results = rewritten(results, visible)
    findings = placed(results)
    ledger = tuple(_ledger(row, f"e{number}") for number, row in enumerate(results.evidence, start=1))
    anchors = {line.source: line.id for line in reversed(ledger)}
    excepted = exceptions(results, findings)
    waivers = by_anchor(excepted)
    checks = tuple(_check(result, findings) for result in sorted(results.results, key=_check_order))
    host = one_line(results.host.name, 120)
    return Report(
        title=f"{VERDICT[results.verdict].word}: {host}",
        subtitle=_POLICY,
        host=host,
        author=one_line(results.tool, 120) or "ce-audit",
        digest=digest,
        collected=_moment(results.host.collected_at),
        collected_iso=_iso(results.host.collected_at),
        verdict=VERDICT[results.verdict],
        sentence=sentence(results, findings),
        outlook=outlook(results),
        reasons=reasons(results, findings),
        facts=_facts(results),
        severities=severity_counts(findings),
        statuses=status_counts(results.results),
        sections=_sections(results),
        actions=next_actions(results, findings),
        endpoints=endpoint_lines(results.endpoints, findings),
        findings=tuple(_finding(item, anchors, waivers) for item in findings),
        undecided=_undecided(checks),
        gaps=_gaps(results.gaps),
        checks=checks,
        evidence=ledger,
        problems=tuple(_problem(problem) for problem in results.problems),
        method=METHOD,
        limits=LIMITS,
        definitions={
            **DEFINITIONS,
            **(WAIVER_DEFINITIONS if results.waivers else {}),
            **(BASELINE_DEFINITIONS if results.baseline else {}),
        },
        limit=_LIMIT,
        exceptions=excepted,
        changes=changes(results, findings),
        site=tuple(one_line(sentence) for sentence in results.site),
        controls=control_groups(results, checks),
        general=tuple(item.link for item in findings if not item.finding.component),
    )


def _facts(results: Results) -> tuple[Fact, ...]:
    host = results.host
    pairs = (
        ("Host", host.name + (f" in {host.domain}" if host.domain else "")),
        ("Role", host.role.replace("-", " ") or "not stated"),
        ("Evidence collected", _moment(host.collected_at)),
        ("Collected with", _collected_with(host)),
        ("Operating system", host.os or "not stated"),
        ("Last start", _moment(host.boot_time)),
        ("Time zone of the host", host.time_zone or "not stated"),
        ("CE install directory", host.install_directory or "not stated"),
        ("Firewall profiles in use", ", ".join(host.profiles) or "not stated"),
        ("Judged by", results.tool or "not stated"),
        ("Catalogue", results.catalogue or "not stated"),
    )
    return tuple(Fact(label=label, value=one_line(value, 300)) for label, value in pairs)


def _collected_with(host: AssessedHost) -> str:
    rights = {True: ", elevated", False: ", not elevated: some evidence may be hidden", None: ""}[
        host.elevated
    ]
    return (host.collector or "not stated") + rights


def _finding(item: Placed, anchors: Mapping[str, str], waivers: Mapping[str, WaiverLine]) -> FindingBlock:
    finding, remedy = item.finding, item.finding.remediation
    hidden = len(finding.evidence) - _OBSERVATIONS
    return FindingBlock(
        id=item.id,
        label=item.link.text,
        subject=subject(finding),
        severity=SEVERITY[finding.severity],
        waived=WAIVED if finding.waived else None,
        waiver=waivers.get(item.id),
        waiver_stub=stub(item),
        baseline=BASELINE.get(finding.baseline),
        kind=item.link.badge.code,
        folded=_only_advises(finding),
        check=item.result.check,
        check_title=one_line(item.result.title),
        component=finding.component,
        variant=finding.variant,
        protocol=finding.protocol,
        port=finding.port,
        message=one_line(finding.message),
        expected=one_line(finding.expected),
        observed=one_line(finding.observed),
        impact=one_line(finding.impact),
        evidence=tuple(_observation(seen, anchors) for seen in finding.evidence[:_OBSERVATIONS]),
        evidence_note=f"{hidden} more observations are in results.json." if hidden > 0 else "",
        commands=_script(POWERSHELL, remedy.commands),
        netsh=_script("The same with netsh", remedy.netsh),
        undo=_script("Undo", remedy.undo),
        manual=tuple(one_line(step) for step in remedy.manual),
        restart=restart_text(remedy),
        fingerprint=finding.fingerprint,
        condition=finding.condition,
        controls=in_short(item.result.controls),
        quoted_controls=tuple(one_line(quoted) for quoted in item.result.controls),
    )


def _only_advises(finding: Finding) -> bool:
    """True where there is something to fold away, and no verdict rests on it."""
    there = finding.evidence or finding.remediation != Remediation()
    return bool(there) and not finding.severity.at_least(Severity.MEDIUM)


def _script(label: str, lines: Sequence[str]) -> Script | None:
    return Script(label=label, text="\n".join(lines)) if lines else None


def _observation(seen: Observation, anchors: Mapping[str, str]) -> EvidenceLine:
    return EvidenceLine(
        source=one_line(seen.source),
        locator=one_line(seen.locator),
        observed=one_line(seen.observed),
        sha256=seen.sha256,
        ledger=anchors.get(one_line(seen.source), ""),
    )


def _check_order(result: CheckResult) -> tuple[int, int, str]:
    statuses = (Status.FAIL, Status.ERROR, Status.NOT_PROVEN, Status.PASS, Status.NOT_APPLICABLE)
    weight = _worst(result) if result.status is Status.FAIL else result.severity
    severities = list(Severity)
    return (
        statuses.index(result.status),
        severities.index(weight) if weight else len(severities),
        result.check,
    )


def _worst(result: CheckResult) -> Severity | None:
    """The severity of its worst finding that counts."""
    counting = [finding.severity for finding in result.findings if not finding.waived]
    return min(counting, key=list(Severity).index, default=None)


def _check(result: CheckResult, findings: Sequence[Placed]) -> CheckLine:
    links = [item.link for item in findings if item.result is result]
    return CheckLine(
        check=result.check,
        title=one_line(result.title),
        status=_status(result),
        severity=SEVERITY[result.severity],
        reason=one_line(result.reason),
        findings=tuple(links[:_LINKS]),
        more=f"and {len(links) - _LINKS} more" if len(links) > _LINKS else "",
        controls=in_short(result.controls),
    )


def _status(result: CheckResult) -> Badge:
    """A failed check in the colour of its worst finding that counts: an info remark must not shout."""
    status = STATUS[result.status]
    if result.status is not Status.FAIL:
        return status
    worst = _worst(result)
    return msgspec.structs.replace(status, code=SEVERITY[worst].code if worst else WAIVED.code)


def _undecided(checks: Sequence[CheckLine]) -> tuple[OpenChecks, ...]:
    """Open checks by status and reason: one missing piece of evidence often leaves many checks open."""
    grouped: dict[tuple[Badge, str], list[CheckLine]] = {}
    for line in checks:
        if line.status in (STATUS[status] for status in UNDECIDED):
            grouped.setdefault((line.status, line.reason), []).append(line)
    return tuple(
        OpenChecks(status=status, reason=reason, checks=tuple(lines))
        for (status, reason), lines in grouped.items()
    )


def _gaps(gaps: Sequence[Gap]) -> tuple[GapBlock, ...]:
    """One block for each command, which often closes several gaps, and for each kind without one."""
    grouped: dict[str, list[Gap]] = {}
    for gap in gaps:
        grouped.setdefault(gap.fetch or gap.kind, []).append(gap)
    return tuple(_gap(members) for members in grouped.values())


def _gap(members: Sequence[Gap]) -> GapBlock:
    fetch = members[0].fetch
    return GapBlock(
        title="; ".join(dict.fromkeys(EVIDENCE_KIND[gap.kind] for gap in members)),
        reasons=tuple(
            Fact(label=one_line(gap.subject, 300), value=one_line(gap.reason)) for gap in members[:_LIMIT]
        ),
        fetch=_script(POWERSHELL, [fetch] if fetch else []),
    )


def _ledger(row: LedgerRow, anchor: str) -> LedgerLine:
    size = f"{row.bytes:,} bytes"
    modified = _moment(row.modified_at) if row.modified_at else ""
    return LedgerLine(
        id=anchor, kind=row.kind, source=one_line(row.source), size=size, modified=modified, sha256=row.sha256
    )


def _problem(problem: Problem) -> ProblemLine:
    where = ", ".join(part for part in (problem.origin.source, problem.origin.locator) if part)
    return ProblemLine(
        where=one_line(where), reason=one_line(problem.reason), text=one_line(problem.text, 200)
    )


def _sections(results: Results) -> dict[str, Section]:
    totals = {
        "matrix": len(results.endpoints),
        "exceptions": len(results.waivers),
        "findings": sum(len(result.findings) for result in results.results),
        "checks": len(results.results),
        "evidence": len(results.evidence),
        "problems": len(results.problems),
    }
    collected = _moment(results.baseline.collected_at) if results.baseline else ""
    intros = {"unproven": unproven_intro(results), "changes": intro(results, collected)}
    left_out = {
        "exceptions": not results.waivers,
        "changes": results.baseline is None,
        "site": not results.site,
        "controls": not any(result.controls for result in results.results),
    }
    return {
        key: Section(id=key, title=title, intro=intros.get(key, text), note=_cut(totals.get(key, 0)))
        for key, (title, text) in SECTIONS.items()
        if not left_out.get(key)
    }


def _cut(total: int) -> str:
    return (
        f"The first {_LIMIT} of {total:,} are shown here; results.json holds all." if total > _LIMIT else ""
    )


def _moment(moment: datetime | None) -> str:
    if moment is None:
        return "not stated"
    if moment.tzinfo is None:
        return f"{moment:%Y-%m-%d %H:%M:%S} (no time zone given)"
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _iso(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""
