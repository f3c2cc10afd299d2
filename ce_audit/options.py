"""The options and arguments that verbs share, each with its environment twin (design.md section 4)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ce_audit.output import Format
from ce_audit.settings import Color, Role
from rules.model import Severity

Evidence = Annotated[
    Path | None,
    typer.Argument(
        help="A folder, a .zip bundle, a snapshot.json or one evidence file; this Windows host if omitted."
    ),
]
GivenEvidence = Annotated[
    Path, typer.Argument(help="A folder, a .zip bundle, a snapshot.json or one evidence file.")
]
OutputFolder = Annotated[
    Path, typer.Option("-o", "--output-dir", envvar="CE_AUDIT_OUTPUT_DIR", help="Where the files go.")
]
Formats = Annotated[
    list[Format] | None,
    typer.Option(
        "-f", "--format", envvar="CE_AUDIT_FORMAT", help="Repeatable; html, pdf and json if omitted."
    ),
]
RoleOption = Annotated[
    Role,
    typer.Option(
        "--role", envvar="CE_AUDIT_ROLE", help="What the host is; auto decides by what is installed."
    ),
]
SiteOption = Annotated[
    Path | None,
    typer.Option(
        "--site",
        envvar="CE_AUDIT_SITE",
        help="A TOML file of what the site says about itself; `ce-audit init` writes one to start from.",
    ),
]
FailOn = Annotated[
    Severity,
    typer.Option("--fail-on", envvar="CE_AUDIT_FAIL_ON", help="The least severity that exits with 1."),
]
ExitZero = Annotated[
    bool, typer.Option("--exit-zero", envvar="CE_AUDIT_EXIT_ZERO", help="Exit with 0 whatever was found.")
]
Strict = Annotated[
    bool,
    typer.Option(
        "--strict", envvar="CE_AUDIT_STRICT", help="Exit with 3 on any trouble in reading the evidence."
    ),
]
Quiet = Annotated[
    bool,
    typer.Option(
        "-q",
        "--quiet",
        envvar="CE_AUDIT_QUIET",
        help="No summary, no messages; a scan says in one line on stderr how it ended.",
    ),
]
Verbose = Annotated[
    bool,
    typer.Option("-v", "--verbose", envvar="CE_AUDIT_VERBOSE", help="Say what was read; show tracebacks."),
]
NoProgress = Annotated[
    bool, typer.Option("--no-progress", envvar="CE_AUDIT_NO_PROGRESS", help="Do not announce long steps.")
]
Keep = Annotated[
    int | None,
    typer.Option(
        "--keep",
        min=1,
        metavar="N",
        envvar="CE_AUDIT_KEEP",
        help="Write into a dated folder below the output folder, and keep the newest N of them.",
    ),
]
OnlyIfChanged = Annotated[
    bool,
    typer.Option(
        "--only-if-changed",
        envvar="CE_AUDIT_ONLY_IF_CHANGED",
        help="Write nothing where the last report there says the same.",
    ),
]
WaiverFile = Annotated[
    Path | None,
    typer.Option(
        "--waivers",
        metavar="FILE",
        envvar="CE_AUDIT_WAIVERS",
        help="A TOML file of accepted findings, each with a reason, an owner, an approver and an end.",
    ),
]
Baseline = Annotated[
    Path | None,
    typer.Option(
        "--baseline",
        metavar="FILE",
        envvar="CE_AUDIT_BASELINE",
        help="The results.json of an earlier scan: findings become new, known or resolved. All still count.",
    ),
]
ColorOption = Annotated[Color, typer.Option("--color", envvar="CE_AUDIT_COLOR", help="NO_COLOR is honoured.")]
SignKey = Annotated[
    Path | None,
    typer.Option(
        "--sign",
        envvar="CE_AUDIT_SIGN",
        help="Sign the bundle's manifest with this Ed25519 private key (PEM). Needs the extra sign.",
    ),
]
RequiredSigner = Annotated[
    Path | None,
    typer.Option(
        "--require-signature",
        envvar="CE_AUDIT_REQUIRE_SIGNATURE",
        help="An Ed25519 public key (PEM) that must have signed the bundle. Needs the extra sign.",
    ),
]
