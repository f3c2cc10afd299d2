"""Reads a TOML file that a user wrote for us: what is wrong with it is told by file, line and key."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from ce_audit.toml.lines import Place, lines_of
from ce_audit.toml.mistakes import Mistake, mistakes
from scanner.errors import ConfigError

T = TypeVar("T")

_TOLD_AT = re.compile(r"(?P<what>.*) \(at (?:line (?P<line>\d+), column \d+|end of document)\)")
_MOST_TOLD = 20
_ESCAPE = re.compile("unescaped|hex", re.IGNORECASE)
_PATH_HINT = " (a Windows path stands in single quotes: 'C:\\CE')"


class TomlFile(msgspec.Struct, Generic[T], frozen=True):
    """A file that has the shape of `value`, and where each of its keys stands."""

    name: str
    value: T
    lines: Mapping[Place, int]

    def error(self, found: Iterable[Mistake]) -> ConfigError:
        """What else is wrong with the file, each mistake as `site.toml:12: what`."""
        return _error(self.name, self.lines, found)


def open_toml(path: Path, kind: type[T]) -> TomlFile[T]:
    """The file as a `kind` (a msgspec Struct) with the lines of its keys.

    Raises ConfigError naming `file:line` where it is not TOML, and one that names every wrong key, type and
    value where it is; a file that cannot be opened raises OSError.
    """
    return parse_toml(path.read_bytes(), path.name, kind)


def parse_toml(data: bytes, name: str, kind: type[T]) -> TomlFile[T]:
    """As `open_toml`, for the bytes of a file called `name`."""
    document, lines = toml_document(data, name)
    found = mistakes(document, kind)
    if found:
        raise _error(name, lines, found)
    return TomlFile(name, msgspec.convert(document, kind), lines)


def toml_document(data: bytes, name: str) -> tuple[dict[str, object], Mapping[Place, int]]:
    """A file of no certain shape, and the lines of its keys. Raises ConfigError where it is not TOML."""
    text = _text(data, name)
    try:
        return tomllib.loads(text), lines_of(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(_not_toml(str(error), text, name)) from error
    except ValueError as error:  # tomllib's own is above; this is Python, of a number of thousands of digits
        raise ConfigError(f"{name}:1: a number is too long to be read") from error
    except RecursionError as error:
        raise ConfigError(f"{name}:1: values are nested too deeply") from error


def _text(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ConfigError(f"{name}:{line}: not UTF-8 text: {error.reason}") from error


def _not_toml(error: str, text: str, name: str) -> str:
    told = _TOLD_AT.fullmatch(error)
    line = told["line"] if told and told["line"] else text.count("\n") + 1
    hint = _PATH_HINT if _ESCAPE.search(error) else ""
    return f"{name}:{line}: not TOML: {told['what'] if told else error}{hint}"


def _error(name: str, lines: Mapping[Place, int], found: Iterable[Mistake]) -> ConfigError:
    told = sorted((_line(lines, mistake.place), mistake.text) for mistake in found)
    listed = "; ".join(f"{name}:{line}: {text}" for line, text in told[:_MOST_TOLD])
    more = f"; and {len(told) - _MOST_TOLD} more" if len(told) > _MOST_TOLD else ""
    return ConfigError(listed + more)


def _line(lines: Mapping[Place, int], place: Place) -> int:
    """The line of the nearest thing at or above `place` that the file holds."""
    while place and place not in lines:
        place = place[:-1]
    return lines.get(place, 1)
