r"""Registry exports as text: `reg export`, regedit's version 5.00 and REGEDIT4 (windows-firewall.md 1.1).

    Windows Registry Editor Version 5.00

    [HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy\DomainProfile]
    "EnableFirewall"=dword:00000001

One RegistryKey per section, in file order; a key exported twice comes twice. Where a file holds no
`CurrentControlSet`, the first `ControlSet00n` it names is read as the current one.

    ; absent: [HKEY_LOCAL_MACHINE\SOFTWARE\WOW6432Node\ACE]

is how collectors say that a key is not there. It is a comment to everything else: a deletion, `[-KEY]`, would
take the key from a host that somebody imports the file into. Deletions are passed over, for who writes them
wants a key gone and does not say that it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from scanner.errors import ParseError
from scanner.model import Origin, Problem
from scanner.registry_key import AbsentKey, RegistryData, RegistryKey

_HEADER = re.compile(r"\s*\ufeff?\s*(?:Windows Registry Editor Version \d+\.\d+|(REGEDIT4))\b", re.IGNORECASE)
_HKLM = re.compile(r"HKLM(?=\\|\Z)", re.IGNORECASE)
_CONTROL_SET = re.compile(
    r"^\[(?:HKEY_LOCAL_MACHINE|HKLM)\\SYSTEM\\((?:Current)?ControlSet(?:\d{3})?)(?=[\\\]])",
    re.IGNORECASE | re.MULTILINE,
)

_BLANK_END = re.compile(r"(?:\r\n|\n|\r(?!\n))[ \t]*(?:\r\n|\n|\r)\s*\Z")

_QUOTED = r"[^\"\\]*+(?:\\.[^\"\\]*+)*+"  # may run over several lines, as a value with line breaks does
_ITEM = re.compile(
    rf"""[ \t]*+(?:
      (?:"(?P<name>{_QUOTED})"|@)[ \t]*+=[ \t]*+(?:
          "(?P<text>{_QUOTED})"
        | (?P<kind>dword|hex)(?:\((?P<type>[0-9a-f]{{1,8}})\))?:
          (?P<digits>[0-9a-f, \t]*+(?:\\[ \t]*+\r?\n[0-9a-f, \t]*+)*+)
        | -
      )
    | \[(?P<deleted>-)?(?P<key>[^\r\n]*)\]
    | ;[ ]absent:[ ]\[(?P<absent>[^\r\n]*)\](?=[ \t]*(?:[\r\n]|\Z))
    | \ufeff?(?:Windows[ ]Registry[ ]Editor[ ]Version|REGEDIT4)[^\r\n]*
    )?[ \t]*+(?:;[^\r\n]*+)?(?:\r?\n|\r|\Z)""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
_LINE = re.compile(r"([^\r\n]*)(?:\r?\n|\r|\Z)")

_STRINGS = ("1", "2", "6")  # REG_SZ, REG_EXPAND_SZ, REG_LINK
_MULTI_STRING = "7"
_NUMBER_SIZES = {"4": 4, "b": 8}  # REG_DWORD, REG_QWORD; bytes


def is_cut_off(text: str) -> bool:
    """True where an export does not end as regedit and reg.exe end theirs: with a blank line."""
    return _BLANK_END.search(text) is None


def looks_like_reg(text: str) -> bool:
    """True where `text` opens as a registry export does."""
    return _HEADER.match(text) is not None


def parse_reg(text: str, origin: Origin) -> Iterator[RegistryKey | AbsentKey | Problem]:
    """The keys of a registry export; the locator of each is the line of its section.

    A line that cannot be read is a Problem and the rest goes on; values below no readable key make one.
    Raises ParseError where `text` is no registry export at all.
    """
    header = _HEADER.match(text)
    if header is None:
        raise ParseError(f"{origin.source}: not a registry export: its first line is not regedit's")
    encoding = "cp1252" if header[1] else "utf-16-le"
    canonical = _path_reader(text)
    section = _Section(origin)
    for line, raw, item in reg_items(text):
        if item is None:
            if raw.lstrip().startswith("["):
                yield from section.close()
                section = _Section(origin, line)
            section.whole = False
            yield _problem(origin, line, raw, "not a line of a registry export")
        elif item["key"] is not None:
            yield from section.close()
            section = _Section(origin, line, None if item["deleted"] else canonical(item["key"]))
        elif item["absent"] is not None:
            here = Origin(source=origin.source, locator=f"line {line}")
            yield AbsentKey(path=canonical(item["absent"]), origin=here)
        elif item["text"] is not None or item["kind"] is not None:
            yield from section.take(line, item, encoding)
    yield from section.close()


