"""Writes docs/checks.md and the examples that `ce-audit explain` shows.

Run as `python -m scripts.generate_checks`. Each example is what the engine finds on the host that the tests
seed with that one defect; a test compares the committed files with what this would write.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from ce_audit.explanation import EXAMPLES_FILE, checks_document
from rules.check_list import CHECKS
from rules.model import Finding
from tests.rules.judging import judge
from tests.rules.seeded import seeded

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "ce_audit" / EXAMPLES_FILE
DOCUMENT = ROOT / "docs" / "checks.md"


def examples() -> dict[str, Finding]:
    """The first finding of each check about its own defect, without what only a report can use."""
    found = {}
    for check in CHECKS:
        snapshot, site = seeded(check.id)
        finding = judge(snapshot, check.id, site).findings[0]
        found[check.id] = msgspec.structs.replace(finding, evidence=(), fingerprint="", condition="")
    return found


def files() -> dict[Path, str]:
    """What each generated file should hold."""
    shown = examples()
    return {
        EXAMPLES: msgspec.json.format(msgspec.json.encode(shown), indent=1).decode() + "\n",
        DOCUMENT: checks_document(CHECKS, shown),
    }


def main() -> None:
    for path, text in files().items():
        path.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
