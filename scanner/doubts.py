"""Which evidence cannot be taken for whole: a bad row, a damaged hive or export, a key that may not be read.

What was read stays, but what a damaged source does not show may still be there (design.md 1, promise 1).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from scanner.model import EvidenceKind, FirewallRule, Problem
from scanner.registry_key import AbsentKey, RegistryKey
from scanner.registry_paths import FIREWALL_POLICY, POLICIES, PORT_PROXY
from scanner.shown import SHOWN_BY

_LINE = "line "
_STEP = "step "  # of a collector's manifest, which names the key it could not read
_RANGE_STEP = "netsh int "  # one for each transport and IP version
_SHOWN_BELOW = (
    (FIREWALL_POLICY, (EvidenceKind.FIREWALL_RULES, EvidenceKind.PROFILE_SETTINGS)),
    (POLICIES, (EvidenceKind.GPO_POLICY,)),
    (PORT_PROXY, (EvidenceKind.PORT_PROXIES,)),
)
_MISSED_BY = {  # the step of a collector, by the file that it writes or the command that it runs
    "network/listeners.json": EvidenceKind.LISTENERS,
    "network/interfaces.json": EvidenceKind.INTERFACES,
    "network/connection-profiles.json": EvidenceKind.INTERFACES,
    "Get-NetConnectionProfile": EvidenceKind.INTERFACES,
    "network/port-ranges.json": EvidenceKind.PORT_RANGES,
    "network/port-ranges.txt": EvidenceKind.PORT_RANGES,
    "processes.json": EvidenceKind.PROCESSES,
    "services.json": EvidenceKind.SERVICES,
    "files.json": EvidenceKind.EXECUTABLES,
}


def document_doubts(
    shows: Iterable[EvidenceKind], items: Sequence[object]
) -> Iterator[tuple[EvidenceKind, str]]:
    """Each kind of evidence that a document shows and yet has a problem with, with the first reason.

    `shows` is what the document stands for, `items` all that was read of it; registry keys do not count.
    """
    problem = next((item for item in items if isinstance(item, Problem) and not item.contained), None)
    if problem:
        facts = {type(item) for item in items}
        told = {**SHOWN_BY, FirewallRule: EvidenceKind.FIREWALL_RULES}
        for kind in (*shows, *(kind for fact, kind in told.items() if fact in facts)):
            yield kind, f"{problem.origin.source}: {problem.reason}"


def registry_doubts(
    keys: Iterable[RegistryKey | AbsentKey], problems: Iterable[Problem]
) -> Iterator[tuple[EvidenceKind, str]]:
    """Each kind of evidence that one of `problems` keeps from being proven, with the reason.

    `keys` are as their sources gave them. A problem concerns the key it names or, in a `.reg` file, the
    section it stands in; one about a whole source, or about a section without a name, concerns all that the
    source shows.
    """
    by_source: dict[str, list[RegistryKey | AbsentKey]] = {}
    for key in keys:
        if isinstance(key, AbsentKey) or not key.one_gpo:  # which shows nothing of the host to begin with
            by_source.setdefault(key.origin.source, []).append(key)
    for problem in problems:
        reason = f"{problem.origin.source}: {problem.reason}"
        for kind in _kinds(problem, by_source.get(problem.origin.source, ())):
            yield kind, reason


def step_doubts(problems: Iterable[Problem]) -> Iterator[tuple[EvidenceKind, str]]:
    """Each kind of evidence that a collector could not read, or not wholly, on its host, with the reason.

    The problem, or the failed step of the manifest, goes by the bundle file that misses it, or by the command
    that gave nothing.
    """
    for problem in problems:
        step = problem.origin.locator.removeprefix(_STEP) or problem.origin.source
        kind = EvidenceKind.PORT_RANGES if step.startswith(_RANGE_STEP) else _MISSED_BY.get(step)
        if kind:
            yield kind, f"{problem.origin.source}: {problem.reason}"


def _kinds(problem: Problem, keys: Sequence[RegistryKey | AbsentKey]) -> Iterator[EvidenceKind]:
    place = problem.origin.locator.removeprefix(_STEP)
    whole = not place or (place.startswith(_LINE) and problem.text.startswith("["))
    if whole:
        paths = [key.path for key in keys]
    elif place.startswith(_LINE):
        sections = (key for key in keys if isinstance(key, RegistryKey))
        paths = [key.path for key in sections if _line(key.origin.locator) <= _line(place)][-1:]
    else:
        paths = [place]
    for root, kinds in _SHOWN_BELOW:
        if any(_is_below(path, root) for path in paths):
            yield from kinds
    if not place.startswith(_LINE) or whole:  # that there are no port proxies, a key above them shows
        yield from (EvidenceKind.PORT_PROXIES for path in paths if _is_below(PORT_PROXY, path))
    timed = (key for key in keys if isinstance(key, RegistryKey) and key.last_write)
    if whole and any(_is_below(key.path, FIREWALL_POLICY) for key in timed):
        yield EvidenceKind.CHANGE_TIMES


def _line(locator: str) -> int:
    return int(locator.removeprefix(_LINE))


def _is_below(path: str, root: str) -> bool:
    """True at `root` too."""
    return f"{path}\\".casefold().startswith(f"{root}\\".casefold())
