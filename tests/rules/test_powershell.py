"""PowerShell and netsh text that is safe whatever a host puts in a name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.powershell import fits_cmd, is_quotable, quoted, wildcard_free

_QUOTES = "'\u2018\u2019\u201a\u201b"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "'plain'"),
        ("it's", "'it''s'"),
        ("\u2018x\u2019", "'\u2018\u2018x\u2019\u2019'"),
        ("$(Remove-Item x) `n", "'$(Remove-Item x) `n'"),
        ("", "''"),
    ],
)
def test_every_kind_of_single_quote_is_doubled_and_nothing_else_means_anything(
    text: str, expected: str
) -> None:
    assert quoted(text) == expected


@given(st.text())
def test_a_quoted_text_reads_back_as_itself(text: str) -> None:
    inside = quoted(text)[1:-1]
    for quote in _QUOTES:
        assert inside.count(quote) == 2 * text.count(quote)
        inside = inside.replace(quote * 2, "\0")
        assert quote not in inside
        inside = inside.replace("\0", "")
    assert inside == text.translate({ord(quote): None for quote in _QUOTES}).replace("\0", "")


@pytest.mark.parametrize("text", ["[a]", "a*", "a?", "a`b"])
def test_an_id_with_wildcards_is_escaped_by_powershell_itself(text: str) -> None:
    assert wildcard_free(text) == f"([WildcardPattern]::Escape('{text}'))"


def test_an_id_without_wildcards_is_merely_quoted() -> None:
    assert wildcard_free("{3F2-A}") == "'{3F2-A}'"


@pytest.mark.parametrize("text", ["a\nb", "a\rb", "\x00", "\u2028", "\u202e", "\x1b[0m"])
def test_control_and_direction_characters_cannot_be_in_a_command(text: str) -> None:
    assert not is_quotable(text)
    assert not fits_cmd(text)


@pytest.mark.parametrize("text", ['a"b', "%PATH%", "a!b", "C:\\dir\\"])
def test_what_cmd_would_expand_or_end_at_does_not_go_through_netsh(text: str) -> None:
    assert is_quotable(text)
    assert not fits_cmd(text)


@pytest.mark.parametrize("text", ["Contact Expert & Co (TCP-In)", "a^b", r"C:\CE\a.exe"])
def test_ordinary_names_go_through_netsh(text: str) -> None:
    assert fits_cmd(text)
