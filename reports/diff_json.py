"""`diff-v1`: what differs between two assessments or snapshots, as JSON."""

from __future__ import annotations

import msgspec

from reports.visible import encodable, rewritten
from rules.differences import Differences


def render(found: Differences) -> bytes:
    """Indented UTF-8 JSON in the order of the model, a line feed at the end."""
    return msgspec.json.format(msgspec.json.encode(rewritten(found, encodable)), indent=2) + b"\n"
