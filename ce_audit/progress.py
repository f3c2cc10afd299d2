"""Messages and progress on stderr; stdout is for data only."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TextIO

from reports.visible import one_line, visible
from scanner.model import Problem

_LONGEST = 300  # characters of a reason
_PATIENCE = 1.0  # seconds a step may take before it is announced


class Progress:
    """Says what takes long, and nothing where the user asked for quiet."""

    def __init__(self, stream: TextIO, *, quiet: bool = False, show: bool = True) -> None:
        self._stream = stream
        self._quiet = quiet
        self._show = show and not quiet

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        """Announce `what` if it is not done within a second."""
        timer = threading.Timer(_PATIENCE, self._announce, [what])
        timer.daemon = True
        if self._show:
            timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def say(self, message: str) -> None:
        """One line for the user, unless quiet."""
        if not self._quiet:
            self._stream.write(f"{visible(message)}\n")

    def say_unread(self, problems: Sequence[Problem]) -> None:
        """One line on what of the evidence could not be read; the results hold every problem."""
        if problems:
            first = problems[0]
            place = f"{first.origin.source} {first.origin.locator}".strip()
            where = "" if first.reason.startswith(place) else f"{place}: "
            more = f" (and {len(problems) - 1} more, listed in the results)" if len(problems) > 1 else ""
            self.say(f"not everything could be read: {where}{one_line(first.reason, _LONGEST)}{more}")

    def _announce(self, what: str) -> None:
        self._stream.write(f"{what} ...\n")
        self._stream.flush()
