"""The site file: what a site says about itself, in TOML (docs/site-file.md)."""

from __future__ import annotations

from pathlib import Path

from ce_audit.site.mistakes import site_mistakes
from ce_audit.site.model import SiteFile
from ce_audit.toml.file import TomlFile, open_toml


def load_site_file(path: Path) -> SiteFile:
    """The site file at `path`.

    Raises ConfigError that names file, line and key of everything that is wrong with it: a key that is not
    known, a type or value that is not allowed, a component or check that does not exist.
    """
    return open_site_file(path).value


def open_site_file(path: Path) -> TomlFile[SiteFile]:
    """As `load_site_file`, with the lines of its keys."""
    file = open_toml(path, SiteFile)
    if found := tuple(site_mistakes(file.value)):
        raise file.error(found)
    return file
