"""The command as tests run it: in this process for speed, or for real where the process itself is tested."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from ce_audit.__main__ import main

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "samples"
CORE = SAMPLES / "compliant-core"


class Done(NamedTuple):
    """What a run left: exit code, stdout, stderr."""

    code: int
    out: str
    err: str

    @property
    def error(self) -> str:
        """The one line that the run said went wrong; fails where there is another number of lines."""
        (line,) = self.err.splitlines()
        assert line.startswith("ce-audit: error: ")
        said, code, _ = line.removeprefix("ce-audit: error: ").rpartition(f" [exit code {self.code}: ")
        assert code
        return said


Run = Callable[..., Done]


def run_in(capsys: pytest.CaptureFixture[str]) -> Run:
    """A function that runs the command in this process, with its arguments and `environment`."""

    def run(*arguments: object, environment: dict[str, str] | None = None) -> Done:
        capsys.readouterr()
        with _arguments(arguments), _environment(environment or {}):
            code = main()
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return Done(code, out, err)

    return run


@contextmanager
def _arguments(arguments: tuple[object, ...]) -> Iterator[None]:
    before = sys.argv
    sys.argv = ["ce-audit", *map(str, arguments)]
    try:
        yield
    finally:
        sys.argv = before


@contextmanager
def _environment(more: dict[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(more)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def started(*arguments: object, environment: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
    """The real command, running, with pipes on its output."""
    return subprocess.Popen(
        [sys.executable, "-m", "ce_audit", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        preexec_fn=_heed_interrupts if os.name == "posix" else None,
    )


def _heed_interrupts() -> None:
    """A run in the background of a shell inherits a deaf ear to Ctrl-C, and would pass it on."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def run_process(*arguments: object, environment: dict[str, str] | None = None) -> Done:
    """The real command, run to its end; its output is UTF-8 unless the environment says otherwise."""
    with started(*arguments, environment=environment) as process:
        out, err = process.communicate(timeout=60)
    return Done(process.returncode, out.decode("utf-8", "replace"), err.decode("utf-8", "replace"))
