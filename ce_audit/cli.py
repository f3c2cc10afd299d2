"""The command line: its verbs, in the order that `--help` lists them (design.md section 4)."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from ce_audit import __version__
from ce_audit.exit_codes import COMPLIANT
from ce_audit.verbs import about, collect, diff, init, report, scan, schedule, verify, why

app = typer.Typer(
    name="ce-audit",
    help="Checks the Windows Firewall policy of Contact Expert 6.1 hosts, live or from evidence. "
    "Reads only; changes nothing.",
    epilog="Exit codes: 0 compliant, 1 findings, 2 usage or no evidence, 3 not proven, 4 integrity, "
    "5 internal error.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    if version:
        sys.stdout.write(f"ce-audit {__version__}\n")
        raise typer.Exit(COMPLIANT)


for verb in (
    scan.scan,
    collect.collect,
    verify.verify,
    report.report,
    why.why,
    diff.diff,
    about.doctor,
    about.explain,
    about.checks,
    about.catalogue,
    about.schema,
    init.init,
):
    app.command()(verb)
app.command(context_settings=schedule.SETTINGS)(schedule.schedule)
