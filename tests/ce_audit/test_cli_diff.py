"""`diff`: two results or two snapshots, in three formats, with an exit code that says whether they differ."""

import json
import shutil
from pathlib import Path

import jsonschema
import pytest

from reports import schemas
from tests.ce_audit.command import CORE, SAMPLES, Run, run_in

DRIFTED = SAMPLES / "drifted-core"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    return run_in(capsys)


@pytest.fixture
def scans(run: Run, tmp_path: Path) -> tuple[Path, Path]:
    """The folders of two scans: of a sound host and of a drifted one."""
    for name, evidence in (("sound", CORE), ("drifted", DRIFTED)):
        run("scan", evidence, "-o", tmp_path / name, "-f", "json", "-q")
    return tmp_path / "sound", tmp_path / "drifted"


def test_results_are_compared_finding_by_finding(run: Run, scans: tuple[Path, Path]) -> None:
    sound, drifted = (folder / "results.json" for folder in scans)
    done = run("diff", sound, drifted)
    assert done.code == 1
    assert "+ new [high] foreign-listener: CampaignServer tcp/9906" in done.out
    assert "changed compliant -> non-compliant" in done.out
    assert done.err == ""
    back = run("diff", drifted, sound)
    assert "- resolved [high] foreign-listener: CampaignServer tcp/9906" in back.out


@pytest.mark.parametrize("name", ["results.json", "snapshot.json"])
def test_the_same_twice_is_no_difference(run: Run, scans: tuple[Path, Path], name: str) -> None:
    done = run("diff", scans[1] / name, scans[1] / name)
    assert (done.code, "No difference." in done.out) == (0, True)


def test_two_report_folders_are_compared_by_their_results(run: Run, scans: tuple[Path, Path]) -> None:
    done = run("diff", *scans)
    assert (done.code, "+ new [high] foreign-listener" in done.out) == (1, True)


def test_a_snapshot_does_not_differ_from_the_evidence_it_was_made_of(
    run: Run, scans: tuple[Path, Path], tmp_path: Path
) -> None:
    assert run("diff", DRIFTED, scans[1] / "snapshot.json").code == 0
    run("collect", DRIFTED, "-o", tmp_path / "bundle.zip")
    assert run("diff", tmp_path / "bundle.zip", DRIFTED).code == 0


def test_one_changed_rule_is_the_one_difference(run: Run, tmp_path: Path) -> None:
    changed = tmp_path / "changed"
    shutil.copytree(DRIFTED, changed)
    file = changed / "registry" / "firewall.reg"
    text = file.read_bytes().decode("utf-16")
    old = r"Active=FALSE|Dir=In|Protocol=6|Profile=Domain|LPort=9911"
    assert text.count(old) == 1
    file.write_bytes(text.replace(old, old.replace("FALSE", "TRUE")).encode("utf-16"))
    done = run("diff", DRIFTED, changed, "-f", "json")
    assert done.code == 1
    (fact,) = json.loads(done.out)["facts"]
    assert (fact["kind"], fact["state"]) == ("firewall rules", "changed")
    assert fact["changes"] == [{"field": "active", "old": "no", "new": "yes"}]


@pytest.mark.parametrize("name", ["results.json", "snapshot.json"])
def test_json_follows_the_published_schema(run: Run, scans: tuple[Path, Path], name: str) -> None:
    done = run("diff", scans[0] / name, scans[1] / name, "-f", "json")
    schema = json.loads(run("schema", "diff-v1").out)
    assert schema == json.loads(schemas.render("diff-v1"))
    jsonschema.validate(json.loads(done.out), schema)


def test_html_goes_into_a_file(run: Run, scans: tuple[Path, Path], tmp_path: Path) -> None:
    page = tmp_path / "diff.html"
    done = run("diff", scans[0] / "snapshot.json", scans[1] / "snapshot.json", "-f", "html", "-o", page)
    assert (done.code, done.out) == (1, "")
    assert page.read_text("utf-8").startswith("<!DOCTYPE html>")


def test_results_and_facts_are_not_compared(run: Run, scans: tuple[Path, Path]) -> None:
    results, snapshot = scans[0] / "results.json", scans[0] / "snapshot.json"
    for pair in ((results, snapshot), (snapshot, results), (results, DRIFTED)):
        done = run("diff", *pair)
        assert done.code == 2
        assert "only two results or two snapshots can be compared" in done.error


@pytest.mark.parametrize(
    "content",
    [
        "",
        "text",
        "{}",
        "[",
        '{"schema": "ce-audit/diff-v1"}',
        '{"schema": "ce-audit/results-v1", "verdict": 1}',
    ],
)
def test_what_is_neither_is_an_error_of_usage(run: Run, tmp_path: Path, content: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(content, "utf-8")
    done = run("diff", path, path)
    assert done.code == 2
    assert str(path) in done.error


def test_what_is_not_there_is_an_error_of_usage(run: Run, tmp_path: Path) -> None:
    assert run("diff", tmp_path / "a", tmp_path / "b").error.startswith(f"{tmp_path / 'a'}: no such file")
