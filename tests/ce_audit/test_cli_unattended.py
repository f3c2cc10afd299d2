"""A scan that nobody watches: one line of outcome, one run at a time, dated folders, no news no report."""

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scanner.sources.folder import LOCK_FILE
from tests.ce_audit.command import CORE, ROOT, SAMPLES, Done, Run, run_in, run_process, started

DRIFTED, HALF = SAMPLES / "drifted-core", SAMPLES / "half-collected"
STAMP = re.compile(r"\d{4}-\d{2}-\d{2}T\d{6}Z(-\d+)?")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    return run_in(capsys)


def dated(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != "latest.txt")


def scan(run: Run, evidence: Path, folder: Path, *options: object) -> Done:
    return run("scan", evidence, "-q", "-o", folder, "-f", "json", *options)


@pytest.mark.parametrize(
    ("evidence", "options", "code", "said"),
    [
        (CORE, (), 0, r"CE-CORE01 compliant: .*; report in \S+"),
        (DRIFTED, (), 1, r"SRV-CE-02 non-compliant: \d+ high, .*; report in \S+"),
        (HALF, (), 3, r"\S+ not proven: .*\d+ checks not proven; report in \S+"),
        (DRIFTED, ("--exit-zero",), 0, r".* non-compliant: .*; exit code 0: nothing found that was asked .*"),
        (CORE, ("--fail-on", "info"), 1, r"CE-CORE01 compliant: .*; exit code 1: findings"),
    ],
)
def test_the_outcome_is_one_line_on_stderr(
    run: Run, tmp_path: Path, evidence: Path, options: tuple[str, ...], code: int, said: str
) -> None:
    done = scan(run, evidence, tmp_path, *options)
    assert done.out == ""
    (line,) = done.err.splitlines()
    assert done.code == code
    assert re.fullmatch(f"ce-audit: {said}", line), line


def test_a_failure_is_one_line_with_what_the_exit_code_means(run: Run, tmp_path: Path) -> None:
    done = scan(run, tmp_path / "missing", tmp_path / "out")
    assert (done.code, done.out) == (2, "")
    missing = tmp_path / "missing"
    assert done.err == (
        f"ce-audit: error: {missing}: no such file or folder [exit code 2: it could not run]\n"
    )
    assert not (tmp_path / "out").exists()


def test_a_pdf_that_cannot_be_made_is_part_of_the_outcome(run: Run, tmp_path: Path) -> None:
    (tmp_path / "report.pdf").mkdir()
    done = run("scan", CORE, "-q", "-o", tmp_path, "-f", "pdf", "-f", "json")
    (line,) = done.err.splitlines()
    assert line.endswith(
        "; no report.pdf: " + f"{tmp_path / 'report.pdf'}: cannot be written: Is a directory"
    )


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_any_code_page_takes_the_outcome(tmp_path: Path, encoding: str) -> None:
    folder = tmp_path / "Prüfberichte 検査"
    done = run_process(
        "scan", CORE, "-q", "-o", folder, "-f", "json", environment={"PYTHONIOENCODING": encoding}
    )
    assert (done.code, done.out) == (0, "")
    (line,) = done.err.splitlines()
    assert "\x1b" not in line
    assert (folder / "results.json").is_file()


@pytest.mark.skipif(os.name != "posix", reason="closes descriptors as only POSIX lets a parent do")
def test_a_scan_runs_without_any_streams(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "ce_audit", "scan", str(DRIFTED), "-f", "json", "-o", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, preexec_fn=lambda: os.closerange(0, 3), check=False)
    assert done.returncode == 1
    assert {path.name for path in tmp_path.iterdir()} == {"results.json", "snapshot.json"}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs evidence that keeps the command waiting")
