"""What a check is. A check file holds one `find` and one `CHECK`, and nothing else (style.md 3.3)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from rules.case import Case
from rules.model import Finding, Severity
from scanner.model import EvidenceKind


class Unproven(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a check's question that the evidence leaves open: the check cannot pass."""

    subject: str
    reason: str


Find = Callable[[Case], Iterator[Finding | Unproven]]


def always(case: Case) -> str:
    """A check that applies to every host: no reason not to."""
    return ""


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One compliance question.

    `title` states the desired condition. Without the evidence in `requires` the check cannot even look;
    without that in `needs` it may find, but never pass. `not_applicable` returns why the check does not
    concern this host, or "". `rationale`, `decides`, `mend` and `controls` are what `ce-audit explain`
    prints. A check of the `rules_alone` asks whether the firewall rules are right, as if Windows Firewall
    were on where it is not; that it is off is the finding of another.
    """

    id: str
    title: str
    severity: Severity
    requires: frozenset[EvidenceKind]
    needs: frozenset[EvidenceKind] = frozenset()
    rationale: str
    decides: str
    mend: str
    controls: tuple[str, ...] = ()
    rules_alone: bool = False
    not_applicable: Callable[[Case], str] = always
    find: Find
