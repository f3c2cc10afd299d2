"""The kinds of evidence that belong together, as checks ask for them."""

from __future__ import annotations

from scanner.model import EvidenceKind

# What the effective decision rests on: without Group Policy's part a local rule may count for nothing, and a
# missing one may be there (windows-firewall.md 1.1).
DECISION = frozenset({EvidenceKind.FIREWALL_RULES, EvidenceKind.GPO_POLICY, EvidenceKind.PROFILE_SETTINGS})

# What says which endpoints there should be.
ENDPOINTS = frozenset({EvidenceKind.EXECUTABLES, EvidenceKind.PROCESSES, EvidenceKind.CONFIGURED_PORTS})

SOCKETS = frozenset({EvidenceKind.LISTENERS, EvidenceKind.PROCESSES})
