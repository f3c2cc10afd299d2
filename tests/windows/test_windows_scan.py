"""A server's registry in a Windows, and `ce-audit scan` run on that host: the whole way, nothing replaced.

What is expected is counted in the exports themselves, or in what an independent reader saw in the hive.
"""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from reports.results_json import parse
from rules.catalogue.loader import load_catalogue, port_locations
from scanner.collect import collect_evidence
from scanner.model import EvidenceKind, FirewallRule, Origin, ProfileSettings, Snapshot
from scanner.registry_key import RegistryKey
from scanner.registry_paths import FIREWALL_DEFAULTS, FIREWALL_POLICY
from scanner.sources.archive import unwrap
from scanner.sources.document import Document
from scanner.sources.hive import read_hive
from tests.corpus import CORPUS, needs_corpus
from tests.windows.throwaway import import_keys, require_throwaway_windows, system

require_throwaway_windows()

SERVER = Path(__file__).resolve().parents[2] / "samples" / "compliant-core"
EXPORTS = sorted((SERVER / "registry").glob("*.reg"))
INSTALLED = "D:\\Program Files\\Contact Expert"
EXIT_CODES = {"compliant": 0, "non-compliant": 1, "not-proven": 3}
HIVES = ("regipy_SYSTEM_2.xz", "regipy_SYSTEM_WIN_10_1709.xz")


def forget_the_firewall() -> None:
    for key in (FIREWALL_POLICY, FIREWALL_DEFAULTS):
        subprocess.run(["reg", "delete", key, "/f"], capture_output=True, check=False)


@pytest.fixture(scope="module")
def imported() -> Iterator[None]:
    """The server's registry and services in this Windows; its disk is drive D: (scripts/windows/run.py)."""
    forget_the_firewall()
    for export in EXPORTS:
        system("reg", "import", str(export))
    services = json.loads((SERVER / "services.json").read_text())
    installed = [service for service in services if INSTALLED in service["path"]]
    for service in installed:
        name, path, shown = service["name"], service["path"], service["display_name"]
        system("sc", "create", name, "binPath=", path, "start=", "demand", "DisplayName=", shown)
    yield
    for service in installed:
        system("sc", "delete", service["name"])


def ce_audit(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ce_audit", *map(str, arguments)]
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)


class Scan(msgspec.Struct):
    """What one run on this host left."""

    done: subprocess.CompletedProcess[str]
    folder: Path

    @property
    def snapshot(self) -> Snapshot:
        return msgspec.json.decode((self.folder / "snapshot.json").read_bytes(), type=Snapshot)


@pytest.fixture(scope="module")
def scan(imported: None, tmp_path_factory: pytest.TempPathFactory) -> Scan:
    folder = tmp_path_factory.mktemp("report")
    return Scan(ce_audit("scan", "-f", "json", "-o", folder), folder)


def without_origin(facts: tuple[FirewallRule, ...] | tuple[ProfileSettings, ...]) -> Counter[object]:
    return Counter(msgspec.structs.replace(fact, origin=Origin(source="")) for fact in facts)


def test_the_host_is_judged_and_the_exit_code_says_how(scan: Scan) -> None:
    results = parse((scan.folder / "results.json").read_bytes())
    assert scan.done.returncode == EXIT_CODES[results.verdict] != 0, scan.done
    assert results.host.collector == "ce-audit live collection"
    assert "Traceback" not in scan.done.stdout + scan.done.stderr


def test_firewall_rules_are_exactly_those_of_the_export(scan: Scan) -> None:
    text = (SERVER / "registry" / "firewall.reg").read_text(encoding="utf-16")
    written = len(re.findall(r'^"[^"]+"="v2\.\d+\|', text, re.MULTILINE | re.IGNORECASE))
    assert written > 100
    assert len(scan.snapshot.firewall_rules) == written


def test_facts_are_those_that_the_exports_give_elsewhere(scan: Scan) -> None:
    """The same keys by two ways: reg.exe and winreg here, the reader of .reg files there."""
    read = collect_evidence(SERVER, port_locations(load_catalogue()))
    assert without_origin(scan.snapshot.firewall_rules) == without_origin(read.firewall_rules)
    assert without_origin(scan.snapshot.profile_settings) == without_origin(read.profile_settings)


def test_configured_ports_come_from_both_views_and_from_the_disk(scan: Scan) -> None:
    read = collect_evidence(SERVER, port_locations(load_catalogue()))
    here, there = (
        {(found.component, found.state, found.endpoints) for found in configured if found.endpoints}
        for configured in (
            scan.snapshot.configured_ports,
            # a list that people keep; no host holds it
            [found for found in read.configured_ports if found.origin.source != "recording-channels.csv"],
        )
    )
    assert {component for component, *_ in here} >= {"naming-service", "server-agent"}
    assert here == there


def test_what_this_host_does_not_tell_is_named_with_the_reason(scan: Scan) -> None:
    gaps = {gap.kind: gap.reason for gap in scan.snapshot.gaps if not gap.subject}
    assert "it answered with nothing" in gaps[EvidenceKind.PORT_RANGES]
    assert "it answered with nothing" in gaps[EvidenceKind.INTERFACES]
    for kind in (EvidenceKind.FIREWALL_RULES, EvidenceKind.PROFILE_SETTINGS, EvidenceKind.GPO_POLICY):
        assert kind not in gaps
    assert {gap.kind for gap in parse((scan.folder / "results.json").read_bytes()).gaps} >= set(gaps)


def test_a_bundle_of_this_host_holds_what_a_scan_saw(scan: Scan, tmp_path: Path) -> None:
    collected = ce_audit("collect", "-o", tmp_path / "host.zip")
    assert collected.returncode == 0, collected
    ce_audit("scan", tmp_path / "host.zip", "-f", "json", "-o", tmp_path)
    bundled = Scan(collected, tmp_path).snapshot
    assert without_origin(bundled.firewall_rules) == without_origin(scan.snapshot.firewall_rules)
    assert {gap.kind for gap in bundled.gaps} == {gap.kind for gap in scan.snapshot.gaps}
    ports = [found.endpoints for found in bundled.configured_ports]
    assert ports == [found.endpoints for found in scan.snapshot.configured_ports]


@needs_corpus
@pytest.mark.parametrize("hive", HIVES)
def test_a_real_server_counts_its_firewall_rules_as_an_independent_reader_did(
    hive: str, tmp_path: Path
) -> None:
    file = CORPUS / "hive" / hive
    document = unwrap(Document(source=hive, data=file.read_bytes()))
    keys = [item for item in read_hive(document) if isinstance(item, RegistryKey)]
    forget_the_firewall()
    import_keys([key for key in keys if "firewallpolicy" in key.path.casefold()], tmp_path)
    ce_audit("scan", "-f", "json", "-o", tmp_path)
    found = Counter(fw_rule.store.value for fw_rule in Scan(None, tmp_path).snapshot.firewall_rules)
    with file.with_name(f"{hive}.rules.tsv").open(encoding="utf-8") as listing:
        listed = Counter(
            row["key"] for row in csv.DictReader(listing, delimiter="\t", quoting=csv.QUOTE_NONE)
        )
    assert sorted(found.values()) == sorted(listed.values())
