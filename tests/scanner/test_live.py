"""Live collection gives a bundle's documents, whatever the machine refuses; the registry here is a fake."""

import os
import socket
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from ce_audit.assess import assess
from rules.catalogue.loader import load_catalogue, port_locations
from rules.check_list import CHECKS
from rules.model import Status
from rules.presence import Presence, Sightings, installed
from rules.site import Site
from scanner.collect import Collection
from scanner.errors import SourceError
from scanner.live import (
    COLLECTOR,
    FACTS,
    TOMCAT_PROPERTIES,
    Registry,
    collect_host,
    collect_host_evidence,
    install_directories,
    installed_files,
    is_live_host,
)
from scanner.locations import LocationKind, PortLocation
from scanner.model import EvidenceKind, Origin, Problem, Service, Snapshot, Store
from scanner.registry_key import AbsentKey, RegistryKey
from scanner.registry_paths import FIREWALL_POLICY, GPO_FIREWALL_POLICY, HKLM, PORT_PROXY
from scanner.sources.document import Document
from scanner.sources.folder import host_path
from scanner.sources.live_commands import CONNECTION_PROFILES, Command

CATALOGUE = load_catalogue()
LOCATIONS = port_locations(CATALOGUE)
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
HERE = Origin(source="live registry")
RULE = "v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=9901|Name=Password=x|Desc=line\r\nbreak|"
TAO = rf"{HKLM}\SOFTWARE\WOW6432Node\ACE\TAO"
GEO = rf"{HKLM}\SOFTWARE\Geomant Call Center Solutions\GeoCampaign"
KEYS = (
    AbsentKey(path=PORT_PROXY, origin=HERE),
    RegistryKey(path=FIREWALL_POLICY, origin=HERE),
    RegistryKey(
        path=rf"{FIREWALL_POLICY}\FirewallRules", values=(("{1}", RULE),), last_write=NOON, origin=HERE
    ),
    RegistryKey(path=rf"{FIREWALL_POLICY}\DomainProfile", values=(("EnableFirewall", 1),), origin=HERE),
    AbsentKey(path=GPO_FIREWALL_POLICY, origin=HERE),
    RegistryKey(
        path=TAO,
        values=(("TaoNamingServiceOptions", "-ORBListenEndpoints iiop://:9999"),),
        last_write=NOON,
        origin=HERE,
    ),
    RegistryKey(
        path=GEO,
        values=(("Lync_Recorder_Port", 9971), ("DbPassword", "Xk7geheim"), ("Dsn", "Pwd=Xk7geheim;x=1")),
        origin=HERE,
    ),
)


def registry() -> Iterator[RegistryKey | AbsentKey | Problem]:
    yield from KEYS


DYNAMIC = b"""
Protocol tcp Dynamic Port Range
---------------------------------
Start Port      : 49152
Number of Ports : 16384
"""
EXCLUDED = b"""
Protocol tcp Port Exclusion Ranges

Start Port    End Port
----------    --------
      5357        5357

* - Administered port exclusions.
"""


def ask(command: Command) -> bytes:
    """What Windows' own programs would answer."""
    if command is CONNECTION_PROFILES:
        return b'{"InterfaceAlias": "lo", "InterfaceIndex": 1, "NetworkCategory": 2}'
    return DYNAMIC if "dynamicport" in command.arguments else EXCLUDED


def services() -> list[Service]:
    path = r'"C:\CE\Services\NamingService\NT_Naming_Service.exe" -x'
    return [Service(name="TAO_NT_Naming_Service", path=path, origin=HERE)]


def items(source: Registry = registry) -> list[Document | Problem]:
    facts = {**FACTS, "services.json": services}
    return list(collect_host_evidence(LOCATIONS, CATALOGUE.executables, source, ask, facts))


def read(found: list[Document | Problem]) -> Snapshot:
    collection = Collection(LOCATIONS)
    for item in found:
        collection.add(item)
    return collection.snapshot()


