"""Firewall rules, filters and profiles as `ConvertTo-Json` writes them (windows-firewall.md 4.3).

    {"rules": [{"InstanceID": "CE-1", "Name": "CE-1", "Enabled": 1, "Direction": 1, "Action": 2, ...}],
     "port":  [{"InstanceID": "CE-1", "Protocol": "TCP", "LocalPort": "9901", "RemotePort": "Any"}], ...}

That is the object of the collection script: each cmdlet's output under a name of its own, filters joined to
their rules by InstanceID. A bare object, an array or `{"value": [...], "Count": n}` is read too, whether
rules with properties of their filters added, rules alone, filters alone (NetFilter, joined to the rules of
another file), or profiles. A condition that no object states is `unread`: a missing filter is not "any".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from scanner.computer_names import computer_names
from scanner.errors import ParseError
from scanner.facts import Fact
from scanner.model import FirewallRule, Origin, Store
from scanner.parsers.lines import problem
from scanner.parsers.netfirewall_conditions import settles_a_condition, with_conditions
from scanner.parsers.netfirewall_profiles import is_profile_row, is_silent, read_profile
from scanner.parsers.netfirewall_rules import is_of_active_store, is_rule_row, read_rule, store_of
from scanner.parsers.netfirewall_words import Row, lowered, text_of, unwrapped
from scanner.parsers.powershell_json import read_objects

_OTHER_CLASSES = frozenset({"state", "owningprocess", "networkcategory", "ipaddress", "interfaceindex"})
_FILTERS = ("port", "addr", "app", "svc", "ift", "if", "sec")
_PARTS = frozenset({"rules", "prof", "net", *_FILTERS})
_TELLING = ("direction", "instanceid", "defaultinboundaction")  # a text without these holds nothing of ours


class NetFilter(msgspec.Struct, frozen=True, kw_only=True):
    """A filter object whose rule is not in its file; `row` has lower-case property names."""

    instance_id: str
    row: Row
    origin: Origin


class Listing(msgspec.Struct, frozen=True):
    """What a document holds, each row with its place; `others` are Get-NetConnectionProfile's."""

    fw_rules: tuple[tuple[Row, str], ...] = ()
    filters: tuple[tuple[Row, str], ...] = ()
    profiles: tuple[tuple[Row, str], ...] = ()
    others: tuple[Any, ...] = ()
    strange: tuple[tuple[str, str], ...] = ()

    @property
    def settings_store(self) -> Store:
        """The store that the profiles speak for, as the rules beside them show; UNKNOWN for ActiveStore."""
        stores = {store_of(row) for row, _ in self.fw_rules}
        if stores == {Store.GPO}:
            return Store.GPO
        in_force = any(is_of_active_store(row) for row, _ in self.fw_rules)
        silent = any(is_silent(row) for row, _ in self.profiles)
        return Store.UNKNOWN if in_force and not silent else Store.LOCAL


def looks_like_netfirewall_json(text: str) -> bool:
    """Whether the text is JSON of the script's object, or its first object a rule, a filter or a profile."""
    return _listing(text) is not None


def parse_netfirewall_json(text: str, origin: Origin) -> Iterator[Fact | NetFilter]:
    """The rules in order, then profiles, interfaces and what could not be joined or read.

    Raises ParseError where the text is not JSON of these classes.
    """
    found = _listing(text)
    if found is None:
        raise ParseError(f"{origin.source}: not JSON of firewall rules, filters or profiles")
    yield from read_listing(found, origin)


def listing_of(rows: Iterable[tuple[Any, str]]) -> Listing:
    """Rows, each with its place, sorted by what they are."""
    sorted_rows: dict[str, list[Any]] = defaultdict(list)
    for row, place in rows:
        known = lowered(row) if isinstance(row, dict) else {}
        kind = _kind(known)
        sorted_rows[kind].append((known if kind != "strange" else str(row)[:200], place))
    return Listing(
        fw_rules=tuple(sorted_rows["rule"]),
        filters=tuple(sorted_rows["filter"]),
        profiles=tuple(sorted_rows["profile"]),
        strange=tuple(sorted_rows["strange"]),
    )


