"""Configuration files lose their secrets and nothing else; registry keys of programs likewise."""

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import ParseError
from scanner.masking import masked, masked_command, masked_key
from scanner.model import Origin
from scanner.parsers.tomcat import parse_server_xml
from scanner.registry_key import RegistryData, RegistryKey
from tests.corpus import CORPUS, needs_corpus
from tests.scanner.masking_cases import COMMANDS, PLAIN, SECRETS

SECRET = b"Xk7!geheim"
SAMPLES = Path(__file__).resolve().parents[2] / "samples"


@pytest.mark.parametrize(("text", "left"), SECRETS)
def test_a_secret_goes_and_all_else_stays(text: bytes, left: bytes) -> None:
    assert masked(text) == left
    assert masked(left) == left


@pytest.mark.parametrize("text", PLAIN)
def test_ports_and_what_is_no_secret_stay_byte_for_byte(text: bytes) -> None:
    assert masked(text) == text


@pytest.mark.parametrize(("text", "left"), COMMANDS)
def test_a_command_line_keeps_its_program_and_loses_its_secrets(text: str, left: str) -> None:
    assert masked_command(text) == left
    assert masked_command(left) == left


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("tail", [b"", b"x"])
def test_every_encoding_is_masked_and_kept(encoding: str, tail: bytes) -> None:
    text = "<a n='é'><Password>{}</Password><Port>9997</Port></a>"
    data = text.format(SECRET.decode()).encode(encoding) + tail
    assert masked(data) == text.format("***").encode(encoding) + tail


def test_broken_utf_16_does_no_harm() -> None:
    data = b"\xff\xfe" + "pwd=\ud800x\nport=1".encode("utf-16-le", "surrogatepass")
    assert masked(data) == b"\xff\xfe" + "pwd=***\nport=1".encode("utf-16-le")


@given(st.binary() | st.text().map(str.encode) | st.text("<>='\"pwd ;-/:\n").map(str.encode))
def test_any_bytes_are_masked_without_error_and_once(data: bytes) -> None:
    assert masked(masked(data)) == masked(data)


def connectors(data: bytes) -> object:
    try:
        reading = parse_server_xml(data, {}, Origin(source="server.xml"))
    except ParseError as error:
        return str(error)
    return reading.state, reading.endpoints


def server_files() -> list[Path]:
    real = (CORPUS / "tomcat").glob("*erver.xml") if CORPUS.is_dir() else ()
    return sorted([*SAMPLES.rglob("server.xml"), *real])


@pytest.mark.parametrize("path", server_files(), ids=lambda path: path.parent.name[:20] + path.name[:30])
def test_a_masked_server_file_has_the_same_ports(path: Path) -> None:
    assert connectors(masked(path.read_bytes())) == connectors(path.read_bytes())


@needs_corpus
def test_real_server_files_name_secrets_that_go() -> None:
    found = [path for path in server_files() if b"keystorePass=" in path.read_bytes()]
    assert found
    for path in found:
        assert b"changeit" not in masked(path.read_bytes())


def key(*values: tuple[str, RegistryData]) -> RegistryKey:
    return RegistryKey(path="HKEY_LOCAL_MACHINE\\SOFTWARE\\X", values=values, origin=Origin(source=""))


def test_registry_values_named_as_secrets_go_and_text_is_masked() -> None:
    before = key(
        ("DbPassword", "Xk7!geheim"),
        ("SecretBlob", b"Xk7!geheim"),
        ("Pwds", ("Xk7!geheim",)),
        ("Dsn", "Server=h;Pwd=Xk7!geheim"),
        ("Options", ("-Dx.keyStorePassword=Xk7!geheim", "-Dport=1")),
        ("ImagePath", 's.exe -password "Xk7 geheim"'),
        ("Password\ud800", "kept: no name of a setting"),
        ("Lync_Recorder_Port", 9971),
        ("TokenPort", "9911"),
        ("PasswordAge", 7),
        ("Blob", b"\x01"),
    )
    assert masked_key(before) == key(
        ("DbPassword", "***"),
        ("SecretBlob", "***"),
        ("Pwds", "***"),
        ("Dsn", "Server=h;Pwd=***"),
        ("Options", ("-Dx.keyStorePassword=***", "-Dport=1")),
        ("ImagePath", 's.exe -password "***"'),
        ("Password\ud800", "kept: no name of a setting"),
        ("Lync_Recorder_Port", 9971),
        ("TokenPort", "9911"),
        ("PasswordAge", 7),
        ("Blob", b"\x01"),
    )


@pytest.mark.parametrize("data", ["", " ", (), ("", ""), b""])
def test_a_registry_value_named_as_a_secret_that_is_empty_stays_so(data: RegistryData) -> None:
    assert masked_key(key(("DbPassword", data))) == key(("DbPassword", data))


def test_a_key_without_secrets_is_itself() -> None:
    plain = key(("TaoNamingServiceOptions", "-ORBListenEndpoints iiop://:9999"), ("half", "\ud800"))
    assert masked_key(plain) is plain


@pytest.mark.parametrize(
    "piece", [b"a.", b"password", b"<password><![CDATA[", b'password="', b"<a x=", b" -pwd", b"://a:", b" "]
)
def test_hostile_text_costs_no_time(piece: bytes) -> None:
    begun = time.process_time()
    masked(piece * (200_000 // len(piece)))
    assert time.process_time() - begun < 10
