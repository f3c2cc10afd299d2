"""`doctor` says what evidence holds, whom it serves, how to fetch the rest; `collect --print-collector`."""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from ce_audit.answers.doctor import Diagnosis, abilities, diagnosis
from ce_audit.answers.doctor_text import render_json, render_text
from ce_audit.site.terms import read_terms
from rules.check_list import CHECKS
from rules.model import Status
from scanner.model import EvidenceKind
from scanner.windows import collector_script
from tests.ce_audit.command import CORE, SAMPLES, Run, run_in

HALF = SAMPLES / "half-collected"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    return run_in(capsys)


def looked_at(path: Path | None) -> Diagnosis:
    return diagnosis(path, read_terms(), CHECKS)


def test_every_kind_of_evidence_is_there_once_with_the_checks_that_ask_for_it() -> None:
    found = looked_at(CORE)
    assert [holding.kind for holding in found.evidence] == list(EvidenceKind)
    for holding in found.evidence:
        assert holding.required_by == tuple(c.id for c in CHECKS if holding.kind in c.requires)
        assert not set(holding.required_by) & set(holding.needed_by)


def test_a_whole_bundle_is_complete_and_its_facts_are_counted() -> None:
    found = {holding.kind: holding for holding in looked_at(CORE).evidence}
    counts = json.loads((CORE / "expected.json").read_text())["counts"]
    assert found[EvidenceKind.FIREWALL_RULES].facts == counts["firewall_rules"]["local"]
    assert found[EvidenceKind.LISTENERS].facts == counts["listeners"]
    assert found[EvidenceKind.PROCESSES].facts == counts["processes"]
    assert found[EvidenceKind.FIREWALL_RULES].sources == ("registry/firewall.reg",)
    for kind in set(EvidenceKind) - {EvidenceKind.CONFIGURED_PORTS, EvidenceKind.RECORDING_CHANNELS}:
        assert found[kind].state == "complete", kind


def test_half_a_collection_says_what_is_missing_and_how_to_fetch_it() -> None:
    found = looked_at(HALF)
    rules = next(each for each in found.evidence if each.kind is EvidenceKind.FIREWALL_RULES)
    assert (rules.state, rules.facts, rules.sources) == ("missing", 0, ())
    assert rules.fetch[0].startswith("reg export")
    assert "missing-firewall-rule" in found.cannot_look
    assert "listener-mismatch" in found.decidable
    assert "restart-pending" in found.cannot_pass


@pytest.mark.parametrize("sample", sorted(path.name for path in SAMPLES.iterdir() if path.is_dir()))
def test_no_check_passes_that_doctor_calls_undecidable(sample: str, run: Run, tmp_path: Path) -> None:
    if not (SAMPLES / sample / "manifest.json").exists():
        pytest.skip("no bundle")
    found = looked_at(SAMPLES / sample)
    assert sorted((*found.decidable, *found.cannot_pass, *found.cannot_look)) == sorted(c.id for c in CHECKS)
    run("scan", SAMPLES / sample, "-o", tmp_path, "-f", "json", "-q")
    results = json.loads((tmp_path / "results.json").read_text())["results"]
    passed = {result["check"] for result in results if result["status"] == Status.PASS}
    assert not passed & {*found.cannot_pass, *found.cannot_look}


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("registry/firewall.reg", EvidenceKind.FIREWALL_RULES),
        ("registry/policies.reg", EvidenceKind.GPO_POLICY),
        ("network/listeners.json", EvidenceKind.LISTENERS),
        ("network/interfaces.json", EvidenceKind.INTERFACES),
        ("network/port-ranges.json", EvidenceKind.PORT_RANGES),
        ("processes.json", EvidenceKind.PROCESSES),
        ("files.json", EvidenceKind.EXECUTABLES),
        ("registry/key-times.json", EvidenceKind.CHANGE_TIMES),
    ],
)
def test_evidence_taken_away_is_missed(path: str, kind: EvidenceKind, tmp_path: Path) -> None:
    shutil.copytree(CORE, tmp_path / "host")
    (tmp_path / "host" / path).unlink()
    found = next(each for each in looked_at(tmp_path / "host").evidence if each.kind is kind)
    assert found.state == "missing"
    assert found.fetch


