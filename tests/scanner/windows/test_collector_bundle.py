"""What the collector writes, in the shapes that its own text names, is what the readers read."""

import json
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import tree_sitter_pwsh
from tree_sitter import Language, Node, Parser

from ce_audit.bundle.collecting import write_collection
from ce_audit.site.terms import read_terms
from rules.catalogue.loader import load_catalogue, port_locations
from scanner.collect import collect_evidence
from scanner.model import EvidenceKind, PortState, Profile, Snapshot
from scanner.windows import collector_script

CATALOGUE = load_catalogue()
POLICY = r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy"
PROCRUN = r"HKEY_LOCAL_MACHINE\SOFTWARE\WOW6432Node\Apache Software Foundation\Procrun 2.0"
EXE = r"C:\CE\Services\NamingService\NT_Naming_Service.exe"
RULE = rf"v2.10|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=9999|App={EXE}|Name=x|".replace("\\", r"\\")

HOST = {
    "name": "CE01",
    "domain": "example.org",
    "domain_joined": True,
    "os_caption": "Microsoft Windows Server 2019 Standard",
    "os_build": "17763",
    "boot_time": "2026-03-01T05:00:00Z",
    "time_zone": "W. Europe Standard Time",
    "culture": "de-DE",
    "elevated": True,
}
LISTENER = {"protocol": "tcp", "address": "fe80::1%5", "port": 9999, "pid": 2344}
INTERFACE = {"alias": "Ethernet0", "index": 4, "addresses": ["10.0.0.5/24"], "profile": "domain"}
PROCESS = {
    "pid": 2344,
    "name": "NT_Naming_Service.exe",
    "path": EXE,
    "started_at": "2026-03-01T05:02:00Z",
    "services": ["CENaming"],
}
SERVICE = {
    "name": "CENaming",
    "display_name": "N\u00e4ming",
    "path": f'"{EXE}" -x',
    "state": "Running",
    "start_mode": "Auto",
    "pid": 2344,
    "sid_type": None,
}
FILE = {"path": EXE, "bytes": 1000, "modified_at": "2026-01-01T00:00:00Z"}
KEY_TIME = {"key": rf"{POLICY}\FirewallRules", "last_write": "2026-03-01T08:00:00Z"}
STEP = {"name": "host.json", "ms": 12, "error": None}
MANIFEST_FILE = {"path": "host.json", "kind": "host", "sha256": "0" * 64, "bytes": 1}
MANIFEST = {
    "schema": "ce-audit/bundle-v1",
    "host": "CE01",
    "collected_at": "2026-03-02T08:00:00Z",
    "collector": "Collect-CEEvidence.ps1 0.1.0",
    "collected_by": "EXAMPLE\\admin",
    "powershell": "5.1.17763.1",
    "elevated": True,
    "files": [MANIFEST_FILE],
    "steps": [STEP],
}
RANGES = {
    "dynamic": {
        "tcp4": [49152, 16384],
        "udp4": [49152, 16384],
        "tcp6": [49152, 16384],
        "udp6": [49152, 16384],
    },
    "excluded": {"tcp4": [[50000, 50059, True]], "udp4": [], "tcp6": [], "udp6": []},
}
ROWS = (HOST, LISTENER, INTERFACE, PROCESS, SERVICE, FILE, KEY_TIME, STEP, MANIFEST_FILE, MANIFEST, RANGES)


def bundle() -> dict[str, bytes]:
    """Everything of a full run, by the names that the script gives."""
    return {
        "host.json": as_json(HOST),
        "manifest.json": as_json(MANIFEST),
        "network/listeners.json": as_json([LISTENER, {**LISTENER, "protocol": "udp", "address": "10.0.0.5"}]),
        "network/interfaces.json": as_json([INTERFACE]),
        "network/port-ranges.json": as_json(RANGES),
        "processes.json": as_json([PROCESS]),
        "services.json": as_json(
            [SERVICE, {**SERVICE, "name": "T", "pid": None, "path": r"C:\CE\Tomcat\bin\tomcat8.exe //RS//T"}]
        ),
        "files.json": as_json([FILE, {**FILE, "path": EXE + "x", "bytes": None, "modified_at": None}]),
        "registry/key-times.json": as_json([KEY_TIME]),
        "registry/firewall.reg": reg(f"[{POLICY}]", f"[{POLICY}\\FirewallRules]", f'"a"="{RULE}"'),
        "registry/policies.reg": absent(r"SOFTWARE\Policies\Microsoft\WindowsFirewall"),
        "registry/portproxy.reg": absent(r"SYSTEM\CurrentControlSet\Services\PortProxy"),
        "registry/ace-tao.reg": reg(
            r"[HKEY_LOCAL_MACHINE\SOFTWARE\WOW6432Node\ACE\TAO]",
            f'"TaoNamingServiceOptions"=hex(2):{utf_16("-ORBEndpoint iiop://:9999")}',
        ),
        "registry/geocampaign.reg": reg(
            r"[HKEY_LOCAL_MACHINE\SOFTWARE\Geomant Call Center Solutions\GeoCampaign]",
            '"Lync_Recorder_Port"=dword:000026f3',
            '"Password"="***"',
        ),
        "registry/procrun.reg": reg(
            rf"[{PROCRUN}\T\Parameters\Java]",
            f'"Options"=hex(7):{utf_16("-Da=1", "-Djavax.net.ssl.keyStorePassword=***", "")}',
        ),
        "config/C/CE/Services/ServerAgent/ServerAgent.Config.xml": (
            b'<a><ServerAgent port="9998" password="***"/></a>'
        ),
        "config/C/CE/Tomcat/conf/server.xml": (
            b'<Server port="-1"><Service><Connector port="${a}"/><Engine/></Service></Server>'
        ),
    }


