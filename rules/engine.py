"""Run the checks over one host: every check yields exactly one result, and missing evidence never passes."""

from __future__ import annotations

import hashlib
import logging
from collections import Counter
from collections.abc import Iterable, Iterator

import msgspec

from rules.case import Case
from rules.check import Check, Unproven
from rules.matrix import endpoint_rows
from rules.model import (
    AssessedHost,
    CheckResult,
    Finding,
    LedgerRow,
    Results,
    Severity,
    Status,
    Summary,
    Verdict,
)
from rules.scopes import ByOrigin, by_origin, scopes
from rules.site import Site
from scanner.model import EvidenceKind, Gap

logger = logging.getLogger(__name__)

SWITCHED_OFF = "switched off by the site"
_MOST_REASONS = 3
_LATENT = "Nothing while Windows Firewall lets everything through. Once it is on:"
_NO_COMPONENT = "no Contact Expert component was seen on this host"


def run(checks: Iterable[Check], case: Case, tool: str) -> Results:
    """Judge one host. `tool` names the program and version, for the record.

    The same case gives the same results, byte for byte: no clock, no environment, no order but that of the
    checks.
    """
    checks = tuple(checks)
    fw_rules = by_origin(case.snapshot.firewall_rules)
    results = Results(
        tool=tool,
        catalogue=f"{case.catalogue.product} {case.catalogue.version}",
        verdict=Verdict.NOT_PROVEN,
        host=_host(case),
        results=tuple(_evaluate(check, case, fw_rules) for check in checks),
        endpoints=endpoint_rows(case),
        evidence=tuple(
            LedgerRow(
                kind=source.kind,
                source=source.source,
                sha256=source.sha256,
                bytes=source.bytes,
                modified_at=source.modified_at,
            )
            for source in case.snapshot.evidence
        ),
        gaps=tuple(gap for gap in case.snapshot.gaps if _concerns(case, gap)),
        problems=case.snapshot.problems,
        site=tuple(_site_changes(checks, case.site)),
    )
    return concluded(results)


def concluded(results: Results) -> Results:
    """`results` with the verdict, its reasons and the summary that follow from its checks."""
    return msgspec.structs.replace(
        results,
        verdict=verdict(results.results),
        reasons=_reasons(results.results),
        summary=_summary(results.results),
    )


def verdict(results: Iterable[CheckResult]) -> Verdict:
    """The overall verdict (design.md section 3): medium and worse decide, then what is not proven."""
    results = tuple(results)
    findings = [finding for result in results for finding in result.findings if not finding.waived]
    if any(finding.severity.at_least(Severity.MEDIUM) for finding in findings):
        return Verdict.NON_COMPLIANT
    if any(result.status in (Status.NOT_PROVEN, Status.ERROR) for result in results):
        return Verdict.NOT_PROVEN
    return Verdict.COMPLIANT if _is_judged(results) else Verdict.NOT_PROVEN


def _is_judged(results: tuple[CheckResult, ...]) -> bool:
    """False where every check is switched off, or none applies: then nothing was shown."""
    return any(result.status in (Status.PASS, Status.FAIL) for result in results)


def fingerprint(check: str, finding: Finding) -> str:
    """Identity of a finding across runs, host names and versions: what it is about, never where it stood."""
    return _digest(check, finding.component, finding.variant, finding.protocol, finding.subject)


def condition(finding: Finding, accepted: Iterable[str] = ()) -> str:
    """Identity of what was found wrong: another port makes it another, and so does another scope (`accepted`)
    of a firewall rule in its evidence.
    """
    return _digest(str(finding.port), finding.expected, finding.observed, *accepted)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).casefold().encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _evaluate(check: Check, case: Case, fw_rules: ByOrigin) -> CheckResult:
    severity = case.site.severities.get(check.id)

    def result(status: Status, reason: str = "", findings: tuple[Finding, ...] = ()) -> CheckResult:
        return CheckResult(
            check=check.id,
            title=check.title,
            status=status,
            severity=severity or check.severity,
            reason=reason,
            findings=findings,
            controls=check.controls,
        )

    if off := case.site.off.get(check.id):
        return result(Status.NOT_APPLICABLE, f"{SWITCHED_OFF}: {off}")
    try:
        unseen = _NO_COMPONENT if case.lacks_components else ""
        if not unseen and (reason := check.not_applicable(case)):
            return result(Status.NOT_APPLICABLE, reason)
        if reason := _lacking(case, check.requires, wholly=True):
            return result(Status.NOT_PROVEN, _joined(unseen, reason))
        found = tuple(_found(check, case))
    except Exception as error:  # the one boundary: a broken check is itself a result
        logger.debug("check %s crashed", check.id, exc_info=True)
        return result(Status.ERROR, f"the check failed: {type(error).__name__}: {error}")
    judged = (_weighed(item, severity) for item in found if isinstance(item, Finding))
    findings = tuple(_identified(check, item, fw_rules) for item in judged)
    open_questions = [f"{item.subject}: {item.reason}" for item in found if isinstance(item, Unproven)]
    reason = _joined(unseen, *open_questions, _lacking(case, check.requires | check.needs))
    if findings:
        return result(Status.FAIL, reason, findings)
    return result(Status.NOT_PROVEN if reason else Status.PASS, reason)


