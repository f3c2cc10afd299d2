"""A TOML file with mistakes: each is told with its line, its key and what may stand there."""

from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec
import pytest
from msgspec import Meta

from ce_audit.toml.file import open_toml, parse_toml, toml_document
from ce_audit.toml.mistakes import Mistake, choices, dotted, shown
from scanner.errors import ConfigError


class Colour(StrEnum):
    RED = "red"
    GREEN = "green"


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Annotated[str, Meta(min_length=1)]
    number: Annotated[int, Meta(ge=1, le=9)] | None = None


class Form(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    title: str = ""
    many: int = 0
    on: bool = False
    until: date | None = None
    colour: Colour | None = None
    words: tuple[str, ...] = ()
    part: tuple[Part, ...] = ()
    main: Part | None = None
    colours: dict[str, Colour] = {}


def refused(text: str) -> list[str]:
    """What is said of `text`, a file of this name."""
    with pytest.raises(ConfigError) as raised:
        parse_toml(text.encode(), "f.toml", Form)
    return str(raised.value).split("; f.toml:")


def test_a_file_without_mistakes_gives_its_values_and_their_lines() -> None:
    head = "title = 'a'\nuntil = 2027-01-31\ncolour = 'red'\nwords = ['x']\n"
    text = f"{head}[[part]]\nname = 'p'\nnumber = 9\n"
    file = parse_toml(text.encode(), "f.toml", Form)
    assert file.value == Form(
        title="a",
        until=date(2027, 1, 31),
        colour=Colour.RED,
        words=("x",),
        part=(Part(name="p", number=9),),
    )
    assert file.lines["part", 0, "number"] == 7


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("title = 1", "f.toml:1: title must be a text, not 1"),
        ("\nmany = '1'", 'f.toml:2: many must be a whole number, not "1"'),
        ("many = true", "f.toml:1: many must be a whole number, not true"),
        ("many = 1.5", "f.toml:1: many must be a whole number, not 1.5"),
        ("on = 1", "f.toml:1: on must be true or false, not 1"),
        ("until = '2027-01-31'", 'f.toml:1: until must be a date such as 2027-01-31, not "2027-01-31"'),
        ("until = 2027-01-31T00:00:00", "f.toml:1: until must be a date such as 2027-01-31, not 2027-01-31"),
        (
            "colour = 'gren'",
            'f.toml:1: colour: "gren" is not allowed; allowed: red, green; did you mean green?',
        ),
        ("colour = 5", "f.toml:1: colour: 5 is not allowed; allowed: red, green"),
        ("words = 'x'", 'f.toml:1: words must be a list in square brackets, not "x"'),
        ("words = ['x',\n\n5]", "f.toml:3: words[2] must be a text, not 5"),
        ("[part]\nname = 'x'", "f.toml:1: part must be written as [[part]], not"),
        ("part = 'x'", 'f.toml:1: part must be written as [[part]], not "x"'),
        ("main = 'x'", 'f.toml:1: main must be a table, not "x"'),
        ("colours = 'x'", 'f.toml:1: colours must be a table, not "x"'),
        ("[colours]\na.b = 'red'", "f.toml:2: colours.a: {'b': 'red'} is not allowed"),
        ("[[part]]\nnumber = 1", "f.toml:1: part[1] has no name, which is mandatory"),
        ("[[part]]\nname = ' '", 'f.toml:2: part[1].name must be a text that is not empty, not " "'),
        (
            "[[part]]\nname='a'\n[[part]]\nname = 'b'\nnumber = 10",
            "f.toml:5: part[2].number must be a whole number from 1 to 9, not 10",
        ),
        ("[main]\nname = 'a'\nnmber = 1", "f.toml:3: unknown key main.nmber; allowed: name, number"),
        ("tilte = ''", "f.toml:1: unknown key tilte; allowed: title,"),
        (f"many = '1'\non = 0x{'f' * 5000}", "f.toml:2: on must be true or false, not a number too long"),
        (f"colour = [0x{'f' * 5000}]", "f.toml:1: colour: a number too long to be shown is not allowed"),
        ("[main]\nname = 'a'\ntitle = 'b'", "title stands above the first [table]"),
    ],
)
def test_each_mistake_names_its_line_its_key_and_what_may_stand_there(text: str, told: str) -> None:
    assert told in "; f.toml:".join(refused(text))


def test_a_word_that_is_nearly_right_is_suggested() -> None:
    assert refused("tilte = ''")[0].endswith("did you mean title?")
    assert choices("x", map(str, range(99))) == ""


def test_all_mistakes_are_told_at_once_by_line() -> None:
    found = refused("words = [1, 2]\n[main]\nnumber = 0\n[[part]]\nname = 'x'\nsize = 1\n")
    assert [told.removeprefix("f.toml:").partition(":")[0] for told in found] == ["1", "1", "2", "3", "6"]


def test_a_great_many_mistakes_are_counted() -> None:
    assert refused(f"words = [{'1, ' * 50}]")[-1].endswith("; and 30 more")


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"a = 1\nb 2", "f.toml:2: not TOML: Expected '=' after a key in a key/value pair"),
        (b"a = 1\na = 2", "f.toml:2: not TOML: Cannot overwrite a value"),
        (b'\na = "', "f.toml:2: not TOML: "),
        (
            b'a = "C:\\CE"',
            "f.toml:1: not TOML: Unescaped '\\' in a string (a Windows path stands in single quotes",
        ),
        (b'a = "C:\\Users\\x"', "a Windows path stands in single quotes"),
        (b"a = 1\nb = '\xff'", "f.toml:2: not UTF-8 text: invalid start byte"),
        (b"a = " + b"9" * 5000, "f.toml:1: a number is too long to be read"),
        (b"a = " + b"[" * 5000, "f.toml:1: values are nested too deeply"),
    ],
)
def test_what_is_not_toml_is_told_by_line(data: bytes, told: str) -> None:
    with pytest.raises(ConfigError) as raised:
        toml_document(data, "f.toml")
    assert told in str(raised.value)


def test_a_file_as_a_windows_editor_writes_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "f.toml").write_bytes(b'\xef\xbb\xbftitle = "a"\r\nwords = [\r\n  "b"]\r\n')
    file = open_toml(tmp_path / "f.toml", Form)
    assert (file.name, file.value.words, file.lines["words", 0]) == ("f.toml", ("b",), 3)


def test_a_later_mistake_is_told_where_its_nearest_known_place_stands() -> None:
    file = parse_toml(b"title = ''\n[[part]]\nname = 'x'", "f.toml", Form)
    found = [Mistake(("part", 0, "number"), "first"), Mistake(("nowhere",), "second")]
    assert str(file.error(found)) == "f.toml:1: second; f.toml:2: first"


def test_places_and_values_are_written_for_people() -> None:
    assert dotted(("a", 0, "b")) == "a[1].b"
    assert shown("x" * 99) == f'"{"x" * 59} ... (41 more characters)'
    assert shown(True) == "true"
