"""Bytes of a console capture -> text, whatever wrote it (windows-firewall.md 1.1, 4.1, 4.3).

A byte order mark decides; then UTF-16 without one, by the side its NULs lie on; then strict UTF-8. What is
left was written by `cmd > file` in the console's OEM code page, or by an editor in the ANSI one. Nothing in
the bytes names that page, so each candidate is tried and the one with the fewest characters a writer of its
language would not use is taken. The parsers rely on structure and on ASCII, which every candidate decodes
alike; a wrong choice costs accents and localised words, which then become problems, never wrong facts.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Callable
from itertools import pairwise

from scanner.errors import ParseError

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAMPLE = 1 << 16  # bytes looked at to tell UTF-16 and the code page; console output is uniform
_NULS_OF_UTF16 = 0.2  # every ASCII character of UTF-16 has one; CJK text still has spaces, dashes and digits
_CONTROLS_OF_TEXT = 0.01
_CONTROLS = re.compile("[\x01-\x08\x0e-\x19\x1c-\x1f\x7f]")  # not tab, LF, VT, FF, CR, Ctrl-Z, Esc
_ACCENTED_RUN = re.compile("[\xc0-\u024f]{3,}")  # Cyrillic read as Latin; no Western word has three in a row


def decode(data: bytes) -> str:
    """The text of a console capture, without its byte order mark.

    Raises ParseError for binary data: NULs that are no UTF-16, or more than one control character in a
    hundred. Broken characters become U+FFFD rather than costing the whole file.
    """
    text = _decode(data)
    if "\0" in text:
        raise ParseError("binary data, not text: it contains NUL bytes")
    if len(_CONTROLS.findall(text)) > len(text) * _CONTROLS_OF_TEXT:
        raise ParseError("binary data, not text: it is full of control characters")
    return text


def _decode(data: bytes) -> str:
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return data[len(bom) :].decode(encoding, "replace")
    unmarked = _utf16_without_bom(data[:_SAMPLE])
    if unmarked:
        return data.decode(unmarked, "replace")
    try:
        # an incremental decoder forgives a capture that was cut inside its last character
        return codecs.getincrementaldecoder("utf-8")().decode(data)
    except UnicodeDecodeError:
        return data.decode(_code_page(data), "replace")


def _utf16_without_bom(sample: bytes) -> str | None:
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    most, least = max(even, odd), min(even, odd)
    if most <= len(sample) / 2 * _NULS_OF_UTF16 or least > most / 10:
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _latin(char: str) -> bool:
    return char in "«»¿¡°ªº·§©®\xa0" or unicodedata.name(char, "").startswith("LATIN")


def _latin_oem(char: str) -> bool:
    """The accents of cp850's upper end are rare ones, where cp1252 keeps its everyday ones."""
    return _latin(char) and _lead(char, "cp850") < 0xD0


def _cyrillic(char: str) -> bool:
    return char in "«»№·\xa0" or unicodedata.name(char, "").startswith("CYRILLIC")


def _hangul(char: str) -> bool:
    return "가" <= char <= "힣" or "\u3000" <= char <= "\u303f"


def _lead(char: str, encoding: str) -> int:
    """The first byte of a character in a code page; 0 where the page lacks it."""
    try:
        return char.encode(encoding)[0]
    except UnicodeEncodeError:
        return 0


def _simplified(char: str) -> bool:
    lead = _lead(char, "gb2312")
    return 0xA1 <= lead <= 0xA3 or 0xB0 <= lead <= 0xD7  # punctuation, and the 3,755 everyday characters


def _japanese(char: str) -> bool:
    return "\u3040" <= char <= "\u30ff" or _lead(char, "shift_jis") in (0x81, *range(0x88, 0x98))


def _traditional(char: str) -> bool:
    lead = _lead(char, "big5")
    return lead == 0xA1 or 0xA4 <= lead <= 0xC6


# First come, first served among equals: a Western page explains a stray accent best, and Korean must come
# before Chinese because GBK reads any Hangul as everyday Chinese, while Chinese read as Korean shows rare
# Hanja.
_PAGES: tuple[tuple[str, Callable[[str], bool]], ...] = (
    ("cp850", _latin_oem),
    ("cp1252", _latin),
    ("cp866", _cyrillic),
    ("cp1251", _cyrillic),
    ("cp932", _japanese),
    ("cp949", _hangul),
    ("gbk", _simplified),
    ("cp950", _traditional),
)


def _code_page(data: bytes) -> str:
    sample = data[: data.rfind(b"\n", 0, _SAMPLE) + 1] or data[:_SAMPLE]
    scores = [(_strangeness(sample, page, usual), page) for page, usual in _PAGES]
    return min(scores, key=lambda score: score[0])[1]


def _strangeness(sample: bytes, page: str, usual: Callable[[str], bool]) -> int:
    """How many characters of the sample nobody writes in the language of that page."""
    try:
        text = sample.decode(page)
    except UnicodeDecodeError:
        return len(sample) + 1
    rare = sum(not usual(char) for char in text if char > "\x7f")
    rising = sum(before.islower() and after.isupper() and after > "\x7f" for before, after in pairwise(text))
    return rare + rising + sum(map(len, _ACCENTED_RUN.findall(text)))
