"""Ini files of unknown keys."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.model import PortState
from scanner.parsers.ce_ini import parse_ini_key, parse_ini_port


@pytest.mark.parametrize(
    "text",
    [
        "[smtp]\nPort=25\n",
        "port = 25 ; the usual one",
        "Listen_Port='25'\n[Database]\nPort=1433",
        "junk\n=\n[[[\nSmtpPort=25\n;Port=26\n#Port=27\nSupport=1\nDatabasePort=1433",
        "Port=25\nport=25",
    ],
)
def test_a_key_that_plainly_is_a_port_is_read(text: str) -> None:
    reading = parse_ini_port(text)

    assert (reading.state, [endpoint.port for endpoint in reading.endpoints]) == (PortState.STATIC, [25])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no key that plainly is a port"),
        ("[a]\nhost=x", "no key that plainly is a port"),
        ("Port=secret", "not a number from 1 to 65535"),
        ("Port=0", "not a number from 1 to 65535"),
        ("Port=25\nHttpPort=80", "2 ports"),
    ],
)
def test_anything_less_plain_is_not_determinable(text: str, said: str) -> None:
    reading = parse_ini_port(text)

    assert reading.state == PortState.NOT_DETERMINABLE
    assert said in reading.reason
    assert "secret" not in reading.text


def test_as_many_ports_as_the_component_has_are_read() -> None:
    assert len(parse_ini_port("Port=25\nHttpPort=80", count=2).endpoints) == 2


@given(st.text(max_size=200))
def test_no_text_is_too_strange(text: str) -> None:
    reading = parse_ini_port(text)

    assert reading.reason or reading.endpoints


KEYED = 'Gate=1\n[Listener]\nGate = "25"\n[Database]\nGate=1433\nOther=x\n'


def test_the_key_that_the_site_file_names_is_read_in_its_section_and_in_any_case() -> None:
    reading = parse_ini_key(KEYED, "LISTENER", "gate")
    assert (reading.state, [endpoint.port for endpoint in reading.endpoints]) == (PortState.STATIC, [25])


@pytest.mark.parametrize(
    ("section", "key", "said"),
    [
        ("Listener", "Port", "no such key as the site file names"),
        ("Nowhere", "Gate", "no such key as the site file names"),
        ("Database", "Other", "not a number from 1 to 65535"),
    ],
)
def test_a_key_that_is_not_there_or_is_no_port_is_not_determinable(section: str, key: str, said: str) -> None:
    reading = parse_ini_key(KEYED, section, key)
    assert (reading.state, reading.endpoints) == (PortState.NOT_DETERMINABLE, ())
    assert said in reading.reason
