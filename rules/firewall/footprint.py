"""What a firewall rule asks of traffic, so that one rule's conditions can be shown to hold another's.

A condition on numbers is a set of spans. A word nobody can resolve off line (windows-firewall.md 2.4) is a
point of its own behind the end of the axis: only the same word, or no condition at all, holds it.
"""

from __future__ import annotations

import msgspec

from rules.firewall.addresses import FAMILIES, AddressSet, Span, read_addresses, read_keyword
from rules.firewall.conditions import CompiledRule, heeds_remote
from rules.firewall.host import HostFacts
from rules.firewall.ports import EVERY_PORT, HIGHEST_PORT, merged, read_ports
from rules.firewall.programs import read_program
from rules.firewall.regions import ANYWHERE, EVERYWHERE, clipped, contains, on_axis
from rules.firewall.tokens import Written, behaviour, read_tokens, security, written_conditions

_WORDS = 1 << 40  # room for points behind an axis


class Extension(msgspec.Struct, frozen=True):
    """One condition: the numbers it `asks` for, those it `holds` as surely as any rule with the same words
    does, and those it holds for `sure`.
    """

    asks: tuple[Span, ...]
    holds: tuple[Span, ...]
    sure: tuple[Span, ...]

    def side(self, *, surely: bool) -> tuple[Span, ...]:
        return self.sure if surely else self.holds

    def within(self, other: Extension, *, surely: bool) -> bool:
        """Whether `other` matches wherever this one may."""
        return self is other or contains(other.side(surely=surely), self.asks)


class Footprint(msgspec.Struct, frozen=True, kw_only=True):
    """A rule's conditions. `profiles` are those in which it takes part for sure.

    `others` are the conditions without numbers, as written; `doubtful` says that one of them, or the
    program's path, leaves open what it matches. `behaviour` and `security` do not decide about plain traffic
    but change what the rule means.
    """

    compiled: CompiledRule
    profiles: int
    ports: Extension
    remotes: Extension
    remote_ports: Extension
    locals: Extension
    program: str | None
    service: str | None
    others: Written
    behaviour: Written
    security: Written
    doubtful: bool

    @property
    def reach(self) -> int:
        """The profiles in which it takes part or may; `profiles` are those in which it does for sure."""
        return self.compiled.enforced | self.compiled.doubtful

    @property
    def empty(self) -> bool:
        """True where the addresses it names resolve to nothing."""
        return not (self.remotes.asks and self.locals.asks)


_EVERY_PORT = Extension((EVERY_PORT,), ((0, HIGHEST_PORT + _WORDS),), ((0, HIGHEST_PORT + _WORDS),))
_BEHIND = {4: ANYWHERE[1] + 1, 6: ANYWHERE[1] + 1 + _WORDS}
_EVERY_ADDRESS = Extension((ANYWHERE,), ((0, _BEHIND[6] + _WORDS),), ((0, _BEHIND[6] + _WORDS),))


class Reader:
    """Makes footprints that can be compared with each other: it numbers the words as they come."""

    def __init__(self, host: HostFacts) -> None:
        self._host = host
        self._words: dict[str, int] = {}

    def footprint(self, compiled: CompiledRule) -> Footprint:
        fw_rule = compiled.fw_rule
        tokens = read_tokens(fw_rule)
        program = read_program(fw_rule.program) if fw_rule.program else None
        heeds = heeds_remote(fw_rule, tokens)
        here, here_in = self._addresses(fw_rule.local_addresses)
        there, there_in = self._addresses(fw_rule.remote_addresses if heeds else ())
        others = written_conditions(tokens, self._host.build)
        return Footprint(
            compiled=compiled,
            profiles=compiled.enforced,
            ports=self._ports(fw_rule.local_ports),
            remotes=_in_families(there, here_in),
            remote_ports=self._ports(fw_rule.remote_ports if heeds else ()),
            locals=_in_families(here, there_in),
            program=program.key if program else None,
            service=fw_rule.service.casefold() if fw_rule.service else None,
            others=others,
            behaviour=behaviour(tokens),
            security=security(tokens),
            doubtful=bool(others) or bool(program and not program.exact),
        )

    def _ports(self, entries: tuple[str, ...]) -> Extension:
        if not entries:
            return _EVERY_PORT
        found = read_ports(entries)
        words = [word.lower() for word in found.unresolved] + (["rpc"] if found.rpc else [])
        behind = [self._point(word, HIGHEST_PORT + 1) for word in words]
        if contains(found.spans, [EVERY_PORT]):
            return _EVERY_PORT
        asks = merged((*found.spans, *behind))
        return Extension(asks, asks, found.spans)

    def _addresses(self, entries: tuple[str, ...]) -> tuple[Extension, frozenset[int]]:
        """The condition, and the families of which it admits anything."""
        if not entries:
            return _EVERY_ADDRESS, frozenset(FAMILIES)
        found = read_addresses(entries, self._host.local_subnets)
        families = frozenset(family for family in FAMILIES if found.spans[family] or found.unresolved[family])
        asks: list[Span] = []
        holds: list[Span] = []
        sure: list[Span] = []
        for family in families:
            spans = merged(on_axis(family, span) for span in found.spans[family])
            if contains(spans, [EVERYWHERE[family]]):
                behind = [_words_of(family)]
                sure += behind
                asks += spans
            else:
                behind = self._unresolved(found, family)
                asks += (*spans, *behind)
            sure += spans
            holds += (*spans, *behind)
        return Extension(merged(asks), merged(holds), merged(sure)), families

    def _unresolved(self, found: AddressSet, family: int) -> list[Span]:
        words = (read_keyword(entry)[0].lower() for entry in found.unresolved[family])
        return [self._point(word, _BEHIND[family]) for word in words]

    def _point(self, word: str, start: int) -> Span:
        point = start + self._words.setdefault(word, len(self._words))
        return point, point


def _in_families(extension: Extension, families: frozenset[int]) -> Extension:
    """What it asks for, less the families that the other end of the traffic cannot have."""
    if len(families) == len(FAMILIES):
        return extension
    windows = [window for family in families for window in (EVERYWHERE[family], _words_of(family))]
    asks = merged(span for window in windows for span in clipped(extension.asks, window))
    return Extension(asks, extension.holds, extension.sure)


def _words_of(family: int) -> Span:
    return _BEHIND[family], _BEHIND[family] + _WORDS - 1
