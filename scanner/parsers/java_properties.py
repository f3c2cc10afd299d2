"""Properties as the Java machine of a Tomcat service knows them (contact-expert.md 6.6 and 6.9).

    # conf/catalina.properties
    ce.http.port = 8080

and the -D options that the service wrapper Procrun keeps in its registry value `Options`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import msgspec

_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_CONTROL = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}
_KEY = re.compile(r"((?:\\.|[^\\:=\s])*)[ \t\f]*[:=]?[ \t\f]*(.*)", re.DOTALL)
_PLACEHOLDER = re.compile(r"\$\{([^{}]*)\}")
_DEPTH = 8  # placeholders within values of placeholders; deeper is a loop


def parse_catalina_properties(text: str) -> dict[str, str]:
    """The entries of a Java properties file, the last of a name winning; never raises.

    Continuation lines, both comment marks, all three separators and the escapes are read as
    `java.util.Properties.load` reads them.
    """
    entries = (_KEY.match(line) for line in _logical_lines(text))
    return {_unescaped(entry[1]): _unescaped(entry[2]) for entry in entries if entry}


def procrun_properties(options: tuple[str, ...]) -> dict[str, str]:
    """The `-Dname=value` options of a Procrun service; a name without a value is the empty text."""
    definitions = (option.strip()[2:].partition("=") for option in options if option.strip().startswith("-D"))
    return {name: value for name, _, value in definitions if name}


def catalina_base(options: tuple[str, ...]) -> str | None:
    """The directory whose conf\\server.xml the service reads, or None where its options do not say."""
    properties = procrun_properties(options)
    return properties.get("catalina.base") or properties.get("catalina.home") or None


class Substituted(msgspec.Struct, frozen=True, kw_only=True):
    """A text without placeholders; `missing` names a property without a value, then `text` is void."""

    text: str = ""
    missing: str | None = None
    defaulted: bool = False  # a default (`${name:-8080}`) had to be used


def substitute(text: str, properties: Mapping[str, str]) -> Substituted:
    """`text` with every `${name}` replaced by its property; a property that refers to itself is missing."""
    defaulted, name = False, ""
    for _ in range(_DEPTH):
        found = _PLACEHOLDER.search(text)
        if found is None:
            return Substituted(text=text, defaulted=defaulted)
        name, separator, default = found[1].partition(":-")
        value = properties.get(found[1], properties.get(name))
        if value is None and not separator:
            return Substituted(missing=name)
        defaulted = defaulted or value is None
        text = text[: found.start()] + (default if value is None else value) + text[found.end() :]
    return Substituted(missing=name)


def _logical_lines(text: str) -> Iterator[str]:
    """Lines without comments, with those that end in an odd number of backslashes joined to the next."""
    begun = ""
    for raw in re.split(r"\r\n|\r|\n", text):
        line = raw.lstrip(" \t\f")
        if not begun and line[:1] in ("", "#", "!"):
            continue
        begun += line
        if (len(line) - len(line.rstrip("\\"))) % 2:
            begun = begun[:-1]
            continue
        yield begun
        begun = ""
    if begun:
        yield begun


def _unescaped(text: str) -> str:
    def plain(escape: re.Match[str]) -> str:
        code = escape[1]
        return chr(int(code[1:], 16)) if len(code) == 5 else _CONTROL.get(code, code)

    return _ESCAPE.sub(plain, text)
