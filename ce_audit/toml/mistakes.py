"""What is wrong with a TOML document that should have the shape of a msgspec Struct: every mistake, not one.

The types it knows are those that our files use: Structs, `X | None`, dict, tuple[X, ...], str, int, bool,
date and enumerations, with the bounds `ge`, `le` and `min_length`.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from math import inf

import msgspec
from msgspec import inspect

from ce_audit.toml.lines import Place
from reports.visible import one_line

_SHOWN = 60
_FEW = 12  # more choices than these are not listed
_MEANT = 0.6  # how alike a word must be to be meant
_CALLED: dict[type, str] = {
    inspect.BoolType: "true or false",
    inspect.IntType: "a whole number",
    inspect.DateType: "a date such as 2027-01-31",
}


class Mistake(msgspec.Struct, frozen=True):
    """One wrong thing: `place` is the path to it from the top, `text` one line for a person."""

    place: Place
    text: str


def mistakes(document: object, kind: type) -> tuple[Mistake, ...]:
    """Every unknown or missing key, wrong type and value that is not allowed, in the document's order."""
    found = _wrong(document, inspect.type_info(kind), ())
    return tuple(_moved(mistake, kind) for mistake in found)


def _moved(mistake: Mistake, kind: type) -> Mistake:
    """A key of the top that stands below a table heading belongs to that table: the usual slip in TOML."""
    key = str(mistake.place[-1]) if len(mistake.place) > 1 else ""
    if mistake.text.startswith("unknown key") and key in kind.__struct_fields__:  # type: ignore[attr-defined]
        return Mistake(
            mistake.place, f"unknown key {dotted(mistake.place)}; {key} stands above the first [table]"
        )
    return mistake


def dotted(place: Place) -> str:
    """A place as a person would write it: `check_off[1].reason`, counting from 1."""
    text = ""
    for step in place:
        text += f"[{step + 1}]" if isinstance(step, int) else f".{step}"
    return one_line(text.lstrip("."), _SHOWN)


def shown(value: object) -> str:
    """A value in a message: cut, and harmless to a terminal."""
    text = str(value).lower() if isinstance(value, bool) else _written(value)
    return one_line(f'"{value}"' if isinstance(value, str) else text, _SHOWN)


def _written(value: object) -> str:
    try:
        return str(value)
    except ValueError:  # Python writes no number of thousands of digits, which hexadecimal ones may have
        return "a number too long to be shown"


def choices(word: str, allowed: Iterable[str]) -> str:
    """What may stand in place of `word`: `allowed: a, b; did you mean a?`."""
    words = list(allowed)
    listed = f"allowed: {', '.join(words)}" if len(words) <= _FEW else ""
    return "; ".join(filter(None, (listed, meant(word, words))))


def meant(word: str, allowed: Iterable[str]) -> str:
    """`did you mean a?` where a word that is allowed is much like `word`, else ""."""
    near = difflib.get_close_matches(word.casefold(), list(allowed), n=1, cutoff=_MEANT)
    return f"did you mean {near[0]}?" if near else ""


def _wrong(value: object, kind: inspect.Type, place: Place) -> Iterator[Mistake]:
    kind = _plain(kind)
    if isinstance(kind, inspect.StructType):
        yield from _wrong_table(value, kind, place)
    elif isinstance(kind, inspect.DictType):
        yield from _wrong_entries(value, kind, place)
    elif isinstance(kind, inspect.VarTupleType):
        yield from _wrong_items(value, kind, place)
    else:
        yield from _wrong_value(value, kind, place)


def _plain(kind: inspect.Type) -> inspect.Type:
    """The type that a value must have; TOML has no null, so of `X | None` only X can be written."""
    if isinstance(kind, inspect.UnionType):
        return _plain(next(option for option in kind.types if not isinstance(option, inspect.NoneType)))
    return _plain(kind.type) if isinstance(kind, inspect.Metadata) else kind


def _wrong_table(value: object, kind: inspect.StructType, place: Place) -> Iterator[Mistake]:
    if not isinstance(value, dict):
        yield Mistake(place, f"{dotted(place)} must be a table, not {shown(value)}")
        return
    fields = {field.encode_name: field for field in kind.fields}
    for key, item in value.items():
        if key in fields:
            yield from _wrong(item, fields[key].type, (*place, key))
        else:
            yield Mistake((*place, key), f"unknown key {dotted((*place, key))}; {choices(key, fields)}")
    for key, field in fields.items():
        if field.required and key not in value:
            yield Mistake(place, f"{dotted(place)} has no {key}, which is mandatory")


def _wrong_entries(value: object, kind: inspect.DictType, place: Place) -> Iterator[Mistake]:
    if not isinstance(value, dict):
        yield Mistake(place, f"{dotted(place)} must be a table, not {shown(value)}")
        return
    for key, item in value.items():
        yield from _wrong(item, kind.value_type, (*place, key))


def _wrong_items(value: object, kind: inspect.VarTupleType, place: Place) -> Iterator[Mistake]:
    if not isinstance(value, list):
        several = isinstance(_plain(kind.item_type), inspect.StructType)
        form = f"written as [[{dotted(place)}]]" if several else "a list in square brackets"
        yield Mistake(place, f"{dotted(place)} must be {form}, not {shown(value)}")
        return
    for index, item in enumerate(value):
        yield from _wrong(item, kind.item_type, (*place, index))


def _wrong_value(value: object, kind: inspect.Type, place: Place) -> Iterator[Mistake]:
    if isinstance(kind, inspect.EnumType):
        if not _is_member(value, kind):
            allowed = choices(_written(value), [str(member.value) for member in kind.cls])
            yield Mistake(place, f"{dotted(place)}: {shown(value)} is not allowed; {allowed}")
    elif not _fits(value, kind):
        yield Mistake(place, f"{dotted(place)} must be {_called(kind)}, not {shown(value)}")


def _is_member(value: object, kind: inspect.EnumType) -> bool:
    try:
        kind.cls(value)
    except ValueError:
        return False
    return True


def _fits(value: object, kind: inspect.Type) -> bool:
    if isinstance(kind, inspect.StrType):
        return isinstance(value, str) and len(value.strip()) >= (kind.min_length or 0)
    if isinstance(kind, inspect.IntType):
        low, high = _bounds(kind)
        return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
    if isinstance(kind, inspect.DateType):
        return isinstance(value, date) and not isinstance(value, datetime)
    return isinstance(value, bool)


def _bounds(kind: inspect.IntType) -> tuple[float, float]:
    return (-inf if kind.ge is None else kind.ge), (inf if kind.le is None else kind.le)


def _called(kind: inspect.Type) -> str:
    if isinstance(kind, inspect.IntType) and kind.le is not None:
        return f"a whole number from {kind.ge} to {kind.le}"
    if isinstance(kind, inspect.StrType):
        return "a text that is not empty" if kind.min_length else "a text"
    return _CALLED[type(kind)]
