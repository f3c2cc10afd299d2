"""The verbs that say what the product knows: checks, explain, catalogue, schema, help, version."""

import json
import re
from pathlib import Path

import jsonschema
import pytest

from ce_audit import __version__
from reports.schemas import SCHEMA_NAMES
from rules.catalogue.loader import load_catalogue
from rules.check_list import CHECKS
from tests.ce_audit.command import CORE, SAMPLES, Run, run_in

VERBS = ("scan", "collect", "report", "why", "diff", "explain", "checks", "catalogue", "schema")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    return run_in(capsys)


def test_the_version(run: Run) -> None:
    assert run("--version") == (0, f"ce-audit {__version__}\n", "")
    assert run("--version", "checks") == (0, f"ce-audit {__version__}\n", "")


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_names_every_verb_and_exit_code(run: Run, option: str) -> None:
    done = run(option)
    assert (done.code, done.err) == (0, "")
    for verb in VERBS:
        assert f"  {verb} " in done.out
    for code in ("0 compliant", "1 findings", "2 usage", "3 not proven", "4 integrity", "5 internal error"):
        assert code in " ".join(done.out.split())


def test_no_verb_is_an_error_that_shows_the_help(run: Run) -> None:
    done = run()
    assert done.code == 2
    assert "Usage: " in done.out + done.err


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself(run: Run, verb: str) -> None:
    done = run(verb, "--help")
    assert (done.code, done.err) == (0, "")
    assert f"Usage: ce-audit {verb}" in done.out


def test_checks_lists_every_check_once(run: Run) -> None:
    done = run("checks")
    assert (done.code, done.err) == (0, "")
    assert [line.split()[0] for line in done.out.splitlines()] == [check.id for check in CHECKS]


@pytest.mark.parametrize("check", [check.id for check in CHECKS])
def test_explain_answers_every_question_about_a_check(run: Run, check: str) -> None:
    done = run("explain", check)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"{check} (up to ")
    for heading in ("Why it matters", "Evidence", "How it decides", "An example", "How to mend it"):
        assert f"\n{heading}\n" in done.out


def test_the_catalogue_shows_every_row(run: Run) -> None:
    done = run("catalogue")
    assert (done.code, done.err) == (0, "")
    catalogue = load_catalogue()
    assert len(catalogue.rows) == 35
    for row in catalogue.rows:
        assert row.title in done.out
        assert row.executable in done.out
    assert done.out.count(" REMOVED: ") == 4


@pytest.mark.parametrize("name", SCHEMA_NAMES)
def test_a_schema_is_json_schema(run: Run, name: str) -> None:
    done = run("schema", name)
    assert (done.code, done.err) == (0, "")
    jsonschema.Draft202012Validator.check_schema(json.loads(done.out))


def test_the_help_names_the_schemas_there_are(run: Run) -> None:
    shown = " ".join(run("schema", "--help").out.split())
    for name in re.findall(r"[a-z]+-v1", shown):
        assert run("schema", name).code == 0


def test_why_prints_data_that_a_program_can_read(run: Run) -> None:
    done = run("why", SAMPLES / "operator-prompt-block", "--port", "19960", "-f", "json")
    assert done.code == 0
    (answer,) = json.loads(done.out)
    assert answer["decision"] == "blocked"
    assert [rule["action"] for rule in answer["decided_by"]] == ["block"]


FLOWS = """name,program,protocol,local_port,expect
open,D:\\Program Files\\Contact Expert\\Servers\\DBConnectorServer\\DBConnectorServer.exe,tcp,9901,allowed
shut,C:\\x.exe,tcp,12345,blocked
"""


def test_flows_with_expectations_are_a_gate(run: Run, tmp_path: Path) -> None:
    (tmp_path / "good.csv").write_text(FLOWS, encoding="utf-8")
    (tmp_path / "bad.csv").write_text(FLOWS.replace("allowed", "blocked"), encoding="utf-8")
    done = run("why", CORE, "--flows", tmp_path / "good.csv")
    assert (done.code, done.err) == (0, "")
    assert "as expected: 2 of 2" in done.out
    done = run("why", CORE, "--flows", tmp_path / "bad.csv")
    assert done.code == 1
    assert "as expected: 1 of 2" in done.out
