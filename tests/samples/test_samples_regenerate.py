"""The committed samples are what the generator writes, and what Windows and the bundle contract give."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rules.check_list import CHECKS

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
SCENARIOS = (
    "compliant-core",
    "drifted-core",
    "fresh-dynamic",
    "operator-prompt-block",
    "gpo-ignores-local",
    "half-collected",
)
CHECK_IDS = {check.id for check in CHECKS}
EXITS = {"compliant": 0, "non-compliant": 1, "not-proven": 3}
STORES = {
    "local": r"FirewallPolicy\FirewallRules]",
    "appiso": r"AppIso\FirewallRules]",
    "wsh-static": r"Static\System]",
    "wsh-configurable": r"Configurable\System]",
    "gpo": r"WindowsFirewall\FirewallRules]",
}
scenarios = pytest.mark.parametrize("scenario", SCENARIOS)


def files_below(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def load(scenario: str, name: str) -> Any:  # noqa: ANN401 - JSON of several shapes
    return json.loads((SAMPLES / scenario / name).read_bytes())


def reg_lines(path: Path) -> list[str]:
    return path.read_bytes().decode("utf-16").split("\r\n")


@pytest.fixture(scope="module")
def regenerated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("samples")
    subprocess.run(
        [sys.executable, str(SAMPLES / "generate.py"), str(target)], check=True, capture_output=True
    )
    return target


@scenarios
def test_generating_again_gives_the_committed_bytes(scenario: str, regenerated: Path) -> None:
    assert files_below(regenerated / scenario) == files_below(SAMPLES / scenario)


def test_the_generator_writes_these_scenarios_and_no_other(regenerated: Path) -> None:
    assert {path.name for path in regenerated.iterdir()} == set(SCENARIOS)


@scenarios
def test_the_manifest_lists_every_evidence_file_with_its_hash_and_size(scenario: str) -> None:
    listed = {
        entry["path"]: (entry["sha256"], entry["bytes"]) for entry in load(scenario, "manifest.json")["files"]
    }
    found = files_below(SAMPLES / scenario)
    evidence = set(found) - {"manifest.json", "README.md", "expected.json"}
    assert listed == {name: (hashlib.sha256(found[name]).hexdigest(), len(found[name])) for name in evidence}


@scenarios
def test_registry_exports_look_like_those_of_reg_exe(scenario: str) -> None:
    for path in (SAMPLES / scenario / "registry").glob("*.reg"):
        data = path.read_bytes()
        lines = reg_lines(path)
        assert data.startswith(b"\xff\xfe")
        assert lines[0] == "Windows Registry Editor Version 5.00"
        assert not any("\n" in line for line in lines)
        assert all(re.match(r'\[HKEY_LOCAL_MACHINE\\|"|@=|  [0-9a-f]{2}|$', line) for line in lines[1:])
        assert all(len(line) <= 80 for line in lines if line.endswith(",\\") or line.startswith("  "))


@scenarios
def test_firewall_rules_are_as_many_as_expected(scenario: str) -> None:
    counted: dict[str, int] = {}
    store = None
    for path in (SAMPLES / scenario / "registry").glob("*.reg"):
        for line in reg_lines(path):
            if line.startswith("["):
                store = next((name for name, tail in STORES.items() if line.endswith(tail)), None)
            elif store and re.search(r'"="[vV]\d+\.\d+\|.*\|"$', line):
                counted[store] = counted.get(store, 0) + 1
    assert counted == load(scenario, "expected.json")["counts"]["firewall_rules"]


@scenarios
def test_rule_ids_are_unique_within_a_store(scenario: str) -> None:
    for path in (SAMPLES / scenario / "registry").glob("*.reg"):
        for block in "\n".join(reg_lines(path)).split("\n["):
            names = [line.partition('"=')[0] for line in block.splitlines() if line.startswith('"')]
            assert len(names) == len(set(names))


@scenarios
def test_every_listener_is_owned_by_a_listed_process(scenario: str) -> None:
    rows = listeners(scenario)
    processes = load(scenario, "processes.json")
    counts = load(scenario, "expected.json")["counts"]
    assert (len(rows), len(processes)) == (counts["listeners"], counts["processes"])
    assert {pid for *_, pid in rows} <= {process["pid"] for process in processes}
    assert len(set(rows)) == len(rows)


def listeners(scenario: str) -> list[tuple[str, str, int]]:
    listing = SAMPLES / scenario / "network" / "netstat.txt"
    if not listing.exists():
        rows = load(scenario, "network/listeners.json")
        return [(row["protocol"], f"{row['address']}:{row['port']}", row["pid"]) for row in rows]
    cells = [line.split() for line in listing.read_text(encoding="ascii").splitlines()]
    return [
        (row[0], row[1], int(row[-1])) for row in cells if row and re.search(r"^UDP|LISTENING", " ".join(row))
    ]


@scenarios
def test_services_run_in_the_process_that_hosts_them(scenario: str) -> None:
    hosts = {
        name: process["pid"] for process in load(scenario, "processes.json") for name in process["services"]
    }
    services = load(scenario, "services.json")
    assert {each["name"]: each["pid"] for each in services if each["state"] == "Running"} == hosts
    assert all(each["pid"] is None for each in services if each["state"] == "Stopped")


@scenarios
def test_configuration_files_are_listed_at_their_host_path(scenario: str) -> None:
    present = {
        each["path"]: each["bytes"] for each in load(scenario, "files.json") if each["bytes"] is not None
    }
    configs = SAMPLES / scenario / "config"
    for name, content in files_below(configs).items():
        drive, _, rest = name.partition("/")
        assert present[f"{drive}:\\{rest}".replace("/", "\\")] == len(content)


@scenarios
def test_processes_run_from_installed_files(scenario: str) -> None:
    directory = load(scenario, "expected.json")["host"]["install_directory"]
    present = {each["path"] for each in load(scenario, "files.json") if each["bytes"] is not None}
    paths = {process["path"] or "" for process in load(scenario, "processes.json")}
    assert {path for path in paths if path.startswith(directory)} <= present


@scenarios
def test_nothing_starts_before_the_boot_or_after_the_collection(scenario: str) -> None:
    host = load(scenario, "expected.json")["host"]
    started = [process["started_at"] for process in load(scenario, "processes.json")]
    assert min(started) == host["boot_time"]
    assert max(started) < host["collected_at"]


def test_the_compliant_server_was_configured_then_permitted_then_restarted() -> None:
    changed = [each["modified_at"] for each in load("compliant-core", "files.json") if each["modified_at"]]
    keys = {each["key"]: each["last_write"] for each in load("compliant-core", "registry/key-times.json")}
    fw_rules = next(time for key, time in keys.items() if key.endswith("FirewallRules"))
    boot = load("compliant-core", "host.json")["boot_time"]
    assert max(changed) < fw_rules < boot
    assert max(keys.values()) == fw_rules


@scenarios
def test_the_expectation_is_consistent(scenario: str) -> None:
    expected = load(scenario, "expected.json")
    assert EXITS[expected["verdict"]] == expected["exit"]
    assert bool(expected["findings"]) == (expected["verdict"] == "non-compliant")
    assert {finding["check"] for finding in expected["findings"]} | set(expected["not_proven"]) <= CHECK_IDS


@scenarios
def test_the_readme_says_what_happened(scenario: str) -> None:
    title, _, text = (SAMPLES / scenario / "README.md").read_text(encoding="utf-8").partition("\n\n")
    assert title.startswith("# ")
    assert len(text) > 100
