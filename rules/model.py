"""Judgements: what a check is, what it finds, and the `results-v1` record of one assessment (design.md
section 3).

The structures under `Results` are the public JSON; their schema is published in `docs/schemas/`.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

import msgspec

from scanner.model import Gap, Problem

RESULTS_SCHEMA = "ce-audit/results-v1"


class Severity(StrEnum):
    """Worst first, so that the position is the order."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"

    def at_least(self, floor: Severity) -> bool:
        """True where this severity is as bad as `floor`, or worse."""
        order = list(Severity)
        return order.index(self) <= order.index(floor)


class Status(StrEnum):
    PASS = "pass"  # noqa: S105 - a status, not a password
    FAIL = "fail"
    NOT_APPLICABLE = "not-applicable"
    NOT_PROVEN = "not-proven"
    ERROR = "error"


class Verdict(StrEnum):
    COMPLIANT = "compliant"
    NON_COMPLIANT = "non-compliant"
    NOT_PROVEN = "not-proven"


class Observation(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of evidence behind a finding: what was read, where, and the SHA-256 of that source."""

    source: str
    locator: str = ""
    observed: str = ""
    sha256: str = ""


class Remediation(msgspec.Struct, frozen=True, kw_only=True):
    """What to do: PowerShell `commands` in order, the same in `netsh` where it can say it, and the `undo`."""

    commands: tuple[str, ...] = ()
    netsh: tuple[str, ...] = ()
    undo: tuple[str, ...] = ()
    manual: tuple[str, ...] = ()
    restart: str = ""  # what must be restarted afterwards, empty if nothing


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One problem at one subject. `component` is the catalogue's name; `fingerprint` never holds an index.

    `observed` states what is wrong and nothing that varies by itself (a PID, a time of collection): its hash
    is the `condition` to which a waiver is bound. `baseline` is new | known, "" without a baseline. `code`
    tells apart what one check finds wrong in several ways, "" where there is but one.
    """

    fingerprint: str = ""
    condition: str = ""  # hash of what was observed: what a waiver accepts
    severity: Severity
    component: str = ""
    variant: str = ""
    protocol: str = ""
    port: int | None = None
    code: str = ""
    subject: str
    message: str
    expected: str = ""
    observed: str = ""
    impact: str = ""
    evidence: tuple[Observation, ...] = ()
    remediation: Remediation = Remediation()
    waived: bool = False
    baseline: str = ""


class CheckResult(msgspec.Struct, frozen=True, kw_only=True):
    """The verdict of one check; `reason` says why wherever the status is not simply pass or fail."""

    check: str
    title: str
    status: Status
    severity: Severity
    reason: str = ""
    findings: tuple[Finding, ...] = ()
    controls: tuple[str, ...] = ()  # the outside controls it serves, each with the version quoted


class Permitted(msgspec.Struct, frozen=True, kw_only=True):
    """Windows' decision for connections from CE servers and from clients; "" where none is expected."""

    server: str = ""
    client: str = ""


class DecidedBy(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    store: str
    action: str


class EndpointRow(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the endpoint matrix: documented x configured x listening x permitted, and what they make."""

    component: str
    variant: str = ""
    protocol: str
    documented: tuple[int, ...] = ()
    configured: tuple[int, ...] = ()
    configured_state: str = ""
    listening: tuple[int, ...] = ()
    permitted: Permitted = Permitted()
    state: str = ""
    note: str = ""
    sources: tuple[str, ...] = ()
    decided_by: tuple[DecidedBy, ...] = ()


class LedgerRow(msgspec.Struct, frozen=True, kw_only=True):
    kind: str
    source: str
    sha256: str
    bytes: int
    modified_at: datetime | None = None


class AssessedHost(msgspec.Struct, frozen=True, kw_only=True):
    name: str = "unknown"
    role: str = ""
    domain: str | None = None
    os: str | None = None
    boot_time: datetime | None = None
    time_zone: str | None = None
    collected_at: datetime | None = None
    collector: str | None = None
    elevated: bool | None = None
    install_directory: str | None = None
    profiles: tuple[str, ...] = ()


class Summary(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename={"passed": "pass", "not_applicable": "not-applicable", "not_proven": "not-proven"},
):
    """How many checks ended in each status, and how many findings are waived."""

    passed: int = 0
    fail: int = 0
    not_applicable: int = 0
    not_proven: int = 0
    error: int = 0
    waived: int = 0


class WaiverState(StrEnum):
    """What became of one entry of the waiver file."""

    ACTIVE = "active"
    EXPIRED = "expired"
    UNUSED = "unused"  # no finding is what it names
    CHANGED = "changed"  # what it accepted is not what was found
    MALFORMED = "malformed"


class WaiverRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the waiver file as the report prints it; `expires` is ISO 8601, as written."""

    subject: str
    place: str = ""  # where it stands: file:line
    state: WaiverState
    detail: str = ""  # why it does not apply, or what to know although it does
    justification: str = ""
    owner: str = ""
    approver: str = ""
    expires: str = ""
    fingerprints: tuple[str, ...] = ()  # of the findings it waives


class BaselineRecord(msgspec.Struct, frozen=True, kw_only=True):
    """How the findings compare with those of an earlier assessment."""

    host: str
    tool: str
    collected_at: datetime | None = None
    new: int = 0
    known: int = 0
    resolved: tuple[Finding, ...] = ()
    undecided: tuple[Finding, ...] = ()  # not found again, but by a check that could not be decided this time


class Results(msgspec.Struct, frozen=True, kw_only=True):
    """`results-v1`: one assessment of one host: the same evidence, the same bytes.

    No clock reading is in it but `waived_on`, the day by which waivers were found valid or expired.
    """

    schema: str = RESULTS_SCHEMA
    tool: str = ""
    catalogue: str = ""
    verdict: Verdict
    reasons: tuple[str, ...] = ()  # the verdict in at most three sentences, worst first
    host: AssessedHost = AssessedHost()
    summary: Summary = Summary()
    results: tuple[CheckResult, ...] = ()
    endpoints: tuple[EndpointRow, ...] = ()
    evidence: tuple[LedgerRow, ...] = ()
    gaps: tuple[Gap, ...] = ()
    problems: tuple[Problem, ...] = ()
    waivers: tuple[WaiverRecord, ...] = ()
    waived_on: date | None = None
    baseline: BaselineRecord | None = None
    site: tuple[str, ...] = ()  # what the site file changed about the judgement, one sentence each
