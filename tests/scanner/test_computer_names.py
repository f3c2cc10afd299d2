"""PowerShell's objects name their computer: two are refused, and a name alone changes nothing else."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.catalogue.loader import load_catalogue, port_locations
from scanner.collect import collect_evidence
from scanner.computer_names import ComputerName, computer_names
from scanner.errors import SourceError
from scanner.model import Host, Origin, Snapshot

HERE = Origin(source="x.json")
LOCATIONS = port_locations(load_catalogue())

PROCESS = {"ProcessId": 4, "Name": "System", "ExecutablePath": None}
SERVICE = {"Name": "CENaming", "StartMode": "Auto", "PathName": "C:\\CE\\x.exe"}
SOCKET = {"LocalAddress": "::", "LocalPort": 135, "State": 2, "OwningProcess": 1712}
FW_RULE = {
    "InstanceID": "CE-1",
    "Name": "CE-1",
    "DisplayName": "x",
    "Enabled": 1,
    "Direction": 1,
    "Action": 2,
    "Profile": 0,
}


def of(name: str, key: str = "PSComputerName") -> dict[str, Any]:
    return (
        {"CimSystemProperties": {"Namespace": "root/cimv2", "ServerName": name}}
        if key == "CIM"
        else {key: name}
    )


def names(*rows: Any) -> list[str]:  # noqa: ANN401
    return [found.name for found in computer_names(rows, HERE)]


@pytest.mark.parametrize(
    "key", ["PSComputerName", "CSName", "SystemName", "CIM", "MachineName", "ComputerName", "pscomputername"]
)
def test_an_object_names_its_computer(key: str) -> None:
    assert names({**PROCESS, **of("CE01", key)}) == ["CE01"]


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        " ",
        ".",
        "localhost",
        "LOCALHOST.localdomain",
        "127.0.0.1",
        "10.0.0.5",
        "::1",
        5,
        "a b",
        ["A"],
    ],
)
def test_what_may_be_any_computer_names_none(value: object) -> None:
    assert names({"PSComputerName": value, "CimSystemProperties": {"ServerName": value}}) == []


def test_what_a_computer_calls_itself_comes_before_what_its_caller_did() -> None:
    assert names({"PSComputerName": "alias", "CSName": "CE01"}) == ["CE01"]
    assert names({"PSComputerName": "alias", **of("CE01", "CIM")}) == ["CE01"]
    assert names({"PSComputerName": "CE01", "SystemName": ""}) == ["CE01"]
    assert names({"CimSystemProperties": "Microsoft.Management...", "CSName": None}) == []


def test_each_name_is_told_once() -> None:
    assert names(of("CE01"), of("ce01"), "garbage", of("CE02"), {}) == ["CE01", "CE02"]


@given(
    st.dictionaries(
        st.sampled_from(["CSName", "PSComputerName", "CimSystemProperties"]), st.text() | st.none()
    )
)
def test_any_value_is_a_name_or_none(row: dict[str, Any]) -> None:
    assert all(isinstance(found, ComputerName) for found in computer_names([row], HERE))


def folder(tmp_path: Path, **files: Any) -> Path:  # noqa: ANN401
    for name, content in files.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    return tmp_path


def collected(path: Path) -> Snapshot:
    return collect_evidence(path, LOCATIONS)


@pytest.mark.parametrize("key", ["PSComputerName", "CSName", "CIM"])
@pytest.mark.parametrize(
    "one", [PROCESS, SERVICE, SOCKET, FW_RULE, {"rules": [FW_RULE], "net": [], "port": []}]
)
def test_objects_of_another_host_are_refused(tmp_path: Path, key: str, one: dict[str, Any]) -> None:
    named = (
        {**one, "rules": [{**FW_RULE, **of("CE01", key)}]} if "rules" in one else {**one, **of("CE01", key)}
    )
    other = {**SERVICE, **of("CE02", key)}
    with pytest.raises(SourceError, match=r"different hosts: CE01 in a\.json; CE02 in b\.json"):
        collected(folder(tmp_path, a=named, b=[other]))


def test_one_list_of_two_hosts_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="2 different hosts"):
        collected(folder(tmp_path, a=[{**SERVICE, **of("CE01")}, {**SERVICE, **of("CE02")}]))


def test_objects_of_another_host_than_host_json_s_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"CE02 in a\.json; CE01 in host\.json"):
        collected(folder(tmp_path, a={**PROCESS, **of("CE02")}, host={"name": "CE01"}))


def test_a_list_of_another_host_in_csv_or_clixml_is_refused(tmp_path: Path) -> None:
    header = '"Name","DisplayName","Enabled","Profile","Direction","Action","PSComputerName"'
    row = '"CE-1","x","True","Any","Inbound","Allow","CE02"'
    (tmp_path / "fw_rules.csv").write_text(f"{header}\n{row}\n")
    assert collected(tmp_path).host.name == "CE02"
    (tmp_path / "a.xml").write_text(
        '<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04"><Obj RefId="0"><MS>'
        '<I32 N="ProcessId">4</I32><S N="Name">System</S><Nil N="ExecutablePath"/><S N="CSName">CE01</S>'
        "</MS></Obj></Objs>"
    )
    with pytest.raises(SourceError, match=r"CE01 in a\.xml; CE02 in fw_rules\.csv"):
        collected(tmp_path)


@pytest.mark.parametrize(
    ("called", "known"),
    [
        ("ce01.corp.local", "CE01"),
        ("ce01", "CE01"),
        ("CONTACT-CENTRE-", "contact-centre-01"),
        ("10.0.0.5", "CE01"),
    ],
)
def test_a_name_alone_does_not_change_what_is_known_of_the_host(
    tmp_path: Path, called: str, known: str
) -> None:
    host = {"name": known, "boot_time": "2026-03-01T05:00:00Z"}
    before = collected(folder(tmp_path, host=host, z=PROCESS))
    after = collected(folder(tmp_path, host=host, z={**PROCESS, **of(called)}, a={**SERVICE, **of(called)}))
    assert after.host == before.host
    assert (after.problems, len(after.services)) == (before.problems, 1)


def test_a_name_alone_names_the_host_and_proves_nothing_more(tmp_path: Path) -> None:
    nameless = collected(folder(tmp_path, a=PROCESS))
    named = collected(folder(tmp_path, a={**PROCESS, **of("CE01", "CSName")}))
    assert nameless.host == Host()
    assert named.host == Host(name="CE01")
    assert msgspec.structs.replace(named, evidence=(), host=Host()) == msgspec.structs.replace(
        nameless, evidence=()
    )
