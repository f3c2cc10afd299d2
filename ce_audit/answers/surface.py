"""What `why --surface` prints: what is reachable at all, which rules do nothing, which open too much."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import TypeVar

import msgspec

from ce_audit.answers.survey import IdleRecord, ReachableRecord, SubjectRecord, SurfaceRecord, WiderRecord
from reports.visible import one_line, visible
from rules.firewall.hygiene import Idleness
from rules.model import DecidedBy

T = TypeVar("T")

_LINE_BREAK = "\n"  # a name from the host must not start a line of ours
_SHOWN = 5  # entries of a list that a person still reads
_LONGEST = 160  # characters of a name or path
_ANY = ("any",)
_KINDS = {
    Idleness.DUPLICATE: "Duplicate: another rule has the same conditions",
    Idleness.REDUNDANT: "Redundant: other rules do all that it does",
    Idleness.SHADOWED: "Shadowed: Block rules beat it everywhere",
    Idleness.VOID: "Void: it cannot match, or nothing asks it",
    Idleness.PROGRAM_MISSING: "Program missing",
    Idleness.PROFILE_NOT_IN_FORCE: "For profiles that are not in force",
}


def render_json(found: SurfaceRecord) -> str:
    """One JSON object."""
    return msgspec.json.format(msgspec.json.encode(found), indent=2).decode() + "\n"


def render_text(found: SurfaceRecord) -> str:
    """For people; long lists are cut, the JSON has all."""
    lines = [*_reachable(found.reachable), *_never_decide(found), *_wider(found), *_notes(found)]
    return "".join(f"{visible(line.replace(_LINE_BREAK, ' '))}\n" for line in lines)


def _reachable(records: Sequence[ReachableRecord]) -> Iterator[str]:
    sure = [record for record in records if record.certainty == "allowed"]
    sections = (
        ("Reachable from any address", [record for record in sure if _is_from_anywhere(record)]),
        ("Reachable from some addresses", [record for record in sure if not _is_from_anywhere(record)]),
        ("Perhaps reachable", [record for record in records if record.certainty != "allowed"]),
    )
    for title, several in sections:
        yield from _section(title, several, _opening)


def _is_from_anywhere(record: ReachableRecord) -> bool:
    return record.from_ == _ANY and not record.but_not


def _opening(record: ReachableRecord) -> Iterator[str]:
    protocols = ", ".join(record.protocols) if record.protocols != _ANY else "any protocol"
    ports = "" if record.ports == _ANY else f" {_list(record.ports)}"
    if record.ports == _ANY and {"tcp", "udp", "any"} & set(record.protocols):
        ports = " any port"
    but_not = f" but not {_list(record.but_not)}" if record.but_not else ""
    yield f"  {protocols}{ports}  {_who(record)}  from {_list(record.from_)}{but_not}"
    yield from _labelled("because" if record.certainty == "allowed" else "unknown", record.because)
    yield from _labelled("opened by", map(_described, record.opened_by))
    yield from _labelled("unless", map(_described, record.unless))
    yield from _labelled("profiles", [", ".join(profile.title() for profile in record.profiles)])
    yield from _labelled("listening", _listening(record))
    yield from _labelled("not for", map(_who, record.except_))
    yield from _labelled("declared", _declared(record))


def _declared(record: ReachableRecord) -> list[str]:
    """How much of what the site declares is let in."""
    shares = (("CE servers", record.servers), ("clients", record.clients))
    return [f"{share} of the {name}" for name, share in shares if share]


def _who(record: ReachableRecord | SubjectRecord) -> str:
    program = "any program" if record.program == "any" else _short(record.program)
    if record.service is None:
        return program
    return (
        f"{program} (any other service)"
        if record.service == "*"
        else f"{program} (service {_short(record.service)})"
    )


def _listening(record: ReachableRecord) -> Iterator[str]:
    for listener in record.listeners or ():
        address = f"[{listener.address}]" if ":" in listener.address else listener.address
        owner = _short(listener.program or "an unknown program")
        yield f"{listener.protocol} {address}:{listener.port} {owner}"
    if record.ports_without_listener and not record.listeners:
        yield "nothing"


def _never_decide(found: SurfaceRecord) -> Iterator[str]:
    for kind, several in groupby(found.never_decide, key=lambda record: record.kind):
        yield from _section(_KINDS[Idleness(kind)], list(several), _idle)


def _idle(record: IdleRecord) -> Iterator[str]:
    yield f"  {_named(record.firewall_rule)}: {record.reason}"
    yield from _labelled("by", map(_named, record.because_of))


def _wider(found: SurfaceRecord) -> Iterator[str]:
    yield from _section("Open more than is used", found.wider_than_used, _breadth)


def _breadth(record: WiderRecord) -> Iterator[str]:
    used = f"listening on {_list(record.used_ports)} only" if record.used_ports else "nothing listens there"
    ports = "every port" if record.unused_ports == _ANY else f"ports {_list(record.unused_ports)}"
    yield f"  {_named(record.firewall_rule)}: {ports} unused; {used}"


def _notes(found: SurfaceRecord) -> Iterator[str]:
    return (f"note: {note}" for note in found.notes)


def _section(title: str, records: Sequence[T], render: Callable[[T], Iterable[str]]) -> Iterator[str]:
    if records:
        yield f"{title} ({len(records)})"
        for record in records:
            yield from render(record)
        yield ""


def _labelled(label: str, texts: Iterable[str]) -> Iterator[str]:
    """The first texts on a line each under one label, the rest counted."""
    all_texts = list(texts)
    shown = all_texts[:_SHOWN]
    if len(all_texts) > len(shown):
        shown.append(f"and {len(all_texts) - len(shown)} more")
    for text in shown:
        yield f"      {label:<11}{_short(text)}"
        label = ""


def _list(texts: Sequence[str]) -> str:
    left = len(texts) - _SHOWN
    return ", ".join(texts[:_SHOWN]) + (f" and {left} more" if left > 0 else "")


def _described(decided_by: DecidedBy) -> str:
    return f'{decided_by.action.title()} "{_short(decided_by.name or decided_by.id)}" ({decided_by.store})'


def _named(decided_by: DecidedBy) -> str:
    """With the id: two rules often share a name."""
    return f"{_described(decided_by)} id {_short(decided_by.id)}"


def _short(text: str) -> str:
    return one_line(text, _LONGEST)