def test_a_second_scan_says_who_holds_the_folder_and_stops(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.reg")
    folder = tmp_path / "out"
    with started("scan", tmp_path / "x.reg", "-q", "-o", folder) as first:
        while not (folder / LOCK_FILE).exists() or not (folder / LOCK_FILE).read_bytes():
            time.sleep(0.02)
        second = run_process("scan", CORE, "-q", "-o", folder, "-f", "json")
        saved = run_process("report", "x", "-o", folder)
        first.kill()
    assert (second.code, second.out) == (2, "")
    assert re.fullmatch(
        rf"{re.escape(str(folder))}: another run writes there \(pid {first.pid}, since \S+Z\)", second.error
    )
    assert saved.code == 2
    assert run_process("scan", CORE, "-q", "-o", folder, "-f", "json").code == 0


def test_an_output_folder_within_the_evidence_is_no_evidence_while_it_is_empty(
    run: Run, tmp_path: Path
) -> None:
    shutil.copytree(CORE, tmp_path / "evidence")
    scan(run, CORE, tmp_path / "a")
    scan(run, tmp_path / "evidence", tmp_path / "evidence" / "report")
    within = (tmp_path / "evidence" / "report" / "results.json").read_text()
    assert LOCK_FILE not in within
    assert '"problems": []' in within


def test_dated_folders_are_made_and_the_newest_kept(run: Run, tmp_path: Path) -> None:
    for _ in range(4):
        done = scan(run, DRIFTED, tmp_path, "--keep", 3)
    assert len(dated(tmp_path)) == 3
    assert all(STAMP.fullmatch(name) for name in dated(tmp_path))
    latest = (tmp_path / "latest.txt").read_text().strip()
    assert done.err.endswith(f"; report in {tmp_path / latest}\n")
    assert {path.name for path in (tmp_path / latest).iterdir()} == {"results.json", "snapshot.json"}


def test_a_dated_report_always_has_its_results(run: Run, tmp_path: Path) -> None:
    run("scan", CORE, "-q", "-o", tmp_path, "-f", "html", "--keep", 1)
    (name,) = dated(tmp_path)
    assert (tmp_path / name / "results.json").is_file()


def test_a_folder_kept_for_what_it_holds_is_told(run: Run, tmp_path: Path) -> None:
    scan(run, CORE, tmp_path, "--keep", 1)
    (name,) = dated(tmp_path)
    (tmp_path / name / "notes.txt").write_text("mine")
    done = scan(run, CORE, tmp_path, "--keep", 1)
    assert f"kept {tmp_path / name}: it holds files that no scan wrote" in done.err
    assert len(dated(tmp_path)) == 2


@pytest.mark.parametrize("keep", [(), ("--keep", 5)])
def test_no_news_no_report_and_the_exit_code_as_deserved(
    run: Run, tmp_path: Path, keep: tuple[object, ...]
) -> None:
    options = (*keep, "--only-if-changed")
    first = scan(run, DRIFTED, tmp_path, *options)
    assert "report in" in first.err
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    again = scan(run, DRIFTED, tmp_path, *options)
    assert again.code == first.code == 1
    assert re.fullmatch(r"ce-audit: SRV-CE-02 non-compliant: .*; unchanged since \S+Z", again.err.strip())
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before
    aloud = run("scan", DRIFTED, "-o", tmp_path, "-f", "json", *options)
    assert "NOT COMPLIANT" in aloud.out
    assert "nothing written" in aloud.err
    changed = scan(run, CORE, tmp_path, *options)
    assert (changed.code, "report in" in changed.err) == (0, True)


def test_results_that_cannot_be_read_are_replaced(run: Run, tmp_path: Path) -> None:
    (tmp_path / "results.json").write_text("{")
    assert "report in" in scan(run, CORE, tmp_path, "--only-if-changed").err


def test_the_environment_twins(run: Run, tmp_path: Path) -> None:
    twin = {"CE_AUDIT_KEEP": "2", "CE_AUDIT_ONLY_IF_CHANGED": "1", "CE_AUDIT_OUTPUT_DIR": str(tmp_path)}
    for _ in range(2):
        done = run("scan", CORE, "-q", "-f", "json", environment=twin)
    assert "unchanged since" in done.err
    assert len(dated(tmp_path)) == 1


@pytest.mark.parametrize("keep", ["0", "-1", "x"])
def test_keeping_none_is_an_error_of_usage(run: Run, tmp_path: Path, keep: str) -> None:
    assert scan(run, CORE, tmp_path / "out", "--keep", keep).code == 2
    assert not (tmp_path / "out").exists()
