"""The fixed words of the report: badges, headings, definitions, method and limits."""

from __future__ import annotations

from reports.model import Badge, Definition
from rules.model import Severity, Status, Verdict, WaiverState
from scanner.model import EvidenceKind

SEVERITY = {
    Severity.CRITICAL: Badge(code="critical", symbol="◆", word="Critical"),
    Severity.HIGH: Badge(code="high", symbol="▲", word="High"),
    Severity.MEDIUM: Badge(code="medium", symbol="■", word="Medium"),
    Severity.LOW: Badge(code="low", symbol="▼", word="Low"),
    Severity.INFO: Badge(code="info", symbol="●", word="Info"),
}
STATUS = {
    Status.PASS: Badge(code="pass", symbol="✓", word="Pass"),
    Status.FAIL: Badge(code="fail", symbol="✗", word="Fail"),
    Status.NOT_PROVEN: Badge(code="not-proven", symbol="?", word="Not proven"),
    Status.ERROR: Badge(code="error", symbol="!", word="Error"),
    Status.NOT_APPLICABLE: Badge(code="not-applicable", symbol="–", word="Not applicable"),
}
VERDICT = {
    Verdict.COMPLIANT: Badge(code="pass", symbol="✓", word="Compliant"),
    Verdict.NON_COMPLIANT: Badge(code="fail", symbol="✗", word="Not compliant"),
    Verdict.NOT_PROVEN: Badge(code="not-proven", symbol="?", word="Not proven"),
}
DECISION = {
    "allowed": Badge(code="allowed", symbol="✓", word="allowed"),
    "blocked": Badge(code="blocked", symbol="✗", word="blocked"),
    "conditional": Badge(code="conditional", symbol="?", word="conditional"),
    "not-exposed": Badge(code="not-exposed", symbol="○", word="not exposed"),
    "": Badge(code="not-expected", symbol="–", word="not expected"),
}
NOT_JUDGED = Badge(code="not-applicable", symbol="–", word="Not judged")  # its profile is not in use
WAIVED = Badge(code="waived", symbol="○", word="Waived")
WAIVER_STATE = {
    WaiverState.ACTIVE: Badge(code="waived", symbol="○", word="Active"),
    WaiverState.EXPIRED: Badge(code="high", symbol="▲", word="Expired"),
    WaiverState.CHANGED: Badge(code="high", symbol="▲", word="Changed"),
    WaiverState.MALFORMED: Badge(code="error", symbol="!", word="Malformed"),
    WaiverState.UNUSED: Badge(code="info", symbol="●", word="Unused"),
}
BASELINE = {
    "new": Badge(code="other", symbol="+", word="New"),
    "known": Badge(code="info", symbol="=", word="Known"),
}

EVIDENCE_KIND = {
    EvidenceKind.HOST: "Facts about the host",
    EvidenceKind.INTERFACES: "Network interfaces and their firewall profile",
    EvidenceKind.LISTENERS: "Listening ports",
    EvidenceKind.PROCESSES: "Running processes",
    EvidenceKind.SERVICES: "Windows services",
    EvidenceKind.EXECUTABLES: "Installed CE programs",
    EvidenceKind.CONFIGURED_PORTS: "Ports configured for CE components",
    EvidenceKind.RECORDING_CHANNELS: "Recording channels",
    EvidenceKind.FIREWALL_RULES: "Windows Firewall rules of the host",
    EvidenceKind.GPO_POLICY: "Firewall policy set by Group Policy",
    EvidenceKind.PROFILE_SETTINGS: "Firewall profile settings",
    EvidenceKind.PORT_RANGES: "Dynamic and excluded port ranges",
    EvidenceKind.PORT_PROXIES: "Port proxies",
    EvidenceKind.CHANGE_TIMES: "When firewall and CE settings last changed",
}

_SEVERITY_TEXT = {
    Severity.CRITICAL: "A whole channel of the contact centre does not work, or the host is open to anyone.",
    Severity.HIGH: "A component is cut off from those who need it, or exposed well beyond them.",
    Severity.MEDIUM: "The policy is broken where it still works today, or for a part of those who need it.",
    Severity.LOW: "A probable or minor deviation. It leaves the host compliant.",
    Severity.INFO: "Worth knowing; nothing to mend. It leaves the host compliant.",
}
_STATUS_TEXT = {
    Status.PASS: "The condition was checked on complete evidence and holds.",
    Status.FAIL: "The condition was checked and does not hold; the findings say where.",
    Status.NOT_PROVEN: "Evidence that the check needs is missing or unreadable. This is never a pass.",
    Status.ERROR: "The check itself failed. This is never a pass; please report it.",
    Status.NOT_APPLICABLE: "The condition cannot occur on this host; the reason says why.",
}
_VERDICT_TEXT = {
    Verdict.COMPLIANT: "Every applicable check was decided; no unwaived finding is medium or worse.",
    Verdict.NON_COMPLIANT: "At least one unwaived finding is medium or worse.",
    Verdict.NOT_PROVEN: "No such finding, but at least one applicable check could not be decided.",
}
_DECISION_TEXT = {
    "allowed": "Windows Firewall lets the connection in, whichever way the evidence left open is true.",
    "blocked": "Windows Firewall drops the connection: a rule blocks it, or nothing allows it.",
    "conditional": "It depends on something the evidence does not show, such as which profile is active.",
    "not-exposed": "The program listens where such a connection cannot arrive, for example on loopback only.",
    "": "The vendor's page does not name this source for the endpoint.",
}

