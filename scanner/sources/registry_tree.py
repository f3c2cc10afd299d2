"""Walks a registry, live or in a hive file, and yields the keys that matter (scanner/registry_paths.py)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Protocol

from scanner.errors import ScannerError
from scanner.model import Origin, Problem
from scanner.registry_key import AbsentKey, RegistryData, RegistryKey
from scanner.registry_paths import KeyOfInterest


class RegistryNode(Protocol):
    """A key. What cannot be read of it is yielded as a ScannerError among what can; `child` raises it."""

    @property
    def path(self) -> str:
        """The canonical path (RegistryKey.path)."""

    @property
    def last_write(self) -> datetime | None: ...

    def child(self, name: str) -> RegistryNode | None:
        """The key of that name (any case) below this one; None where there is none."""

    def children(self) -> Iterator[RegistryNode | ScannerError]: ...

    def values(self) -> Iterator[tuple[str, RegistryData] | ScannerError]: ...


def read_tree(
    root: RegistryNode, source: str, interests: Iterable[KeyOfInterest]
) -> Iterator[RegistryKey | AbsentKey | Problem]:
    """The keys of interest at or below `root`, and a Problem for each part that could not be read.

    Where a key of interest does not exist, the first one that is missing on the way to it is said to be
    absent, once.
    """
    absent: set[str] = set()
    for interest in interests:
        names = _below(interest.path, root.path)
        if names is None:
            continue
        try:
            node, missing = _descend(root, names)
        except ScannerError as error:
            yield _problem(source, interest.path, error)
            continue
        if not missing:
            yield from _read(node, source, interest, interest.depth)
            continue
        path = f"{node.path}\\{missing[0]}"
        if path.casefold() not in absent:
            absent.add(path.casefold())
            yield AbsentKey(path=path, origin=Origin(source=source, locator=path))


def _below(path: str, root: str) -> list[str] | None:
    """The names that lead from `root` to `path`, None where it is not below."""
    if path.casefold() == root.casefold():
        return []
    head = root + "\\"
    return path[len(head) :].split("\\") if path.casefold().startswith(head.casefold()) else None


def _descend(node: RegistryNode, names: list[str]) -> tuple[RegistryNode, list[str]]:
    """The deepest key on the way that exists, and the names that are missing below it."""
    for at, name in enumerate(names):
        child = node.child(name)
        if child is None:
            return node, names[at:]
        node = child
    return node, []


def _read(
    node: RegistryNode, source: str, interest: KeyOfInterest, depth: int
) -> Iterator[RegistryKey | Problem]:
    children = list(node.children()) if depth else []
    values: list[tuple[str, RegistryData]] = []
    whole = True
    for value in node.values() if interest.values != frozenset() else ():
        if isinstance(value, ScannerError):
            whole = False
            yield _problem(source, node.path, value)
        elif interest.values is None or value[0].casefold() in interest.values:
            values.append(value)
    yield RegistryKey(
        path=node.path,
        values=tuple(values),
        whole=whole,
        childless=not depth or any(isinstance(child, ScannerError) for child in children),
        last_write=node.last_write,
        origin=Origin(source=source, locator=node.path),
    )
    for child in children:
        if isinstance(child, ScannerError):
            yield _problem(source, node.path, child)
        else:
            yield from _read(child, source, interest, depth - 1)


def _problem(source: str, path: str, error: ScannerError) -> Problem:
    return Problem(origin=Origin(source=source, locator=path), text=path[:200], reason=str(error))
