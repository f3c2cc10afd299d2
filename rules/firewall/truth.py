"""Three-valued truth as plain integers, so that `min` is AND and `max` is OR (windows-firewall.md 3.2)."""

from __future__ import annotations

from collections.abc import Iterable

Truth = int

FALSE: Truth = 0
UNKNOWN: Truth = 1
TRUE: Truth = 2


def agreement(truths: Iterable[Truth]) -> Truth:
    """What all of `truths` say; UNKNOWN where they differ or there are none."""
    found = set(truths)
    return found.pop() if len(found) == 1 else UNKNOWN
