"""Each document goes to the one reader it is for: by content first, by name second."""

import json
from typing import Any

import pytest

from rules.catalogue.loader import load_catalogue, port_locations
from scanner.configuration_file import ConfigurationFile
from scanner.errors import ParseError, SourceError
from scanner.model import EvidenceKind, Listener, Process
from scanner.readers import Reading, recognise
from scanner.registry_key import RegistryKey
from scanner.sources.document import Document
from tests.corpus import CORPUS, needs_corpus
from tests.scanner.sources.regf import Key, hive

LOCATIONS = port_locations(load_catalogue())
NETSTAT = (
    b"\r\nActive Connections\r\n\r\n  Proto  Local Address  Foreign Address  State  PID\r\n"
    b"  TCP    0.0.0.0:135    0.0.0.0:0        LISTENING       1712\r\n"
)
GPO_REPORT = (
    '<?xml version="1.0" encoding="utf-16"?>\r\n<GPO xmlns="http://www.microsoft.com/GroupPolicy/Settings"/>'
)
IPCONFIG = (
    b"Ethernet adapter Ethernet0:\r\n\r\n"
    b"   IPv4 Address. . . . : 10.1.2.3\r\n   Subnet Mask . . . . : 255.255.255.0\r\n"
)
CIM = {"ProcessId": 4, "Name": "System", "ExecutablePath": None, "CreationDate": None}


def reading(source: str, data: bytes, host_path: str | None = None) -> Reading | None:
    return recognise(Document(source=source, data=data, host_path=host_path), LOCATIONS)


def kind(source: str, data: bytes, host_path: str | None = None) -> str | None:
    found = reading(source, data, host_path)
    return found and found.kind


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"Windows Registry Editor Version 5.00\r\n", "registry-export"),
        ("Windows Registry Editor Version 5.00\r\n".encode("utf-16"), "registry-export"),
        (b"REGEDIT4\n", "registry-export"),
        (NETSTAT, "netstat"),
        (hive(Key()), "registry-hive"),
        (b"channel,recorder,media_port,control_port\n1,sip,20000,20001\n", "recording-channels"),
        (json.dumps([CIM]).encode(), "powershell-json"),
        (b"nothing we know", None),
        (b"PReg\x01\0\0\0", "group-policy-file"),
        (GPO_REPORT.encode("utf-16"), "group-policy-report"),
        (b"#Version: 1.5\n#Software: Microsoft Windows Firewall\n", "firewall-log"),
        (IPCONFIG, "ipconfig"),
        (b"{}", None),
        (b"<xml/>", None),
    ],
)
def test_the_content_says_what_it_is_under_any_name(data: bytes, expected: str | None) -> None:
    assert kind("whatever.txt", data) == expected
    assert kind("below/it.json", data) == expected


@pytest.mark.parametrize(
    ("name", "shows"),
    [
        ("manifest.json", ()),
        ("host.json", ()),
        ("registry/key-times.json", ()),
        ("network/Listeners.JSON", (EvidenceKind.LISTENERS,)),
        ("network/interfaces.json", ()),  # only the profile active on one of them proves anything
        ("network/port-ranges.json", (EvidenceKind.PORT_RANGES,)),
        ("processes.json", (EvidenceKind.PROCESSES,)),
        ("services.json", (EvidenceKind.SERVICES,)),
        ("files.json", ()),  # whose rows are the files that were looked for
    ],
)
def test_a_file_of_the_bundle_goes_by_its_name_and_shows_its_kind_even_when_empty(
    name: str, shows: tuple[EvidenceKind, ...]
) -> None:
    found = reading(name, b"[]")
    assert found
    assert (found.kind, found.shows) == (f"bundle:{name.rpartition('/')[2].casefold()}", shows)


