"""The canonical JSON: stable, readable again, and clear about what is not it."""

import json
import subprocess
import sys

import msgspec
import pytest

from reports import results_json
from rules.model import AssessedHost, Results, Verdict
from scanner.errors import ParseError
from scanner.model import Snapshot
from tests.reports.sample_results import crowded, hostile, sample


def test_saved_results_read_back_equal_and_render_to_the_same_bytes() -> None:
    data = results_json.render(sample())
    assert results_json.parse(data) == sample()
    assert results_json.render(results_json.parse(data)) == data


def test_the_text_is_indented_ends_in_a_line_feed_and_keeps_the_order_of_the_model() -> None:
    data = results_json.render(sample())
    assert data.startswith(b'{\n  "schema": "ce-audit/results-v1",\n  "tool"')
    assert data.endswith(b"}\n")
    assert list(json.loads(data)) == [field.encode_name for field in msgspec.structs.fields(Results)]


def test_times_are_utc() -> None:
    assert json.loads(results_json.render(sample()))["host"]["collected_at"] == "2025-03-04T10:15:42Z"


def test_half_a_surrogate_pair_does_not_lose_the_results() -> None:
    data = results_json.render(hostile())
    assert b"half\\\\ud800pair" in data
    assert results_json.render(results_json.parse(data)) == data


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not readable JSON"),
        (b"\xff\xfe{", "not readable JSON"),
        (b'{"schema": "\xff"}', "not readable JSON"),
        (b"[" * 100, "do not follow"),
        (b'{"x":' + b"[" * 100_000, "not readable JSON"),
        (b'{"verdict": "compliant"}', "do not name their schema"),
        (msgspec.json.encode(Snapshot()), "ce-audit/snapshot-v1"),
        (b'{"schema": "ce-audit/results-v1"}', "missing required field `verdict`"),
        (b'{"schema": "ce-audit/results-v1", "verdict": "fine"}', r"\$.verdict"),
        (results_json.render(sample())[:-200], "not readable JSON"),
    ],
)
def test_what_is_not_results_is_refused_with_the_reason(data: bytes, reason: str) -> None:
    with pytest.raises(ParseError, match=reason):
        results_json.parse(data)


def test_many_findings_are_all_there() -> None:
    assert len(json.loads(results_json.render(crowded()))["results"][0]["findings"]) == 450


def test_reading_and_writing_json_loads_no_layout_engine() -> None:
    code = (
        "import sys; from reports import results_json, view; "
        "view.build(results_json.parse(sys.stdin.buffer.read())); "
        "print([name for name in ('jinja2', 'rich', 'weasyprint', 'lxml') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], input=results_json.render(sample()), capture_output=True, check=True
    )
    assert done.stdout.strip() == b"[]"


def test_a_host_without_facts_is_still_results() -> None:
    bare = Results(verdict=Verdict.NOT_PROVEN, host=AssessedHost())
    assert results_json.parse(results_json.render(bare)) == bare
