"""The plane of local ports and remote addresses under one profile and one protocol, decided part by part.

The plane is cut wherever a condition of a firewall rule begins or ends. Inside a part no condition changes,
so the decision on one point of it (windows-firewall.md 3.2, by the engine itself) is that on all of it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

import msgspec

from rules.firewall.addresses import FAMILIES, Span
from rules.firewall.conditions import PROFILE_BITS, CompiledRule, match
from rules.firewall.decision import verdict_at
from rules.firewall.extent import Extent
from rules.firewall.flow import TCP, UDP, Flow
from rules.firewall.policy import HARDENING_STORES, Policy
from rules.firewall.ports import EVERY_PORT
from rules.firewall.query import Ends, Query, make_query
from rules.firewall.regions import EVERYWHERE, Column, address_at, sweep
from rules.firewall.subjects import ANYONE, Field
from rules.firewall.truth import FALSE, TRUE, Truth
from rules.firewall.vantage import Vantage, vantages
from rules.firewall.verdict import Outcome, Verdict
from scanner.model import Action, Profile

Mark = tuple[int, bool]  # a rule's place in the table, and the grade of the piece
Part = tuple[Span, Verdict]
_ANYONE = Field(ANYONE, None, ())
_NOBODY: Mark = (-1, True)  # keeps parts that no rule covers


class Table:
    """The rules of a policy with their extents, each under a number."""

    def __init__(self, policy: Policy, extents: Iterable[tuple[CompiledRule, Extent]]) -> None:
        self.policy = policy
        self.rows = tuple(extents)
        self.opens = [_opens(compiled) for compiled, _ in self.rows]
        self.numbers = {id(compiled): number for number, (compiled, _) in enumerate(self.rows)}


class View:
    """What anyone, and then each subject, meets under `profile` with traffic of `protocol`."""

    def __init__(self, table: Table, anyone: Field, profile: Profile, protocol: int) -> None:
        self._table = table
        self._policy = table.policy
        self._bit = PROFILE_BITS[profile]
        self._protocol = protocol
        self._vantages = {family: _vantage(table.policy, profile, family) for family in FAMILIES}
        shared = self._applicable(anyone.own)
        background = [(EVERY_PORT, _NOBODY)]
        self._everything = tuple(sweep([*background, *self._pieces(shared)]))
        bars = [number for number in shared if self._bars(number)]
        self._barring = tuple(sweep(self._pieces(bars)))
        self._anyone = _Deciding(self, _ANYONE)
        self._verdicts: dict[tuple[int, ...], Verdict] = {}
        self.hardens_anyone = any(self._hardens(number) for number in shared)

    @property
    def vantages(self) -> Iterable[Vantage]:
        return self._vantages.values()

    def of_anyone(self) -> Iterator[Column[Part]]:
        """Every port, with the parts of the address axis that are not blocked there."""
        for span, marks in self._everything:
            yield span, self._anyone.parts(span, marks)

    def of(self, field: Field) -> Iterator[tuple[Column[Part], bool]]:
        """The ports where the field's own rules say something, and whether they replace what anyone meets.

        They do where a Block or a service hardening rule names the subject. Elsewhere only what its own Allow
        rules open is given: it comes on top of what anyone meets.
        """
        own = self._applicable(field.own)
        wider = self._applicable(field.wider)
        if not (own or wider):
            return
        barring = {number for number in (*own, *wider) if self._bars(number)}
        opening = set(own)
        deciding = _Deciding(self, field)
        for span, marks in sweep(self._pieces([*own, *wider])):
            if any(number in barring for number, _ in marks):
                for column in self._replacing(deciding, span, marks):
                    yield column, True
            elif opened := tuple(mark for mark in marks if mark[0] in opening):
                for column in self._added(deciding, span, opened):
                    yield column, False

    def _replacing(self, deciding: _Deciding, span: Span, marks: tuple[Mark, ...]) -> Iterator[Column[Part]]:
        """All that the subject meets on the ports of `span`."""
        if deciding.barred(span, marks):
            yield span, ()
            return
        for part, below in _overlaid(span, self._everything):
            yield part, deciding.parts(part, (*below, *marks))

    def _added(self, deciding: _Deciding, span: Span, opened: tuple[Mark, ...]) -> Iterator[Column[Part]]:
        """What the rules of `opened` let in on the ports of `span`, less what is blocked for anyone."""
        for part, below in _overlaid(span, self._barring):
            if not self._anyone.barred(part, below):  # what bars anyone bars everyone
                yield part, _by_rules(deciding.parts(part, (*opened, *below)))

    def query(self, field: Field, family: int) -> Query:
        """What the conditions see of the subject's traffic, its port and remote address still open."""
        flow = Flow(
            protocol=self._protocol,
            local_port=None,
            program=field.program,
            service=field.subject.service,
        )
        return make_query(flow, Ends((family, 0), None), self._vantages[family].interfaces)

    def row(self, number: int) -> tuple[CompiledRule, Extent]:
        return self._table.rows[number]

    def verdict(self, query: Query, numbers: Iterable[int]) -> Verdict:
        """The engine's decision on `query`, `numbers` being all rules that may match it."""
        found = []
        for number in numbers:
            truth = match(self._table.rows[number][0], query)
            if truth != FALSE:
                found.append((number, truth))
        family = query.families[0]
        if any(truth != TRUE for _, truth in found):
            return self._decided(query, family, found)
        key = (family, *(number for number, _ in found))  # nothing unknown: no need to look at the query
        known = self._verdicts.get(key)
        if known is None:
            known = self._verdicts[key] = self._decided(query, family, found)
        return known

    def _decided(self, query: Query, family: int, found: Iterable[tuple[int, Truth]]) -> Verdict:
        stores: tuple[list[tuple[CompiledRule, Truth]], ...] = ([], [])
        for number, truth in found:
            stores[self._hardens(number)].append((self._table.rows[number][0], truth))
        return verdict_at(self._policy, self._vantages[family], query, *stores)

    def may_open(self, numbers: Iterable[int]) -> bool:
        """Whether any of the rules may allow something."""
        return any(self._table.opens[number] for number in numbers)

    @property
    def has_ports(self) -> bool:
        return self._protocol in (TCP, UDP)

    def _applicable(self, fw_rules: Iterable[CompiledRule]) -> list[int]:
        return [
            self._table.numbers[id(compiled)]
            for compiled in fw_rules
            if (compiled.enforced | compiled.doubtful) & self._bit
            and compiled.protocol in (None, self._protocol)
        ]

    def _bars(self, number: int) -> bool:
        """True for a rule that may take something away, or that service hardening needs beside one."""
        return self._table.rows[number][0].fw_rule.action in (Action.BLOCK, None) or self._hardens(number)

    def _hardens(self, number: int) -> bool:
        return self._table.rows[number][0].fw_rule.store in HARDENING_STORES

    def _pieces(self, numbers: Iterable[int]) -> list[tuple[Span, Mark]]:
        """The rules along the ports; a protocol without ports has one place for all."""
        if not self.has_ports:
            return [(EVERY_PORT, (number, True)) for number in numbers]
        return [
            (span, (number, sure)) for number in numbers for span, sure in self._table.rows[number][1].ports
        ]