def as_json(value: object) -> bytes:
    """As the script's own writer spells it: ASCII, everything else escaped."""
    return json.dumps(value).encode("ascii")


def reg(*lines: str) -> bytes:
    sections = "".join(f"\r\n{line}\r\n" if line.startswith("[") else f"{line}\r\n" for line in lines)
    return f"Windows Registry Editor Version 5.00\r\n{sections}\r\n".encode("utf-16")


def absent(path: str) -> bytes:
    """As the script states that a key is not there."""
    stated = re.search(
        r'return \("`r`n(; absent: \[HKEY_LOCAL_MACHINE\\)" \+ \$absent \+ "\]`r`n"\)', collector_script()
    )
    assert stated
    return reg("", f"{stated[1]}{path}]")


def utf_16(*texts: str) -> str:
    return "".join(f"{text}\0" for text in texts).encode("utf-16-le").hex(",")


def collected(path: Path, files: dict[str, bytes]) -> Snapshot:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return collect_evidence(path, port_locations(CATALOGUE))


def test_the_rows_have_the_fields_that_the_script_writes_in_its_order() -> None:
    tree = Parser(Language(tree_sitter_pwsh.language())).parse(collector_script().encode())
    written = {keys(node) for node in nodes(tree.root_node) if node.type == "hash_literal_expression"}
    late = {
        "processes": (*PROCESS,),
        "base": ("pid", "name", "path", "started_at"),
    }  # services are joined last
    assert late["base"] in written
    assert "$row['services'] = " in collector_script()
    for row in ROWS:
        assert (*row,) in written | {late["processes"]}, row


@pytest.mark.parametrize("name", [name for name in bundle() if not name.startswith("config/")])
def test_the_script_names_every_file_of_the_bundle(name: str) -> None:
    folder, _, file = name.rpartition("/")
    script = collector_script()
    if file.endswith(".reg"):
        assert f", '{file.removesuffix('.reg')}')" in script
        assert f"'{folder}/{{0}}.reg'" in script
    else:
        assert f"'{name}'" in script


def test_a_full_bundle_leaves_no_gap_but_the_recording_channels(tmp_path: Path) -> None:
    snapshot = collected(tmp_path / "b.zip", bundle())
    kinds = {gap.kind for gap in snapshot.gaps} - {
        EvidenceKind.CONFIGURED_PORTS,
        EvidenceKind.RECORDING_CHANNELS,
    }
    assert not kinds
    assert not snapshot.problems
    assert all(source.kind != "unrecognised" for source in snapshot.evidence)


def test_every_fact_arrives_as_it_was_written(tmp_path: Path) -> None:
    snapshot = collected(tmp_path / "b.zip", bundle())
    assert snapshot.host.name == "CE01"
    assert snapshot.host.collector == "Collect-CEEvidence.ps1 0.1.0"
    assert snapshot.host.firewall_changed_at is not None
    assert [(found.protocol, found.address, found.port, found.pid) for found in snapshot.listeners] == [
        ("tcp", "fe80::1", 9999, 2344),
        ("udp", "10.0.0.5", 9999, 2344),
    ]
    assert [found.profile for found in snapshot.interfaces] == [Profile.DOMAIN]
    assert snapshot.processes[0].services == ("CENaming",)
    assert snapshot.services[0].display_name == "N\u00e4ming"
    assert [found.bytes for found in snapshot.executables] == [1000, None]
    assert len(snapshot.port_ranges.dynamic) == 4
    assert snapshot.port_ranges.excluded[0].administered
    assert snapshot.firewall_rules[0].program == EXE


def test_the_program_keys_as_the_script_renders_them_give_their_ports(tmp_path: Path) -> None:
    snapshot = collected(tmp_path / "b.zip", bundle())
    ports = {found.component: found for found in snapshot.configured_ports if found.state is PortState.STATIC}
    assert {"naming-service", "ucma-recorder-recorder-port"} <= set(ports)
    assert ports["ucma-recorder-recorder-port"].endpoints[0].port == 9971


