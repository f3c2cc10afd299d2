"""From evidence to one Snapshot: every source in the ledger, every trouble said, nothing invented."""

import csv
import hashlib
import re
import shutil
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ce_audit.assess import assess
from reports import results_json
from rules.catalogue.loader import load_catalogue, port_locations
from rules.model import Status
from rules.site import Site
from scanner.collect import Collection, collect_evidence
from scanner.errors import ScannerError, SourceError
from scanner.model import EvidenceKind, Origin, PortState, Problem, Snapshot
from scanner.sources.document import Document
from scanner.sources.folder import host_path
from tests.corpus import CORPUS, needs_corpus
from tests.scanner.sources.regf import Key, hive

CATALOGUE = load_catalogue()
LOCATIONS = port_locations(CATALOGUE)
SAMPLES = Path(__file__).resolve().parents[2] / "samples"
POLICY = r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy"


def collected(files: dict[str, bytes]) -> Snapshot:
    collection = Collection(LOCATIONS)
    for name, data in files.items():
        collection.add(Document(source=name, data=data, host_path=host_path(name)))
    return collection.snapshot()


def gaps(snapshot: Snapshot) -> set[EvidenceKind]:
    return {gap.kind for gap in snapshot.gaps if not gap.subject}


def test_every_file_is_in_the_ledger_with_its_hash_even_those_nobody_reads(tmp_path: Path) -> None:
    files = {"netstat.txt": b"Active Connections\r\n\r\n  TCP  0.0.0.0:80  0.0.0.0:0  LISTENING  4\r\n"}
    files |= {"notes.txt": b"nothing", "empty.reg": b"", "host.json": b'{"name": "A"}'}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    snapshot = collect_evidence(tmp_path, LOCATIONS)
    ledger = {found.source: (found.kind, found.sha256, found.bytes) for found in snapshot.evidence}
    kinds = {"netstat.txt": "netstat", "host.json": "bundle:host.json"}
    assert ledger == {
        name: (kinds.get(name, "unrecognised"), hashlib.sha256(data).hexdigest(), len(data))
        for name, data in files.items()
    }
    assert [problem.reason for problem in snapshot.problems] == ["empty.reg: the file is empty (0 bytes)"]


def test_what_holds_no_evidence_is_an_error_with_the_first_reason(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"nothing")
    with pytest.raises(SourceError, match=r"holds nothing that can be read as evidence$"):
        collect_evidence(tmp_path, LOCATIONS)
    (tmp_path / "0.reg").write_bytes(b"")
    with pytest.raises(SourceError, match=r"as evidence: 0\.reg: the file is empty \(0 bytes\)$"):
        collect_evidence(tmp_path, LOCATIONS)


def test_an_empty_bundle_file_shows_that_there_is_none() -> None:
    assert EvidenceKind.LISTENERS in gaps(collected({}))
    assert EvidenceKind.LISTENERS not in gaps(collected({"network/listeners.json": b"[]"}))


def test_a_bundle_file_that_cannot_be_read_is_a_gap_that_says_why() -> None:
    snapshot = collected({"network/listeners.json": b"[{"})
    (reason,) = (gap.reason for gap in snapshot.gaps if gap.kind is EvidenceKind.LISTENERS)
    assert reason.startswith("the open sockets were not collected (network/listeners.json: ")
    assert "not JSON" in reason


def test_a_bundle_file_that_cannot_be_read_is_a_doubt_where_another_source_shows_the_kind() -> None:
    netstat = b"Active Connections\r\n\r\n  TCP  0.0.0.0:80  0.0.0.0:0  LISTENING  4\r\n"
    snapshot = collected({"network/listeners.json": b"[{", "network/netstat.txt": netstat})
    assert len(snapshot.listeners) == 1
    assert [gap.partial for gap in snapshot.gaps if gap.kind is EvidenceKind.LISTENERS] == [True]


def test_the_times_that_the_collector_noted_reach_the_registry_and_the_files() -> None:
    reg = f'Windows Registry Editor Version 5.00\r\n[{POLICY}\\FirewallRules]\r\n'.encode()  # fmt: skip
    times = msgspec.json.encode([{"key": f"{POLICY}\\firewallrules", "last_write": "2026-03-01T08:00:00Z"}])
    xml = {"config/C/CE/Services/ServerAgent/ServerAgent.Config.xml": b"<a/>"}
    path = r"c:\ce\services\serveragent\SERVERAGENT.config.xml"
    files = msgspec.json.encode([{"path": path, "bytes": 4, "modified_at": "2026-02-01T08:00:00Z"}])
    snapshot = collected({"a.reg": reg, "key-times.json": times, "files.json": files, **xml})
    assert snapshot.host.firewall_changed_at == datetime(2026, 3, 1, 8, tzinfo=UTC)
    changed = {found.component: found.changed_at for found in snapshot.configured_ports}
    assert changed["server-agent"] == datetime(2026, 2, 1, 8, tzinfo=UTC)
    assert EvidenceKind.CHANGE_TIMES not in gaps(snapshot)


