"""The HTML page: structure, accessibility, and host text that stays text."""

# ruff: noqa: ANN401 - the stubs of lxml make every xpath a union of nine types

import base64
import hashlib
import re
from collections import Counter
from itertools import pairwise
from typing import Any

import pytest
from lxml import html as lxml_html

from reports import html
from reports.view import build
from rules.model import Results, Verdict
from tests.reports.sample_results import HOSTILE, crowded, hostile, sample

ORDER = ["unproven", "next", "matrix", "findings", "method", "checks", "evidence", "problems", "definitions"]
CASES = {"sample": sample(), "hostile": hostile(), "empty": Results(verdict=Verdict.NOT_PROVEN)}


def parsed(results: Results) -> Any:
    return lxml_html.document_fromstring(html.render(build(results)).decode())


@pytest.fixture(scope="module", params=CASES)
def page(request: pytest.FixtureRequest) -> Any:
    return parsed(CASES[request.param])


@pytest.fixture(scope="module")
def drifted() -> Any:
    return parsed(sample())


def text(element: Any) -> str:
    return " ".join("".join(element.itertext()).split())


def test_the_same_results_give_the_same_bytes() -> None:
    assert html.render(build(sample())) == html.render(build(sample()))


def test_verdict_reasons_and_next_steps_stand_before_everything_else(drifted: Any) -> None:
    cover = drifted.xpath("//main/*[1]")[0]
    assert "Not compliant" in text(cover)
    assert len(cover.xpath('.//ol[@class="reasons"]/li')) == 3
    assert len(cover.xpath('.//ol[@class="steps"]/li')) == 7
    for fact in ("CE-CORE01", "core server", "2025-03-04 10:15:42 UTC", "ce-audit 0.1.0", "ce-6.1"):
        assert fact in text(cover)


def test_sections_stand_in_the_promised_order_and_are_all_in_the_contents(page: Any) -> None:
    assert page.xpath("//main/section/@id") == ORDER
    assert page.xpath("//nav//a/@href") == [f"#{name}" for name in ORDER]


def test_there_is_one_first_heading_and_no_level_is_skipped(page: Any) -> None:
    levels = [int(heading.tag[1]) for heading in page.xpath("//h1|//h2|//h3|//h4|//h5|//h6")]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_every_table_has_a_caption_and_scoped_heads(page: Any) -> None:
    for table in page.xpath("//table"):
        assert len(table.xpath("./caption")) == 1
        assert all(head.get("scope") in ("col", "row") for head in table.xpath(".//th"))
        columns = len(table.xpath("./thead/tr/th"))
        assert (
            {len(row) for row in table.xpath("./tbody/tr")}
            == {columns}
            == {len(table.xpath("./colgroup/col"))}
        )


def test_language_title_and_labels_are_there(page: Any) -> None:
    assert page.get("lang") == "en"
    assert text(page.xpath("//title")[0])
    assert all(field.xpath("ancestor::label") for field in page.xpath("//input|//select"))


def test_ids_are_unique_and_every_local_link_has_its_target(page: Any) -> None:
    ids = Counter(page.xpath("//@id"))
    assert [name for name, count in ids.items() if count > 1] == []
    targets = {link[1:] for link in page.xpath("//a/@href")}
    assert targets <= set(ids)
    assert all(label in ids for labels in page.xpath("//@aria-labelledby") for label in labels.split())


def test_no_status_is_told_by_colour_alone(page: Any) -> None:
    marked = page.xpath('//*[contains(@class, "badge") or contains(@class, "mark ") or @class="ref"]')
    assert marked
    for badge in marked:
        assert badge.xpath('.//*[@class="symbol" and @aria-hidden="true"]')
        assert re.search(r"\w", text(badge))


def test_the_page_asks_the_network_for_nothing(page: Any) -> None:
    assert (
        page.xpath("//link|//img|//iframe|//object|//embed|//base|//*[@src]|//*[@srcset]|//*[@style]") == []
    )
    assert all(link.startswith("#") for link in page.xpath("//@href"))
    assert "url(" not in text(page.xpath("//style")[0])
    assert "@import" not in text(page.xpath("//style")[0])


