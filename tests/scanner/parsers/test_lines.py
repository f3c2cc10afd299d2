"""Lines are counted as an editor counts them, and problems stay small."""

from scanner.model import Origin
from scanner.parsers.lines import TEXT_LIMIT, at_line, problem, split_lines, whole_number


def test_a_form_feed_does_not_start_a_line() -> None:
    assert split_lines("a\r\r\nb\x0cc\nd\u2028e") == ["a", "b\x0cc", "d\u2028e"]


def test_a_line_is_named_by_its_number() -> None:
    assert at_line(Origin(source="x.txt"), 7) == Origin(source="x.txt", locator="line 7")


def test_the_text_of_a_problem_is_cut() -> None:
    assert len(problem(Origin(source="x"), "y" * 1000, "why").text) == TEXT_LIMIT


def test_only_short_ascii_digits_are_numbers() -> None:
    assert [whole_number(text) for text in ("65535", "", "-1", "٣", "9" * 5000)] == [65535] + [None] * 4
