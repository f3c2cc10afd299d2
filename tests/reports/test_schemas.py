"""The published JSON Schemas are those of the models, and real output follows them."""

import json
from pathlib import Path

import jsonschema
import msgspec
import pytest

from reports import results_json, schemas
from rules.model import DecidedBy, Results, Verdict
from scanner.errors import ConfigError
from scanner.model import Snapshot
from tests.reports.sample_results import hostile, sample

PUBLISHED = Path(__file__).resolve().parents[2] / "docs" / "schemas"


@pytest.mark.parametrize("name", schemas.SCHEMA_NAMES)
def test_the_published_copy_is_current(name: str) -> None:
    assert (PUBLISHED / f"{name}.schema.json").read_bytes() == schemas.render(name)


@pytest.mark.parametrize("name", schemas.SCHEMA_NAMES)
def test_it_is_a_valid_schema(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads(schemas.render(name)))


def test_nothing_is_published_that_is_not_generated() -> None:
    published = {path.name for path in PUBLISHED.glob("*.schema.json")}
    assert {f"{name}.schema.json" for name in schemas.SCHEMA_NAMES} <= published


@pytest.mark.parametrize("results", [sample(), hostile(), Results(verdict=Verdict.COMPLIANT)])
def test_rendered_results_follow_the_schema(results: Results) -> None:
    jsonschema.validate(json.loads(results_json.render(results)), json.loads(schemas.render("results-v1")))


def test_a_snapshot_follows_the_schema() -> None:
    snapshot = json.loads(msgspec.json.encode(Snapshot()))
    jsonschema.validate(snapshot, json.loads(schemas.render("snapshot-v1")))


@pytest.mark.parametrize(
    "change", [{"verdict": "fine"}, {"schema": "ce-audit/results-v2"}, {"endpoints": [{}]}]
)
def test_results_that_break_the_schema_are_refused(change: dict[str, object]) -> None:
    broken = {**json.loads(results_json.render(sample())), **change}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(broken, json.loads(schemas.render("results-v1")))


def test_a_bare_list_has_a_schema_of_its_elements() -> None:
    schema = json.loads(schemas.render_array("ce-audit/why-v1", DecidedBy))
    rule = {"id": "i", "name": "n", "store": "local", "action": "allow"}
    jsonschema.validate([rule], schema)
    assert schema["$id"] == "urn:ce-audit:why-v1"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate([{**rule, "name": 1}], schema)


def test_an_unknown_schema_names_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="results-v1, snapshot-v1"):
        schemas.render("results-v9")