_WAIVER_TEXT = {
    WaiverState.ACTIVE: "It applies: what it accepted is what was found, and its last day has not passed.",
    WaiverState.EXPIRED: "Its last day has passed. What it accepted counts again.",
    WaiverState.CHANGED: "What it names was found in another condition than was accepted. It counts.",
    WaiverState.MALFORMED: "The entry is not complete or not correct, so it applies to nothing.",
    WaiverState.UNUSED: "Nothing was found that it names, or another entry waives it already.",
}
_BASELINE_TEXT = {
    "new": "The baseline did not have it.",
    "known": "The baseline had it already. It still counts.",
}
WAIVER_DEFINITIONS = {
    "States of a waiver": tuple(
        Definition(badge=WAIVER_STATE[key], text=text) for key, text in _WAIVER_TEXT.items()
    )
}
BASELINE_DEFINITIONS = {
    "Since the baseline": tuple(
        Definition(badge=BASELINE[key], text=text) for key, text in _BASELINE_TEXT.items()
    )
}
DEFINITIONS = {
    "Verdicts": tuple(Definition(badge=VERDICT[key], text=text) for key, text in _VERDICT_TEXT.items()),
    "Severities": tuple(Definition(badge=SEVERITY[key], text=text) for key, text in _SEVERITY_TEXT.items()),
    "Statuses of a check": tuple(
        Definition(badge=STATUS[key], text=text) for key, text in _STATUS_TEXT.items()
    ),
    "Decisions of Windows Firewall": tuple(
        Definition(badge=DECISION[key], text=text) for key, text in _DECISION_TEXT.items()
    ),
    "Waivers": (
        Definition(
            badge=WAIVED, text="A finding the site has accepted. It stays visible and does not count."
        ),
    ),
}

# Section id -> heading and the line below it.
SECTIONS = {
    "unproven": ("What was not proven", ""),
    "changes": ("Changes since the baseline", ""),
    "next": (
        "What to do next",
        "In this order, each step once, whatever asks for it. Findings show how to undo it.",
    ),
    "matrix": (
        "Endpoint matrix",
        "Documented, configured, listening, permitted, for each CE endpoint. Rows with findings come first.",
    ),
    "findings": (
        "Findings",
        "Worst first. F1 and so on hold for this report, fingerprints for every report.",
    ),
    "exceptions": (
        "Exceptions",
        "Every entry of the waiver file. Active ones take a finding out of the verdict, never out of sight.",
    ),
    "site": (
        "What the site states",
        "What the site file says and no evidence can show. The checks were run on these terms.",
    ),
    "method": ("Method and limits", ""),
    "checks": ("All checks", "What was asked, and the answer; passes too."),
    "controls": (
        "Outside controls",
        (
            "The worst answer of the checks that serve each control. A fail says that one of them found "
            "something; its findings say what. A pass is evidence for a control, as far as this host's "
            "firewall goes, and never the whole of it. Items about a firewall profile that is not in use are "
            "not judged."
        ),
    ),
    "evidence": (
        "Evidence ledger",
        "Every source that was read. Hash a source again and compare it with its SHA-256 to verify it.",
    ),
    "problems": ("Problems in the evidence", "What could not be read while the rest of its source could."),
    "definitions": ("Definitions", ""),
}


def _paragraphs(text: str) -> tuple[str, ...]:
    """The paragraphs of `text`, each as one line."""
    return tuple(" ".join(paragraph.split()) for paragraph in text.strip().split("\n\n"))


METHOD = _paragraphs("""
The evidence of one host is read into facts, and each fact keeps the place it was read from. Every source is
in the evidence ledger with its SHA-256.

The vendor's page of firewall policies for Contact Expert 6.1 is the authority on components, programs,
ports and sources. A port that was configured differently replaces the documented one, as that page allows.

For every endpoint four facts are joined: documented, configured, listening, permitted. “Permitted” is the
effective decision of Windows Firewall over all rule stores that were read, not a comparison of rule fields.

Each check gives one status. A check that lacks evidence is not proven, never passed.

The report holds no clock reading of its own: the same results give the same report, byte for byte.
""")
LIMITS = _paragraphs("""
Only inbound connections to this host are judged. Network firewalls, routers and IPsec negotiation between
hosts are outside the evidence.

The evidence shows one moment. A port or rule that changed afterwards is not in this report.

The vendor's own XML and ini files have no public schema. A port that cannot be read from them for certain
is “not determinable”; it is not assumed.

Restarts that are probably owed, and cmdlets that were probably not run again, are inferred from times. Such
findings say so.

This report changes nothing. Read a command before you run it, and run it only on the host named on the
first page.
""")
