"""The terminal summary: readable everywhere, obeyed by no terminal."""

import io
import re

import pytest

from reports import terminal
from reports.view import build
from rules.model import Results, Verdict
from scanner.model import EvidenceKind, Gap
from tests.reports.sample_results import crowded, hostile, sample

CODES = re.compile(r"\x1b\[[0-9;]*m")


class Screen(io.StringIO):
    """A terminal, as far as a stream can tell."""

    def isatty(self) -> bool:
        return True


def written(results: Results, stream: io.StringIO, **options: object) -> str:
    terminal.write(build(results), stream, **options)  # type: ignore[arg-type]
    return stream.getvalue()


def test_the_verdict_comes_first_then_reasons_findings_steps_and_gaps() -> None:
    text = terminal.render(build(sample()))
    assert text.startswith("✗ NOT COMPLIANT  CE-CORE01\n6 findings break")
    parts = [
        "Why",
        "Findings: 1 critical, 4 high",
        "F1   Naming Service TCP 10999",
        "Do next",
        "Not proven",
        "reg.exe export",
    ]
    assert [text.index(part) for part in parts] == sorted(text.index(part) for part in parts)


def test_a_file_gets_no_colour_and_a_terminal_does() -> None:
    assert not CODES.search(written(sample(), io.StringIO()))
    assert CODES.search(written(sample(), Screen(), width=100))


def test_colour_can_be_forced_and_forbidden() -> None:
    forced = written(sample(), io.StringIO(), color="always")
    assert CODES.search(forced)
    assert CODES.sub("", forced) == terminal.render(build(sample()))
    assert "\x1b" not in written(sample(), Screen(), color="never")


def test_no_color_is_honoured_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert not re.search(r"\x1b\[[0-9;]*3[0-7]m", written(sample(), Screen()))


def test_host_text_is_neither_markup_nor_control() -> None:
    text = written(hostile(), io.StringIO())
    assert "[bold red]markup[/bold red]" in text
    assert r"\x1b[31mred\x1b[0m\x07" in text
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", text)


@pytest.mark.parametrize("encoding", ["cp1252", "cp437", "ascii", "utf-8"])
@pytest.mark.parametrize("results", [sample(), hostile()], ids=["sample", "hostile"])
def test_every_console_can_show_it(encoding: str, results: Results) -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding, errors="strict", newline="\n")
    terminal.write(build(results), stream)
    stream.flush()
    assert "NOT COMPLIANT" in raw.getvalue().decode(encoding)


def test_symbols_fall_back_to_ascii() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="cp1252", errors="strict", newline="\n")
    terminal.write(build(sample()), stream)
    stream.seek(0)
    text = stream.read()
    assert text.startswith("x NOT COMPLIANT")
    assert "!! CRITICAL F1" in text


def test_a_command_is_never_wrapped() -> None:
    command = "Copy-Item " + "'C:\\a long path\\' " * 20
    gap = Gap(kind=EvidenceKind.HOST, reason="r", fetch=command.strip())
    text = terminal.render(build(Results(verdict=Verdict.NOT_PROVEN, gaps=(gap,))), width=60)
    assert f"      {command.strip()}\n" in text


def test_paragraphs_keep_to_the_width() -> None:
    lines = terminal.render(build(sample()), width=60).splitlines()
    assert [line for line in lines if len(line) > 60 and not line.startswith("      ")] == []


def test_only_the_worst_findings_are_listed() -> None:
    text = terminal.render(build(crowded()))
    assert "F10 " in text
    assert "F11 " not in text
    assert "and 440 more" in text


def test_a_clean_host_is_short() -> None:
    text = terminal.render(build(Results(verdict=Verdict.COMPLIANT)))
    assert "Findings: none" in text
    assert "Not proven" not in text
    assert "Do next" not in text