class _Section:
    """The section being read; `path` None = its values belong to no key we could read."""

    def __init__(self, origin: Origin, line: int = 1, path: str | None = None) -> None:
        self.origin, self.line, self.path = origin, line, path
        self.values: list[tuple[str, RegistryData]] = []
        self.whole = True

    def take(self, line: int, item: re.Match[str], encoding: str) -> Iterator[Problem]:
        try:
            self.values.append((unescaped(item["name"] or ""), _data(item, encoding)))
        except ValueError:
            self.whole = False
            yield _problem(self.origin, line, item[0], "the data do not fit their type")

    def close(self) -> Iterator[RegistryKey | Problem]:
        if self.path is not None:
            here = Origin(source=self.origin.source, locator=f"line {self.line}")
            yield RegistryKey(path=self.path, values=tuple(self.values), whole=self.whole, origin=here)
        elif self.values:
            reason = f"{len(self.values)} values below no readable key were passed over"
            yield _problem(self.origin, self.line, self.values[0][0], reason)


def reg_items(text: str) -> Iterator[tuple[int, str, re.Match[str] | None]]:
    """Line number, text and item, from start to end, so that the texts joined are the whole.

    The item has the groups `key`, `deleted`, `name`, `text`, `kind`, `type`, `digits` and `absent`; None for
    a line that is no item.
    """
    position, line = 0, 1
    while position < len(text):
        item = _ITEM.match(text, position)
        found = item or _LINE.match(text, position)
        assert found is not None  # noqa: S101 - the second pattern matches anything
        yield line, found[0], item
        line += text.count("\n", position, found.end())
        position = found.end()


def _path_reader(text: str) -> Callable[[str], str]:
    """Spells a section's path in full, the control set in use as CurrentControlSet."""
    named = [found.lower() for found in _CONTROL_SET.findall(text)]
    current = "currentcontrolset" if "currentcontrolset" in named or not named else named[0]
    in_use = re.compile(rf"(HKEY_LOCAL_MACHINE\\SYSTEM\\){current}(?=\\|\Z)", re.IGNORECASE)

    def canonical(path: str) -> str:
        return in_use.sub(r"\1CurrentControlSet", _HKLM.sub("HKEY_LOCAL_MACHINE", path.rstrip("\\"), count=1))

    return canonical


def unescaped(text: str) -> str:
    """The text of a name or a value as it stands between its quotes."""
    if "\\" not in text:
        return text
    return "\\".join(part.replace('\\"', '"') for part in text.split("\\\\"))


def _data(item: re.Match[str], encoding: str) -> RegistryData:
    """The data of a value; ValueError where they do not fit the type."""
    if item["text"] is not None:
        return unescaped(item["text"])
    digits = re.sub(r"[\s,\\]+", "", item["digits"])
    if item["digits"].rstrip().endswith(",") and digits:  # cut off: more was to come
        raise ValueError
    if item["kind"].lower() == "dword":
        return int(digits, 16)
    return _typed((item["type"] or "3").lower(), bytes.fromhex(digits), encoding)


def _typed(kind: str, raw: bytes, encoding: str) -> RegistryData:
    """Raw bytes as the registry type `kind` (hexadecimal digits) reads them."""
    if kind in _STRINGS:
        return raw.decode(encoding, "replace").partition("\0")[0]
    if kind == _MULTI_STRING:
        return tuple(filter(None, raw.decode(encoding, "replace").split("\0")))
    if kind not in _NUMBER_SIZES:
        return raw
    if len(raw) != _NUMBER_SIZES[kind]:
        raise ValueError
    return int.from_bytes(raw, "little")


def _problem(origin: Origin, line: int, text: str, reason: str) -> Problem:
    return Problem(
        origin=Origin(source=origin.source, locator=f"line {line}"), text=text.strip()[:200], reason=reason
    )
