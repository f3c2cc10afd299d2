"""The hardened XML parser: what it refuses, and that its messages quote nothing."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import ParseError
from scanner.model import Origin
from scanner.parsers.xml import local_name, parse_xml

HERE = Origin(source="server.xml")


def refusal(data: bytes) -> str:
    with pytest.raises(ParseError) as refused:
        parse_xml(data, HERE)
    return str(refused.value)


@pytest.mark.parametrize(
    "data",
    [
        b"<a><b/></a>",
        b"\xef\xbb\xbf<a><b/></a>",
        "<a><b/></a>".encode("utf-16"),
        '<?xml version="1.0" encoding="utf-8"?><a><b/></a>'.encode("utf-16"),
        b'<!DOCTYPE a SYSTEM "http://example.test/a.dtd"><a><b/></a>',
        b"<a><!-- <c/> --><?pi x?><b/></a>",
    ],
)
def test_ordinary_documents_are_read_whatever_their_encoding(data: bytes) -> None:
    root = parse_xml(data, HERE)

    assert (root.tag, [child.tag for child in root]) == ("a", ["b"])


def test_a_doctype_with_entities_is_refused_and_says_so() -> None:
    said = refusal(b'<!DOCTYPE Server [<!ENTITY c SYSTEM "include.xml">]><Server>&c;</Server>')

    assert said.startswith("server.xml: the DOCTYPE of <Server> declares entities")


def test_no_entity_reaches_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("hunter2", encoding="utf-8")

    said = refusal(f'<!DOCTYPE a [<!ENTITY % x SYSTEM "{secret.as_uri()}">%x;]><a/>'.encode())

    assert "hunter2" not in said


def test_entities_that_multiply_are_refused_at_once() -> None:
    bomb = b'<!ENTITY l0 "lol">' + b"".join(
        b'<!ENTITY l%d "%s">' % (level, b"&l%d;" % (level - 1) * 10) for level in range(1, 12)
    )

    assert refusal(b"<!DOCTYPE a [" + bomb + b']><a x="&l11;"/>').startswith(
        "server.xml: not well-formed XML"
    )


@pytest.mark.parametrize(
    "data", [b"", b"\x00", b"PK\x03\x04", b"<a", b"<a></b>", b"<a>" * 400 + b"</a>" * 400]
)
def test_what_is_no_xml_is_refused(data: bytes) -> None:
    assert refusal(data).startswith("server.xml: not well-formed XML")


def test_the_message_names_the_line_and_quotes_nothing() -> None:
    said = refusal(b'<a>\n  <b keystorePass="x&hunter2;y"/>\n</a>')

    assert "(line 2, column" in said
    assert "hunter2" not in said


def test_local_names_drop_the_namespace_and_survive_entity_references() -> None:
    root = parse_xml(b'<a xmlns="urn:x"/>', HERE)

    assert local_name(root) == "a"


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        parse_xml(data, HERE)
    except ParseError as error:
        assert str(error).startswith("server.xml: ")
