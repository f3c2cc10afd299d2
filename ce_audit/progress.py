"""Messages and progress on stderr; stdout is for data only."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

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
            self._stream.write(f"{message}\n")

    def _announce(self, what: str) -> None:
        self._stream.write(f"{what} ...\n")
        self._stream.flush()
