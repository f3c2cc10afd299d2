"""Make text from the host inert: what no reader sees, or a terminal obeys, becomes a written escape.

Names, paths and messages come from the machine under audit and are attacker-controlled. A bidirectional
override turns a name round, an escape sequence rewrites a console, half a surrogate pair breaks UTF-8.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

import msgspec

Record = TypeVar("Record", bound=msgspec.Struct)

# Controls but tab and line feed, soft hyphen, bidi and zero-width marks, separators, surrogates, tags.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e0fff]"
)


def visible(text: str) -> str:
    """`text` with every unseen character written as an escape; tabs and line feeds stay."""
    return _UNSEEN.sub(_escape, text.replace("\r\n", "\n"))


def encodable(text: str) -> str:
    """`text` with lone surrogates, which no UTF-8 file can hold, written as escapes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def one_line(text: str, limit: int = 2000) -> str:
    """`text` with runs of blanks and line breaks made one blank, and cut at `limit` characters, saying so."""
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[:limit]} ... ({len(line) - limit} more characters)"


def rewritten(record: Record, change: Callable[[str], str]) -> Record:
    """`record` with `change` applied to every string in it, the words of enumerations among them."""
    return msgspec.convert(_walk(msgspec.to_builtins(record), change), type(record))


def _escape(match: re.Match[str]) -> str:
    character = match.group()
    return f"\\x{ord(character):02x}" if character.isascii() else ascii(character)[1:-1]


def _walk(value: object, change: Callable[[str], str]) -> object:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {key: _walk(item, change) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_walk(item, change) for item in value]
    return value
