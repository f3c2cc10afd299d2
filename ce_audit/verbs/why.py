"""`why`: what Windows Firewall decides, and why."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from ce_audit.evidence import load_snapshot
from ce_audit.exit_codes import COMPLIANT, FINDINGS
from ce_audit.options import GivenEvidence, SiteOption
from ce_audit.progress import Progress
from ce_audit.settings import TextOrJson
from ce_audit.site.terms import read_terms


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
    site: SiteOption = None,
    output: Annotated[TextOrJson, typer.Option("-f", "--format")] = TextOrJson.TEXT,
) -> None:
    """What Windows Firewall does with a connection, which rules decide it, and which nearly did."""
    from ce_audit.answers.flows import flow_request, read_flows, with_listener
    from ce_audit.answers.why import answers, as_expected, render_json, render_text
    from rules.firewall.policy import effective_policy
    from scanner.parsers.text import decode

    if surface:
        _answer_surface(evidence, site, output)
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
    snapshot = load_snapshot(evidence, read_terms(site))
    Progress(sys.stderr).say_unread(snapshot.problems)
    if flows is None:
        requests = tuple(with_listener(request, snapshot) for request in requests)
    policy = effective_policy(snapshot)
    found = answers(policy, requests)
    sys.stdout.write(render_json(policy, found) if output is TextOrJson.JSON else render_text(policy, found))
    raise typer.Exit(COMPLIANT if as_expected(found) else FINDINGS)


def _answer_surface(evidence: Path, site: Path | None, output: TextOrJson) -> NoReturn:
    from ce_audit.answers.surface import render_json, render_text
    from ce_audit.answers.survey import survey

    terms = read_terms(site)
    found = survey(load_snapshot(evidence, terms), terms.site)
    sys.stdout.write(render_json(found) if output is TextOrJson.JSON else render_text(found))
    raise typer.Exit(COMPLIANT)
