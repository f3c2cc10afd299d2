"""The view model: what every format shows, already worded, sorted and counted. Formats only lay it out.

All text in it is inert (`reports.visible`) but not escaped for any format.
"""

from __future__ import annotations

import msgspec


class Badge(msgspec.Struct, frozen=True, kw_only=True):
    """A status, severity or decision: symbol and word, never colour alone. `code` names its style."""

    code: str
    symbol: str
    word: str


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    label: str
    value: str


class Count(msgspec.Struct, frozen=True, kw_only=True):
    badge: Badge
    count: int


class Definition(msgspec.Struct, frozen=True, kw_only=True):
    badge: Badge
    text: str


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """A heading of the report; `note` says what is left out where a table is cut."""

    id: str
    title: str
    intro: str
    note: str = ""


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """A pointer to a finding of the same report: `id` is its anchor."""

    id: str
    text: str
    badge: Badge


class Script(msgspec.Struct, frozen=True, kw_only=True):
    """Lines to run, as one block that is copied as a whole."""

    label: str
    text: str


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """One step of what to do next; `how` says by what means, `findings` what it mends."""

    number: int = 0
    title: str
    how: str
    text: str = ""
    steps: tuple[str, ...] = ()
    script: Script | None = None
    findings: tuple[Link, ...] = ()
    more: str = ""


class EvidenceLine(msgspec.Struct, frozen=True, kw_only=True):
    """One observation; `ledger` is the anchor of its source in the evidence ledger, "" if it has none."""

    source: str
    locator: str
    observed: str
    sha256: str
    ledger: str = ""


class WaiverLine(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the waiver file; `findings` are those it waives, `place` is where it stands."""

    state: Badge
    subject: str
    place: str
    detail: str
    justification: str
    owner: str
    approver: str
    expires: str
    findings: tuple[Link, ...] = ()


class GoneLine(msgspec.Struct, frozen=True, kw_only=True):
    """A finding of the baseline that was not found again."""

    severity: Badge
    subject: str
    message: str
    fingerprint: str


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """What changed since the baseline: links to new findings, and what is gone or cannot be told."""

    counts: str
    new: tuple[Link, ...]
    resolved: tuple[GoneLine, ...]
    undecided: tuple[GoneLine, ...]


class FindingBlock(msgspec.Struct, frozen=True, kw_only=True):
    """One finding. `label` (F1, F2, ...) holds for this report only, `fingerprint` for all of them.

    `kind` is what a filter asks for: the code of the severity, or "waived".
    """

    id: str
    label: str
    subject: str
    severity: Badge
    waived: Badge | None
    waiver: WaiverLine | None = None
    waiver_stub: Script | None = None  # an entry of a waiver file to fill in, for a finding that counts
    baseline: Badge | None = None
    kind: str
    folded: bool = False  # on a screen its evidence and remedy open at a click: it only advises
    check: str
    check_title: str
    component: str
    variant: str
    protocol: str
    port: int | None
    message: str
    expected: str
    observed: str
    impact: str
    evidence: tuple[EvidenceLine, ...]
    evidence_note: str
    commands: Script | None
    netsh: Script | None
    undo: Script | None
    manual: tuple[str, ...]
    restart: str
    fingerprint: str
    condition: str = ""
    controls: str = ""  # of its check, on one line
    quoted_controls: tuple[str, ...] = ()


class EndpointLine(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the endpoint matrix. `worst` is the severity code of its worst open finding, else "none"."""

    component: str
    variant: str
    protocol: str
    documented: str
    configured: str
    configured_state: str
    listening: str
    server: Badge
    client: Badge
    state: str
    note: str
    decided_by: tuple[str, ...]
    findings: tuple[Link, ...]
    worst: str


class CheckLine(msgspec.Struct, frozen=True, kw_only=True):
    check: str
    title: str
    status: Badge
    severity: Badge
    reason: str
    findings: tuple[Link, ...]
    more: str = ""
    controls: str = ""  # on one line


class ControlLine(msgspec.Struct, frozen=True, kw_only=True):
    """A control of an outside document: the worst answer of the checks that serve it, with links to them."""

    number: str
    asks: str
    status: Badge
    checks: tuple[Link, ...]


class ControlGroup(msgspec.Struct, frozen=True, kw_only=True):
    """The controls of one outside document, in the order of their numbers."""

    framework: str
    controls: tuple[ControlLine, ...]


class OpenChecks(msgspec.Struct, frozen=True, kw_only=True):
    """Checks that could not be decided for one and the same reason."""

    status: Badge
    reason: str
    checks: tuple[CheckLine, ...]


class GapBlock(msgspec.Struct, frozen=True, kw_only=True):
    """Evidence that one command fetches, or that none does: what is missing, and why."""

    title: str
    reasons: tuple[Fact, ...]
    fetch: Script | None


class LedgerLine(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    kind: str
    source: str
    size: str
    modified: str
    sha256: str


class ProblemLine(msgspec.Struct, frozen=True, kw_only=True):
    where: str
    reason: str
    text: str


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a format shows. `limit` is how many rows of a table a page shows; the tuples hold all."""

    title: str
    subtitle: str
    host: str
    author: str
    digest: str
    collected: str
    collected_iso: str
    verdict: Badge
    sentence: str
    outlook: str
    reasons: tuple[str, ...]
    facts: tuple[Fact, ...]
    severities: tuple[Count, ...]
    statuses: tuple[Count, ...]
    sections: dict[str, Section]
    actions: tuple[Action, ...]
    endpoints: tuple[EndpointLine, ...]
    findings: tuple[FindingBlock, ...]
    undecided: tuple[OpenChecks, ...]
    gaps: tuple[GapBlock, ...]
    checks: tuple[CheckLine, ...]
    evidence: tuple[LedgerLine, ...]
    problems: tuple[ProblemLine, ...]
    method: tuple[str, ...]
    limits: tuple[str, ...]
    definitions: dict[str, tuple[Definition, ...]]
    limit: int
    exceptions: tuple[WaiverLine, ...] = ()
    changes: Changes | None = None
    controls: tuple[ControlGroup, ...] = ()
    general: tuple[Link, ...] = ()  # findings about no one component, which no row of the matrix can show
    site: tuple[str, ...] = ()
