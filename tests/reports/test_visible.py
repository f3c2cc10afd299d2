"""Text from the host shows what it holds, and can do nothing."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.visible import encodable, one_line, rewritten, visible
from rules.model import Results, Verdict


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31m", r"\x1b[31m"),
        ("\u202egpj.exe", r"\u202egpj.exe"),
        ("a\ud800b", r"a\ud800b"),
        ("a\x00b\x9fc\x7f", r"a\x00b\x9fc\x7f"),
        ("\U000e0041", r"\U000e0041"),
        ("lines\r\nand\ttabs\n", "lines\nand\ttabs\n"),
        ("lone\rreturn", r"lone\x0dreturn"),
        ("Ünïcödé 漢字 C:\\Ä", "Ünïcödé 漢字 C:\\Ä"),
    ],
)
def test_unseen_characters_become_escapes_and_others_stay(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text(st.characters(codec=None)))
def test_visible_text_has_no_control_or_format_character_and_fits_utf8(text: str) -> None:
    shown = visible(text)
    shown.encode("utf-8")
    assert not any(unicodedata.category(char) in ("Cc", "Cs") and char not in "\n\t" for char in shown)
    assert not any(
        unicodedata.bidirectional(char) in ("RLO", "LRO", "RLE", "LRE", "RLI", "LRI") for char in shown
    )


def test_a_lone_surrogate_is_all_that_encodable_changes() -> None:
    assert encodable("a\udc41\u202e") == "a\\udc41\u202e"


def test_a_long_line_is_cut_and_says_how_much() -> None:
    assert one_line("a\n b\t c") == "a b c"
    assert one_line("x" * 12, limit=10) == "xxxxxxxxxx ... (2 more characters)"


def test_rewriting_reaches_nested_text_and_leaves_numbers_alone() -> None:
    results = Results(verdict=Verdict.COMPLIANT, reasons=("ä", "b"))
    assert rewritten(results, lambda text: text.replace("ä", "c")).reasons == ("c", "b")