def test_the_policy_allows_only_our_own_style_and_script(page: Any) -> None:
    policy = page.xpath('//meta[@http-equiv="Content-Security-Policy"]/@content')[0]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        (element,) = page.xpath(f"//{tag}")
        digest = base64.b64encode(hashlib.sha256(element.text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_host_text_stays_text() -> None:
    page = parsed(hostile())
    assert len(page.xpath("//script")) == 1
    assert page.xpath("//img|//*[@onerror]") == []
    shown = text(page.xpath("//main")[0])
    for name in (
        "<script>alert(1)</script>",
        "{{7*7}}{% raw %}",
        "</style><script>1</script>",
        r"\x1b[31mred",
        r"\u202egpj.exe",
    ):
        assert name in shown
    assert "49" not in text(page.xpath('//article[@id="f2"]')[0])


def test_no_unseen_character_reaches_the_page() -> None:
    raw = html.render(build(hostile())).decode()
    assert not any(char in raw for name in HOSTILE for char in name if not char.isprintable())


def test_a_finding_shows_evidence_remedy_undo_and_fingerprint(drifted: Any) -> None:
    block = drifted.xpath('//article[@id="f3"]')[0]
    shown = text(block)
    for part in (
        "TelephonyServer TCP 9911",
        "High",
        "Expected",
        "Active=TRUE",
        "Observed",
        "Active=FALSE",
        "contact centre",
        "registry/firewall.reg",
        "disabled-firewall-rule",
    ):
        assert part in shown
    captions = [text(caption) for caption in block.xpath(".//figcaption")]
    assert captions == [
        "PowerShell, as administrator for F3",
        "The same with netsh for F3",
        "Undo for F3",
        "Entry for a waiver file (TOML) for F3",
    ]
    assert block.xpath(".//figure//code")[0].text == "Enable-NetFirewallRule -Name 'CE-TelephonyServer-In'"
    assert re.search(r"\b[0-9a-f]{64}\b", shown)
    assert sample().results[1].findings[0].fingerprint in shown


def test_restart_and_manual_steps_are_said(drifted: Any) -> None:
    block = drifted.xpath('//article[.//h3[contains(., "ChatServer")]]')[0]
    assert "Afterwards Restart the whole server;" in text(block)
    assert len(block.xpath('.//ol[@class="manual"]/li')) == 2


def test_a_waived_finding_stays_visible_and_is_marked(drifted: Any) -> None:
    block = drifted.xpath('//article[@data-kind="waived"]')[0]
    assert "Waived" in text(block)
    assert "Medium" in text(block)


def test_the_matrix_has_the_four_facts_and_the_named_state(drifted: Any) -> None:
    row = drifted.xpath('//*[@id="matrix"]//tbody/tr')[0]
    cells = {cell.get("data-label"): text(cell) for cell in row.xpath("./td")}
    assert text(row.xpath("./th")[0]) == "Naming Service TCP"
    assert cells["Documented"] == "9999"
    assert cells["Configured"] == "10999 static"
    assert cells["Listening"] == "10999"
    assert cells["From CE servers"] == "✗ blocked"
    assert cells["State"].startswith("configured, listening, blocked")
    assert cells["Findings"] == "◆ F1 Critical"


def test_what_was_not_proven_comes_with_the_command_that_fetches_it(drifted: Any) -> None:
    section = drifted.xpath('//section[@id="unproven"]')[0]
    assert "local-rules-ignored" in text(section)
    assert any("reg.exe export" in code.text for code in section.xpath(".//figure//code"))


def test_every_check_is_listed_passes_too(drifted: Any) -> None:
    statuses = Counter(
        text(row.xpath("./td")[0])[2:] for row in drifted.xpath('//section[@id="checks"]//tbody/tr')
    )
    assert statuses == {"Fail": 6, "Pass": 5, "Not proven": 1, "Error": 1, "Not applicable": 1}


def test_the_ledger_shows_whole_hashes(drifted: Any) -> None:
    hashes = [text(code) for code in drifted.xpath('//section[@id="evidence"]//tbody//code')]
    assert hashes == [row.sha256 for row in sample().evidence]


def test_long_tables_are_cut_and_say_so() -> None:
    page = parsed(crowded())
    assert len(page.xpath('//*[@id="matrix"]//tbody/tr')) == 200
    assert len(page.xpath("//article")) == 200
    assert text(page.xpath('//*[@id="findings"]/p[@class="note"]')[0]).startswith("The first 200 of 450")
    assert len(html.render(build(crowded()))) < 600_000


def test_without_a_script_nothing_is_hidden_but_the_filters(drifted: Any) -> None:
    assert {element.get("class") for element in drifted.xpath("//*[@hidden]")} == {"filter"}
    assert drifted.xpath("//button[not(@type='reset')]") == []


def test_the_printed_page_has_no_script_and_no_filters() -> None:
    page = lxml_html.document_fromstring(html.page(build(sample()), printed=True))
    assert page.xpath("//script|//form|//meta[@http-equiv]") == []
    assert page.xpath('//nav[@class="contents"]//a/@href') == [f"#{name}" for name in ORDER]


def test_colours_meet_the_contrast_that_wcag_asks_for() -> None:
    """Every text colour against every ground it stands on: 4.5 to 1, in light and dark."""
    css = text(parsed(sample()).xpath("//style")[0])
    light, dark = css.split("prefers-color-scheme: dark", 1)
    for scheme in (light, dark.split("box-sizing", 1)[0]):
        base = dict(re.findall(r"--(page|panel|sunk|text|quiet|accent): (#\w{6})", scheme))
        tones = re.findall(r"--fg: (#\w{6}); --bg: (#\w{6})", scheme)
        assert len(tones) == 7
        grounds = [base["page"], base["panel"], base["sunk"]]
        pairs = [(base[name], ground) for name in ("text", "quiet", "accent") for ground in grounds]
        pairs += [(base[name], ground) for name in ("text", "quiet") for _, ground in tones]
        pairs += [(front, ground) for front, tint in tones for ground in (tint, base["panel"])]
        assert [pair for pair in pairs if contrast(*pair) < 4.5] == []


def contrast(front: str, ground: str) -> float:
    lighter, darker = sorted((luminance(front), luminance(ground)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