def test_a_damaged_file_leaves_its_kind_in_part(tmp_path: Path) -> None:
    shutil.copytree(CORE, tmp_path / "host")
    rows = json.loads((tmp_path / "host/processes.json").read_text())
    (tmp_path / "host/processes.json").write_text(json.dumps([*rows, {"pid": "none"}]))
    found = next(
        each for each in looked_at(tmp_path / "host").evidence if each.kind is EvidenceKind.PROCESSES
    )
    assert (found.state, found.facts) == ("partly", len(rows))
    assert found.reasons


@pytest.mark.skipif(sys.platform == "win32", reason="a Windows machine collects from itself")
def test_without_evidence_every_kind_is_missing_and_has_a_command_or_a_place() -> None:
    found = looked_at(None)
    assert {holding.state for holding in found.evidence} == {"missing"}
    assert all(holding.fetch for holding in found.evidence)
    assert found.machine


def failing(error: Exception) -> Any:  # noqa: ANN401 - stands for import_module
    def load(name: str) -> object:
        raise error

    return load


@pytest.mark.parametrize("error", [ImportError("no module"), OSError("cannot load library pango")])
def test_a_machine_without_pango_can_make_no_pdf_and_everything_else(error: Exception) -> None:
    found = {each.name: each for each in abilities(failing(error))}
    assert not found["pdf"].available
    assert str(error) in found["pdf"].note
    assert found["python"].available
    assert found["html"].available


def test_a_machine_with_pango_can_make_a_pdf() -> None:
    assert {each.name: each.available for each in abilities(lambda name: name)}["pdf"]


def test_the_text_shows_every_kind_and_every_command_on_a_line_of_its_own() -> None:
    found = looked_at(HALF)
    lines = render_text(found).splitlines()
    for holding in found.evidence:
        assert any(line.split()[:2] == [holding.kind, holding.state] for line in lines)
        for command in holding.fetch:
            assert f"  fetch: {command}" in lines
    assert "not recognised as evidence: README.md, expected.json" in lines


def test_a_hostile_name_is_shown_inert(tmp_path: Path) -> None:
    (tmp_path / "net\x1b[31mstat.txt").write_text("  TCP    10.0.0.1:135    0.0.0.0:0    LISTENING    8\n")
    assert "\x1b" not in render_text(looked_at(tmp_path))


def test_many_sources_are_counted_and_not_all_printed(tmp_path: Path) -> None:
    for number in range(6):
        line = f"  TCP    10.0.0.1:{number + 1}    0.0.0.0:0    LISTENING    {number + 8}\n"
        (tmp_path / f"netstat-{number}.txt").write_text(f"Active Connections\n\n{line}")
    assert "netstat-3.txt and 2 more" in render_text(looked_at(tmp_path))


def test_the_json_is_the_diagnosis() -> None:
    found = json.loads(render_json(looked_at(HALF)))
    assert found["schema"] == "ce-audit/doctor-v1"
    assert {each["kind"] for each in found["evidence"]} == set(EvidenceKind)


def test_the_verb_exits_with_0_and_with_2_where_there_is_no_evidence(run: Run, tmp_path: Path) -> None:
    assert run("doctor", HALF).code == 0
    assert json.loads(run("doctor", HALF, "-f", "json").out)["subject"] == str(HALF)
    assert run("doctor").out.startswith("this machine\n")
    assert run("doctor", tmp_path / "none").code == 2


def test_collect_prints_the_collector_and_writes_nothing(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("collect", "--print-collector") == (0, collector_script(), "")
    assert not list(tmp_path.iterdir())
