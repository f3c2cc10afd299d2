"""Differences as one self-contained page, in the look of the report."""

from __future__ import annotations

from reports.diff_view import DiffReport
from reports.html import laid_out

_LIMIT = 500


def render(report: DiffReport) -> bytes:
    """The page as UTF-8; it opens from disk, runs no script and asks the network for nothing."""
    return laid_out("diff.html", report=report, limit=_LIMIT).encode()
