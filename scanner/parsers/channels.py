"""The list of recording channels, exported by hand from the CE Web Admin GUI (contact-expert.md 3.5 and 7.5).

channel,recorder,media_port,control_port
Trunk 1,sip,30000,30001
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping

import msgspec

from scanner.errors import ParseError
from scanner.model import Origin, Problem
from scanner.parsers.port_reading import port_number

_COLUMNS = ("channel", "recorder", "media_port", "control_port")
_RECORDERS = ("cmapi", "sip")
_IN_BRACKETS = re.compile(r"\([^()]{0,20}\)")


class RecordingChannel(msgspec.Struct, frozen=True, kw_only=True):
    """One channel of a recorder (cmapi | sip): media comes in over UDP, control over TCP."""

    channel: str
    recorder: str
    media_port: int
    control_port: int
    origin: Origin


def looks_like_channels(text: str) -> bool:
    """True where the first line names all four columns, in any order and case, as we or the GUI call them."""
    return _header(text) is not None


def parse_channels(text: str, origin: Origin) -> Iterator[RecordingChannel | Problem]:
    """The channels of a CSV with `,`, `;` or tabs; a row that cannot be read becomes a Problem.

    Raises ParseError where the columns are missing.
    """
    header = _header(text)
    if header is None:
        raise ParseError(f"{origin.source}: a channel list needs the columns {', '.join(_COLUMNS)}")
    delimiter, names = header
    body = text.lstrip("\ufeff").partition("\n")[2]
    for line, row in _rows(body, delimiter):
        cells = dict(zip(names, row, strict=False))
        place = Origin(source=origin.source, locator=f"line {line}")
        yield _channel(cells, place) if row else Problem(origin=place, text="", reason="unreadable CSV")


def _rows(body: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Line number and stripped cells of each row that holds anything; no cells = the rest cannot be read."""
    reader = csv.reader(io.StringIO(body, newline=""), delimiter=delimiter)
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                yield reader.line_num + 1, [cell.strip() for cell in row]
    except csv.Error:  # a cell beyond the csv module's limit
        yield reader.line_num + 1, []


def _header(text: str) -> tuple[str, list[str]] | None:
    first = text.lstrip("\ufeff").partition("\n")[0].strip()
    delimiter = next((each for each in ";\t" if each in first), ",")
    names = [_column(name) for name in first.split(delimiter)]
    return (delimiter, names) if set(_COLUMNS) <= set(names) else None


def _column(heading: str) -> str:
    """`Media Port (UDP)`, as the Web Admin GUI heads it, is `media_port`."""
    words = _IN_BRACKETS.sub("", heading.strip().strip('"')).split()
    return "_".join(words).casefold()


def _channel(cells: Mapping[str, str], place: Origin) -> RecordingChannel | Problem:
    recorder = cells.get("recorder", "").casefold()
    media, control = port_number(cells.get("media_port", "")), port_number(cells.get("control_port", ""))
    text = ", ".join(cells.values())[:200]
    if recorder not in _RECORDERS:
        return Problem(origin=place, text=text, reason="the recorder is neither cmapi nor sip")
    if not media or not control:
        return Problem(origin=place, text=text, reason="a port is not a number from 1 to 65535")
    return RecordingChannel(
        channel=cells.get("channel", ""),
        recorder=recorder,
        media_port=media,
        control_port=control,
        origin=place,
    )
