"""What `verify` found as text, for a reader, and as JSON."""

from __future__ import annotations

import msgspec

from ce_audit.bundle.verify import Verification
from reports.visible import one_line, visible

_MOST_FAILURES = 50
_LONGEST = 300  # characters of a name or a detail


def render_json(found: Verification) -> str:
    """The verification as `verify-v1`, with every failure."""
    return msgspec.json.format(msgspec.json.encode(found), indent=2).decode() + "\n"


def render_text(found: Verification) -> str:
    """What was checked and what was not, the first failures, and the verdict on the last line."""
    lines = [f"checked: {what}" for what in found.checked]
    lines += [f"note: {what}" for what in found.notes]
    for failure in found.failures[:_MOST_FAILURES]:
        subject, detail = one_line(failure.subject, _LONGEST), one_line(failure.detail, _LONGEST)
        lines.append(f"{failure.kind}: {subject}: {detail}")
    if len(found.failures) > _MOST_FAILURES:
        lines.append(f"and {len(found.failures) - _MOST_FAILURES} more; -f json lists them all")
    lines.append(_verdict(found))
    return visible("".join(f"{line}\n" for line in lines))


def _verdict(found: Verification) -> str:
    subject = one_line(found.subject, _LONGEST)
    if found.intact:
        return f"{subject}: intact"
    count = len(found.failures)
    return f"{subject}: NOT INTACT, {count} failure{'s' if count > 1 else ''}"