def test_a_time_without_its_key_is_still_when_the_rules_changed() -> None:
    times = msgspec.json.encode([{"key": f"{POLICY}\\FirewallRules", "last_write": "2026-03-01T08:00:00Z"}])
    assert collected({"key-times.json": times}).host.firewall_changed_at is not None


def test_the_host_may_be_told_by_its_file_its_manifest_and_its_registry() -> None:
    manifest = (
        b'{"host": "h.local", "collector": "c", "elevated": true, "steps": [{"name": "x", "error": "no"}]}'
    )
    key = r"[HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control\TimeZoneInformation]"
    reg = f'REGEDIT4\n{key}\n"TimeZoneKeyName"="UTC"\n\n'.encode()
    snapshot = collected({"host.json": b'{"name": "H"}', "manifest.json": manifest, "a.reg": reg})
    host = snapshot.host
    assert (host.name, host.collector, host.elevated, host.time_zone) == ("H", "c", True, "UTC")
    origin = Origin(source="manifest.json", locator="step x")
    reason = "the collector could not do this step: no"
    assert snapshot.problems == (Problem(origin=origin, text="x", reason=reason),)


def test_no_list_of_channels_is_not_an_empty_one() -> None:
    without = collected({"host.json": b"{}"})
    empty = collected({"recording-channels.csv": b"channel,recorder,media_port,control_port\n"})
    assert EvidenceKind.RECORDING_CHANNELS in {gap.kind for gap in without.gaps}
    assert EvidenceKind.RECORDING_CHANNELS not in {gap.kind for gap in empty.gaps}
    states = {found.component: found.state for found in empty.configured_ports}
    assert states["telephony-recorder-sip"] is PortState.DISABLED


def test_facts_may_be_handed_in_beside_documents() -> None:
    collection = Collection(LOCATIONS)
    problem = Problem(origin=Origin(source="this machine"), text="", reason="denied")
    collection.add(problem)
    assert collection.snapshot().problems == (problem,)
    assert not collection.is_evidence


# --- real files, one by one


