"""Waiver files as people write them: a wrong entry is told by file and line, and the others still hold."""

from datetime import date
from pathlib import Path

import pytest

from ce_audit.waiver_file import parse_waivers, read_waivers
from scanner.errors import ConfigError

GOOD = """
# accepted in the change board of May
[[waiver]]
fingerprint = "52cf61ecd2742fe3"
accepts = '9af0081137682eba'
justification = \"\"\"ReportWorks
moves in June\"\"\"
owner = "Anna"
approver = "Bert"
expires = 2027-06-30
"""


def test_entries_are_read_with_their_lines() -> None:
    first, second = parse_waivers((GOOD + GOOD.replace("Anna", "bert")).encode(), "w.toml")
    assert (first.place, first.faults, first.expires) == ("w.toml:3", (), "2027-06-30")
    assert first.justification == "ReportWorks\nmoves in June"
    assert second.place == "w.toml:13"
    assert "nobody approves his own" in second.faults[0]


@pytest.mark.parametrize("text", ["", "# nothing accepted\n", "\ufeff", "waiver = []\n"])
def test_a_file_without_entries_accepts_nothing(text: str) -> None:
    assert parse_waivers(text.encode(), "w.toml") == ()


def test_windows_line_ends_and_a_byte_order_mark_are_read(tmp_path: Path) -> None:
    path = tmp_path / "w.toml"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    (waiver,) = read_waivers(path)
    assert (waiver.faults, waiver.place) == ((), "w.toml:3")
    assert date.fromisoformat(waiver.expires) == date(2027, 6, 30)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("[[waiver]\n", "w.toml:1: not TOML: "),
        ("\n\nowner = Anna\n", "w.toml:3: not TOML: "),
        (GOOD + "expires = 2027-02-30\n", "w.toml:11: not TOML: "),
        (GOOD + 'owner = "twice"\n', "w.toml:11: not TOML: "),
        ("\n[waiver]\nowner = 'a'\n", "w.toml:2: a waiver is written as \\[\\[waiver\\]\\]"),
        ("waiver = 1\n", "w.toml:1: a waiver is written as"),
        (GOOD + "[[waivers]]\nowner = 'a'\n", "w.toml:11: unknown key 'waivers'"),
        ("version = 1\n" + GOOD, "w.toml:1: unknown key 'version'"),
    ],
)
def test_a_file_that_is_no_waiver_file_is_refused_by_line(text: str, error: str) -> None:
    with pytest.raises(ConfigError, match=error):
        parse_waivers(text.encode(), "w.toml")


def test_a_file_that_is_no_text_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"w\.toml:2: not UTF-8"):
        parse_waivers(b"# \n\xff\xfe", "w.toml")


def test_entries_that_are_no_tables_are_malformed_one_by_one() -> None:
    first, second = parse_waivers(b"waiver = [\n 7,\n {owner = 'a'}]", "w.toml")
    assert first.faults == ("it is not a table; write it as [[waiver]]",)
    assert (first.place, second.place) == ("w.toml:2", "w.toml:3")
    assert second.faults
