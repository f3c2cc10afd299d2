"""What the product and this machine can do: `doctor`, `explain`, `checks`, `catalogue`, `schema`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from ce_audit.options import Evidence, SiteOption
from ce_audit.settings import TextOrJson
from rules.catalogue.loader import load_catalogue


def doctor(
    evidence: Evidence = None,
    site: SiteOption = None,
    output: Annotated[TextOrJson, typer.Option("-f", "--format")] = TextOrJson.TEXT,
) -> None:
    """What this machine, or a folder of evidence, can and cannot answer, and the commands for the rest."""
    from ce_audit.answers.doctor import diagnosis
    from ce_audit.answers.doctor_text import render_json, render_text
    from ce_audit.site.terms import read_terms
    from rules.check_list import CHECKS

    found = diagnosis(evidence, read_terms(site), CHECKS)
    sys.stdout.write(render_json(found) if output is TextOrJson.JSON else render_text(found))


def explain(check: Annotated[str, typer.Argument(help="The id of a check.")]) -> None:
    """What a check asks, why, what evidence it needs, how it decides, an example, and how to mend it."""
    from ce_audit.explanation import explanation, load_examples
    from rules.check_list import CHECKS

    sys.stdout.write(explanation(CHECKS, load_examples(), check))


def checks() -> None:
    """List every check."""
    from ce_audit.listing import checks_table
    from rules.check_list import CHECKS

    sys.stdout.write(checks_table(CHECKS))


def catalogue() -> None:
    """Show the catalogue of endpoints and lint it; exits with 2 where it is faulty."""
    from ce_audit.listing import catalogue_text
    from rules.catalogue.lint import lint
    from scanner.errors import ConfigError

    found = load_catalogue()
    sys.stdout.write(catalogue_text(found))
    if complaints := lint(found):
        raise ConfigError(f"the catalogue is faulty: {'; '.join(complaints)}")


def schema(name: Annotated[str, typer.Argument(help="results-v1, snapshot-v1, diff-v1 or site-v1.")]) -> None:
    """Print a JSON Schema."""
    from ce_audit.published import render

    sys.stdout.write(render(name).decode())