def index() -> list[tuple[str, str, str]]:
    if not CORPUS.is_dir():
        return []
    with (CORPUS / "INDEX.tsv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [(row["kind"], row["file"], row["independent_count"]) for row in rows]


def corpus_files() -> list[str]:
    return sorted(path.relative_to(CORPUS).as_posix() for path in CORPUS.rglob("*") if path.is_file())


@needs_corpus
@pytest.mark.parametrize("name", corpus_files())
def test_no_real_file_breaks_the_collection(name: str) -> None:
    try:
        snapshot = collect_evidence(CORPUS / name, LOCATIONS)
    except ScannerError as error:
        assert name.rpartition("/")[2] in str(error)
        assert "\n" not in str(error)
    else:
        assert msgspec.json.decode(msgspec.json.encode(snapshot), type=Snapshot) == snapshot
        assert snapshot.evidence[0].sha256 == hashlib.sha256((CORPUS / name).read_bytes()).hexdigest()


@needs_corpus
@pytest.mark.parametrize("name", [name for kind, name, _ in index() if kind == "tomcat"])
def test_a_real_server_file_gives_its_ports_or_says_why_not(name: str, tmp_path: Path) -> None:
    shutil.copy(CORPUS / name, tmp_path / "server.xml")
    snapshot = collect_evidence(tmp_path / "server.xml", LOCATIONS)
    (found,) = (each for each in snapshot.configured_ports if each.component == "web-service")
    assert found.endpoints or found.reason


def counted(text: str, pattern: str) -> int:
    return sum(map(int, re.findall(pattern, text)))


@needs_corpus
@pytest.mark.parametrize(
    ("name", "count"), [(name, count) for _, name, count in index() if "LISTENING" in count]
)
def test_sockets_are_as_many_as_counted_by_others(name: str, count: str) -> None:
    listeners = collect_evidence(CORPUS / name, LOCATIONS).listeners
    found = Counter(listener.protocol for listener in listeners)
    tcp = counted(count, r"(\d+) (?:TCP listening lines|LISTENING)")
    assert (found["tcp"], found["udp"]) == (tcp, counted(count, r"(\d+) UDP"))


@needs_corpus
@pytest.mark.parametrize(
    ("name", "count"), [(name, count) for kind, name, count in index() if kind == "tasklist"]
)
def test_processes_are_as_many_as_counted_by_others(name: str, count: str) -> None:
    assert len(collect_evidence(CORPUS / name, LOCATIONS).processes) == counted(count, r"^(\d+)")


STORES = {
    "hive/regipy_SYSTEM_2.xz": {"local": 400, "defaults": 345, "wsh-static": 151, "wsh-configurable": 210},
    "hive/regipy_SYSTEM_WIN_10_1709.xz": {
        "local": 480,
        "defaults": 381,
        "wsh-static": 203,
        "wsh-configurable": 5,
        "appiso": 376,
    },
    "wfw/luthfina16_firewall.wfw": {"local": 412},
    "wfw/cooper_firewall.wfw": {},
    "wfw/oxide_firewall_rules_1.wfw": {"local": 94},
    # the index counts one connection security rule too, which is no firewall rule
    "reg/gorstak_Firewall.reg": {"local": 7411 - 1},
    "reg/yossi_FirewallRules_utf16.reg": {"local": 31},
    "netsh/en_show_rule_all_logancave.txt": {"local": 504},
    "netsh/de_show_rule_name_winnfsd.txt": {"local": 2},
    "netsh/es_show_rule_name.txt": {"local": 3},
}


@needs_corpus
@pytest.mark.parametrize("name", STORES)
def test_firewall_rules_are_as_many_as_counted_by_others(name: str) -> None:
    fw_rules = collect_evidence(CORPUS / name, LOCATIONS).firewall_rules
    assert Counter(fw_rule.store.value for fw_rule in fw_rules) == STORES[name]


@needs_corpus
def test_every_counted_firewall_file_is_compared() -> None:
    counts = {
        name: count for kind, name, count in index() if kind in ("hive", "wfw", "reg") and "tsv" not in name
    }
    assert counts.keys() == {name for name in STORES if not name.startswith("netsh/")}
    for name, count in counts.items():
        local = STORES[name].get("local", 0)
        assert str(local) in count or str(local + 1) in count


# --- whatever comes


def judged(snapshot: Snapshot) -> None:
    """The snapshot goes all the way without an error of ours, and can be saved."""
    assert msgspec.json.decode(msgspec.json.encode(snapshot), type=Snapshot) == snapshot
    results = assess(snapshot, CATALOGUE, Site())
    assert [found.reason for found in results.results if found.status is Status.ERROR] == []
    results_json.render(results)


NAMES = (
    "x.txt",
    "host.json",
    "manifest.json",
    "network/listeners.json",
    "network/port-ranges.json",
    "processes.json",
    "registry/key-times.json",
    "config/C/CE/Tomcat/conf/server.xml",
    "config/C/CE/Services/ServerAgent/ServerAgent.Config.xml",
    "config/C/CE/Services/SMSDeliveryService/gc.sms.gw.service.ini",
)


@given(st.sampled_from(NAMES), st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_bytes_at_all_break_the_collection(name: str, data: bytes) -> None:
    judged(collected({name: data}))


SEEDS = [
    (path.relative_to(sample).as_posix(), path.read_bytes())
    for sample in sorted(path.parent for path in SAMPLES.glob("*/manifest.json"))
    for path in sorted(sample.rglob("*"))
    if path.is_file() and path.stat().st_size < 60_000
] + [
    ("x.hiv", hive(Key(children={"FirewallRules": Key({"a": "v2.30|Action=Allow|Dir=In|Name=x|"})}))),
]
SPICE = (
    b"\0",
    b"\xff",
    b'"',
    b"<",
    b"\\",
    b"|",
    b"-1",
    b"65536",
    b"9" * 30,
    b"1e999",
    b"null",
    b'"\\ud800"',
    b"\r\n",
    b"[[[[",
)


@st.composite
def mutated(draw: st.DrawFn) -> tuple[str, bytes]:
    name, data = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.sampled_from([0, 1, 3, 40, 100_000])))
        data = data[:start] + draw(st.sampled_from(SPICE)) + data[end:]
    return name, data


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(mutated())
def test_no_damage_to_good_evidence_breaks_the_collection(change: tuple[str, bytes]) -> None:
    name, data = change
    judged(collected({name: data}))
