"""`report.pdf`: the page of `reports.html` laid out by WeasyPrint. Reads no clock and fetches nothing.

WeasyPrint needs Pango's libraries, which Windows does not bring: their absence is an answer, not a crash.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from importlib import import_module
from typing import Any

from reports import html
from reports.model import Report
from scanner.errors import ScannerError

_HELP = (
    "install it with `pip install weasyprint` and the Pango libraries (Debian and Ubuntu: libpango-1.0-0, "
    "libpangoft2-1.0-0, libharfbuzz-subset0; Windows: MSYS2's pango, and name its folder in "
    "WEASYPRINT_DLL_DIRECTORIES), or render the saved results.json on another machine; only PDF needs it"
)


def render(report: Report, *, load: Callable[[str], Any] = import_module) -> bytes:
    """The PDF: tagged, with bookmarks and page numbers; the same report gives the same bytes.

    `load` imports the layout engine. Raises ScannerError, saying what to install, where it cannot be loaded.
    """
    try:
        weasyprint = load("weasyprint")
    except (ImportError, OSError) as error:  # OSError: the package is there and Pango is not
        raise ScannerError(f"no PDF: WeasyPrint cannot be loaded ({_first_line(error)}); {_HELP}") from error
    logging.getLogger("weasyprint").setLevel(logging.ERROR)  # it warns of CSS that is meant for screens
    nothing = weasyprint.urls.URLFetcher(allowed_protocols=())
    page = weasyprint.HTML(string=html.page(report, printed=True), url_fetcher=nothing)
    data: bytes = page.write_pdf(pdf_tags=True, custom_metadata=False)
    return data


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
