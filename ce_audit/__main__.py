"""The way in: `ce-audit ...` and `python -m ce_audit ...`. Errors become one line and the documented exit
code.
"""

from __future__ import annotations

import os
import sys

from ce_audit import __version__
from ce_audit.exit_codes import INTERNAL_ERROR, INTERRUPTED, MEANING, USAGE


def main() -> int:
    """Run the command line and return its exit code (design.md section 4). Never lets a traceback out."""
    _have_streams()
    if sys.argv[1:] == ["--version"]:  # answered before anything heavy is imported
        sys.stdout.write(f"ce-audit {__version__}\n")
        return 0
    from scanner.errors import ScannerError

    try:
        return _run()
    except ScannerError as error:
        return _fail(str(error), USAGE)
    except BrokenPipeError:  # the reader of our output went away, as `| head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return USAGE
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as error:
        return _fail(f"{error.filename or 'a file'}: {error.strerror or error}", USAGE)
    except Exception as error:
        if "-v" in sys.argv or "--verbose" in sys.argv:
            raise
        return _fail(f"internal error: {type(error).__name__}: {error} (-v shows where)", INTERNAL_ERROR)


def _have_streams() -> None:
    """A scheduler may start us without any: what is said then goes nowhere, and nothing else changes."""
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115 - it lives as long as we do
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: PTH123, SIM115


def _run() -> int:
    """The exit code of the verb, once all that it wrote is out."""
    from ce_audit.cli import app

    try:
        app()
    except SystemExit as stop:
        # typer answers a broken pipe with 1, which would say that the host has findings
        if isinstance(stop.__context__, BrokenPipeError):
            raise stop.__context__ from None
        sys.stdout.flush()
        return stop.code if isinstance(stop.code, int) else INTERNAL_ERROR
    return INTERNAL_ERROR


def _fail(message: str, code: int) -> int:
    from reports.visible import visible  # what a hostile name holds must not reach the terminal

    line = visible(" ".join(message.split()))
    sys.stderr.write(f"ce-audit: error: {line} [exit code {code}: {MEANING[code]}]\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
