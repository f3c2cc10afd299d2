r"""Registry exports without the secrets of programs, and still registry exports (design.md section 5).

    [HKEY_LOCAL_MACHINE\SOFTWARE\Geomant Call Center Solutions\GeoCampaign]
    "DbPassword"="***"

Only the data of secret values change. All else stays byte for byte, as does everything in the firewall's own
keys, and what could not be read before can still not be read.
"""

from __future__ import annotations

import codecs
import re

from scanner.masking import MASK, is_blank, is_secret_name, masked_command
from scanner.parsers.reg_file import reg_items, unescaped
from scanner.parsers.reg_render import escaped
from scanner.registry_paths import is_firewall_key

_UTF_16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_BYTES = "latin-1"  # keeps every byte; what the patterns look for is ASCII in every code page
_REGEDIT_4 = re.compile(r"\s*REGEDIT4\b", re.IGNORECASE)
_TEXT_TYPES = ("1", "2", "6", "7")  # REG_SZ, REG_EXPAND_SZ, REG_LINK, REG_MULTI_SZ
_NUMBER_TYPES = ("4", "b")
_NAMED_LINE = re.compile(r"""([ \t]*"((?:[^"\\\r\n]|\\.)*)"[ \t]*=[ \t]*)[^\r\n]*""")


def masked_export(data: bytes) -> bytes:
    """The bytes of a `.reg` file with the secrets in every key but the firewall's masked.

    UTF-16 is known by its mark or by the NUL beside its first character; another encoding need not be known.
    """
    encoding = _encoding(data)
    whole = len(data) if encoding == _BYTES else len(data) // 2 * 2  # a cut file ends in half a character
    text = data[:whole].decode(encoding, "surrogatepass")
    return _masked_text(text).encode(encoding, "surrogatepass") + data[whole:]


def _encoding(data: bytes) -> str:
    unmarked = {b"\0": "utf-16-be"}.get(data[:1]) or {b"\0": "utf-16-le"}.get(data[1:2])
    return _UTF_16.get(data[:2]) or unmarked or _BYTES


def _masked_text(text: str) -> str:
    strings = _BYTES if _REGEDIT_4.match(text) else "utf-16-le"  # how REGEDIT4 writes the text in hex(2)
    pieces: list[str] = []
    is_firewall, runs_on = False, False
    for _, raw, item in reg_items(text):
        heads = raw.lstrip().startswith("[") if item is None else item["key"] is not None
        if heads:
            is_firewall = is_firewall_key(raw.strip().strip("[]") if item is None else item["key"])
        if is_firewall or heads:
            pieces.append(raw)
        elif item is None:
            masked, runs_on = _unreadable(raw, runs_on)
            pieces.append(masked)
            continue
        else:
            pieces.append(_masked_item(raw, item, strings))
        runs_on = False
    return "".join(pieces)


def _masked_item(raw: str, item: re.Match[str], strings: str) -> str:
    is_secret = is_secret_name(unescaped(item["name"] or ""))
    if item["text"] is not None:
        told = unescaped(item["text"])
        masked = (told if is_blank(told) else MASK) if is_secret else masked_command(told)
        return raw if masked == told else _replaced(item, "text", "text", escaped(masked))
    if (item["kind"] or "").lower() != "hex":
        return raw
    kind = (item["type"] or "3").lower()
    if is_secret and _is_empty(kind, item["digits"], strings):
        return raw
    if is_secret and kind not in _NUMBER_TYPES:
        # cut off, it was a problem and still is one: more than its last comma was to come
        return _replaced(item, "kind", "digits", "hex:2a," if _is_broken(item["digits"]) else f'"{MASK}"')
    return _masked_hex(raw, item, strings) if kind in _TEXT_TYPES else raw


def _masked_hex(raw: str, item: re.Match[str], strings: str) -> str:
    """A text that is written as its bytes; each of its strings is masked by itself."""
    told = _texts(item["digits"], strings)
    masked = tuple(map(masked_command, told))
    if masked == told:
        return raw
    data = "\0".join(masked).encode(strings, "replace").hex(",")
    return _replaced(item, "digits", "digits", data + "," * _is_broken(item["digits"]))


def _is_empty(kind: str, digits: str, strings: str) -> bool:
    if _is_broken(digits):
        return False
    return is_blank(_texts(digits, strings) if kind in _TEXT_TYPES else bytes.fromhex(_digits(digits)))


def _texts(digits: str, strings: str) -> tuple[str, ...]:
    digits = _digits(digits)
    return tuple(bytes.fromhex(digits[: len(digits) // 2 * 2]).decode(strings, "replace").split("\0"))


def _is_broken(digits: str) -> bool:
    return digits.rstrip().endswith(",") or len(_digits(digits)) % 2 == 1


def _digits(digits: str) -> str:
    return re.sub(r"[\s,\\]+", "", digits)


def _replaced(item: re.Match[str], first: str, last: str, instead: str) -> str:
    """The item with other text from the start of one group to the end of another."""
    begin, end = item.start(first) - item.start(), item.end(last) - item.start()
    return item[0][:begin] + instead + item[0][end:]


def _unreadable(raw: str, runs_on: bool) -> tuple[str, bool]:
    """A line that is no item without its secret, and whether the secret runs on in the next one."""
    line = raw.rstrip("\r\n")
    end = raw[len(line) :]
    goes_on = line.endswith("\\")
    if runs_on:
        return MASK + end, goes_on
    named = _NAMED_LINE.fullmatch(line)
    if named and is_secret_name(unescaped(named[2])):
        return named[1] + MASK + end, goes_on
    return masked_command(line) + end, False
