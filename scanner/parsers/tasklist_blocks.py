"""`tasklist /fo list`: a block for each process, with /v or /svc, in any language (windows-firewall.md 4.5).

    Image Name:   svchost.exe
    PID:          1256
    Session Name: Services
    Session#:     0
    Mem Usage:    22,332 K

Whatever they are called, the first two lines are the image and the PID, the fourth and fifth a session's
number and the memory; with /svc there are three. A label ends with its colon: Format-List pads before it. The
label of the image begins every block.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from scanner.parsers.lines import split_lines, whole_number

_ENTRY = re.compile(r"([^\s:：][^:：]{0,60}?(?<!\s)[ \u00a0\u202f]?[:：])(?:\s+(\S.*))?")
_MEMORY = re.compile(r"[\d.,' \u00a0\u202f]+\w{1,3}")
_SVC_ENTRIES = 3


class Block(msgspec.Struct, frozen=True):
    """One process; `services` is what /svc (or /m, of modules) says, None where neither was asked."""

    line: int  # 1-based
    name: str
    pid: str
    services: str | None


class _Entries(msgspec.Struct):
    line: int
    labels: list[str]
    values: list[list[str]]  # each over one line or more

    def value(self, at: int) -> str:
        return ",".join(self.values[at]) if at < len(self.values) else ""


def looks_like_blocks(text: str) -> bool:
    """Whether at least one block is that of a process."""
    return _image_label(text) is not None


def process_blocks(text: str) -> Iterator[Block]:
    """Every block that begins with the label of an image, also one whose second line holds no PID."""
    label = _image_label(text)
    for found in _all_blocks(text):
        if found.labels[0] == label:
            services = found.value(2) if len(found.labels) == _SVC_ENTRIES else None
            yield Block(found.line, found.value(0), found.value(1), services)


def _image_label(text: str) -> str | None:
    return next((found.labels[0] for found in _all_blocks(text) if _is_process(found)), None)


def _is_process(found: _Entries) -> bool:
    if whole_number(found.value(1)) is None:
        return False
    if len(found.labels) == _SVC_ENTRIES:  # a path is no service: other tools list those
        return found.value(0).casefold().endswith(".exe") and "\\" not in found.value(2)
    return whole_number(found.value(3)) is not None and _MEMORY.fullmatch(found.value(4)) is not None


def _all_blocks(text: str) -> Iterator[_Entries]:
    """Entries without a blank line between them; an indented line continues a value."""
    block: _Entries | None = None
    for number, line in enumerate(split_lines(text), 1):
        entry = _ENTRY.fullmatch(line.rstrip())
        if block and line[:1].isspace() and line.strip():
            block.values[-1].append(line.strip())
        elif block and entry and entry[1] != block.labels[0]:
            block.labels.append(entry[1])
            block.values.append([entry[2]] if entry[2] else [])
        else:
            yield from [block] if block else []
            block = _Entries(number, [entry[1]], [[entry[2]] if entry[2] else []]) if entry else None
    yield from [block] if block else []
