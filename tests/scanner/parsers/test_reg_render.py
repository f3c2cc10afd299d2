"""What is rendered as a registry export is read back as it was."""

import string
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.model import Origin
from scanner.parsers.reg_file import is_cut_off, looks_like_reg, parse_reg
from scanner.parsers.reg_render import render_reg
from scanner.parsers.text import decode
from scanner.registry_key import AbsentKey, RegistryData, RegistryKey

NOWHERE = Origin(source="")
PATH = r"HKEY_LOCAL_MACHINE\SOFTWARE\X"


def read_back(keys: list[RegistryKey]) -> list[tuple[str, tuple[tuple[str, RegistryData], ...]]]:
    text = decode(render_reg(keys))
    found = list(parse_reg(text, NOWHERE))
    assert all(isinstance(key, RegistryKey) for key in found), found
    return [(key.path, key.values) for key in found if isinstance(key, RegistryKey)]


def key(*values: tuple[str, RegistryData], path: str = PATH) -> RegistryKey:
    return RegistryKey(path=path, values=values, origin=NOWHERE)


# What a registry can hold: no NUL in text, and no empty string in a list, which would end it. No control
# characters in names here: a whole file of them reads as binary data.
TEXT = st.text(st.characters(codec="utf-16-le", exclude_characters="\0"))
LINE = st.text(st.characters(codec="utf-16-le", exclude_categories=["Cc", "Cs"]), max_size=20)
DATA = (
    TEXT
    | st.text('\\"\r\n\t;,[]=@ ', max_size=12)
    | st.integers(0, 2**64 - 1)
    | st.lists(TEXT.filter(bool), max_size=4).map(tuple)
    | st.binary(max_size=40)
)
NAME = st.text(string.ascii_letters + ' \\"[]=;@é', max_size=12) | LINE
PATHS = st.text(string.ascii_letters + " -[];=é", min_size=1, max_size=12).map(lambda name: f"{PATH}\\{name}")


@given(
    st.lists(st.builds(lambda path, values: key(*values, path=path), PATHS, st.lists(st.tuples(NAME, DATA))))
)
def test_reading_gives_back_what_was_rendered(keys: list[RegistryKey]) -> None:
    assert read_back(keys) == [(each.path, each.values) for each in keys]


@pytest.mark.parametrize(
    "data",
    [
        "",
        "plain",
        'quotes " and \\ backslashes \\\\server\\share\\',
        "line\r\nbreaks\nof\rall kinds",
        "tab\t; [x]",
        "é ő 漢 😀 \u202e",
        0,
        0xFFFFFFFF,
        1 << 32,
        (1 << 64) - 1,
        (),
        ("a", "b\r\nc"),
        b"",
        b"\0\xff",
    ],
)
def test_every_kind_of_data_survives(data: RegistryData) -> None:
    assert read_back([key(("name", data), ("", data))]) == [(PATH, (("name", data), ("", data)))]


def test_half_a_surrogate_pair_is_written_and_read_as_a_replacement() -> None:
    (found,) = read_back([key(("a", "x\ud800y"), ("b", ("\udc00",)))])
    assert found[1] == (("a", "x\ufffdy"), ("b", ("\ufffd",)))


@pytest.mark.parametrize("name", ["a\0b", "a\x01b", "a\r\nb", '"]\r\n[HKEY_LOCAL_MACHINE\\Y]\r\n"'])
def test_a_hostile_name_hides_nothing_else(name: str) -> None:
    ((_, values),) = read_back([key(("first", 1), (name, 2), ("last", 3))])
    assert values == (("first", 1), (name.replace("\0", "\ufffd"), 2), ("last", 3))


def test_no_keys_are_an_export_too() -> None:
    assert looks_like_reg(decode(render_reg([])))
    assert read_back([]) == []


def test_an_absent_key_is_read_back_as_one() -> None:
    absent = AbsentKey(path=PATH, origin=NOWHERE)
    text = decode(render_reg([key(("a", 1)), absent, key(("b", 2))]))
    (found,) = (item for item in parse_reg(text, NOWHERE) if isinstance(item, AbsentKey))
    assert found.path == PATH
    assert not is_cut_off(text)


def test_the_bytes_are_those_of_windows() -> None:
    mark = "utf-16-le" if sys.byteorder == "little" else "utf-16-be"
    text = f'Windows Registry Editor Version 5.00\r\n\r\n[{PATH}]\r\n"a"=dword:00000007\r\n\r\n'
    assert render_reg([key(("a", 7))])[2:] == text.encode(mark)
