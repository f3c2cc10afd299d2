"""Evidence that is read line by line: numbering, origins and problems that name the line."""

from __future__ import annotations

from scanner.model import Origin, Problem

TEXT_LIMIT = 200  # of a problem: enough to find the place, too little to flood a report


def split_lines(text: str) -> list[str]:
    """The lines as an editor counts them; a CR before the LF, even a doubled one, does not belong to them.

    `str.splitlines` also splits at form feeds and Unicode separators, which occur inside rule names.
    """
    return [line.rstrip("\r") for line in text.split("\n")]


def whole_number(text: str) -> int | None:
    """The value of one to ten ASCII digits, or None; anything longer is no port, PID or size."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 10 else None


def at_line(origin: Origin, number: int) -> Origin:
    """The same source, with the 1-based line as the place."""
    return Origin(source=origin.source, locator=f"line {number}")


def problem(origin: Origin, text: str, reason: str) -> Problem:
    """A piece of evidence that was not read; the text is cut to 200 characters."""
    return Problem(origin=origin, text=text.strip()[:TEXT_LIMIT], reason=reason)