def test_a_failed_step_is_told_and_doubts_what_it_concerns(tmp_path: Path) -> None:
    failed = {"name": rf"{POLICY}\x", "ms": 1, "error": "denied"}
    manifest = as_json({**MANIFEST, "steps": [STEP, failed]})
    snapshot = collected(tmp_path / "b.zip", {**bundle(), "manifest.json": manifest})
    assert any("could not do this step: denied" in problem.reason for problem in snapshot.problems)
    assert {EvidenceKind.FIREWALL_RULES} <= {gap.kind for gap in snapshot.gaps}


@pytest.mark.parametrize("name", sorted(set(bundle()) - {"manifest.json"}))
def test_a_bundle_without_one_of_its_files_has_more_gaps_or_fewer_facts(name: str, tmp_path: Path) -> None:
    whole = collected(tmp_path / "a.zip", bundle())
    less = collected(tmp_path / "b.zip", {each: data for each, data in bundle().items() if each != name})
    assert len(less.gaps) > len(whole.gaps) or less.configured_ports != whole.configured_ports


ABSENT_KEYS = {  # a host without CE, and what a failed step leaves out
    "registry/ace-tao.reg": r"SOFTWARE\WOW6432Node\ACE",
    "registry/ace-tao-64.reg": r"SOFTWARE\ACE",
    "registry/geocampaign.reg": r"SOFTWARE\Geomant Call Center Solutions",
    "registry/geocampaign-32.reg": r"SOFTWARE\WOW6432Node\Geomant Call Center Solutions",
    "registry/procrun.reg": r"SOFTWARE\WOW6432Node\Apache Software Foundation",
    "registry/procrun-64.reg": r"SOFTWARE\Apache Software Foundation",
}
COMPONENTS = {
    "registry/ace-tao.reg": "naming-service",
    "registry/geocampaign.reg": "ucma-recorder-recorder-port",
    "registry/procrun.reg": "web-service",
}


def older(path: str) -> bytes:
    """As older collectors stated it: the nearest key above, without its values."""
    return reg(rf"[HKEY_LOCAL_MACHINE\{path.rpartition(chr(92))[0]}]")


def about(snapshot: Snapshot, component: str) -> tuple[int, set[PortState]]:
    """How many gaps there are about a component, and in which states its ports were found."""
    states = {found.state for found in snapshot.configured_ports if found.component == component}
    return sum(gap.subject == component for gap in snapshot.gaps), states


def test_keys_that_are_absent_are_no_gap(tmp_path: Path) -> None:
    keys = {name: absent(path) for name, path in ABSENT_KEYS.items()}
    snapshot = collected(tmp_path / "b.zip", {**bundle(), **keys})
    assert about(snapshot, "naming-service") == (0, {PortState.DYNAMIC})
    assert about(snapshot, "ucma-recorder-recorder-port") == (0, {PortState.NOT_DETERMINABLE})
    assert about(snapshot, "web-service")[0] == 0


@pytest.mark.parametrize("written", [absent, older])
@pytest.mark.parametrize("lost", COMPONENTS)
def test_what_one_file_says_to_be_absent_says_nothing_of_the_key_of_a_lost_one(
    lost: str, written: Callable[[str], bytes], tmp_path: Path
) -> None:
    keys = {name: written(path) for name, path in ABSENT_KEYS.items()}
    files = {name: data for name, data in {**bundle(), **keys}.items() if name != lost}
    gaps, states = about(collected(tmp_path / "b.zip", files), COMPONENTS[lost])
    assert gaps == 1
    assert PortState.DYNAMIC not in states


def test_an_older_bundle_still_shows_that_there_is_no_group_policy_and_no_port_proxy(tmp_path: Path) -> None:
    files = {
        **bundle(),
        "registry/policies.reg": older(r"SOFTWARE\Policies\Microsoft\WindowsFirewall"),
        "registry/portproxy.reg": older(r"SYSTEM\CurrentControlSet\Services\PortProxy"),
    }
    kinds = {gap.kind for gap in collected(tmp_path / "b.zip", files).gaps}
    assert not kinds & {EvidenceKind.GPO_POLICY, EvidenceKind.PORT_PROXIES}


def test_collect_seals_the_collector_s_bundle_again_and_keeps_who_collected(tmp_path: Path) -> None:
    collected(tmp_path / "b.zip", bundle())
    write_collection(tmp_path / "b.zip", tmp_path / "sealed.zip", read_terms())
    with zipfile.ZipFile(tmp_path / "sealed.zip") as archive:
        manifest = json.loads(archive.read("manifest.json"))
        assert set(archive.namelist()) == set(bundle())
    assert manifest["collected_by"] == "EXAMPLE\\admin"
    assert {found["path"] for found in manifest["files"]} == set(bundle()) - {"manifest.json"}


def nodes(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from nodes(child)


def keys(literal: Node) -> tuple[str, ...]:
    """The names of a hash literal's own entries, in order."""
    bodies = [child for child in literal.named_children if child.type == "hash_literal_body"]
    entries = [entry for body in bodies for entry in body.named_children if entry.type == "hash_entry"]
    return tuple((entry.named_children[0].text or b"").decode() for entry in entries)
