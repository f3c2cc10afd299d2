r"""Registry exports without the secrets of programs, still registry exports (design.md section 5).

    [HKEY_LOCAL_MACHINE\SOFTWARE\Geomant Call Center Solutions\GeoCampaign]
    "DbPassword"="***"

Only the data of secret values change: names, types, line breaks, byte order and everything that the firewall's
own keys hold stay byte for byte.
"""

from __future__ import annotations

import codecs
import re

from scanner.masking import MASK, is_secret_name, masked_command
from scanner.parsers.reg_file import escaped, reg_items, unescaped
from scanner.registry_paths import is_firewall_key

_MARKS = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_REGEDIT_4 = re.compile(r"\s*REGEDIT4\b", re.IGNORECASE)
_TEXT_TYPES = ("1", "2", "6", "7")  # REG_SZ, REG_EXPAND_SZ, REG_LINK, REG_MULTI_SZ, in hexadecimal
_NUMBER_TYPES = ("4", "b")
_UNREADABLE = re.compile(r'([ \t]*"((?:[^"\\]|\\.)*)"[ \t]*=[ \t]*)[^\r\n]*')


def masked_export(data: bytes) -> bytes:
    """The bytes of a `.reg` file with the secrets of every key but the firewall's masked.

    Text is taken for UTF-16 by its mark or by its NULs, for bytes of some code page otherwise.
    """
    encoding = _encoding(data)
    whole = len(data) - len(data) % 2 if encoding.startswith("utf-16") else len(data)
    text = data[:whole].decode(encoding, "surrogatepass")
    return _masked_text(text).encode(encoding, "surrogatepass") + data[whole:]


def _encoding(data: bytes) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding
    if b"\0" in data[:4]:
        return "utf-16-be" if data[:1] == b"\0" else "utf-16-le"
    return "latin-1"  # keeps every byte; what a name or a mask consists of is ASCII in every code page


def _masked_text(text: str) -> str:
    pieces: list[str] = []
    wide = _REGEDIT_4.match(text) is None
    is_programs, secret_goes_on = True, False
    for start, _, item in reg_items(text):
        if isinstance(item, str):
            ...
    return "".join(pieces)
