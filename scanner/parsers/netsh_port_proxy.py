"""`netsh interface portproxy show all` (or one family) as text, in any language.

    Listen on ipv4:             Connect to ipv4:

    Address         Port        Address         Port
    --------------- ----------  --------------- ----------
    0.0.0.0         9999        10.20.0.5       9999

The ruler is the same in every language, and no other listing has it. Families without a forwarding are not
printed, nor does the text say which were asked for, so it never proves that there are no others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from scanner.model import Origin, PortProxy, Problem
from scanner.parsers.lines import at_line, problem, split_lines
from scanner.parsers.port_reading import port_number

_RULER = re.compile(r"^[ \t]*-{15} -{10} {2}-{15} -{10}[ \t\r]*$", re.MULTILINE)
_FAMILIES = re.compile(r"\D{0,80}ipv([46])\D{1,80}ipv([46])\D{0,80}", re.IGNORECASE)
_NO_FAMILY = "no line above the row says which address families it stands for"
_NO_ROW = "not a row of address, port, address and port"


def looks_like_netsh_port_proxy(text: str) -> bool:
    """True where the ruler of four columns is there."""
    return _RULER.search(text) is not None


def parse_netsh_port_proxy(text: str, origin: Origin) -> Iterator[PortProxy | Problem]:
    """The forwardings, each with its line; a row that cannot be read is a Problem."""
    family, in_rows = "", False
    for number, line in enumerate(split_lines(text), start=1):
        if heading := _FAMILIES.fullmatch(line.strip()):
            family, in_rows = f"v{heading[1]}tov{heading[2]}", False
        elif _RULER.match(line) or not line.strip():
            in_rows = bool(line.strip())
        elif in_rows:
            yield _row(line, family, at_line(origin, number))


def _row(line: str, family: str, place: Origin) -> PortProxy | Problem:
    cells = line.split()
    ports = [port_number(cell) for cell in cells[1::2]]
    if len(cells) != 4 or not all(ports):
        return problem(place, line, _NO_ROW)
    if not family:
        return problem(place, line, _NO_FAMILY)
    return PortProxy(
        family=family,
        listen_address=cells[0],
        listen_port=ports[0] or 0,
        connect_address=cells[2],
        connect_port=ports[1] or 0,
        origin=place,
    )
