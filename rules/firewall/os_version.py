"""Conditions on the Windows version: Platform, Platform2 and SkipVer (windows-firewall.md 2.2, 2.3)."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence

from rules.firewall.truth import FALSE, TRUE, UNKNOWN, Truth

Version = tuple[int, int]

# First build -> highest rule-string version it knows (2.2).
_SCHEMAS: tuple[tuple[int, Version], ...] = (
    (6000, (2, 0)),
    (6001, (2, 1)),
    (7600, (2, 10)),
    (9200, (2, 20)),
    (9600, (2, 22)),
    (10240, (2, 24)),
    (10586, (2, 25)),
    (14393, (2, 26)),
    (15063, (2, 27)),
    (17134, (2, 28)),
    (17763, (2, 29)),
    (18362, (2, 30)),
    (20348, (2, 31)),
    (22621, (2, 32)),
    (26100, (2, 33)),
)
_KERNELS: tuple[tuple[int, Version], ...] = (
    (6000, (6, 0)),
    (7600, (6, 1)),
    (9200, (6, 2)),
    (9600, (6, 3)),
    (10240, (10, 0)),
)
_WINDOWS_NT = 2


def build_number(os_build: str | None) -> int | None:
    """The build in "17763", "10.0.17763" or "10.0.17763.1234"; None if unknown or older than Vista."""
    numbers = [int(digits) for digits in re.findall(r"\d{1,9}", os_build or "", re.ASCII)]
    if not numbers:
        return None
    build = numbers[2] if len(numbers) > 2 else numbers[0]
    return build if build >= _KERNELS[0][0] else None


def platform_holds(platforms: Sequence[str], comparison: str | None, build: int | None) -> Truth:
    """Whether this Windows is one of `platforms` ("2:6:2"); `comparison` GTEQ speaks of the last one only."""
    wanted = [_platform(text) for text in platforms]
    if build is None or None in wanted or comparison not in (None, "gteq"):
        return UNKNOWN
    kernel = (_WINDOWS_NT, *_at(_KERNELS, build))
    if (
        comparison == "gteq"
        and wanted[-1] is not None
        and kernel >= wanted[-1]
        and wanted[-1][0] == _WINDOWS_NT
    ):
        return TRUE
    return TRUE if kernel in wanted else FALSE


def not_skipped(skip: str, build: int | None) -> Truth:
    """FALSE where the rule string tells this Windows, whose top version is not above `skip`, to ignore it."""
    version = re.fullmatch(r"[vV]?(\d{1,3})\.(\d{1,3})", skip.strip(), re.ASCII)
    if version is None or build is None:
        return UNKNOWN
    return FALSE if _at(_SCHEMAS, build) <= (int(version[1]), int(version[2])) else TRUE


def _platform(text: str) -> tuple[int, int, int] | None:
    numbers = re.fullmatch(r"\s*(\d{1,9}):(\d{1,9}):(\d{1,9})\s*", text, re.ASCII)
    return numbers and (int(numbers[1]), int(numbers[2]), int(numbers[3]))


def _at(steps: Iterable[tuple[int, Version]], build: int) -> Version:
    steps = tuple(steps)
    return steps[bisect_right([first for first, _ in steps], build) - 1][1]
