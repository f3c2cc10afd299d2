"""Processes from `tasklist`: table, CSV or list, with /v or /svc, in any language (windows-firewall.md 4.5).

    Image Name                     PID Session Name        Session#    Mem Usage
    ========================= ======== ================ =========== ============
    System Idle Process              0 Services                   0          8 K

    "Image Name","PID","Services"
    "svchost.exe","1256","DcomLaunch,PlugPlay"

The first column is the image, the second the PID, whatever they are called. Only /svc (and /m, which lists
modules) has exactly three. The list has a block for each process (`tasklist_blocks`). The word for "no
services" is translated, but a service runs in one process only: a cell that two processes share, or that
holds a slash (which no service name may), is that word.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

import msgspec

from scanner.errors import ParseError
from scanner.facts import Fact
from scanner.model import Origin, Problem, Process
from scanner.parsers.lines import at_line, problem, split_lines, whole_number
from scanner.parsers.tasklist_blocks import looks_like_blocks, process_blocks

_RULER = re.compile(r"^(=+) (=+)((?: =+)+)\s*$", re.MULTILINE)
_CSV_ROW = re.compile(
    r'^"[^"\r\n]+","\d+","[^"\r\n]*","\d+","[\d.,\' \xa0\u202f]+\w{1,3}"'  # session number and memory
    r'|^"[^"\r\n]+\.exe","\d+","[^"\r\n]*"[ \t\r]*$',  # /svc
    re.MULTILINE,
)
_WIDE_ROW = re.compile(r"(\S.{0,79}?)\s+(\d+)\s+(\S.*)")  # a name in wide characters shifts the columns
_NO_TASKS = "no tasks are running which match the specified criteria"
_MODULE = re.compile(r"\.(?:dll|exe|drv|ocx)$", re.IGNORECASE)
_SVC_COLUMNS = 3
_LONGEST_CELL = 10_000  # of services over several lines; a process hosts a few dozen at most


class _Row(msgspec.Struct, frozen=True):
    line: int  # 1-based
    name: str
    pid: int
    services: str | None  # the cell of /svc; None where that is not what was asked


def looks_like_tasklist(text: str) -> bool:
    """Whether the text holds tasklist's ruled table, its CSV or its list, or says that no task matched."""
    return (
        _RULER.search(text) is not None
        or _CSV_ROW.search(text) is not None
        or looks_like_blocks(text)
        or _NO_TASKS in text[:1000].casefold()
    )


def parse_tasklist(text: str, origin: Origin) -> Iterator[Fact]:
    """Every process in order, with its services where /svc was asked; a row without a PID is a problem.

    Raises ParseError where the text is none of these forms.
    """
    if not looks_like_tasklist(text):
        raise ParseError(f"{origin.source}: no process as tasklist prints it")
    rows: list[_Row] = []
    for item in _form(text)(text, origin):
        if isinstance(item, Problem):
            yield item
        else:
            rows.append(item)
    nothing = _words_for_none(rows)
    for row in rows:
        services = _services(row.services, nothing)
        yield Process(pid=row.pid, name=row.name, services=services, origin=at_line(origin, row.line))


def _form(text: str) -> Callable[[str, Origin], Iterator[_Row | Problem]]:
    if _CSV_ROW.search(text):
        return _csv_rows
    return _table_rows if _RULER.search(text) else _list_rows


def _csv_rows(text: str, origin: Origin) -> Iterator[_Row | Problem]:
    """Every cell is quoted, a quote inside one is not doubled: not quite what the csv module reads."""
    headed = False
    for number, line in enumerate(split_lines(text), 1):
        cells = line.strip()[1:-1].split('","')
        if not line.startswith('"') or len(cells) < _SVC_COLUMNS:
            continue
        pid = whole_number(cells[1])
        if pid is not None:
            services = cells[2] if len(cells) == _SVC_COLUMNS else None
            yield _Row(number, cells[0], pid, services)
        elif headed:
            yield problem(at_line(origin, number), line, "a process without its PID")
        headed = True


def _table_rows(text: str, origin: Origin) -> Iterator[_Row | Problem]:
    ruler: re.Match[str] | None = None
    row: _Row | None = None
    for number, line in enumerate(split_lines(text), 1):
        match = _RULER.fullmatch(line)
        if match or not line.strip():
            yield from [row] if row else []
            ruler, row = match, None
        elif ruler and line.startswith(" ") and row and _may_continue(row):
            row = msgspec.structs.replace(row, services=f"{row.services} {line.strip()}")
        elif ruler:
            yield from [row] if row else []
            row = _table_row(number, line, ruler)
            if row is None:
                yield problem(at_line(origin, number), line, "a process without its PID")
    if row:
        yield row


def _list_rows(text: str, origin: Origin) -> Iterator[_Row | Problem]:
    for found in process_blocks(text):
        pid = whole_number(found.pid)
        if pid is None:
            yield problem(at_line(origin, found.line), found.name, "a process without its PID")
        else:
            yield _Row(found.line, found.name, pid, found.services)


def _may_continue(row: _Row) -> bool:
    return row.services is not None and len(row.services) < _LONGEST_CELL


def _table_row(number: int, line: str, ruler: re.Match[str]) -> _Row | None:
    name_end, pid_end = ruler.end(1), ruler.end(2)
    name, pid, rest = line[:name_end], line[name_end:pid_end].strip(), line[pid_end:]
    match = _WIDE_ROW.fullmatch(line)
    if match and (whole_number(pid) is None or rest[:1].strip()):
        name, pid, rest = match[1], match[2], match[3]
    number_of_process = whole_number(pid)
    if number_of_process is None:
        return None
    is_svc = len(ruler[3].split()) == 1
    return _Row(number, name.strip(), number_of_process, rest.strip() if is_svc else None)


def _words_for_none(rows: Iterable[_Row]) -> frozenset[str]:
    owners: defaultdict[str, set[int]] = defaultdict(set)
    for row in rows:
        owners[row.services or ""].add(row.pid)
    return frozenset(cell for cell, pids in owners.items() if len(pids) > 1 or "/" in cell)


def _services(cell: str | None, nothing: frozenset[str]) -> tuple[str, ...]:
    """The short names in a cell of /svc; () for none, and for the modules that /m lists in the same shape."""
    if not cell or cell in nothing:
        return ()
    names = tuple(name.strip() for name in cell.split(",") if name.strip())
    return () if any(_MODULE.search(name) for name in names) else names