def test_the_machine_is_read_into_a_snapshot() -> None:
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        opened.listen()
        snapshot = read(items())
        port = opened.getsockname()[1]
    assert [found.pid for found in snapshot.listeners if found.port == port] == [os.getpid()]
    assert os.getpid() in [process.pid for process in snapshot.processes]
    assert snapshot.host.collector == COLLECTOR
    assert snapshot.host.boot_time
    assert snapshot.host.firewall_changed_at == NOON
    (fw_rule,) = snapshot.firewall_rules
    assert (fw_rule.id, fw_rule.store, fw_rule.local_ports) == ("{1}", Store.LOCAL, ("9901",))
    assert fw_rule.name == "Password=x"  # a firewall rule is never masked
    assert [(found.store, found.enabled) for found in snapshot.profile_settings] == [(Store.LOCAL, True)]
    ports = {found.component: [each.port for each in found.endpoints] for found in snapshot.configured_ports}
    assert ports["naming-service"] == [9999]
    assert snapshot.problems == ()


def test_every_document_is_one_that_the_bundle_names() -> None:
    names = [item.source for item in items() if isinstance(item, Document)]
    assert names == [
        "host.json",
        "network/listeners.json",
        "network/interfaces.json",
        "processes.json",
        "services.json",
        "network/connection-profiles.json",
        "network/port-ranges.txt",
        "registry/live.reg",
        "registry/key-times.json",
        "files.json",
    ]
    kinds = {found.source: found.kind for found in read(items()).evidence}
    assert kinds["registry/live.reg"] == "registry-export"
    assert "unrecognised" not in kinds.values()


def test_what_was_looked_at_and_found_empty_is_no_gap() -> None:
    missing = {gap.kind for gap in read(items()).gaps if not gap.subject}
    assert missing == set()


def test_no_secret_of_the_registry_leaves_the_machine() -> None:
    written = b"".join(item.data for item in items() if isinstance(item, Document))
    assert "Xk7geheim" not in written.decode("utf-8", "replace") + written.decode("utf-16-le", "replace")
    ports = {
        found.component: [each.port for each in found.endpoints] for found in read(items()).configured_ports
    }
    assert [9971] in ports.values()


def test_a_service_s_command_line_loses_its_secrets_and_still_shows_where_ce_is() -> None:
    path = r'"C:\CE\Services\ServerAgent\ServerAgent.exe" -password "Xk7 geheim" -pwd Xk7geheim'

    def secretive() -> list[Service]:
        return [*services(), Service(name="a", path=path, origin=HERE), Service(name="b", origin=HERE)]

    facts = {**FACTS, "services.json": secretive}
    found = list(collect_host_evidence(LOCATIONS, CATALOGUE.executables, registry, ask, facts))
    assert not any(b"geheim" in item.data for item in found if isinstance(item, Document))
    read_back = {service.name: service.path for service in read(found).services}
    assert read_back["a"] == r'"C:\CE\Services\ServerAgent\ServerAgent.exe" -password "***" -pwd ***'
    assert read_back["b"] is None
    (listed,) = (item for item in found if isinstance(item, Document) and item.source == "files.json")
    assert rb"C:\\CE\\Services\\ServerAgent\\ServerAgent.exe" in listed.data


def refused(error: Exception) -> Registry:
    def denied() -> Iterator[RegistryKey | AbsentKey | Problem]:
        yield KEYS[0]
        raise error

    return denied


@pytest.mark.parametrize("error", [SourceError("Windows only"), PermissionError(13, "Access is denied")])
def test_a_registry_that_is_refused_is_a_problem_and_its_kinds_are_gaps(error: Exception) -> None:
    snapshot = read(items(refused(error)))
    (problem,) = snapshot.problems
    assert problem.origin.source == "registry"
    assert problem.reason == f"cannot be read on this host: {error}"
    assert EvidenceKind.FIREWALL_RULES in {gap.kind for gap in snapshot.gaps}
    assert snapshot.firewall_rules == ()
    assert snapshot.processes


