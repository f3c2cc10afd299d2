"""The answers of Windows' own programs as bundle documents; one that holds no answer is a Problem."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.errors import ParseError, ScannerError, SourceError
from scanner.model import Origin, Problem
from scanner.parsers.port_ranges import looks_like_port_ranges
from scanner.parsers.powershell_json import looks_like_powershell_json
from scanner.parsers.text import decode
from scanner.sources.document import Document
from scanner.sources.live_commands import CONNECTION_PROFILES, PORT_RANGES, Ask

RANGES_FILE = "network/port-ranges.txt"
PROFILES_FILE = "network/connection-profiles.json"


def port_ranges(ask: Ask) -> Iterator[Document | Problem]:
    """Dynamic and excluded ranges as netsh prints them, below the command that says which IP version."""
    answers: list[str] = []
    silent: dict[str, list[str]] = {}
    for command in PORT_RANGES:
        try:
            answer = f"{command}\n{decode(ask(command))}\n"
            if not looks_like_port_ranges(answer):
                raise ParseError("its answer holds no port range")
            answers.append(answer)
        except ScannerError as error:
            silent.setdefault(str(error), []).append(str(command))
    if answers:
        yield Document(source=RANGES_FILE, data="\n".join(answers).encode())
    for reason, commands in silent.items():
        others = f" and {len(commands) - 1} more like it" if commands[1:] else ""
        yield _no_answer(RANGES_FILE, commands[0] + others, reason)


def connection_profiles(ask: Ask) -> Iterator[Document | Problem]:
    """Which firewall profile is active on which interface, as PowerShell tells it."""
    try:
        answer = decode(ask(CONNECTION_PROFILES))
        if not looks_like_powershell_json(answer):
            raise SourceError("its answer holds no connection profile")
    except ScannerError as error:
        yield _no_answer(PROFILES_FILE, "Get-NetConnectionProfile", str(error))
    else:
        yield Document(source=PROFILES_FILE, data=answer.encode())


def _no_answer(source: str, command: str, reason: str) -> Problem:
    said = f"cannot be read on this host: {command}: {reason}"
    return Problem(origin=Origin(source=source), text=command[:200], reason=said)
