"""Waivers and baselines through the command: the drifted sample, accepted, compared and verified."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.ce_audit.command import CORE, SAMPLES, Run, run_in

DRIFTED = SAMPLES / "drifted-core"
HALF = SAMPLES / "half-collected"
LATER = "2099-12-31"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    return run_in(capsys)


def scanned(run: Run, folder: Path, evidence: Path = DRIFTED, *options: object) -> dict[str, Any]:
    """The results of a scan into `folder`."""
    run("scan", evidence, "-o", folder, "-f", "json", "-q", *options)
    return results(folder)


def results(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "results.json").read_bytes())
    return content


def findings(of: dict[str, Any]) -> list[dict[str, Any]]:
    return [{**each, "check": check["check"]} for check in of["results"] for each in check["findings"]]


def entry(finding: dict[str, Any], **changes: str) -> str:
    fields = {
        "fingerprint": finding["fingerprint"],
        "accepts": finding["condition"],
        "justification": "known",
        "owner": "Anna",
        "approver": "Bert",
        "expires": LATER,
        **changes,
    }
    lines = [f"{key} = {json.dumps(value)}" for key, value in fields.items() if value]
    return "\n".join(["[[waiver]]", *lines, ""])


def waivers(path: Path, *entries: str) -> Path:
    path.write_text("\n".join(entries), "utf-8")
    return path


def test_a_host_whose_findings_are_all_accepted_exits_with_0_and_shows_them(run: Run, tmp_path: Path) -> None:
    before = findings(scanned(run, tmp_path / "before"))
    file = waivers(tmp_path / "w.toml", *map(entry, before))
    done = run("scan", DRIFTED, "-o", tmp_path / "after", "-f", "json", "-f", "csv", "--waivers", file)
    assert done.code == 0
    after = results(tmp_path / "after")
    assert after["verdict"] == "compliant"
    assert after["summary"]["waived"] == len(before)
    assert [each["fingerprint"] for each in findings(after)] == [each["fingerprint"] for each in before]
    assert all(each["waived"] for each in findings(after))
    assert f"Exceptions: {len(before)} active" in done.out
    assert "waiver" not in done.err
    assert (tmp_path / "after" / "exceptions.csv").exists()


def test_waivers_that_do_not_apply_are_told_on_stderr_and_the_findings_count(
    run: Run, tmp_path: Path
) -> None:
    first, second, third = findings(scanned(run, tmp_path / "before"))[:3]
    yesterday = (datetime.now(UTC).astimezone().date() - timedelta(days=1)).isoformat()
    file = waivers(
        tmp_path / "w.toml",
        entry(first, expires=yesterday),
        entry(second, accepts="0000000000000000"),
        entry(third, approver="ANNA"),
        entry(third, fingerprint="ffffffffffffffff"),
    )
    done = run("scan", DRIFTED, "-o", tmp_path / "after", "-f", "json", "--waivers", file)
    assert done.code == 1
    told = [line.split(":")[0] for line in done.err.splitlines() if line.startswith("waiver ")]
    assert told == ["waiver expired", "waiver changed", "waiver malformed"]
    states = [each["state"] for each in results(tmp_path / "after")["waivers"]]
    assert states == ["expired", "changed", "malformed", "unused"]
    assert results(tmp_path / "after")["summary"]["waived"] == 0
    quiet = run("scan", DRIFTED, "-o", tmp_path / "quiet", "-f", "json", "--waivers", file, "-q")
    assert not [line for line in quiet.err.splitlines() if line.startswith("waiver ")]


def test_a_waiver_that_names_nothing_is_told_by_its_place_alone(run: Run, tmp_path: Path) -> None:
    file = waivers(tmp_path / "w.toml", "[[waiver]]\n")
    done = run("scan", DRIFTED, "-o", tmp_path / "report", "-f", "json", "--waivers", file)
    assert "waiver malformed: w.toml:1: it names no finding: write fingerprint" in done.err


def test_today_is_the_last_day_on_which_a_waiver_holds(run: Run, tmp_path: Path) -> None:
    first = findings(scanned(run, tmp_path / "before"))[0]
    today = datetime.now(UTC).astimezone().date()
    file = waivers(tmp_path / "w.toml", entry(first, expires=today.isoformat()))
    after = scanned(run, tmp_path / "after", DRIFTED, "--waivers", file)
    if datetime.now(UTC).astimezone().date() == today:  # midnight may have passed meanwhile
        assert [each["state"] for each in after["waivers"]] == ["active"]
        assert after["waived_on"] == today.isoformat()


def test_the_environment_names_the_files_too(run: Run, tmp_path: Path) -> None:
    first = findings(scanned(run, tmp_path / "before"))[0]
    file = waivers(tmp_path / "w.toml", entry(first))
    environment = {
        "CE_AUDIT_WAIVERS": str(file),
        "CE_AUDIT_BASELINE": str(tmp_path / "before" / "results.json"),
    }
    run("scan", DRIFTED, "-o", tmp_path / "after", "-f", "json", "-q", environment=environment)
    after = results(tmp_path / "after")
    assert after["summary"]["waived"] == 1
    assert after["baseline"]["new"] == 0
    assert after["baseline"]["known"] == len(findings(after))


@pytest.mark.parametrize(
    ("text", "error"),
    [("[[waiver]\n", "w.toml:1: not TOML"), ("[waiver]\n", "w.toml:1: a waiver is written as [[waiver]]")],
)
def test_a_file_that_is_none_stops_the_scan_before_it_starts(
    run: Run, tmp_path: Path, text: str, error: str
) -> None:
    file = waivers(tmp_path / "w.toml", text)
    done = run("scan", DRIFTED, "-o", tmp_path / "out", "--waivers", file)
    assert done.code == 2
    assert error in done.error
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("option", ["--waivers", "--baseline"])
def test_a_file_that_is_not_there_is_an_error_of_usage(run: Run, tmp_path: Path, option: str) -> None:
    done = run("scan", DRIFTED, "-o", tmp_path / "out", option, tmp_path / "none")
    assert done.code == 2
    assert str(tmp_path / "none") in done.error


@pytest.mark.parametrize(
    "content", ["", "{}", "[1]", '{"schema": "ce-audit/snapshot-v1"}', '{"schema": 1}', "\0"]
)
def test_a_baseline_that_is_no_results_is_refused(run: Run, tmp_path: Path, content: str) -> None:
    path = tmp_path / "baseline.json"
    path.write_text(content, "utf-8")
    done = run("scan", DRIFTED, "-o", tmp_path / "out", "--baseline", path)
    assert done.code == 2
    assert str(path) in done.error


def test_a_baseline_changes_neither_verdict_nor_exit_code(run: Run, tmp_path: Path) -> None:
    before = scanned(run, tmp_path / "before")
    baseline = tmp_path / "before" / "results.json"
    done = run("scan", DRIFTED, "-o", tmp_path / "after", "-f", "json", "--baseline", baseline)
    assert done.code == 1
    after = results(tmp_path / "after")
    assert (after["verdict"], after["summary"]) == (before["verdict"], before["summary"])
    assert {each["baseline"] for each in findings(after)} == {"known"}
    assert f"Since the baseline: 0 new, {len(findings(after))} known, 0 resolved" in done.out


def test_a_baseline_may_be_the_folder_of_a_report(run: Run, tmp_path: Path) -> None:
    scanned(run, tmp_path / "before", DRIFTED)
    after = scanned(run, tmp_path / "after", DRIFTED, "--baseline", tmp_path / "before")
    assert after["baseline"]["known"] == len(findings(after))


def test_a_baseline_of_another_host_is_compared_and_noted(run: Run, tmp_path: Path) -> None:
    scanned(run, tmp_path / "before")
    baseline = tmp_path / "before" / "results.json"
    done = run("scan", CORE, "-o", tmp_path / "after", "-f", "json", "--baseline", baseline)
    assert "the baseline is of another host: SRV-CE-02" in done.err
    assert results(tmp_path / "after")["baseline"]["resolved"]


def test_what_less_evidence_does_not_show_is_not_resolved(run: Run, tmp_path: Path) -> None:
    scanned(run, tmp_path / "before")
    after = scanned(run, tmp_path / "after", HALF, "--baseline", tmp_path / "before" / "results.json")
    undecided = {check["check"] for check in after["results"] if check["status"] == "not-proven"}
    assert undecided
    assert after["baseline"]["undecided"]


def test_judging_again_gives_the_same_bytes_with_the_same_files_on_any_day(run: Run, tmp_path: Path) -> None:
    found = findings(scanned(run, tmp_path / "before"))
    file = waivers(tmp_path / "w.toml", entry(found[0]), entry(found[1], approver=""))
    baseline = tmp_path / "before" / "results.json"
    out = tmp_path / "after"
    given = ("--waivers", file, "--baseline", baseline)
    run("scan", DRIFTED, "-o", out, "-f", "json", "-f", "html", "-f", "csv", "-q", *given)
    saved = out / "results.json"
    assert run("verify", saved, "--reperform", *given).code == 0
    day = '"waived_on": "{}"'
    today = day.format(results(out)["waived_on"]).encode()
    assert saved.read_bytes().count(today) == 1
    saved.write_bytes(
        saved.read_bytes().replace(today, day.format("2020-02-02").encode())
    )  # as if of that day
    (out / "report.html").unlink()
    (out / "exceptions.csv").unlink()
    assert run("verify", saved, "--reperform", *given).code == 0
    changed = waivers(tmp_path / "other.toml", entry(found[0], owner="Carl"))
    assert run("verify", saved, "--reperform", "--waivers", changed, "--baseline", baseline).code == 4


def test_judging_again_asks_for_the_files_that_were_used(run: Run, tmp_path: Path) -> None:
    first = findings(scanned(run, tmp_path / "plain"))[0]
    file = waivers(tmp_path / "w.toml", entry(first))
    baseline = tmp_path / "plain" / "results.json"
    scanned(run, tmp_path / "waived", DRIFTED, "--waivers", file)
    scanned(run, tmp_path / "based", DRIFTED, "--baseline", baseline)
    without = run("verify", tmp_path / "waived" / "results.json", "--reperform")
    assert (without.code, "--waivers" in without.error) == (2, True)
    without = run("verify", tmp_path / "based" / "results.json", "--reperform")
    assert (without.code, "--baseline" in without.error) == (2, True)
    more = run("verify", baseline, "--reperform", "--waivers", file, "--baseline", baseline)
    assert more.code == 0
    assert "judged without waivers" in more.out
    assert "no baseline" in more.out
    assert run("verify", baseline, environment={"CE_AUDIT_WAIVERS": str(tmp_path / "none")}).code == 0
