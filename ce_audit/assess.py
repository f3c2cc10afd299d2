"""Snapshot -> results, with this program's name and version on them."""

from __future__ import annotations

from ce_audit import __version__
from rules.case import Case
from rules.catalogue.model import Catalogue
from rules.check_list import CHECKS
from rules.engine import run
from rules.model import Results
from rules.site import Site
from scanner.model import Snapshot

TOOL = f"ce-audit {__version__}"


def assess(snapshot: Snapshot, catalogue: Catalogue, site: Site) -> Results:
    """Run every check over one host."""
    return run(CHECKS, Case(snapshot, catalogue, site), TOOL)
