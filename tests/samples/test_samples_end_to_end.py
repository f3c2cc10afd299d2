"""Each sample through the command gives what its story says; less evidence than that never gives a pass."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from reports import schemas
from rules.model import Severity
from tests.ce_audit.command import SAMPLES, Run, run_in

SCENARIOS = sorted(path.parent.name for path in SAMPLES.glob("*/expected.json"))
CORE = SAMPLES / "compliant-core"
ABOUT_THE_SAMPLE = {"README.md", "expected.json"}
EVIDENCE = sorted(
    name
    for path in CORE.rglob("*")
    if path.is_file() and (name := path.relative_to(CORE).as_posix()) not in ABOUT_THE_SAMPLE
)
TOMCAT = "config/D/Program Files/Contact Expert/Tomcat/conf"

# Evidence that no check needs on this host, and why. Whatever is not named here must be missed.
NOT_NEEDED = {
    f"{TOMCAT}/catalina.properties": "gives values to placeholders, and server.xml here has none",
    "manifest.json": "says who collected what; every fact is in a file of its own",
    "registry/network-profiles.reg": "interfaces.json says which profile is active",
    "registry/portproxy.reg": "a port proxy on a CE port shows as a listener of the IP Helper service",
    "registry/procrun.reg": "may move Tomcat's folder, but its ports are seen open as its server.xml says",
}


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    return run_in(capsys)


def expected(scenario: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((SAMPLES / scenario / "expected.json").read_bytes())
    return content


def scanned(run: Run, evidence: Path, folder: Path) -> tuple[int, dict[str, Any], dict[str, Any]]:
    """Exit code, results and snapshot."""
    code = run("scan", evidence, "-q", "-o", folder, "-f", "json").code
    return code, *(json.loads((folder / name).read_bytes()) for name in ("results.json", "snapshot.json"))


def findings(results: dict[str, Any]) -> list[dict[str, Any]]:
    """The findings of medium severity or above, each with the check that found it."""
    return [
        {**finding, "check": result["check"]}
        for result in results["results"]
        for finding in result["findings"]
        if Severity(finding["severity"]).at_least(Severity.MEDIUM)
    ]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_sample_gives_what_its_story_says(run: Run, tmp_path: Path, scenario: str) -> None:
    wanted = expected(scenario)
    code, results, snapshot = scanned(run, SAMPLES / scenario, tmp_path)
    assert (code, results["verdict"], results["host"]["role"]) == (
        wanted["exit"],
        wanted["verdict"],
        wanted["role"],
    )
    found = sorted((finding["check"], finding["component"]) for finding in findings(results))
    assert sorted(set(found)) == sorted({(each["check"], each["component"]) for each in wanted["findings"]})
    statuses = {result["check"]: result["status"] for result in results["results"]}
    undecided = [check for check, status in statuses.items() if status == "not-proven"]
    assert sorted(undecided) == sorted(wanted["not_proven"])
    assert "error" not in statuses.values()
    assert_facts(wanted, results, snapshot)


def assert_facts(wanted: dict[str, Any], results: dict[str, Any], snapshot: dict[str, Any]) -> None:
    host, said = {**snapshot["host"], **results["host"]}, wanted["host"]
    assert {name: host[name] for name in said} == said
    stores = Counter(fw_rule["store"] for fw_rule in snapshot["firewall_rules"])
    assert stores == wanted["counts"]["firewall_rules"]
    assert len(snapshot["listeners"]) == wanted["counts"]["listeners"]
    assert len(snapshot["processes"]) == wanted["counts"]["processes"]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_findings_are_as_severe_as_the_story_says(run: Run, tmp_path: Path, scenario: str) -> None:
    _, results, _ = scanned(run, SAMPLES / scenario, tmp_path)
    severity = {(each["check"], each["component"]): Severity(each["severity"]) for each in findings(results)}
    for each in expected(scenario)["findings"]:
        floor = Severity(each["severity_at_least"])
        assert severity[each["check"], each["component"]].at_least(floor)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_results_and_snapshot_follow_the_published_schemas(run: Run, tmp_path: Path, scenario: str) -> None:
    _, results, snapshot = scanned(run, SAMPLES / scenario, tmp_path)
    jsonschema.validate(results, json.loads(schemas.render("results-v1")))
    jsonschema.validate(snapshot, json.loads(schemas.render("snapshot-v1")))


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_observation_can_be_verified_in_a_source_of_the_ledger(
    run: Run, tmp_path: Path, scenario: str
) -> None:
    _, results, _ = scanned(run, SAMPLES / scenario, tmp_path)
    ledger = {source["source"]: source["sha256"] for source in results["evidence"]}
    for finding in findings(results):
        assert finding["evidence"]
        for observation in finding["evidence"]:
            assert ledger[observation["source"]] == observation["sha256"]


def changed(folder: Path, name: str, change: Callable[[Path], object]) -> Path:
    """A copy of the compliant server's evidence with one file changed."""
    shutil.copytree(CORE, folder, ignore=lambda _, names: ABOUT_THE_SAMPLE & set(names))
    change(folder / name)
    return folder


@pytest.mark.parametrize("name", EVIDENCE)
def test_evidence_that_is_missing_is_missed(run: Run, tmp_path: Path, name: str) -> None:
    evidence = changed(tmp_path / "evidence", name, Path.unlink)
    code, results, _ = scanned(run, evidence, tmp_path / "out")
    assert code == (0 if name in NOT_NEEDED else 3)
    assert results["verdict"] == ("compliant" if name in NOT_NEEDED else "not-proven")
    assert results["summary"]["error"] == 0


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def halved(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


def scrambled(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(bytes(byte ^ 0x5A for byte in data))


@pytest.mark.parametrize("name", EVIDENCE)
@pytest.mark.parametrize("change", [emptied, halved, scrambled])
def test_evidence_that_is_damaged_is_missed(
    run: Run, tmp_path: Path, name: str, change: Callable[[Path], object]
) -> None:
    evidence = changed(tmp_path / "evidence", name, change)
    _, results, _ = scanned(run, evidence, tmp_path / "out")
    assert results["verdict"] == "not-proven" or name in NOT_NEEDED
    assert results["summary"]["error"] == 0
    assert results["problems"] or name in NOT_NEEDED


def test_everything_that_is_not_needed_is_there() -> None:
    assert NOT_NEEDED.keys() <= set(EVIDENCE)
