"""How two collections of named things differ; order never counts, and equal things of one name cancel out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from enum import Enum

import msgspec

ADDED, REMOVED, CHANGED = "added", "removed", "changed"


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One field, as it was and as it is, in words."""

    field: str
    old: str
    new: str


class FactDifference(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was added, removed or changed (`state`); `name` says what it is."""

    kind: str
    state: str
    name: str
    changes: tuple[Change, ...] = ()


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """A thing to compare: the same on both sides where its `key` is; fields that are `unread` say nothing.

    `about` narrows the evidence it rests on, as the subject of a gap does.
    """

    key: tuple[str, ...]
    name: str
    fields: Mapping[str, object] = msgspec.field(default_factory=dict)
    unread: frozenset[str] = frozenset()
    about: str = ""


def differing(kind: str, old: Iterable[Fact], new: Iterable[Fact]) -> Iterator[tuple[Fact, FactDifference]]:
    """Every difference with the newest fact that shows it, by name."""
    pairs = sorted(_pairs(old, new), key=lambda pair: ((pair[1] or pair[0] or _NOTHING).name, str(pair)))
    for before, after in pairs:
        if before is None and after is not None:
            yield after, FactDifference(kind=kind, state=ADDED, name=after.name)
        elif after is None and before is not None:
            yield before, FactDifference(kind=kind, state=REMOVED, name=before.name)
        elif before is not None and after is not None:
            changes = field_changes(before.fields, after.fields, before.unread | after.unread)
            if changes:
                yield after, FactDifference(kind=kind, state=CHANGED, name=after.name, changes=changes)


def field_changes(
    old: Mapping[str, object], new: Mapping[str, object], unread: frozenset[str] = frozenset()
) -> tuple[Change, ...]:
    """The fields whose values differ, in words, without those of `unread`."""
    names = [name for name in {**old, **new} if name not in unread]
    words = [(name, in_words(old.get(name)), in_words(new.get(name))) for name in names]
    return tuple(Change(field=name, old=was, new=now) for name, was, now in words if was != now)


def in_words(value: object) -> str:
    """A value for a person; members of a list in order of their words, for order is no difference."""
    if value is None:
        return "not stated"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, (tuple, list)):
        return ", ".join(sorted(map(_member, value))) or "none"
    return str(value) or "none"


_NOTHING = Fact(key=(), name="")


def _member(value: object) -> str:
    """A member of a list; the tokens of a firewall rule are pairs whose order counts."""
    if isinstance(value, tuple):
        return "=".join(map(in_words, value))
    if isinstance(value, msgspec.Struct):
        stated = {name: getattr(value, name) for name in value.__struct_fields__}
        return " ".join(f"{name}={in_words(item)}" for name, item in stated.items() if item not in (None, ()))
    return in_words(value)


def _pairs(old: Iterable[Fact], new: Iterable[Fact]) -> Iterator[tuple[Fact | None, Fact | None]]:
    """Facts of one key side by side, equal ones first; None where one side has no more."""
    before, after = _by_key(old), _by_key(new)
    for key in {**before, **after}:
        was, now = before.get(key, []), after.get(key, [])
        unlike = [fact for fact in was if not _taken(fact, now)]
        for number in range(max(len(unlike), len(now))):
            yield (
                unlike[number] if number < len(unlike) else None,
                now[number] if number < len(now) else None,
            )


def _taken(fact: Fact, others: list[Fact]) -> bool:
    """True where one of `others` is the same; it is taken out of them."""
    for number, other in enumerate(others):
        if not field_changes(fact.fields, other.fields, fact.unread | other.unread):
            del others[number]
            return True
    return False


def _by_key(facts: Iterable[Fact]) -> dict[tuple[str, ...], list[Fact]]:
    found: dict[tuple[str, ...], list[Fact]] = defaultdict(list)
    for fact in facts:
        found[fact.key].append(fact)
    for members in found.values():
        if len(members) > 1:
            members.sort(key=lambda fact: sorted((name, in_words(v)) for name, v in fact.fields.items()))
    return found
