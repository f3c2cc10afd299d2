"""Where in a TOML text each key and value stands, which tomllib does not tell.

[[check_off]]                  -> ("check_off",) and ("check_off", 0)
reason = "not our printers"    -> ("check_off", 0, "reason")
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping

import msgspec

Place = tuple[str | int, ...]

_TOKEN = re.compile(
    r"""
      (?P<newline>\n)
    | (?P<blank>[ \t\r]+ | \#[^\n]*)
    | (?P<string>
          \"\"\"(?:[^"\\]|\\.|"{1,2}(?!"))*"{3,5}
        | '''(?:[^']|'{1,2}(?!'))*'{3,5}
        | "(?:[^"\\\n]|\\.)*"
        | '[^'\n]*'
      )
    | (?P<mark>[][{}=,.])
    | (?P<bare>[^][{}=,."'\#\s]+)
    """,
    re.VERBOSE | re.DOTALL,
)


class _Token(msgspec.Struct, frozen=True):
    kind: str
    text: str
    line: int


def lines_of(text: str) -> Mapping[Place, int]:
    """The line (from 1) of every table, key and array element of a TOML text that tomllib accepts.

    A place is the path from the top: keys as tomllib reads them, indices of arrays from 0. A table that is
    named several times stands where it is named first.
    """
    walk = _Walk(tuple(_tokens(text)))
    walk.document()
    return walk.lines


def _tokens(text: str) -> Iterator[_Token]:
    line = 1
    for match in _TOKEN.finditer(text):
        kind = str(match.lastgroup)
        if kind != "blank":
            yield _Token(kind, match[0], line)
        line += match[0].count("\n")


class _Walk:
    """One pass over the tokens; `lines` grows as it goes."""

    def __init__(self, tokens: tuple[_Token, ...]) -> None:
        self._tokens = tokens
        self._at = 0
        self._last_of: dict[Place, int] = {}  # array of tables -> index of its newest table
        self.lines: dict[Place, int] = {}

    def document(self) -> None:
        table: Place = ()
        while token := self._next():
            if token.kind == "newline":
                continue
            if token.text == "[" and token.kind == "mark":
                table = self._header(token.line)
            else:
                self._at -= 1
                self._entry(table)

    def _header(self, line: int) -> Place:
        several = self._peek() == "["
        self._at += several
        *above, last = self._key()
        self._at += 1 + several
        table = self._mark(self._into((), above), (last,), line)
        if several:
            self._last_of[table] = self._last_of.get(table, -1) + 1
            return self._mark(table, (self._last_of[table],), line)
        return table

    def _into(self, table: Place, keys: list[str]) -> Place:
        """The table that `keys` lead to: through an array of tables, into its newest one."""
        for key in keys:
            table = (*table, key)
            self.lines.setdefault(table, self._tokens[self._at - 1].line)
            if table in self._last_of:
                table = (*table, self._last_of[table])
        return table

    def _entry(self, table: Place) -> None:
        """`key = value`, or nothing where no key stands."""
        token = self._next()
        if token is None or token.kind not in ("bare", "string"):
            return
        self._at -= 1
        place = self._mark(table, tuple(self._key()), token.line)
        self._at += 1  # the equals sign
        self._value(place)

    def _key(self) -> list[str]:
        keys: list[str] = []
        while token := self._next():
            if token.kind in ("bare", "string"):
                keys.append(_unquoted(token))
            elif token.text != ".":
                self._at -= 1
                break
        return keys or [""]

    def _value(self, place: Place) -> None:
        token = self._next()
        if token is None:
            return
        if token.kind == "mark" and token.text == "[":
            self._array(place)
        elif token.kind == "mark" and token.text == "{":
            self._inline_table(place)
        else:  # a number or a time may be several tokens
            while self._at < len(self._tokens) and self._peek() not in ("\n", ",", "]", "}"):
                self._at += 1

    def _array(self, place: Place) -> None:
        index = 0
        while token := self._next():
            if token.text == "]":
                return
            if token.text not in ("\n", ","):
                self._at -= 1
                self._value(self._mark(place, (index,), token.line))
                index += 1

    def _inline_table(self, place: Place) -> None:
        while token := self._next():
            if token.text == "}":
                return
            if token.text not in ("\n", ","):
                self._at -= 1
                self._entry(place)

    def _mark(self, table: Place, keys: Place, line: int) -> Place:
        for key in keys:
            table = (*table, key)
            self.lines.setdefault(table, line)
        return table

    def _peek(self) -> str | None:
        return self._tokens[self._at].text if self._at < len(self._tokens) else None

    def _next(self) -> _Token | None:
        self._at += 1
        return self._tokens[self._at - 1] if self._at <= len(self._tokens) else None


def _unquoted(token: _Token) -> str:
    if token.kind == "bare":
        return token.text
    return str(tomllib.loads(f"key = {token.text}")["key"])
