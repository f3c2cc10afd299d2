"""PowerShell and netsh text that is safe whatever a host puts in a name (windows-firewall.md 6.1 to 6.3)."""

from __future__ import annotations

import re

# PowerShell reads every one of these as a single quote; doubling the same character yields it literally.
_SINGLE_QUOTES = "'\u2018\u2019\u201a\u201b"
_DOUBLED = {ord(quote): quote * 2 for quote in _SINGLE_QUOTES}

# cmd.exe expands %x% and !x! inside quotes, and a quote or control character cannot be passed at all.
_NOT_FOR_CMD = re.compile(r'["%!\x00-\x1f\x7f]|\\$')


def is_quotable(text: str) -> bool:
    """True where the text holds nothing but printable characters, so that a command can name it safely."""
    return text.isprintable()


def quoted(text: str) -> str:
    """`text` as one single-quoted PowerShell string; the caller has asked `is_quotable`."""
    return f"'{text.translate(_DOUBLED)}'"


def wildcard_free(text: str) -> str:
    """An expression that names exactly `text` where a cmdlet would read wildcards, such as an id with `[`."""
    if any(character in text for character in "[]*?`"):
        return f"([WildcardPattern]::Escape({quoted(text)}))"
    return quoted(text)


def fits_cmd(text: str) -> bool:
    """True where the text can stand between double quotes on a netsh command line and mean itself."""
    return text.isprintable() and not _NOT_FOR_CMD.search(text)
