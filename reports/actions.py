"""What to do next: the remedies of all findings as one ordered list, each step once.

What a person must put right comes first, then the vendor's cmdlets in the vendor's order (Remove, then Add:
contact-expert.md 1.11), then what they do not cover, then the restart, then the proof. One run of the cmdlets
and one restart serve all findings.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile

import msgspec

from reports.model import Action, Link, Script
from reports.order import Placed, restart_text
from rules.model import Finding, Remediation, Results, Severity, Verdict

_CMDLETS = ("Remove-CEFirewallRules", "Add-CEFirewallRules")
_CMDLET_NAMES = {name.casefold() for name in _CMDLETS}
_LINKS = 8
_AFTER_CMDLETS = "Only where the cmdlets did not put it right already."
POWERSHELL = "PowerShell, as administrator"


class _Group(msgspec.Struct, frozen=True, kw_only=True):
    """Findings that one step mends: the same remedy, or the same check."""

    title: str
    remedies: tuple[Remediation, ...]
    members: tuple[Placed, ...]


def next_actions(results: Results, findings: Sequence[Placed]) -> tuple[Action, ...]:
    """The steps in the order to take them, numbered from 1; empty where there is nothing to do."""
    open_findings = [item for item in findings if _asks(item.finding)]
    cmdlets = list(_cmdlets(open_findings))
    commands = _by_command(open_findings, text=_AFTER_CMDLETS if cmdlets else "")
    mend = [*_by_hand(open_findings), *cmdlets, *commands, *_restart(open_findings)]
    fetch = list(_fetch(results))
    steps = fetch + mend if results.verdict is Verdict.NOT_PROVEN else mend + fetch
    steps += _prove() if steps else ()
    return tuple(msgspec.structs.replace(step, number=number) for number, step in enumerate(steps, start=1))


def _asks(finding: Finding) -> bool:
    """A remark for information stays with its finding: it asks for nothing."""
    return not finding.waived and finding.severity is not Severity.INFO


def _by_hand(findings: Iterable[Placed]) -> Iterator[Action]:
    for group in _groups(item for item in findings if _remedy(item).manual and not _remedy(item).commands):
        yield _action(f"Make sure: {group.title}", "By hand", group.members, steps=_steps(group.remedies))


def _cmdlets(findings: Iterable[Placed]) -> Iterator[Action]:
    """One run for all; what the remedies put around the cmdlets, such as a backup, keeps its side of them."""
    asking = [item for item in findings if _asks_for_cmdlets(_remedy(item))]
    if not asking:
        return
    remedies = [_remedy(item) for item in asking]
    before = _once(line for remedy in remedies for line in takewhile(_is_no_cmdlet, remedy.commands))
    rest = _once(line for remedy in remedies for line in remedy.commands if _is_no_cmdlet(line))
    after = tuple(line for line in rest if line not in before)
    yield _action(
        "Let Contact Expert write its firewall rules again",
        "Vendor's cmdlets",
        asking,
        text="These commands in this order, after what is listed here.",
        steps=_steps(remedies),
        script=Script(label=POWERSHELL, text="\n".join((*before, *_CMDLETS, *after))),
    )


def _by_command(findings: Iterable[Placed], *, text: str) -> Iterator[Action]:
    alone = [item for item in findings if _remedy(item).commands and not _asks_for_cmdlets(_remedy(item))]
    for group in _groups(alone):
        lines = _once(line for remedy in group.remedies for line in remedy.commands)
        script = Script(label=POWERSHELL, text="\n".join(lines))
        title = f"Make sure: {group.title}"
        yield _action(
            title, "PowerShell", group.members, text=text, steps=_steps(group.remedies), script=script
        )


def _restart(findings: Iterable[Placed]) -> Iterator[Action]:
    owing = [item for item in findings if _remedy(item).restart]
    said = _once(restart_text(_remedy(item)) for item in owing)
    if said:
        title = said[0].rstrip(".") if len(said) == 1 else "Restart what was changed"
        steps = () if len(said) == 1 else said
        yield _action(title, "Restart", owing, text="Once, after all changes above.", steps=steps)


def _fetch(results: Results) -> Iterator[Action]:
    if results.gaps:
        yield Action(
            title="Collect the evidence that is missing",
            how="Collect",
            text="What is missing, why, and the commands that fetch it are under “What was not proven”.",
        )


def _prove() -> Iterator[Action]:
    yield Action(
        title="Prove it: collect the evidence again and scan it",
        how="Verify",
        text="A finding is mended when the next report no longer has its fingerprint.",
    )


def _action(
    title: str,
    how: str,
    members: Sequence[Placed],
    *,
    text: str = "",
    steps: tuple[str, ...] = (),
    script: Script | None = None,
) -> Action:
    links: tuple[Link, ...] = tuple(item.link for item in members[:_LINKS])
    more = f"and {len(members) - _LINKS} more" if len(members) > _LINKS else ""
    return Action(title=title, how=how, text=text, steps=steps, script=script, findings=links, more=more)


def _groups(findings: Iterable[Placed]) -> list[_Group]:
    """Findings with the same remedy, then those of the same check, in the order of their worst finding."""
    by_remedy: dict[Remediation, list[Placed]] = {}
    for item in findings:
        by_remedy.setdefault(_remedy(item), []).append(item)
    by_check: dict[str, list[Placed]] = {}
    for members in by_remedy.values():
        by_check.setdefault(members[0].result.check, []).extend(members)
    return [
        _Group(
            title=members[0].result.title,
            remedies=tuple(dict.fromkeys(_remedy(item) for item in members)),
            members=tuple(sorted(members, key=lambda item: item.number)),
        )
        for members in by_check.values()
    ]


def _remedy(item: Placed) -> Remediation:
    return item.finding.remediation


def _asks_for_cmdlets(remedy: Remediation) -> bool:
    return not all(map(_is_no_cmdlet, remedy.commands))


def _is_no_cmdlet(line: str) -> bool:
    words = line.split(maxsplit=1)
    return not words or words[0].casefold() not in _CMDLET_NAMES


def _steps(remedies: Sequence[Remediation]) -> tuple[str, ...]:
    """What to do by hand, each once; what every remedy says stands after what only some say."""
    every = _once(step for remedy in remedies for step in remedy.manual)
    shared = [step for step in every if all(step in remedy.manual for remedy in remedies)]
    return (*(step for step in every if step not in shared), *shared)


def _once(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))
