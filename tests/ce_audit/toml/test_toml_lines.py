"""The line of every key: what tomllib reads, found again in the text."""

import random
import tomllib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ce_audit.toml.lines import Place, lines_of

KEYS = st.text("abzA-_0 .é\"'#[]=\\", min_size=0, max_size=5)
TEXTS = st.text("ab \n\"'\\#]}=,\t[[é", max_size=8)
LEAVES = st.one_of(TEXTS, st.integers(), st.booleans(), st.floats(allow_nan=False, allow_infinity=False))
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=4), max_leaves=6)
TABLES = st.recursive(
    st.dictionaries(KEYS, VALUES, max_size=4),
    lambda inner: st.dictionaries(
        KEYS, st.one_of(VALUES, inner, st.lists(inner, min_size=1, max_size=3)), max_size=4
    ),
    max_leaves=8,
)


class Writer:
    """Writes a document as TOML, in any of the styles that TOML has, and notes where each key lands."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._text = ""
        self.lines: dict[Place, int] = {}

    def written(self, document: dict[str, Any]) -> str:
        self._table(document, (), ())
        return self._text

    def _note(self, place: Place) -> None:
        self.lines.setdefault(place, self._text.count("\n") + 1)

    def _table(self, table: dict[str, Any], place: Place, heading: tuple[str, ...]) -> None:
        later: list[tuple[str, Any]] = []
        for key, value in table.items():
            tables = isinstance(value, dict) or (_is_tables(value) and self._chance.random() < 0.7)
            if tables and self._chance.random() < 0.8:
                later.append((key, value))
                continue
            self._filler()
            self._note((*place, key))
            self._text += f"{self._key(key)}{self._blank()}={self._blank()}"
            self._value(value, (*place, key))
            self._end()
        for key, value in later:
            self._headed(value, (*place, key), (*heading, key))

    def _headed(
        self, value: dict[str, Any] | list[dict[str, Any]], place: Place, heading: tuple[str, ...]
    ) -> None:
        several = isinstance(value, list)
        dot = f"{self._blank()}.{self._blank()}"
        name = dot.join(self._key(key) for key in heading)
        for index, table in enumerate(value if several else [value]):
            self._filler()
            here = (*place, index) if several else place
            self._note(place)
            self._note(here)
            self._text += f"[[{name}]]" if several else f"[{name}]"
            self._end()
            self._table(table, here, heading)

    def _value(self, value: object, place: Place) -> None:
        if isinstance(value, dict):
            self._inline(value, place)
        elif isinstance(value, list):
            self._array(value, place)
        elif isinstance(value, str):
            self._text += self._quoted(value)
        else:
            self._text += str(value).lower() if isinstance(value, bool) else repr(value)

    def _inline(self, table: dict[str, Any], place: Place) -> None:
        self._text += "{"
        for number, (key, item) in enumerate(table.items()):
            self._text += f"{',' if number else ''}{self._blank()}"
            self._note((*place, key))
            self._text += f"{self._key(key)}{self._blank()}={self._blank()}"
            self._value(item, (*place, key))
        self._text += self._blank() + "}"

    def _array(self, items: list[Any], place: Place) -> None:
        self._text += "["
        for number, item in enumerate(items):
            self._text += self._break()
            self._note((*place, number))
            self._value(item, (*place, number))
            self._text += self._break() + ","
        self._text += self._break() + "]"

    def _quoted(self, text: str) -> str:
        styles = [_basic(text)]
        if "'" not in text and text.isprintable():
            styles.append(f"'{text}'")
        if "'" not in text and "\\" not in text:
            styles.append(f"'''\n{text}'''")
        multi = _basic(text)[1:-1].replace("\\n", "\n")
        styles += [f'"""\n{multi}"""', f'"""\n{multi}\\\n   """']
        return self._chance.choice(styles)

    def _key(self, key: str) -> str:
        plain = bool(key) and all(letter.isascii() and (letter.isalnum() or letter in "-_") for letter in key)
        literal = [f"'{key}'"] if "'" not in key else []
        return self._chance.choice([key] if plain else [_basic(key), *literal])

    def _blank(self) -> str:
        return self._chance.choice(["", " ", "\t "])

    def _break(self) -> str:
        return self._chance.choice(["", " ", "\n", " # ]\n", "\n\n  # a = '''\n"])

    def _end(self) -> None:
        self._text += self._chance.choice(["\n", " # [x] = 'y\n", "\n\n"])

    def _filler(self) -> None:
        self._text += self._chance.choice(["", "", "# [a]\n", "\n", "  "])


def _is_tables(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)


def _basic(text: str) -> str:
    for plain, escaped in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\t", "\\t")):
        text = text.replace(plain, escaped)
    return f'"{text}"'


def _places(value: object, place: Place = ()) -> set[Place]:
    """Every place of a document as tomllib gives it, but the top."""
    items: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    return {found for key, item in items for found in ((*place, key), *_places(item, (*place, key)))}


@given(TABLES, st.randoms(use_true_random=False))
def test_every_key_that_tomllib_reads_has_the_line_it_was_written_on(
    document: dict[str, Any], chance: random.Random
) -> None:
    writer = Writer(chance)
    text = writer.written(document)
    assert tomllib.loads(text) == document  # the writer writes what it should
    assert set(lines_of(text)) == _places(document)
    assert lines_of(text) == writer.lines


def test_dotted_keys_and_headings_give_a_line_to_every_table_on_the_way() -> None:
    text = "a.b . 'c d' = 1\n[x.y]\n[[x.z]]\n[[x.z]]\nk = 1\n[x.z.'w.w']\nk.l = 2\n"
    assert lines_of(text) == {
        ("a",): 1,
        ("a", "b"): 1,
        ("a", "b", "c d"): 1,
        ("x",): 2,
        ("x", "y"): 2,
        ("x", "z"): 3,
        ("x", "z", 0): 3,
        ("x", "z", 1): 4,
        ("x", "z", 1, "k"): 5,
        ("x", "z", 1, "w.w"): 6,
        ("x", "z", 1, "w.w", "k"): 7,
        ("x", "z", 1, "w.w", "k", "l"): 7,
    }


def test_dates_times_and_odd_numbers_do_not_lose_the_count() -> None:
    text = 'a = 1979-05-27 07:32:00.5+00:00 # x\nb = [07:32:00, 1e5,\n-inf, 0x_dead]\nc = """"a""""\nd = ""\n'
    text = text.replace("0x_dead", "0xde_ad")
    tomllib.loads(text)
    assert lines_of(text) == {
        ("a",): 1,
        ("b",): 2,
        ("b", 0): 2,
        ("b", 1): 2,
        ("b", 2): 3,
        ("b", 3): 3,
        ("c",): 4,
        ("d",): 5,
    }


def test_an_empty_text_has_no_keys() -> None:
    assert lines_of("") == {}