def test_a_key_that_is_refused_is_passed_on_and_doubted() -> None:
    path = rf"{FIREWALL_POLICY}\Mdm"
    denied = Problem(origin=Origin(source="live registry", locator=path), text=path, reason="denied")

    def partly() -> Iterator[RegistryKey | AbsentKey | Problem]:
        yield from (*KEYS, denied)

    snapshot = read(items(partly))
    assert snapshot.problems == (denied,)
    (gap,) = (gap for gap in snapshot.gaps if gap.kind is EvidenceKind.FIREWALL_RULES)
    assert gap.reason == "perhaps not all of it was read (live registry: denied)"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows is what can be read")
def test_another_system_says_that_its_registry_cannot_be_read() -> None:
    assert not is_live_host()
    problems = collect_host(LOCATIONS, CATALOGUE.executables).problems
    assert any("Windows only" in problem.reason for problem in problems)


def test_a_list_that_the_system_refuses_or_leaves_empty_is_a_problem_and_the_others_are_read() -> None:
    def refused() -> list[Service]:
        raise PermissionError(13, "Access is denied")

    facts = {**FACTS, "services.json": refused, "processes.json": list}
    found = list(collect_host_evidence(LOCATIONS, CATALOGUE.executables, registry, ask, facts))
    unread = {item.origin.source for item in found if isinstance(item, Problem)}
    assert unread == {"services.json", "processes.json"}
    missing = {gap.kind for gap in read(found).gaps}
    assert {EvidenceKind.SERVICES, EvidenceKind.PROCESSES} <= missing
    assert EvidenceKind.LISTENERS not in missing


def test_install_directories_are_what_stands_above_the_programs_of_the_product() -> None:
    executables = (r"Services\A\a.exe", r"Servers\B\b.exe")
    programs = (
        r"C:\CE\Services\A\a.exe",
        r'"c:\ce\servers\b\B.EXE"',
        r"D:\Other\Servers\B\b.exe",
        r"C:\Windows\a.exe",
        r"C:\XServices\A\a.exe",
    )
    assert install_directories(programs, executables) == (r"C:\CE", r"D:\Other")
    assert install_directories((), executables) == ()


def test_files_below_an_install_directory_are_listed_and_configurations_come_masked(tmp_path: Path) -> None:
    for name in ("a.exe", "a.xml"):
        (tmp_path / "Services" / "A" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "Services" / "A" / name).write_bytes(b'<a port="9901" password="Xk7geheim"/>')
    (tmp_path / "Services" / "B.xml").mkdir()  # a folder by the name of a file cannot be read
    paths = (r"Services\A\a.xml", r"Services\B.xml", r"Services\C.xml")
    locations = [PortLocation(component="c", kind=LocationKind.XML, path=path) for path in paths]
    program = f"{tmp_path}\\Services\\A\\a.exe"
    first, second, third = installed_files([program], locations, (r"Services\A\a.exe",))
    assert isinstance(first, Document)
    assert first.host_path == f"{tmp_path}\\Services\\A\\a.xml"
    assert first.data == b'<a port="9901" password="***"/>'
    assert isinstance(second, Problem)
    assert "cannot be read on this host" in second.reason
    assert isinstance(third, Document)
    rows = {row["path"].removeprefix(f"{tmp_path}\\"): row for row in msgspec.json.decode(third.data)}
    assert set(rows) == {r"Services\A\a.exe", *paths, TOMCAT_PROPERTIES}
    assert rows[r"Services\A\a.exe"]["bytes"] == 37
    assert rows[r"Services\C.xml"] == {
        "path": f"{tmp_path}\\Services\\C.xml",
        "bytes": None,
        "modified_at": None,
    }