@pytest.mark.parametrize(
    ("lines", "childless"),
    [
        (("[HKLM\\SOFTWARE\\ACE]", ""), False),
        (("[HKLM\\SOFTWARE\\ACE]",), True),  # cut off
        (("[HKLM\\SOFTWARE\\ACE]", "[HKLM\\SOFTWARE\\ACE\\TA", ""), True),
        (("[HKLM\\SOFTWARE\\ACE]", "garbled", ""), False),
    ],
)
def test_a_key_of_an_export_that_lost_a_section_does_not_show_what_is_below_it(
    lines: tuple[str, ...], childless: bool
) -> None:
    text = "\r\n".join(("Windows Registry Editor Version 5.00", "", *lines, ""))
    found = reading("x.reg", text.encode())
    assert found
    assert [item.childless for item in found.items if isinstance(item, RegistryKey)] == [childless]


def test_powershells_own_listing_is_known_even_under_the_name_of_a_bundle_file() -> None:
    found = reading("processes.json", json.dumps([CIM]).encode())
    assert found
    (process,) = found.items
    assert (found.kind, type(process)) == ("powershell-json", Process)


def test_json_is_known_however_long_it_is() -> None:
    rows = [{**CIM, "ProcessId": number, "CommandLine": "x" * 200} for number in range(1000)]
    found = reading("processes-cim.json", json.dumps(rows).encode())
    assert found
    assert len(list(found.items)) == 1000


def test_a_long_text_is_known_by_its_head() -> None:
    found = reading("n.txt", NETSTAT + NETSTAT.splitlines(keepends=True)[-1] * 2000)
    assert found
    assert sum(isinstance(item, Listener) for item in found.items) == 2001


@pytest.mark.parametrize("name", ["processes.json.gz", "processes.json.XZ", "x/processes.json"])
def test_the_name_before_the_compression_counts(name: str) -> None:
    assert kind(name, b"[]") == "bundle:processes.json"


@pytest.mark.parametrize(
    "name",
    ["server.xml", "SERVER.XML", "catalina.properties", "ServerAgent.Config.xml", "gc.sms.gw.service.ini"],
)
def test_a_file_that_defines_ports_is_kept_whole_whatever_it_holds(name: str) -> None:
    found = reading(f"config/C/CE/{name}", b"<broken", f"C:\\CE\\{name}")
    assert found
    (file,) = found.items
    assert found.kind == "configuration"
    assert isinstance(file, ConfigurationFile)
    assert (file.path, file.data) == (f"C:\\CE\\{name}", b"<broken")


def test_a_configuration_file_without_its_host_path_is_known_by_where_it_lies() -> None:
    found = reading("Tomcat/conf/server.xml", b"<Server/>")
    assert found
    (file,) = found.items
    assert file.path == "Tomcat\\conf\\server.xml"


def test_a_configuration_file_of_the_host_is_no_file_of_the_bundle() -> None:
    assert kind("config/C/app/host.json", b"{}", "C:\\app\\host.json") is None


def test_an_empty_file_is_an_error() -> None:
    with pytest.raises(SourceError, match=r"^x\.reg: the file is empty \(0 bytes\)"):
        reading("x.reg", b"")


@pytest.mark.parametrize("data", [b"\0\1\2\3" * 50, b"MZ\x90\0\3\0\0\0", bytes(range(32)) * 9])
def test_binary_data_are_an_error(data: bytes) -> None:
    with pytest.raises(ParseError, match="binary data"):
        reading("x.bin", data)


@needs_corpus
def test_a_table_for_people_is_refused_with_the_command_to_run_instead() -> None:
    data = (CORPUS / "powershell" / "netfirewallrule_single_cortana.txt").read_bytes()
    with pytest.raises(ParseError, match="reg export"):
        reading("rules.txt", data)


def items(found: Reading | None) -> list[Any]:
    return list(found.items) if found else []


def test_nothing_is_parsed_before_it_is_asked_for() -> None:
    found = reading("processes.json", b"[1")
    assert found
    with pytest.raises(ParseError):
        items(found)


def test_a_log_of_a_hive_is_read_with_its_hive_only() -> None:
    data = hive(Key(), file_type=6)
    with pytest.raises(SourceError, match=r"^SYSTEM\.LOG1: .* transaction log without its hive"):
        reading("SYSTEM.LOG1", data)
    found = recognise(Document(source="SYSTEM.LOG1", data=data, belongs_to="SYSTEM"), LOCATIONS)
    assert found
    assert (found.kind, items(found)) == ("registry-hive-log", [])
