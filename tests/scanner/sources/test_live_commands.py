"""The system's own programs are asked; on another system they are not there, which is said."""

import sys

import pytest

from scanner.errors import SourceError
from scanner.sources.live_commands import CONNECTION_PROFILES, PORT_RANGES, Command, ask_system


def test_a_command_reads_as_a_person_would_type_it() -> None:
    assert str(PORT_RANGES[0]) == "netsh int ipv4 show dynamicport tcp"
    assert str(CONNECTION_PROFILES).startswith("powershell -NoProfile -NonInteractive -Command ")


def test_each_range_is_asked_for_once() -> None:
    assert len({str(command) for command in PORT_RANGES}) == len(PORT_RANGES) == 8


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has them: tests/windows")
@pytest.mark.parametrize("command", [PORT_RANGES[0], CONNECTION_PROFILES], ids=["netsh", "powershell"])
def test_a_program_that_is_not_there_is_an_error(command: Command) -> None:
    with pytest.raises(SourceError, match="it cannot be started: No such file"):
        ask_system(command)


PYTHON = [("print(1)", b"1"), ("print(' ')", None), ("raise SystemExit(3)", None), ("while True: pass", None)]
REASONS = {1: "answered with nothing", 2: "exit code 3", 3: "no answer within 1 seconds"}


@pytest.mark.skipif(sys.platform == "win32", reason="an absolute path replaces the folder of the system")
@pytest.mark.parametrize("number", range(4))
def test_only_words_with_success_are_an_answer(number: int) -> None:
    script, expected = PYTHON[number]
    command = Command(program=sys.executable, arguments=("-c", script), seconds=20 if number < 3 else 1)
    if expected is not None:
        assert ask_system(command).strip() == expected
        return
    with pytest.raises(SourceError, match=REASONS[number]):
        ask_system(command)
