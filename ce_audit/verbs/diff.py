"""`diff`: what changed between two results, or between two snapshots of the facts."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from ce_audit.exit_codes import COMPLIANT, FINDINGS
from ce_audit.options import SiteOption
from ce_audit.settings import DiffFormat


def diff(
    old: Annotated[
        Path, typer.Argument(help="A results.json, or a snapshot.json, bundle or evidence folder.")
    ],
    new: Annotated[Path, typer.Argument(help="Another of the same kind.")],
    site: SiteOption = None,
    output: Annotated[DiffFormat, typer.Option("-f", "--format")] = DiffFormat.TEXT,
    file: Annotated[
        Path | None, typer.Option("-o", "--output", help="Where it goes; stdout if omitted.")
    ] = None,
) -> None:
    """What changed between two results, or two snapshots. Exits with 1 where anything did, else with 0."""
    from ce_audit.answers.comparison import compared
    from ce_audit.output import write_whole
    from ce_audit.site.terms import read_terms
    from reports import diff_html, diff_json, diff_text
    from reports.diff_view import build

    found = compared(old, new, read_terms(site))
    if output is DiffFormat.JSON:
        data = diff_json.render(found)
    elif output is DiffFormat.HTML:
        data = diff_html.render(build(found))
    else:
        data = diff_text.render(build(found)).encode()
    if file is None:
        _to_stdout(data)
    else:
        write_whole(file, data)
    raise typer.Exit(FINDINGS if found.different else COMPLIANT)


def _to_stdout(data: bytes) -> None:
    """As the console can show it: what its encoding lacks becomes an escape."""
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(data.decode().encode(encoding, "backslashreplace").decode(encoding))