class _Deciding:
    """Decides the columns of one subject; columns under the same rules are decided once."""

    def __init__(self, view: View, field: Field) -> None:
        self._view = view
        self._queries = {family: view.query(field, family) for family in FAMILIES}
        self._known: dict[tuple[Mark, ...], tuple[Part, ...]] = {}
        self._barred: dict[tuple[Mark, ...], bool] = {}

    def parts(self, ports: Span, marks: Iterable[Mark]) -> tuple[Part, ...]:
        key = tuple(sorted(marks))
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = tuple(self._decided(ports[0], _numbers(key)))
        return found

    def barred(self, ports: Span, marks: Iterable[Mark]) -> bool:
        """True where rules without a condition on the remote end block all, whatever else allows."""
        key = tuple(marks)
        found = self._barred.get(key)
        if found is None:
            found = self._barred[key] = bool(key) and self._is_barred(ports[0], _numbers(key))
        return found

    def _decided(self, port: int, numbers: Sequence[int]) -> Iterator[Part]:
        if self._shut and not self._view.may_open(numbers):
            return
        pieces: list[tuple[Span, Mark]] = [(span, _NOBODY) for span in EVERYWHERE.values()]
        for number in numbers:
            extent = self._view.row(number)[1]
            pieces += ((span, (number, sure)) for span, sure in extent.remotes)
        for span, marks in sweep(pieces):
            here = _numbers(marks)
            if self._shut and not self._view.may_open(here):
                continue
            verdict = self._view.verdict(self._asked(port, span[0]), here)
            if verdict.outcome is not Outcome.BLOCKED:
                yield span, verdict

    @cached_property
    def _shut(self) -> bool:
        """True where nothing gets in without an Allow rule, so that Blocks alone need no look."""
        points = [EVERYWHERE[family][0] for family in FAMILIES]
        bare = [self._view.verdict(self._asked(0, point), ()) for point in points]
        return all(verdict.outcome is Outcome.BLOCKED for verdict in bare)

    def _is_barred(self, port: int, numbers: Sequence[int]) -> bool:
        rows = [(number, *self._view.row(number)) for number in numbers]
        hardening = [row for row in rows if row[1].fw_rule.store in HARDENING_STORES]
        if hardening and (
            self._view.hardens_anyone or not all(extent.everywhere for _, _, extent in hardening)
        ):
            return False  # a service hardening Allow beats its Block (3.8)
        blocks = [number for number, compiled, extent in rows if extent.everywhere]
        points = [EVERYWHERE[family][0] for family in FAMILIES]
        verdicts = [self._view.verdict(self._asked(port, point), blocks) for point in points]
        return all(verdict.outcome is Outcome.BLOCKED and verdict.decided_by for verdict in verdicts)

    def _asked(self, port: int, point: int) -> Query:
        remote = address_at(point)
        return msgspec.structs.replace(
            self._queries[remote[0]], local_port=port if self._view.has_ports else None, remote=remote
        )


def _opens(compiled: CompiledRule) -> bool:
    return compiled.fw_rule.action in (Action.ALLOW, None) and compiled.fw_rule.store not in HARDENING_STORES


def _vantage(policy: Policy, profile: Profile, family: int) -> Vantage:
    flow = Flow(protocol=TCP, local_port=None, profile=profile)
    return vantages(flow, Ends((family, 0), None), policy.interfaces)[0]


def _numbers(marks: Iterable[Mark]) -> list[int]:
    return list(dict.fromkeys(number for number, _ in marks if number >= 0))


def _by_rules(parts: Iterable[Part]) -> tuple[Part, ...]:
    """Those that a rule decides; the rest is what anyone meets."""
    return tuple(part for part in parts if part[1].decided_by)


def _overlaid(span: Span, columns: Sequence[Column[Mark]]) -> Iterator[Column[Mark]]:
    """`span` cut by `columns` (ascending), with what they hold there; nothing between them."""
    place = bisect_left(columns, span[0], key=lambda column: column[0][1])
    low = span[0]
    while place < len(columns) and columns[place][0][0] <= span[1]:
        (first, last), marks = columns[place]
        if first > low:
            yield (low, first - 1), ()
        yield (max(first, low), min(last, span[1])), marks
        low = last + 1
        place += 1
    if low <= span[1]:
        yield (low, span[1]), ()
