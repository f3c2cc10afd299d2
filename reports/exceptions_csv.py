"""`exceptions.csv`: every entry of the waiver file and what became of it, beside `findings.csv`."""

from __future__ import annotations

import csv
import io

from reports.findings_csv import inert
from reports.model import Report

HEAD = (
    "host", "state", "subject", "place", "detail", "justification", "owner", "approver", "expires", "findings"
)  # fmt: skip


def render(report: Report) -> bytes:
    """As `findings.csv` is written; findings by their labels there."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(HEAD)
    for each in report.exceptions:
        cells = (report.host, each.state.word.lower(), each.subject, each.place, each.detail)
        answering = (each.justification, each.owner, each.approver, each.expires)
        labels = " ".join(link.text for link in each.findings)
        writer.writerow([inert(cell) for cell in (*cells, *answering, labels)])
    return text.getvalue().encode("utf-8-sig")
