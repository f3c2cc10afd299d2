"""Sources that deny each other are told, and so is evidence of two hosts or of two times."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ce_audit.assess import assess
from rules.catalogue.loader import load_catalogue, port_locations
from rules.model import CheckResult, Status
from rules.site import Site
from scanner.collect import collect_evidence
from scanner.contradictions import Stated, contradictions
from scanner.errors import SourceError
from scanner.model import (
    EvidenceKind,
    FirewallRule,
    Gap,
    Host,
    Interface,
    Listener,
    Origin,
    Problem,
    Process,
    Profile,
    ProfileSettings,
    Service,
    Snapshot,
    Store,
)

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
CATALOGUE = load_catalogue()
SAMPLES = Path(__file__).resolve().parents[2] / "samples"
ANY = "0.0.0.0"  # noqa: S104 - nothing is bound here
A, B, C = (Origin(source=name, locator=f"row {row}") for row, name in enumerate("abc", 1))


def found(
    *facts: Any,  # noqa: ANN401
    hosts: Iterable[Stated] = (),
    times: dict[str, datetime] | None = None,
) -> tuple[list[Problem], list[Gap]]:
    items: dict[type, list[Any]] = {}
    for fact in facts:
        items.setdefault(type(fact), []).append(fact)
    result = list(contradictions(items, list(hosts), times or {}))
    return (
        [item for item in result if isinstance(item, Problem)],
        [item for item in result if isinstance(item, Gap)],
    )


def socket(origin: Origin, pid: int | None = None, image: str | None = None, port: int = 8080) -> Listener:
    return Listener(protocol="tcp", address=ANY, port=port, pid=pid, image=image, origin=origin)


def process(origin: Origin, name: str, path: str | None = None, pid: int = 700) -> Process:
    return Process(pid=pid, name=name, path=path, origin=origin)


def test_a_socket_with_two_owners_names_both_places_and_both_values() -> None:
    (problem,), (gap,) = found(socket(A, 4), socket(B, 5))
    assert problem.origin == B
    assert problem.text == "PID 5"
    assert problem.reason == (
        "the owner of TCP 0.0.0.0:8080 is PID 5 here but PID 4 in a, row 1, and each may have been right at "
        "its own time: when either was taken is not known"
    )
    assert (gap.kind, gap.partial) == (EvidenceKind.LISTENERS, True)
    assert "b, row 2" in gap.reason


def test_the_times_of_both_sources_are_told_where_they_are_known() -> None:
    (problem,), _ = found(socket(A, 4), socket(B, 5), times={"a": NOON, "b": NOON + timedelta(minutes=5)})
    told = "b is of 2026-03-01T12:05:00+00:00 and a is of 2026-03-01T12:00:00+00:00"
    assert problem.reason.endswith(f"right at its own time: {told}")


@pytest.mark.parametrize(
    "sockets",
    [
        (socket(A, 4), socket(A, 5)),  # programs that share a port, in one source
        (socket(A, 4), socket(A, 5), socket(B, 5)),
        (socket(A, 4), socket(B)),
        (socket(A, 4), socket(B, 5, port=81)),
        (socket(A, 700, "Tomcat8.exe"), socket(B, 700, r"C:\CE\tomcat8.EXE")),
        (socket(A, 4, "System"), socket(B, 4, "ntoskrnl.exe")),
    ],
)
def test_sockets_that_may_be_one_do_not_contradict(sockets: tuple[Listener, ...]) -> None:
    assert found(*sockets) == ([], [])


def test_owners_told_by_name_alone_can_differ_too() -> None:
    (problem,), _ = found(socket(A, None, "a.exe"), socket(B, None, "b.exe"))
    assert "the program on TCP 0.0.0.0:8080 is b.exe here but a.exe in a, row 1" in problem.reason


def test_an_ipv6_socket_is_written_in_brackets() -> None:
    one, other = (msgspec.structs.replace(socket(at, pid), address="::") for at, pid in ((A, 8), (B, 9)))
    (problem,), _ = found(one, other)
    assert "TCP [::]:8080" in problem.reason


def test_every_source_that_differs_from_the_first_is_told() -> None:
    problems, (gap,) = found(socket(A, 8), socket(B, 9), socket(C, 9))
    assert [problem.origin for problem in problems] == [B, C]
    assert gap.kind is EvidenceKind.LISTENERS


def test_a_flood_is_cut_and_counted() -> None:
    ports = range(1, 101)
    problems, gaps = found(*(socket(at, pid, port=port) for at, pid in ((A, 8), (B, 9)) for port in ports))
    assert len(problems) == 21
    assert problems[-1].reason == "80 more contradictions between sources about listeners"
    assert len(gaps) == 1


def test_one_pid_with_two_names_or_two_paths() -> None:
    (problem,), (gap,) = found(process(A, "notepad.exe"), process(B, "tomcat8.exe"))
    assert "the name of process 700 is tomcat8.exe here but notepad.exe in a, row 1" in problem.reason
    assert gap.kind is EvidenceKind.PROCESSES
    (problem,), _ = found(process(A, "x.exe", r"C:\a\x.exe"), process(B, "x.exe", r"C:\b\x.exe"))
    assert r"the path of process 700 is C:\b\x.exe here but C:\a\x.exe in a, row 1" in problem.reason


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (process(A, "Tomcat8"), process(B, "tomcat8.exe")),
        (process(A, "ContactExpert.ServerAgen"), process(B, "ContactExpert.ServerAgent.exe")),
        (process(A, "x.exe", r"C:\PROGRA~1\x.exe"), process(B, "x.exe", r"C:\Program Files\x.exe")),
        (process(A, "x.exe", r"\\?\C:\a\x.exe"), process(B, "x.exe", r"c:\A\X.EXE")),
        (process(A, "x.exe", r"\Device\HarddiskVolume2\x.exe"), process(B, "x.exe", r"C:\x.exe")),
        (process(A, "System Idle Process", pid=0), process(B, "Idle", pid=0)),
        (process(A, "x.exe"), process(B, "y.exe", pid=701)),
    ],
)
def test_spellings_of_one_program_do_not_contradict(one: Process, other: Process) -> None:
    assert found(one, other) == ([], [])


def service(origin: Origin, path: str | None, name: str = "CE") -> Service:
    return Service(name=name, path=path, origin=origin)


def test_a_service_with_two_programs() -> None:
    (problem,), (gap,) = found(service(A, r'"C:\CE\a.exe" -x'), service(B, r"D:\CE\a.exe", "ce"))
    assert "the program of service ce is D:\\CE\\a.exe here but " in problem.reason
    assert gap.kind is EvidenceKind.SERVICES


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (r'"C:\Program Files\CE\a.exe" -x', r"c:\program files\ce\A.exe"),
        (r"%SystemRoot%\system32\svchost.exe -k netsvcs -p", r"C:\Windows\system32\svchost.exe -k x"),
        (r"\SystemRoot\System32\a.exe", r"System32\a.exe"),
        (r"%ProgramFiles%\a.exe", r"D:\a.exe"),
        (r"\??\C:\CE\a.exe", r"C:\CE\a.exe"),
        ("\\\\server\\share\\a.exe", r"C:\a.exe"),
        ("  ", r"C:\a.exe"),
        (None, r"C:\a.exe"),
    ],
)
def test_spellings_of_one_command_do_not_contradict(one: str | None, other: str) -> None:
    assert found(service(A, one), service(B, other)) == ([], [])


def test_an_interface_with_two_profiles() -> None:
    lan = [
        Interface(alias=alias, profile=profile, origin=origin)
        for alias, profile, origin in (
            ("LAN", Profile.DOMAIN, A),
            ("lan", Profile.PUBLIC, B),
            ("lan", None, C),
        )
    ]
    (problem,), (gap,) = found(*lan)
    assert "the profile active on interface lan is public here but domain in a, row 1" in problem.reason
    assert gap.kind is EvidenceKind.INTERFACES


def test_one_setting_of_one_store_with_two_values_but_not_of_two_stores() -> None:
    def settings(origin: Origin, store: Store, enabled: bool | None) -> ProfileSettings:
        return ProfileSettings(store=store, profile=Profile.DOMAIN, enabled=enabled, origin=origin)

    (problem,), (gap,) = found(settings(A, Store.LOCAL, True), settings(B, Store.LOCAL, False))
    assert "enabled of the domain profile (local store) is False here but True in a" in problem.reason
    assert (gap.kind, gap.partial) == (EvidenceKind.PROFILE_SETTINGS, True)
    assert found(settings(A, Store.LOCAL, True), settings(B, Store.GPO, False)) == ([], [])
    assert found(settings(A, Store.LOCAL, True), settings(B, Store.LOCAL, None)) == ([], [])


def test_boot_times_differ_from_a_minute_on_and_builds_by_their_number() -> None:
    def booted(seconds: int, build: str | None = None) -> Host:
        return Host(boot_time=NOON + timedelta(seconds=seconds), os_build=build)

    assert found(hosts=[(A, booted(0, "17763")), (B, booted(60, "10.0.17763.5329"))]) == ([], [])
    (problem,), (gap,) = found(hosts=[(A, booted(0)), (B, booted(61))])
    assert problem.reason.startswith(
        "the boot time is 2026-03-01T12:01:01+00:00 here but 2026-03-01T12:00:00"
    )
    assert gap.kind is EvidenceKind.HOST
    (problem,), _ = found(hosts=[(A, booted(0, "17763")), (B, Host(os_build="20348"))])
    assert "the Windows build is 20348 here but 17763 in a" in problem.reason


@pytest.mark.parametrize(
    "names",
    [
        ("CE-CORE01", "ce-core01"),
        ("CE-CORE01", "ce-core01.fabrikam.local", "CE-CORE01.other.example"),
        ("CONTACTCENTER-S", "contactcenter-server01"),
        ("A", None, " "),
    ],
)
def test_names_of_one_host(names: tuple[str | None, ...]) -> None:
    assert found(hosts=[(A, Host(name=name)) for name in names]) == ([], [])


@pytest.mark.parametrize(
    ("one", "other"), [("CE01", "CE02.x"), ("contactcenter-server01", "contactcenter-server02")]
)
def test_names_of_two_hosts_are_refused_with_the_sources_that_say_so(one: str, other: str) -> None:
    with pytest.raises(SourceError) as error:
        found(hosts=[(A, Host(name=one)), (B, Host(name=other))])
    assert f"2 different hosts: {one} in a; {other} in b." in str(error.value)


def fw_rule(origin: Origin, store: Store = Store.LOCAL) -> FirewallRule:
    return FirewallRule(id="x", store=store, active=True, action=None, direction=None, origin=origin)


def test_live_facts_more_than_an_hour_apart_are_told_once() -> None:
    facts = (socket(A, 4), socket(A, 5, port=2), process(B, "x.exe"), fw_rule(C))
    hour = {"a": NOON, "b": NOON + timedelta(hours=1), "notes.txt": NOON - timedelta(days=900)}
    assert found(*facts, times=hour) == ([], [])
    (problem,), gaps = found(*facts, times=hour | {"c": NOON + timedelta(hours=1, seconds=1)})
    assert problem.origin.source == "c"
    assert "a is the oldest (2026-03-01T12:00:00+00:00), c the newest (2026-03-01T13:00:01" in problem.reason
    assert gaps == []


def test_a_gpos_own_age_and_a_source_without_a_time_do_not_matter() -> None:
    days = {"a": NOON, "c": NOON - timedelta(days=9)}
    assert found(socket(A, 4), process(B, "x.exe"), fw_rule(C, Store.GPO), times=days) == ([], [])


SOURCES = st.sampled_from((A, B, C))
SOCKETS = st.lists(st.builds(socket, SOURCES, st.none() | st.integers(1, 2), port=st.just(80)), max_size=8)


@given(SOCKETS)
def test_a_contradiction_means_that_two_sources_share_no_owner(sockets: list[Listener]) -> None:
    owners: dict[str, set[int]] = {}
    for listener in sockets:
        if listener.pid is not None:
            owners.setdefault(listener.origin.source, set()).add(listener.pid)
    first, *others = owners.values() or [set()]
    problems, gaps = found(*sockets)
    assert len(problems) == sum(not first & other for other in others)
    assert len(gaps) == bool(problems)


def evidence_with(sample: str, folder: Path, files: dict[str, bytes]) -> Path:
    evidence = folder / "evidence"
    shutil.copytree(SAMPLES / sample, evidence)
    for name, data in files.items():
        (evidence / name).parent.mkdir(exist_ok=True)
        (evidence / name).write_bytes(data)
    return evidence


def judged(evidence: Path) -> tuple[Snapshot, dict[str, CheckResult]]:
    snapshot = collect_evidence(evidence, port_locations(CATALOGUE))
    return snapshot, {result.check: result for result in assess(snapshot, CATALOGUE, Site()).results}


def netstat(port: int, pid: int) -> bytes:
    row = f"  TCP    0.0.0.0:{port}           0.0.0.0:0              LISTENING       {pid}\r\n"
    return (
        f"\r\nActive Connections\r\n\r\n  Proto  Local Address  Foreign Address  State  PID\r\n{row}".encode()
    )


@pytest.mark.parametrize("sample", sorted(path.parent.name for path in SAMPLES.glob("*/manifest.json")))
def test_no_sample_contradicts_itself(sample: str) -> None:
    snapshot = collect_evidence(SAMPLES / sample, port_locations(CATALOGUE))
    reasons = [problem.reason for problem in snapshot.problems] + [gap.reason for gap in snapshot.gaps]
    assert not [reason for reason in reasons if "contradict" in reason or "within an hour" in reason]


@pytest.mark.parametrize("check", ["foreign-listener", "listener-mismatch"])
def test_a_second_owner_of_a_ce_port_whose_program_is_not_known_lets_nothing_pass(
    tmp_path: Path, check: str
) -> None:
    snapshot, results = judged(evidence_with("compliant-core", tmp_path, {"late.txt": netstat(8080, 5128)}))
    (problem,) = [found for found in snapshot.problems if "the owner of" in found.reason]
    assert problem.origin == Origin(source="network/listeners.json", locator="row 6")
    assert "is PID 5292 here but PID 5128 in late.txt, line " in problem.reason
    assert "network/listeners.json is of 2025-02-18T09:12:40+00:00" in problem.reason
    assert results[check].status is Status.NOT_PROVEN
    assert "late.txt" in results[check].reason


@pytest.mark.parametrize("check", ["foreign-listener", "listener-mismatch"])
def test_a_listing_that_calls_the_owner_by_another_name_takes_the_pass_away(
    tmp_path: Path, check: str
) -> None:
    _, before = judged(SAMPLES / "compliant-core")
    assert before[check].status is Status.PASS
    rows = b'"Image Name","PID","Session Name","Session#","Mem Usage"\r\n'
    rows += b'"notepad.exe","5292","Services","0","9,000 K"\r\n'
    snapshot, results = judged(evidence_with("compliant-core", tmp_path, {"tasks.csv": rows}))
    (owner,) = [found for found in snapshot.processes if found.pid == 5292]
    assert owner.origin.source == "processes.json"
    assert results[check].status is Status.NOT_PROVEN
    assert "the name of process 5292" in results[check].reason


def test_two_exports_of_one_profile_with_two_values(tmp_path: Path) -> None:
    path = r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy"
    export = f'REGEDIT4\r\n\r\n[{path}\\DomainProfile]\r\n"EnableFirewall"=dword:00000000\r\n\r\n'
    snapshot, results = judged(evidence_with("compliant-core", tmp_path, {"late.reg": export.encode()}))
    (problem,) = [found for found in snapshot.problems if "enabled of the domain profile" in found.reason]
    assert problem.origin.source == "registry/firewall.reg"
    assert "is True here but False in late.reg" in problem.reason
    assert [gap.partial for gap in snapshot.gaps if gap.kind is EvidenceKind.PROFILE_SETTINGS] == [True]
    assert results["firewall-disabled"].status in (Status.FAIL, Status.NOT_PROVEN)


def test_a_second_owner_that_is_another_program_is_found(tmp_path: Path) -> None:
    _, results = judged(evidence_with("compliant-core", tmp_path, {"late.txt": netstat(8080, 4)}))
    assert results["foreign-listener"].status is Status.FAIL
    assert any("System" in finding.observed for finding in results["foreign-listener"].findings)


def test_a_file_that_joins_a_bundle_later_is_of_another_time(tmp_path: Path) -> None:
    snapshot, _ = judged(evidence_with("compliant-core", tmp_path, {"late.txt": netstat(8080, 5292)}))
    (problem,) = [found for found in snapshot.problems if "within an hour" in found.reason]
    assert problem.origin.source == "late.txt"
    assert "is the oldest (2025-02-18T09:12:40+00:00), late.txt the newest" in problem.reason
    assert not [gap for gap in snapshot.gaps if "contradict" in gap.reason]


def test_two_bundles_in_one_folder_are_refused_with_both_hosts_and_their_files(tmp_path: Path) -> None:
    for sample in ("compliant-core", "drifted-core"):
        shutil.copytree(SAMPLES / sample, tmp_path / sample)
    with pytest.raises(SourceError) as error:
        collect_evidence(tmp_path, port_locations(CATALOGUE))
    assert "CE-CORE01 in compliant-core/host.json" in str(error.value)
    assert "CE-CORE01 in compliant-core/manifest.json" in str(error.value)
    assert "SRV-CE-02 in drifted-core/host.json" in str(error.value)


def named(name: str) -> bytes:
    key = r"[HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control\ComputerName\ComputerName]"
    return f'REGEDIT4\r\n\r\n{key}\r\n"ComputerName"="{name}"\r\n\r\n'.encode()


@pytest.mark.parametrize(
    ("beside", "registry"),
    [
        (
            {
                "host.json": b'{"name": "OLD"}',
                "manifest.json": b'{"host": "OLD", "collected_at": "2026-03-01T12:00:00Z",'
                b' "files": [{"path": "registry/a.reg"}, 7, {"path": 7}]}',
            },
            "registry/a.reg",
        ),
        ({"host.json": b'{"name": "OLD", "collected_at": "2026-03-01T12:00:00Z"}'}, "registry/live.reg"),
    ],
)
def test_a_name_for_the_next_start_is_no_other_host(
    tmp_path: Path, beside: dict[str, bytes], registry: str
) -> None:
    (tmp_path / "registry").mkdir()
    for name, data in {**beside, registry: named("NEW")}.items():
        (tmp_path / name).write_bytes(data)
    assert collect_evidence(tmp_path, port_locations(CATALOGUE)).host.name == "OLD"
    (tmp_path / "registry" / "other.reg").write_bytes(named("NEW"))
    with pytest.raises(SourceError, match="NEW in registry/other"):
        collect_evidence(tmp_path, port_locations(CATALOGUE))


def test_the_computer_name_of_a_registry_export_counts(tmp_path: Path) -> None:
    judged(evidence_with("compliant-core", tmp_path / "same", {"name.reg": named("ce-core01")}))
    with pytest.raises(SourceError, match=r"2 different hosts: OTHER in name\.reg; CE-CORE01 in host\.json"):
        judged(evidence_with("compliant-core", tmp_path / "other", {"name.reg": named("OTHER")}))
