"""`scan`: what it writes and says, and the exit code that says it to machines."""

import json
from pathlib import Path

import pytest

from tests.ce_audit.command import CORE, SAMPLES, Run, run_in, run_process

DRIFTED, HALF = SAMPLES / "drifted-core", SAMPLES / "half-collected"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    return run_in(capsys)


def written(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_everything_is_written_unless_formats_are_chosen(run: Run, tmp_path: Path) -> None:
    done = run("scan", CORE, "-o", tmp_path / "out")
    assert done.code == 0
    assert written(tmp_path / "out") == {"report.html", "report.pdf", "results.json", "snapshot.json"}
    assert (tmp_path / "out" / "report.pdf").read_bytes().startswith(b"%PDF-")
    assert "COMPLIANT" in done.out
    assert [line.split()[0] for line in done.err.splitlines() if "..." not in line] == ["wrote"] * 4


@pytest.mark.parametrize(
    ("formats", "files"),
    [
        (("json",), {"results.json", "snapshot.json"}),
        (("html", "csv"), {"report.html", "findings.csv"}),
        (("csv", "csv"), {"findings.csv"}),
    ],
)
def test_formats_may_be_chosen(run: Run, tmp_path: Path, formats: tuple[str, ...], files: set[str]) -> None:
    chosen = [word for name in formats for word in ("-f", name)]
    assert run("scan", CORE, "-o", tmp_path, *chosen).code == 0
    assert written(tmp_path) == files


def test_an_unknown_format_is_an_error_of_usage(run: Run, tmp_path: Path) -> None:
    done = run("scan", CORE, "-o", tmp_path, "-f", "docx")
    assert done.code == 2
    assert done.out == ""
    assert "docx" in done.err


@pytest.mark.parametrize(
    ("evidence", "options", "code"),
    [
        (CORE, (), 0),
        (DRIFTED, (), 1),
        (DRIFTED, ("--fail-on", "high"), 1),
        (DRIFTED, ("--fail-on", "critical"), 0),
        (DRIFTED, ("--exit-zero",), 0),
        (HALF, (), 3),
        (HALF, ("--exit-zero",), 0),
        (HALF, ("--fail-on", "info"), 3),
        (CORE, ("--strict",), 0),
        (SAMPLES / "operator-prompt-block", ("--fail-on", "critical"), 0),
        (SAMPLES / "operator-prompt-block", ("--fail-on", "critical", "--strict"), 3),
        (SAMPLES / "gpo-ignores-local", ("--fail-on", "critical"), 1),
    ],
)
def test_the_exit_code_says_what_was_found(
    run: Run, tmp_path: Path, evidence: Path, options: tuple[str, ...], code: int
) -> None:
    assert run("scan", evidence, "-o", tmp_path, "-f", "json", *options).code == code


def test_quiet_leaves_stdout_alone_and_says_the_outcome_in_one_line(run: Run, tmp_path: Path) -> None:
    done = run("scan", SAMPLES / "operator-prompt-block", "-q", "-o", tmp_path, "-f", "json")
    assert (done.code, done.out) == (1, "")
    assert done.err == f"ce-audit: OPC-0417 non-compliant: 1 high, 1 info; report in {tmp_path}\n"


def test_verbose_says_what_each_file_was_read_as(run: Run, tmp_path: Path) -> None:
    done = run("scan", CORE, "-v", "-o", tmp_path, "-f", "json")
    assert "read registry/firewall.reg as registry-export (" in done.err
    assert "registry/firewall.reg" not in done.out


def test_what_could_not_be_read_is_one_line(run: Run, tmp_path: Path) -> None:
    done = run("scan", SAMPLES / "operator-prompt-block", "-o", tmp_path, "-f", "json")
    (line,) = (line for line in done.err.splitlines() if line.startswith("not everything could be read: "))
    assert line.endswith("(and 2 more, listed in the results)")


@pytest.mark.parametrize(
    ("option", "variable", "value"),
    [
        (("--fail-on", "critical"), "CE_AUDIT_FAIL_ON", "critical"),
        (("--exit-zero",), "CE_AUDIT_EXIT_ZERO", "1"),
        (("-q",), "CE_AUDIT_QUIET", "1"),
        (("--strict",), "CE_AUDIT_STRICT", "1"),
        (("--role", "operator-pc"), "CE_AUDIT_ROLE", "operator-pc"),
        (("-f", "csv"), "CE_AUDIT_FORMAT", "csv"),
        (("--color", "always"), "CE_AUDIT_COLOR", "always"),
        (("-v",), "CE_AUDIT_VERBOSE", "1"),
        (("--no-progress",), "CE_AUDIT_NO_PROGRESS", "1"),
    ],
)
def test_an_option_and_its_environment_twin_do_the_same(
    run: Run, tmp_path: Path, option: tuple[str, ...], variable: str, value: str
) -> None:
    by_option = run(
        "scan", DRIFTED, "-o", tmp_path / "x", *option, *(("-f", "json") if "-f" not in option else ())
    )
    files = {path.name: path.read_bytes() for path in (tmp_path / "x").iterdir()}
    twin = {"CE_AUDIT_FORMAT": "json", "CE_AUDIT_OUTPUT_DIR": str(tmp_path / "x"), variable: value}
    assert run("scan", DRIFTED, environment=twin) == by_option
    assert {path.name: path.read_bytes() for path in (tmp_path / "x").iterdir()} == files


def test_the_role_may_be_said(run: Run, tmp_path: Path) -> None:
    run("scan", CORE, "-q", "-o", tmp_path, "-f", "json", "--role", "operator-pc")
    assert json.loads((tmp_path / "results.json").read_bytes())["host"]["role"] == "operator-pc"


def test_colour_is_for_terminals_unless_asked_for_and_never_where_declined(run: Run, tmp_path: Path) -> None:
    scan = ("scan", DRIFTED, "-o", tmp_path, "-f", "json")
    assert "\x1b[" not in run(*scan).out
    assert "\x1b[" in run(*scan, "--color", "always").out
    assert "\x1b[" not in run(*scan, "--color", "never").out
    assert "\x1b[" not in run(*scan, environment={"NO_COLOR": "1"}).out


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp437"])
def test_a_console_that_lacks_our_signs_still_gets_the_summary(tmp_path: Path, encoding: str) -> None:
    done = run_process(
        "scan", DRIFTED, "-o", tmp_path, "-f", "json", environment={"PYTHONIOENCODING": encoding}
    )
    assert done.code == 1
    assert "NOT COMPLIANT" in done.out


def test_the_same_evidence_gives_the_same_bytes(run: Run, tmp_path: Path) -> None:
    for name in ("a", "b"):
        run("scan", DRIFTED, "-o", tmp_path / name, "-f", "json", "-f", "html", "-f", "csv")
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


@pytest.mark.parametrize("sample", [CORE, DRIFTED, HALF])
def test_the_written_snapshot_is_judged_alike(run: Run, tmp_path: Path, sample: Path) -> None:
    first = run("scan", sample, "-o", tmp_path / "a", "-f", "json", "-q")
    again = run("scan", tmp_path / "a" / "snapshot.json", "-o", tmp_path / "b", "-f", "json", "-q")
    assert first.code == again.code
    for name in ("results.json", "snapshot.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_nothing_is_left_behind_beside_the_files(run: Run, tmp_path: Path) -> None:
    run("scan", CORE, "-o", tmp_path, "-f", "json")
    run("scan", CORE, "-o", tmp_path, "-f", "json")
    assert written(tmp_path) == {"results.json", "snapshot.json"}
