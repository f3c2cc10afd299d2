"""The command line: verbs, options and their environment twins (design.md section 4)."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from ce_audit import __version__
from ce_audit.assess import assess
from ce_audit.evidence import load_snapshot
from ce_audit.exit_codes import COMPLIANT, FINDINGS, INTEGRITY, exit_code
from ce_audit.options import (
    ColorOption,
    Evidence,
    ExitZero,
    FailOn,
    Formats,
    GivenEvidence,
    NoProgress,
    OutputFolder,
    Quiet,
    RequiredSigner,
    RoleOption,
    SignKey,
    Strict,
    Verbose,
)
from ce_audit.output import DEFAULT_FORMATS, Renderings, write_reports
from ce_audit.progress import Progress
from ce_audit.settings import Color, Role, TextOrJson
from rules.catalogue.loader import load_catalogue
from rules.model import Severity
from rules.site import Site

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


@app.command()
def scan(
    evidence: Evidence = None,
    output_dir: OutputFolder = Path("ce-audit-report"),
    formats: Formats = None,
    role: RoleOption = Role.AUTO,
    fail_on: FailOn = Severity.MEDIUM,
    exit_zero: ExitZero = False,
    strict: Strict = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_progress: NoProgress = False,
    color: ColorOption = Color.AUTO,
) -> None:
    """Collect, judge, print a summary and write the reports: the main job."""
    progress = Progress(sys.stderr, quiet=quiet, show=not no_progress)
    catalogue = load_catalogue()
    with progress.step("reading the evidence"):
        snapshot = load_snapshot(evidence, catalogue)
    progress.say_unread(snapshot.problems)
    with progress.step("judging"):
        results = assess(snapshot, catalogue, Site(role=role.site))
    if verbose:
        for source in snapshot.evidence:
            progress.say(f"read {source.source} as {source.kind} ({source.bytes} bytes)")
    renderings = Renderings(results, snapshot)
    written = write_reports(renderings, formats or DEFAULT_FORMATS, output_dir, progress)
    if not quiet:
        from reports import terminal

        terminal.write(renderings.report, sys.stdout, color=color)
    for path in written:
        progress.say(f"wrote {path}")
    raise typer.Exit(COMPLIANT if exit_zero else exit_code(results, fail_on, strict=strict))


@app.command()
def collect(
    evidence: Evidence = None,
    output: Annotated[
        Path,
        typer.Option("-o", "--output", envvar="CE_AUDIT_OUTPUT", help="A .json snapshot or a .zip bundle."),
    ] = Path("snapshot.json"),
    print_collector: Annotated[
        bool,
        typer.Option(
            "--print-collector",
            help="Collect nothing; print the PowerShell script that collects on a host without Python.",
        ),
    ] = False,
    sign: SignKey = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_progress: NoProgress = False,
) -> None:
    """Only collect: the facts as one JSON file, or a bundle with the raw evidence and its hashes."""
    from ce_audit.collecting import write_collection
    from scanner.windows import collector_script

    if print_collector:
        sys.stdout.write(collector_script())
        raise typer.Exit(COMPLIANT)
    progress = Progress(sys.stderr, quiet=quiet, show=not no_progress)
    with progress.step("collecting"):
        snapshot = write_collection(evidence, output, load_catalogue(), sign)
    progress.say_unread(snapshot.problems)
    progress.say(f"wrote {output}")
    if verbose:
        for gap in snapshot.gaps:
            progress.say(f"not collected: {gap.kind.value}: {gap.reason}")


@app.command()
def verify(
    bundle: Annotated[
        Path, typer.Argument(help="A bundle (.zip or unpacked folder), or a results.json with one beside it.")
    ],
    results: Annotated[
        Path | None,
        typer.Option("--results", help="The results.json of this bundle; its ledger is compared."),
    ] = None,
    reperform: Annotated[
        bool,
        typer.Option(
            "--reperform",
            help="Judge again; results.json (--results, or beside) must be the same, byte for byte.",
        ),
    ] = False,
    require_signature: RequiredSigner = None,
    role: RoleOption = Role.AUTO,
    output: Annotated[TextOrJson, typer.Option("-f", "--format")] = TextOrJson.TEXT,
) -> None:
    """Is a bundle as it was sealed, and do its results follow from it? Exits with 4 where not."""
    from ce_audit.verify import Request
    from ce_audit.verify import verify as verified
    from ce_audit.verify_text import render_json, render_text

    site = Site(role=role.site)
    request = Request(results=results, reperform=reperform, key=require_signature, site=site)
    found = verified(bundle, request, load_catalogue())
    sys.stdout.write(render_json(found) if output is TextOrJson.JSON else render_text(found))
    raise typer.Exit(COMPLIANT if found.intact else INTEGRITY)


@app.command()
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
    renderings = Renderings(saved, None)
    for path in write_reports(renderings, formats or DEFAULT_FORMATS[:2], output_dir, progress):
        progress.say(f"wrote {path}")


@app.command()
def why(
    evidence: GivenEvidence,
    port: Annotated[int | None, typer.Option("--port", help="The local port.")] = None,
    protocol: Annotated[
        str, typer.Option("--protocol", help="tcp, udp, icmpv4, icmpv6 or a number.")
    ] = "tcp",
    remote: Annotated[str, typer.Option("--from", help="The remote address.")] = "",
    local: Annotated[str, typer.Option("--to", help="The local address.")] = "",
    program: Annotated[str, typer.Option("--program", help="Path of the program, or System.")] = "",
    service: Annotated[str, typer.Option("--service", help="Short name of the service.")] = "",
    profile: Annotated[str, typer.Option("--profile", help="Domain, Private or Public.")] = "",
    flows: Annotated[
        Path | None,
        typer.Option(
            "--flows",
            help="A CSV of many flows: name,program,service,protocol,local_port,local_address,remote_address,"
            "profile,expect. Exits with 1 where one is not as expected.",
        ),
    ] = None,
    surface: Annotated[
        bool,
        typer.Option(
            "--surface",
            help="What is reachable at all, which firewall rules never decide, which open more than is used.",
        ),
    ] = False,
    output: Annotated[TextOrJson, typer.Option("-f", "--format")] = TextOrJson.TEXT,
) -> None:
    """What Windows Firewall does with a connection, which rules decide it, and which nearly did."""
    from ce_audit.flows import flow_request, read_flows, with_listener
    from ce_audit.why import answers, as_expected, render_json, render_text
    from rules.firewall.policy import effective_policy
    from scanner.parsers.text import decode

    if surface:
        _answer_surface(evidence, output)
    if flows is not None:
        requests = read_flows(decode(flows.read_bytes()), str(flows))
    elif port is None:
        raise typer.BadParameter("give --port N, --flows FILE.csv for many, or --surface for all")
    else:
        stated = {
            "program": program,
            "service": service,
            "protocol": protocol,
            "local_port": str(port),
            "local_address": local,
            "remote_address": remote,
            "profile": profile,
        }
        requests = (flow_request(stated, "the options", 0),)
    snapshot = load_snapshot(evidence, load_catalogue())
    Progress(sys.stderr).say_unread(snapshot.problems)
    if flows is None:
        requests = tuple(with_listener(request, snapshot) for request in requests)
    policy = effective_policy(snapshot)
    found = answers(policy, requests)
    sys.stdout.write(render_json(policy, found) if output is TextOrJson.JSON else render_text(policy, found))
    raise typer.Exit(COMPLIANT if as_expected(found) else FINDINGS)


def _answer_surface(evidence: Path, output: TextOrJson) -> NoReturn:
    from ce_audit.surface import render_json, render_text
    from ce_audit.survey import survey

    found = survey(load_snapshot(evidence, load_catalogue()), Site())
    sys.stdout.write(render_json(found) if output is TextOrJson.JSON else render_text(found))
    raise typer.Exit(COMPLIANT)


@app.command()
def doctor(
    evidence: Evidence = None,
    output: Annotated[TextOrJson, typer.Option("-f", "--format")] = TextOrJson.TEXT,
) -> None:
    """What this machine, or a folder of evidence, can and cannot answer, and the commands for the rest."""
    from ce_audit.doctor import diagnosis
    from ce_audit.doctor_text import render_json, render_text
    from rules.check_list import CHECKS

    found = diagnosis(evidence, load_catalogue(), CHECKS)
    sys.stdout.write(render_json(found) if output is TextOrJson.JSON else render_text(found))


@app.command()
def explain(check: Annotated[str, typer.Argument(help="The id of a check.")]) -> None:
    """What a check asks, why, what evidence it needs, how it decides and how to mend it."""
    from ce_audit.listing import explanation
    from rules.check_list import CHECKS

    sys.stdout.write(explanation(CHECKS, check))


@app.command()
def checks() -> None:
    """List every check."""
    from ce_audit.listing import checks_table
    from rules.check_list import CHECKS

    sys.stdout.write(checks_table(CHECKS))


@app.command()
def catalogue() -> None:
    """Show the catalogue of endpoints and lint it; exits with 2 where it is faulty."""
    from ce_audit.listing import catalogue_text
    from rules.catalogue.lint import lint
    from scanner.errors import ConfigError

    found = load_catalogue()
    sys.stdout.write(catalogue_text(found))
    if complaints := lint(found):
        raise ConfigError(f"the catalogue is faulty: {'; '.join(complaints)}")


@app.command()
def schema(name: Annotated[str, typer.Argument(help="results-v1 or snapshot-v1.")]) -> None:
    """Print a JSON Schema."""
    from reports import schemas

    sys.stdout.write(schemas.render(name).decode())
