"""Finding the firewall rules that may match a query without walking all of them.

Rules lie in buckets by program and protocol; in a bucket a segment tree over the ports gives those whose
ports hold a port in 17 look-ups. A rule without a condition lies where every query looks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

from rules.firewall.conditions import CompiledRule
from rules.firewall.flow import ANY_PROTOCOL
from rules.firewall.ports import Span
from rules.firewall.query import Query
from rules.firewall.span_tree import covering_nodes

_LEAVES = 1 << 16
_HEIGHT = 17


class PortTree:
    """Compiled rules by local port."""

    def __init__(self) -> None:
        self.everything: list[CompiledRule] = []
        self._portless: list[CompiledRule] = []
        self._nodes: dict[int, list[CompiledRule]] = {}
        self._levels: set[int] = set()  # the tree levels in use: most trees hold single ports only

    def add(self, compiled: CompiledRule) -> None:
        self.everything.append(compiled)
        if compiled.ports is None:
            self._portless.append(compiled)
            return
        for node in _nodes_of(compiled.ports):
            self._nodes.setdefault(node, []).append(compiled)
            self._levels.add(_HEIGHT - node.bit_length())

    def holding(self, port: int) -> list[CompiledRule]:
        """Those whose ports may hold `port`, each once."""
        found = self._portless.copy()
        leaf = _LEAVES | port
        for level in self._levels:
            node = self._nodes.get(leaf >> level)
            if node:
                found += node
        return found

    def naming(self, port: int) -> list[CompiledRule]:
        """Those that name ports and may hold `port`."""
        return self.holding(port)[len(self._portless) :]


class RuleIndex:
    """A set of compiled rules, ready to be asked which may match a query."""

    def __init__(self, compiled: Iterable[CompiledRule]) -> None:
        self.everything = tuple(compiled)
        self._trees: dict[tuple[str | None, int | None], PortTree] = {}
        for entry in self.everything:
            _file(self._trees, (entry.program, entry.protocol), entry)

    def candidates(self, query: Query) -> Iterator[CompiledRule]:
        """Every rule that may match `query`, each once, with some that do not."""
        if query.protocol == ANY_PROTOCOL:
            yield from self.everything
            return
        for tree in self._relevant(query):
            yield from tree.everything if query.local_port is None else tree.holding(query.local_port)

    def related(self, query: Query) -> list[CompiledRule]:
        """The rules that share the query's program, name a port that may be its own, or name neither.

        A program of the same file name elsewhere counts where its rule names no port: it moved.
        """
        program = query.program.key if query.program is not None and query.program.exact else None
        found = list(self._by_program.get(program, ())) if program else []
        if program:
            found += self._portless_by_file.get(_file_name(program), ())
        if query.local_port is not None:
            for tree in self._of_any_program.values():
                found += tree.naming(query.local_port)
        found += self._unconditioned
        return list({id(entry): entry for entry in found}.values())

    @cached_property
    def _by_program(self) -> dict[str, list[CompiledRule]]:
        found: dict[str, list[CompiledRule]] = {}
        for entry in self.everything:
            if entry.program is not None:
                found.setdefault(entry.program, []).append(entry)
        return found

    @cached_property
    def _portless_by_file(self) -> dict[str, list[CompiledRule]]:
        found: dict[str, list[CompiledRule]] = {}
        for entry in self.everything:
            if entry.program is not None and entry.ports is None:
                found.setdefault(_file_name(entry.program), []).append(entry)
        return found

    @cached_property
    def _unconditioned(self) -> tuple[CompiledRule, ...]:
        return tuple(entry for entry in self.everything if entry.program is None and entry.ports is None)

    def _relevant(self, query: Query) -> Iterator[PortTree]:
        if query.program is None or not query.program.exact:
            trees: dict[tuple[str | None, int | None], PortTree] = self._of_any_program
            programs: tuple[str | None, ...] = (None,)
        else:
            trees, programs = self._trees, (query.program.key, None)
        for program in programs:
            for protocol in (query.protocol, None):
                tree = trees.get((program, protocol))
                if tree:
                    yield tree

    @cached_property
    def _of_any_program(self) -> dict[tuple[str | None, int | None], PortTree]:
        trees: dict[tuple[str | None, int | None], PortTree] = {}
        for entry in self.everything:
            _file(trees, (None, entry.protocol), entry)
        return trees


def _file_name(program: str) -> str:
    return program.rpartition("\\")[2]


def _file(
    trees: dict[tuple[str | None, int | None], PortTree],
    key: tuple[str | None, int | None],
    entry: CompiledRule,
) -> None:
    tree = trees.get(key)
    if tree is None:
        tree = trees[key] = PortTree()
    tree.add(entry)


def _nodes_of(spans: Iterable[Span]) -> Iterator[int]:
    """The fewest tree nodes that together cover `spans`, which are disjoint."""
    for low, high in spans:
        yield from covering_nodes(_LEAVES + low, _LEAVES + high + 1)
