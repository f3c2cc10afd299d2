"""The collector for hosts without Python; carried to the host and run there by PowerShell."""

from __future__ import annotations

from pathlib import Path

COLLECTOR_SCRIPT = Path(__file__).with_name("Collect-CEEvidence.ps1")


def collector_script() -> str:
    """The collector's text, ASCII with line feeds."""
    return COLLECTOR_SCRIPT.read_text(encoding="ascii")
