"""Registry exports: every kind of data, every kind of damage."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import ParseError
from scanner.model import Origin, Problem
from scanner.parsers.reg_file import looks_like_reg, parse_reg
from scanner.registry_key import AbsentKey, RegistryData, RegistryKey
from tests.corpus import CORPUS, needs_corpus

ORIGIN = Origin(source="registry/firewall.reg")
HEADER = "Windows Registry Editor Version 5.00\r\n\r\n"
KEY = r"HKEY_LOCAL_MACHINE\SOFTWARE\ACE\TAO"


def read(text: str) -> list[RegistryKey | Problem]:
    return list(parse_reg(text, ORIGIN))


def keys(text: str) -> list[RegistryKey]:
    return [item for item in read(text) if isinstance(item, RegistryKey)]


def problems(text: str) -> list[Problem]:
    return [item for item in read(text) if isinstance(item, Problem)]


def one_value(line: str) -> tuple[str, RegistryData]:
    (key,) = read(f"{HEADER}[{KEY}]\r\n{line}\r\n")
    assert isinstance(key, RegistryKey)
    (value,) = key.values
    return value


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (HEADER, True),
        ("\ufeff" + HEADER, True),
        ("\r\nREGEDIT4\r\n", True),
        ("windows registry editor version 5.00\n", True),
        ("", False),
        ("; Windows Registry Editor Version 5.00", False),
        ("[HKEY_LOCAL_MACHINE\\SOFTWARE]", False),
    ],
)
def test_an_export_is_known_by_its_first_line(text: str, answer: bool) -> None:
    assert looks_like_reg(text) is answer


def test_anything_else_is_refused_by_name() -> None:
    with pytest.raises(ParseError, match=r"registry/firewall\.reg"):
        read("Active Connections\n")


@pytest.mark.parametrize(
    ("line", "value"),
    [
        (r'"a"="plain"', ("a", "plain")),
        (r'"C:\\x \"y\""="\"C:\\p\\q.exe\" //RS"', ('C:\\x "y"', '"C:\\p\\q.exe" //RS')),
        (r'"ends"="C:\\dir\\"', ("ends", "C:\\dir\\")),
        ('@="the default"', ("", "the default")),
        ('""="empty name"', ("", "empty name")),
        ('"n"=dword:0000ffff', ("n", 65535)),
        ('  "n" = DWORD:9 ; note', ("n", 9)),
        ('"q"=hex(b):01,00,00,00,00,00,00,00', ("q", 1)),
        ('"d"=hex(4):ff,00,00,00', ("d", 255)),
        ('"e"=hex(2):25,00,41,00,25,00,00,00', ("e", "%A%")),
        ('"s"=hex(1):41,00', ("s", "A")),
        ('"m"=hex(7):61,00,00,00,62,00,00,00,00,00', ("m", ("a", "b"))),
        ('"b"=hex:01,\\\r\n  02,\\\r\n  03', ("b", b"\x01\x02\x03")),
        ('"none"=hex(0):', ("none", b"")),
        ('"x"=hex(ffff0007):aa', ("x", b"\xaa")),
        ('"lines"="one\r\ntwo\r\n"', ("lines", "one\r\ntwo\r\n")),
    ],
)
def test_every_kind_of_data_is_read(line: str, value: tuple[str, RegistryData]) -> None:
    assert one_value(line) == value


def test_regedit4_writes_its_strings_in_ansi() -> None:
    (key,) = keys(f'REGEDIT4\n[{KEY}]\n"a"=hex(2):41,e9,00\n"b"=hex(7):41,00,42,00,00\n')
    assert key.values == (("a", "Aé"), ("b", ("A", "B")))


def test_sections_keep_their_order_and_tell_their_line() -> None:
    text = f'{HEADER}; note\r\n[{KEY}]\r\n"a"="1\r\n2"\r\n\r\n[HKLM\\SOFTWARE\\Empty\\]\r\n'
    assert [(key.path, key.origin.locator, len(key.values)) for key in keys(text)] == [
        (KEY, "line 4", 1),
        (r"HKEY_LOCAL_MACHINE\SOFTWARE\Empty", "line 8", 0),
    ]
    assert {key.origin.source for key in keys(text)} == {"registry/firewall.reg"}


def test_joined_exports_are_read_through() -> None:
    text = f'{HEADER}[{KEY}]\r\n"a"="1"\r\n\ufeff{HEADER}[{KEY}]\r\n"b"="2"\r\n'
    assert [key.values for key in keys(text)] == [(("a", "1"),), (("b", "2"),)]
    assert not problems(text)


def test_deletions_are_passed_over() -> None:
    text = f'{HEADER}[-{KEY}\\Old]\r\n[{KEY}]\r\n"a"=-\r\n@=-\r\n"b"="1"\r\n'
    assert [(key.path, key.values) for key in read(text) if isinstance(key, RegistryKey)] == [
        (KEY, (("b", "1"),))
    ]
    assert not problems(text)


def test_a_statement_that_a_key_is_absent_is_read_and_cuts_no_section() -> None:
    text = f'{HEADER}[{KEY}]\r\n; absent: [HKLM\\SOFTWARE\\ACE] \r\n"a"="1"\r\n'
    assert read(text) == [
        AbsentKey(
            path=r"HKEY_LOCAL_MACHINE\SOFTWARE\ACE", origin=Origin(source=ORIGIN.source, locator="line 4")
        ),
        RegistryKey(path=KEY, values=(("a", "1"),), origin=Origin(source=ORIGIN.source, locator="line 3")),
    ]


@pytest.mark.parametrize(
    "line",
    [
        "; absent: [HKEY_LOCAL_MACHINE\\SOFT",  # cut off: no longer the key that was meant
        "; absent: HKEY_LOCAL_MACHINE\\SOFTWARE\\ACE",
        "; absent: [HKEY_LOCAL_MACHINE\\SOFTWARE\\ACE] or so",
        '"a"="1" ; absent: [HKEY_LOCAL_MACHINE\\SOFTWARE\\ACE]',
    ],
)
def test_another_comment_states_nothing(line: str) -> None:
    assert not [item for item in read(f"{HEADER}[{KEY}]\r\n{line}\r\n") if isinstance(item, AbsentKey)]
    assert not problems(f"{HEADER}[{KEY}]\r\n{line}\r\n")


def test_the_first_control_set_stands_in_where_no_current_one_is_named() -> None:
    text = HEADER + "".join(
        f"[HKEY_LOCAL_MACHINE\\SYSTEM\\{name}]\r\n"
        for name in (r"ControlSet002\Services", "ControlSet002", r"ControlSet001\Services", "ControlSet0021")
    )
    assert [key.path.split("\\", 2)[2] for key in keys(text)] == [
        r"CurrentControlSet\Services",
        "CurrentControlSet",
        r"ControlSet001\Services",
        "ControlSet0021",
    ]


def test_control_sets_keep_their_names_beside_the_current_one() -> None:
    text = (
        f"{HEADER}[HKLM\\SYSTEM\\ControlSet001\\Services]\r\n[HKLM\\SYSTEM\\CurrentControlSet\\Services]\r\n"
    )
    assert keys(text)[0].path == r"HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Services"


@pytest.mark.parametrize(
    "line",
    [
        "garbage",
        '"a"=',
        '"a"=dword:',
        '"a"=dword:xyz',
        '"a"=hex:1',
        '"a"=hex:0g',
        '"a"=hex(b):01,02',
        '"a"="open',
        '"a"="x" y',
        '"a"=hex:01,\\',
    ],
)
def test_a_broken_line_is_a_problem_and_the_rest_is_read(line: str) -> None:
    text = f'{HEADER}[{KEY}]\r\n{line}\r\n"good"="1"\r\n'
    (key,) = keys(text)
    assert key.values == (("good", "1"),)
    (problem,) = problems(text)
    assert problem.origin == Origin(source="registry/firewall.reg", locator="line 4")
    assert problem.text == line


def test_values_below_a_broken_key_line_belong_to_no_other_key() -> None:
    text = f'{HEADER}[{KEY}]\r\n"a"="1"\r\n[HKEY_LOCAL_MACHINE\\SOFT\r\n"b"="2"\r\n"c"="3"\r\n'
    assert [key.values for key in keys(text)] == [(("a", "1"),)]
    assert [(problem.origin.locator, problem.reason[:8]) for problem in problems(text)] == [
        ("line 5", "not a li"),
        ("line 5", "2 values"),
    ]


def test_long_garbage_is_cut() -> None:
    (problem,) = problems(HEADER + "x" * 5000)
    assert len(problem.text) == 200


@given(text=st.text(st.sampled_from('[]"\\=-;@\r\n ,:(hexdword)0127bKLM\ufeff'), max_size=80))
def test_no_text_raises(text: str) -> None:
    assert all(isinstance(item, RegistryKey | Problem) for item in read(HEADER + text))


@given(
    name=st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    data=st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
)
def test_escaped_names_and_texts_come_back(name: str, data: str) -> None:
    def escaped(text: str) -> str:
        return text.replace("\\", "\\\\").replace('"', '\\"')

    assert one_value(f'"{escaped(name)}"="{escaped(data)}"') == (name, data)


@pytest.mark.parametrize(
    "hostile", ['"a"="b\n', '"', '"a"=hex:00,\\\n', "[a", '"a\\', "\\\\", '"a"="\n', "]", "a=b\n"]
)
def test_reading_takes_time_in_proportion_to_the_text(hostile: str) -> None:
    begun = time.process_time()
    read(HEADER + hostile * 50_000)
    assert time.process_time() - begun < 2


@needs_corpus
@pytest.mark.parametrize(
    ("file", "encoding", "fw_rules"),
    [("gorstak_Firewall.reg", "ascii", 7411), ("yossi_FirewallRules_utf16.reg", "utf-16", 31)],
)
def test_real_exports_hold_as_many_rule_strings_as_grep_counts(
    file: str, encoding: str, fw_rules: int
) -> None:
    found = read((CORPUS / "reg" / file).read_text(encoding=encoding))
    data = [data for key in found if isinstance(key, RegistryKey) for _, data in key.values]
    assert sum("|Action=" in text for text in data if isinstance(text, str)) == fw_rules
    assert not [item for item in found if isinstance(item, Problem)]