def _found(check: Check, case: Case) -> Iterator[Finding | Unproven]:
    subject = case.filtered if check.rules_alone else case
    for item in check.find(subject):
        if subject is case or isinstance(item, Unproven):
            yield item
        else:
            yield msgspec.structs.replace(item, impact=f"{_LATENT} {item.impact}")


def _lacking(case: Case, kinds: frozenset[EvidenceKind], *, wholly: bool = False) -> str:
    """The gaps in a kind of evidence; one about a single component is the check's to weigh.

    `wholly` leaves out the partial ones, beside which there is enough to look at.
    """
    gaps = [gap for gap in case.snapshot.gaps if gap.kind in kinds and not gap.subject]
    gaps = [gap for gap in gaps if not (wholly and gap.partial)]
    return "; ".join(f"{gap.kind.value}: {gap.reason}" for gap in gaps)


def _joined(*reasons: str) -> str:
    return "; ".join(dict.fromkeys(filter(None, reasons)))


def _concerns(case: Case, gap: Gap) -> bool:
    """False for a gap about a component that is not on this host."""
    return not gap.subject or any(endpoint.row.id == gap.subject for endpoint in case.endpoints)


def _weighed(finding: Finding, severity: Severity | None) -> Finding:
    """The finding with the severity that the site gives to its check, if it gives one."""
    return msgspec.structs.replace(finding, severity=severity) if severity else finding


def _site_changes(checks: Iterable[Check], site: Site) -> Iterator[str]:
    """One sentence for each thing that the site makes different about the judgement."""
    for check in checks:
        severity = site.severities.get(check.id)
        if check.id in site.off:
            yield f"The check {check.id} is switched off: {site.off[check.id]}"
        elif severity:
            usual = check.severity.value
            yield f"Findings of {check.id} count as {severity.value}; without the site file, up to {usual}."
    yield from site.statements


def _identified(check: Check, finding: Finding, fw_rules: ByOrigin) -> Finding:
    return msgspec.structs.replace(
        finding,
        fingerprint=fingerprint(check.id, finding),
        condition=condition(finding, scopes(finding, fw_rules)),
    )


def _reasons(results: tuple[CheckResult, ...]) -> tuple[str, ...]:
    """At most three sentences: the worst findings first, then what is not proven."""
    order = list(Severity)
    found = [
        (order.index(finding.severity), f"{finding.message}")
        for result in results
        for finding in result.findings
        if not finding.waived and finding.severity.at_least(Severity.MEDIUM)
    ]
    worst = [text for _, text in sorted(found, key=lambda pair: pair[0])]
    return tuple((worst or _doubts(results))[:_MOST_REASONS])


def _doubts(results: tuple[CheckResult, ...]) -> list[str]:
    """What leaves checks open, once each, with how many it leaves open; what leaves most open comes first."""
    if not _is_judged(results) and all(result.status is Status.NOT_APPLICABLE for result in results):
        return ["no check was judged: each is switched off or does not apply"]
    undecided = (result for result in results if result.status in (Status.NOT_PROVEN, Status.ERROR))
    count = Counter(part for result in undecided for part in dict.fromkeys(result.reason.split("; ")))
    return [f"{part} ({number} checks undecided)" for part, number in count.most_common()]


def _summary(results: tuple[CheckResult, ...]) -> Summary:
    count = Counter(result.status for result in results)
    return Summary(
        passed=count[Status.PASS],
        fail=count[Status.FAIL],
        not_applicable=count[Status.NOT_APPLICABLE],
        not_proven=count[Status.NOT_PROVEN],
        error=count[Status.ERROR],
        waived=sum(finding.waived for result in results for finding in result.findings),
    )


def _host(case: Case) -> AssessedHost:
    host = case.snapshot.host
    return AssessedHost(
        name=host.name or "unknown",
        role=case.role,
        domain=host.domain,
        os=" ".join(filter(None, (host.os_caption, host.os_build and f"build {host.os_build}"))) or None,
        boot_time=host.boot_time,
        time_zone=host.time_zone,
        collected_at=host.collected_at,
        collector=host.collector,
        elevated=host.elevated,
        install_directory=case.install_directory,
        profiles=tuple(profile.value for profile in case.profiles),
    )
