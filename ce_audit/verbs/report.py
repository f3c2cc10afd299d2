"""`report`: saved results in another format."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from ce_audit.delivery.deliver import Destination, deliver, occupied
from ce_audit.delivery.outcome import say_delivered
from ce_audit.options import Formats, NoProgress, OutputFolder, Quiet, Verbose
from ce_audit.output import DEFAULT_FORMATS, Renderings
from ce_audit.progress import Progress


def report(
    results: Annotated[Path, typer.Argument(help="A results.json of an earlier scan.")],
    formats: Formats = None,
    output_dir: OutputFolder = Path("ce-audit-report"),
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_progress: NoProgress = False,
) -> None:
    """Render saved results again, on any machine."""
    from reports import results_json

    progress = Progress(sys.stderr, quiet=quiet, show=not no_progress)
    saved = results_json.parse(results.read_bytes())
    if verbose:
        progress.say(f"{results}: {saved.host.name}, {saved.verdict.value}, judged by {saved.tool}")
    now = datetime.now(UTC)
    destination = Destination(folder=output_dir, formats=tuple(formats or DEFAULT_FORMATS[:2]))
    with occupied(output_dir, now):
        say_delivered(deliver(saved, Renderings(saved, None), destination, now, progress), progress)
