"""What a netsh listing teaches about its own language (windows-firewall.md 4.1).

Windows refuses certain combinations, and prints some lists in a fixed order. A word at such a place has one
possible meaning, whatever the language; nothing here is a guess from frequency or likeness.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from scanner.model import Action, Direction, Profile
from scanner.parsers.netsh_blocks import Field
from scanner.parsers.netsh_words import ACTION, ANY, DIRECTION, NOT_REQUIRED, PROFILE

Fields = Mapping[str, Field]  # of one block, by the name of the field

_BLOCK = {word for word, action in ACTION.items() if action is Action.BLOCK}
_INBOUND_ONLY = ("RPC", "RPC-EPMAP", "TEREDO", "IPHTTPS")


class Language(msgspec.Struct, frozen=True, kw_only=True):
    """Case-folded words and their meaning in one listing."""

    any: frozenset[str]
    direction: dict[str, Direction]
    profile: dict[str, Profile]
    not_required: frozenset[str]

    def is_any(self, value: str) -> bool:
        return value.casefold() in self.any


def learn_language(rows: Sequence[Fields]) -> Language:
    """The words of a listing, given every block's fields."""
    return Language(
        any=ANY | _any_words(rows),
        direction=DIRECTION | _directions(rows),
        profile=PROFILE | _profiles(rows),
        not_required=NOT_REQUIRED | _security_of_blocks(rows),
    )


def _values(rows: Iterable[Fields], name: str) -> Iterator[str]:
    return (fields[name].value.casefold() for fields in rows if name in fields)


def _any_words(rows: Sequence[Fields]) -> set[str]:
    """Local addresses take no keywords (windows-firewall.md 2.3): a word there can only be "Any"."""
    return {value for value in _values(rows, "local_ip") if value and not re.search(r"[\d.:,]", value)}


def _directions(rows: Sequence[Fields]) -> dict[str, Direction]:
    """Windows takes RPC and its like as local ports of inbound rules only (2.3); the other word is "Out"."""
    served = [fields for fields in rows if _has_inbound_port(fields)]
    inbound, both = set(_values(served, "direction")), set(_values(rows, "direction"))
    if len(inbound) != 1 or len(both) > 2 or both & DIRECTION.keys():
        return {}
    return {word: Direction.IN if word in inbound else Direction.OUT for word in both}


def _has_inbound_port(fields: Fields) -> bool:
    return "local_port" in fields and fields["local_port"].value.upper() in _INBOUND_ONLY


def _profiles(rows: Sequence[Fields]) -> dict[str, Profile]:
    """Netsh always prints Domain, Private, Public in this order, so three words say which is which."""
    triples = {value for value in _values(rows, "profiles") if value.count(",") == 2}
    if len(triples) != 1:
        return {}
    order = (Profile.DOMAIN, Profile.PRIVATE, Profile.PUBLIC)
    return dict(zip((word.strip() for word in triples.pop().split(",")), order, strict=True))


def _security_of_blocks(rows: Sequence[Fields]) -> set[str]:
    """A Block rule cannot demand IPsec (2.3): what it shows as security means that none is required."""
    blocking = [fields for fields in rows if set(_values([fields], "action")) & _BLOCK]
    return set(_values(blocking, "security"))
