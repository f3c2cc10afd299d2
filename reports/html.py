"""`report.html`: one self-contained file that opens from disk and asks the network for nothing.

The same page, with `printed`, is what `reports.pdf` lays out.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from reports.model import Report

if TYPE_CHECKING:
    from jinja2 import Environment


def render(report: Report) -> bytes:
    """The page as UTF-8."""
    return page(report).encode()


def page(report: Report, *, printed: bool = False) -> str:
    """The page as text; `printed` leaves out what only a screen can use (script, filters)."""
    return laid_out("report.html", report=report, printed=printed)


def laid_out(template: str, **values: object) -> str:
    """A page of ours from `template`, with the report's style and script and the policy that admits them."""
    css, script = _asset("report.css"), _asset("report.js")
    page = _environment().get_template(template)
    return page.render(css=css, javascript=script, policy=_policy(css, script), **values)


def _policy(css: str, script: str) -> str:
    """A content security policy that runs our own style and script and loads nothing at all."""
    return (
        f"default-src 'none'; style-src '{_hash(css)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _asset(name: str) -> str:
    """A file of the package, with line feeds only: browsers hash it so."""
    return resources.files("reports").joinpath("templates", name).read_text("utf-8").replace("\r\n", "\n")


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FunctionLoader, StrictUndefined  # 60 ms that the JSON path does not pay

    return Environment(
        loader=FunctionLoader(_asset),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
