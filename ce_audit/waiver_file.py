"""The waiver file (`--waivers`, docs/waivers.md): one bad entry does not take the others with it."""

from __future__ import annotations

from pathlib import Path

from ce_audit.toml.file import toml_document
from rules.waiver import Waiver, read_waiver
from scanner.errors import ConfigError

_TABLE = "waiver"


def read_waivers(path: Path) -> tuple[Waiver, ...]:
    """Every [[waiver]] of the file, in order, the malformed ones with what is wrong with them.

    Raises ConfigError naming `file:line` where the file is not TOML or holds anything but [[waiver]] tables;
    a file that cannot be opened raises OSError.
    """
    return parse_waivers(path.read_bytes(), path.name)


def parse_waivers(data: bytes, name: str) -> tuple[Waiver, ...]:
    """As `read_waivers`, for the bytes of a file called `name`."""
    document, lines = toml_document(data, name)
    for key in document:
        if key != _TABLE:
            raise ConfigError(
                f"{name}:{lines.get((key,), 1)}: unknown key {key!r}: waivers are [[waiver]] tables"
            )
    entries = document.get(_TABLE, [])
    if not isinstance(entries, list):
        raise ConfigError(f"{name}:{lines.get((_TABLE,), 1)}: a waiver is written as [[waiver]]")
    return tuple(
        read_waiver(entry, f"{name}:{lines.get((_TABLE, number), 1)}") for number, entry in enumerate(entries)
    )