def read_listing(listing: Listing, origin: Origin) -> Iterator[Fact | NetFilter]:
    """The facts of a listing; filters wait for another file's rules where it has none itself."""
    filters: dict[str, list[Row]] = defaultdict(list)
    for row, _ in listing.filters:
        filters[_instance(row)].append(row)
    for row, place in listing.fw_rules:
        fw_rule = read_rule(row, _at(origin, place))
        yield (
            _joined(fw_rule, filters.get(_instance(row), ()))
            if isinstance(fw_rule, FirewallRule)
            else fw_rule
        )
    for row, place in listing.profiles:
        yield read_profile(row, listing.settings_store, _at(origin, place))
    named = (*listing.fw_rules, *listing.filters, *listing.profiles)
    yield from computer_names((row for row, _ in named), origin)
    yield from read_objects(listing.others, origin) if listing.others else ()
    for row, place in () if listing.fw_rules else listing.filters:
        yield NetFilter(instance_id=_instance(row), row=row, origin=_at(origin, place))
    for text, place in listing.strange:
        yield problem(_at(origin, place), text, "no firewall rule, filter or profile")


def with_filters(fw_rules: Iterable[FirewallRule], filters: Sequence[NetFilter]) -> Iterator[FirewallRule]:
    """The rules, those with unread conditions filled from the filters of other files by their id."""
    by_id: dict[str, list[Row]] = defaultdict(list)
    for found in filters:
        by_id[found.instance_id].append(found.row)
    for fw_rule in fw_rules:
        yield _joined(fw_rule, by_id.get(fw_rule.id.casefold(), ())) if fw_rule.unread else fw_rule


def _joined(fw_rule: FirewallRule, rows: Iterable[Row]) -> FirewallRule:
    for row in rows:
        fw_rule = with_conditions(fw_rule, row)
    return fw_rule


def _kind(row: Row) -> str:
    if is_rule_row(row):
        return "rule"
    if is_profile_row(row):
        return "profile"
    joins = text_of(row.get("instanceid")) is not None and not _OTHER_CLASSES.intersection(row)
    return "filter" if joins and settles_a_condition(row) else "strange"


def _instance(row: Row) -> str:
    return (text_of(row.get("instanceid")) or text_of(row.get("name")) or "").casefold()


def _at(origin: Origin, place: str) -> Origin:
    return Origin(source=origin.source, locator=place)


def _listing(text: str) -> Listing | None:
    """None where the text is no JSON, or its first object is none of ours."""
    if text.lstrip()[:1] not in ("[", "{") or not any(name in text.lower() for name in _TELLING):
        return None
    try:
        data = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None
    return from_objects(data)


def from_objects(data: Any) -> Listing | None:  # noqa: ANN401 - whatever JSON or CLIXML holds
    """The listing that decoded data make: the script's object, a row, or rows; None for anything else."""
    parts = lowered(data) if isinstance(data, dict) else {}
    if "rules" in parts and len(_PARTS.intersection(parts)) > 1:
        return _collection(parts)
    rows = unwrapped(data)
    listing = listing_of((row, f"item {number}") for number, row in enumerate(rows, 1))
    first = lowered(rows[0]) if rows and isinstance(rows[0], dict) else {}
    return None if _kind(first) == "strange" else listing


def _collection(parts: Row) -> Listing:
    """The script's object: what each cmdlet printed, under a name of its own."""
    rows = [
        (row, f"{name} {number}")
        for name in ("rules", *_FILTERS, "prof")
        for number, row in enumerate(unwrapped(parts.get(name)), 1)
    ]
    return msgspec.structs.replace(listing_of(rows), others=tuple(unwrapped(parts.get("net"))))