def self_linked(path: Path) -> Path:
    """A file that is there and cannot be looked at, whoever asks."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(path.name)
    return path


@pytest.mark.skipif(sys.platform == "win32", reason="needs a symbolic link")
def test_a_file_that_cannot_be_looked_at_is_a_problem_and_not_absent(tmp_path: Path) -> None:
    hidden = self_linked(tmp_path / "Services" / "A" / "a.exe")
    (tmp_path / "Services" / "B").write_bytes(b"a file where a folder should be")
    programs = [f"{tmp_path}\\Services\\A\\a.exe"]
    executables = (r"Services\A\a.exe", r"Services\B\b.exe", r"Services\C\c.exe")
    problem, files = installed_files(programs, (), executables)
    assert isinstance(problem, Problem)
    assert problem.origin.source == "files.json"
    assert problem.reason.startswith(f"{tmp_path}\\Services\\A\\a.exe cannot be read on this host: ")
    assert str(hidden) in problem.reason
    assert isinstance(files, Document)
    rows = {
        row["path"].removeprefix(f"{tmp_path}\\"): row["bytes"] for row in msgspec.json.decode(files.data)
    }
    assert rows == {r"Services\B\b.exe": None, r"Services\C\c.exe": None, TOMCAT_PROPERTIES: None}


@pytest.mark.skipif(sys.platform == "win32", reason="needs a symbolic link")
def test_where_no_file_can_be_looked_at_there_is_no_list(tmp_path: Path) -> None:
    install = self_linked(tmp_path / "CE")
    found = list(installed_files([f"{install}\\A\\a.exe"], (), (r"A\a.exe",)))
    assert len(found) == 2
    assert all(isinstance(item, Problem) for item in found)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a symbolic link")
def test_nothing_that_needs_to_know_what_is_installed_passes_on_files_that_could_not_be_seen(
    tmp_path: Path,
) -> None:
    self_linked(tmp_path / "Servers" / "SDServer")
    seen = Service(name="a", path=f"{tmp_path}\\Services\\ServerAgent\\ServerAgent.exe", origin=HERE)

    def some() -> list[Service]:
        return [seen]

    facts = {**FACTS, "services.json": some}
    snapshot = read(list(collect_host_evidence(LOCATIONS, CATALOGUE.executables, registry, ask, facts)))
    (gap,) = (gap for gap in snapshot.gaps if gap.kind is EvidenceKind.EXECUTABLES)
    assert gap.partial
    assert "SDServer.exe cannot be read on this host" in gap.reason
    listed = {found.path.rpartition("\\")[2] for found in snapshot.executables}
    assert "SDServer.exe" not in listed
    assert "LicenseServer.exe" in listed
    sightings = Sightings(snapshot, CATALOGUE)
    states = {row.executable: installed(row, sightings, str(tmp_path)).presence for row in CATALOGUE.rows}
    assert Presence.ABSENT not in states.values()
    results = assess(snapshot, CATALOGUE, Site()).results
    needing = {check.id for check in CHECKS if EvidenceKind.EXECUTABLES in check.needs}
    statuses = {result.check: result.status for result in results if result.check in needing}
    assert statuses
    assert Status.PASS not in statuses.values()


def test_a_configuration_file_goes_by_its_drive_in_the_bundle() -> None:
    source = "config/C/CE/Services/A/a.xml"
    assert host_path(source) == r"C:\CE\Services\A\a.xml"
    (files,) = installed_files([r"C:\Nowhere\A\a.exe"], (), (r"A\a.exe",))
    assert isinstance(files, Document)
    assert [row["path"] for row in msgspec.json.decode(files.data)] == [
        r"C:\Nowhere\A\a.exe",
        rf"C:\Nowhere\{TOMCAT_PROPERTIES}",
    ]


def test_ce_is_looked_for_where_the_site_says_it_is_though_nothing_of_it_runs(tmp_path: Path) -> None:
    server = tmp_path / "Servers" / "SDServer"
    server.mkdir(parents=True)
    (server / "SDServer.exe").write_bytes(b"MZ")

    def others() -> list[Service]:
        return [Service(name="Spooler", path=r"C:\Windows\spoolsv.exe", origin=HERE)]

    facts = {**FACTS, "services.json": others}
    found = collect_host_evidence(
        LOCATIONS, CATALOGUE.executables, registry, ask, facts, directories=(str(tmp_path),)
    )
    seen = {file.path: file.bytes for file in read(list(found)).executables}
    assert seen[f"{tmp_path}\\Servers\\SDServer\\SDServer.exe"] == 2
    assert seen[f"{tmp_path}\\Servers\\LicenseServer\\LicenseServer.exe"] is None
