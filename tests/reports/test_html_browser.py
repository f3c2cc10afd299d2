"""The page in a real browser, opened from disk with the network cut."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Browser, Page, Route, sync_playwright

from reports import html
from reports.view import build
from rules.model import Results
from tests.reports.sample_results import crowded, hostile, sample

CMDLETS = (
    "netsh advfirewall export 'C:\\ce-audit-firewall-before.wfw'\nRemove-CEFirewallRules\nAdd-CEFirewallRules"
)
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine's PATH")

WORDY = msgspec.structs.replace(sample(), site=("x" * 3000,))  # a long XPath of a site file has no blanks


class Visit:
    """One page with what it complained of and what it asked for."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.requests: list[str] = []
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: self.complaints.append(dialog.message))
        page.route("**/*", self._answer)

    def _answer(self, route: Route) -> None:
        self.requests.append(route.request.url)
        if route.request.url.startswith("file:"):
            route.continue_()
        else:
            route.abort()

    def count(self, selector: str) -> int:
        return sum(element.is_visible() for element in self.page.locator(selector).all())


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def visit(
    browser: Browser,
    folder: Path,
    results: Results,
    *,
    width: int = 1440,
    scheme: str = "light",
    script: bool = True,
) -> Visit:
    file = folder / "report.html"
    file.write_bytes(html.render(build(results)))
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=scheme,  # type: ignore[arg-type]
        java_script_enabled=script,
        permissions=["clipboard-read"],
    )
    page = Visit(context.new_page())
    page.page.goto(file.as_uri())
    return page


@pytest.mark.parametrize("results", [sample(), hostile(), crowded()], ids=["sample", "hostile", "crowded"])
def test_it_opens_from_disk_silently_and_asks_for_nothing_but_itself(
    browser: Browser, tmp_path: Path, results: Results
) -> None:
    page = visit(browser, tmp_path, results)
    assert page.complaints == []
    assert page.requests == [(tmp_path / "report.html").as_uri()]


@pytest.mark.parametrize("width", [390, 768, 1024, 1440])
@pytest.mark.parametrize("results", [sample(), hostile(), WORDY], ids=["sample", "hostile", "wordy"])
def test_nothing_makes_the_page_scroll_sideways(
    browser: Browser, tmp_path: Path, width: int, results: Results
) -> None:
    page = visit(browser, tmp_path, results, width=width)
    assert page.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_verdict_reasons_and_steps_are_on_the_first_screen(browser: Browser, tmp_path: Path) -> None:
    page = visit(browser, tmp_path, sample())
    for selector in (".verdict", ".reasons", ".steps"):
        box = page.page.locator(selector).bounding_box()
        assert box is not None
        assert box["y"] + box["height"] < 900


def test_the_copy_button_copies_the_whole_block(browser: Browser, tmp_path: Path) -> None:
    page = visit(browser, tmp_path, sample())
    block = page.page.locator("#a2 .script")
    block.get_by_role("button", name="Copy").click()
    block.get_by_text("Copied").wait_for()
    assert page.page.evaluate("navigator.clipboard.readText()") == CMDLETS


def test_copying_works_where_the_browser_refuses_the_clipboard_interface(
    browser: Browser, tmp_path: Path
) -> None:
    page = visit(browser, tmp_path, sample())
    page.page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('refused')) }")
    page.page.locator("#a2 .script button").click()
    page.page.locator("#a2 .script").get_by_text("Copied").wait_for()
    assert page.page.evaluate("navigator.clipboard.readText()") == CMDLETS


def test_findings_filter_by_words_and_severity(browser: Browser, tmp_path: Path) -> None:
    page = visit(browser, tmp_path, sample())
    form = page.page.locator('form[data-items="#findings article"]')
    form.get_by_label("Search findings").fill("disabled 9911")
    assert page.count("#findings article") == 1
    assert form.locator("output").inner_text() == "1 of 9 shown"
    form.get_by_role("button", name="Clear").click()
    form.get_by_label("Severity").select_option("high")
    assert page.count("#findings article") == 4
    form.get_by_label("Severity").select_option("waived")
    assert page.count("#findings article") == 1
    assert page.complaints == []


def test_the_matrix_filters_and_enter_does_not_leave_the_page(browser: Browser, tmp_path: Path) -> None:
    page = visit(browser, tmp_path, sample())
    field = page.page.get_by_label("Search endpoints")
    field.fill("naming")
    field.press("Enter")
    assert page.count("#matrix tbody tr") == 1
    assert page.requests == [(tmp_path / "report.html").as_uri()]


def test_without_javascript_everything_is_there_and_no_dead_button(browser: Browser, tmp_path: Path) -> None:
    page = visit(browser, tmp_path, sample(), script=False)
    assert page.count("#findings article") == 9
    assert page.count("#matrix tbody tr") == 26
    assert page.count("button") == 0


def test_dark_and_light_differ_and_print_is_light(browser: Browser, tmp_path: Path) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    light, dark = (visit(browser, tmp_path, sample(), scheme=scheme) for scheme in ("light", "dark"))
    assert light.page.evaluate(ground) != dark.page.evaluate(ground)
    dark.page.emulate_media(media="print")
    assert dark.page.evaluate(ground) == "rgb(255, 255, 255)"


def test_printing_shows_filtered_findings_and_hides_what_only_a_screen_can_use(
    browser: Browser, tmp_path: Path
) -> None:
    page = visit(browser, tmp_path, sample())
    page.page.get_by_label("Search findings").fill("nothing has this")
    assert page.count("#findings article") == 0
    page.page.emulate_media(media="print")
    assert page.count("#findings article") == 9
    assert page.count("form") == page.count("button") == page.count("nav") == 0
    assert page.page.pdf().startswith(b"%PDF")


def test_the_keyboard_reaches_the_report_first_and_sees_where_it_is(browser: Browser, tmp_path: Path) -> None:
    page = visit(browser, tmp_path, sample())
    page.page.keyboard.press("Tab")
    assert page.page.evaluate("document.activeElement.textContent") == "Skip to the report"
    assert page.page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
