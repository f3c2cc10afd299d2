"""Writes the part of Collect-CEEvidence.ps1 that repeats what Python knows.

Run as `python -m scripts.generate_collector`. The collector runs where there is no Python, so it carries its
own copy of the catalogue's files and of the patterns by which secrets are known; a test compares the
committed copy with what this would write.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from ce_audit import __version__
from rules.catalogue.loader import load_catalogue, port_locations
from scanner import masking
from scanner.live import TOMCAT_PROPERTIES
from scanner.windows import COLLECTOR_SCRIPT

_BEGIN = re.compile(r"(?m)^# BEGIN GENERATED.*\n")
_END = "# END GENERATED\n"

# What \w, \s and \b mean in a pattern over bytes; .NET's own mean far more characters.
_WORD = "A-Za-z0-9_"
_BLANK = r" \t\n\r\f\v"
_BOUNDARY = f"(?:(?<![{_WORD}])(?=[{_WORD}])|(?<=[{_WORD}])(?![{_WORD}]))"
_PIECE = re.compile(r"\\.|\[\^?|\]|[^\\\[\]]+")

_POSSESSIVE = re.compile(r"(\[(?:\\.|[^\]\\])*\])([*+?])\+")  # unknown to .NET, which has atomic groups
_LITERAL = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]")
_UNKNOWN = re.compile(r"[*+?}]\+|\(\?P")

# The quotes as groups of their own, so that one replacement text can put them back.
_QUOTED = r"""(\"[^\"]*\"|'[^']*')"""
_QUOTES = "(?:(\")[^\"]*\"|(')[^']*')"


def with_generated_block(script: str) -> str:
    """The script with its generated block as catalogue and masking now ask for it."""
    head, begin, rest = script.partition(_BEGIN.search(script)[0])  # type: ignore[index]
    return head + begin + generated_block() + _END + rest.partition(_END)[2]


def generated_block() -> str:
    """The PowerShell assignments between the two marks."""
    catalogue = load_catalogue()
    paths = (location.path for location in port_locations(catalogue) if location.path)
    lines = (
        f"$script:Version = {_quoted(__version__)}",
        *_array("CEExecutables", catalogue.executables),
        *_array("CEConfigurations", dict.fromkeys((*paths, TOMCAT_PROPERTIES))),
        *_table("Masks", mask_patterns()),
    )
    return "".join(f"{line}\n" for line in lines)


def mask_patterns() -> Mapping[str, str]:
    """The patterns of scanner/masking.py for .NET text, by the names that the collector uses."""
    name = masking._SECRET.decode()
    return {
        "Attribute": _translated(masking._ATTRIBUTE),
        "Element": _translated(masking._ELEMENT),
        "Line": _translated(masking._LINE),
        "Named": _translated(masking._NAMED),
        "Value": _translated(masking._VALUE),
        "Content": _translated(masking._CONTENT),
        "Inside": _translated(masking._INSIDE),
        "Option": _translated(masking._OPTION),
        "Argument": _translated(masking._ARGUMENT),
        "UserInfo": _translated(masking._USER_INFO),
        "Name": rf"(?i)\A(?:{_portable(name)})(?![\s\S])",
    }


def _translated(pattern: re.Pattern[bytes]) -> str:
    letters = "".join(
        letter
        for letter, flag in (("i", re.IGNORECASE), ("m", re.MULTILINE), ("s", re.DOTALL))
        if pattern.flags & flag
    )
    text = _portable(pattern.pattern.decode().replace(_QUOTED, _QUOTES))
    return f"(?{letters}){text}" if letters else text


def _portable(pattern: str) -> str:
    """The pattern in what Python and .NET have in common, the classes of bytes spelled out.

    Raises ValueError where it uses more than that.
    """
    parts, inside = [], False
    for piece in _PIECE.findall(pattern):
        if piece.startswith("["):
            inside = True
        elif piece == "]":
            inside = False
        classes = {r"\w": _WORD, r"\s": _BLANK}
        if piece in classes:
            parts.append(classes[piece] if inside else f"[{classes[piece]}]")
        else:
            parts.append(_BOUNDARY if piece == r"\b" else piece)
    text = _POSSESSIVE.sub(r"(?>\1\2)", "".join(parts))
    if _UNKNOWN.search(_LITERAL.sub("", text)):
        raise ValueError(f"a pattern that .NET does not know: {pattern}")
    return text


def _array(name: str, items: Iterable[str]) -> Iterator[str]:
    *first, last = map(_quoted, items)
    yield f"$script:{name} = @("
    yield from (f"    {item}," for item in first)
    yield f"    {last}"
    yield ")"


def _table(name: str, items: Mapping[str, str]) -> Iterator[str]:
    yield f"$script:{name} = @{{"
    yield from (f"    {key} = {_quoted(value)}" for key, value in items.items())
    yield "}"


def _quoted(text: str) -> str:
    quoted = text.replace("'", "''")
    return f"'{quoted}'"


if __name__ == "__main__":
    COLLECTOR_SCRIPT.write_text(
        with_generated_block(COLLECTOR_SCRIPT.read_text(encoding="ascii")), encoding="ascii"
    )
