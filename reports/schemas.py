"""The JSON Schemas of what we write, generated from the models; `docs/schemas/` holds a copy of each."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from rules.differences import DIFF_SCHEMA, Differences
from rules.model import RESULTS_SCHEMA, Results
from scanner.errors import ConfigError
from scanner.model import SNAPSHOT_SCHEMA, Snapshot

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_MODELS: dict[str, tuple[str, type[msgspec.Struct]]] = {
    "results-v1": (RESULTS_SCHEMA, Results),
    "snapshot-v1": (SNAPSHOT_SCHEMA, Snapshot),
    "diff-v1": (DIFF_SCHEMA, Differences),
}
SCHEMA_NAMES = tuple(_MODELS)


def render(name: str) -> bytes:
    """The JSON Schema (2020-12) of one of SCHEMA_NAMES, indented, in UTF-8.

    Raises ConfigError for any other name.
    """
    if name not in _MODELS:
        raise ConfigError(f"no schema named {name!r}; there are {', '.join(SCHEMA_NAMES)}")
    identifier, model = _MODELS[name]
    schema = _generated(identifier, model)
    _pin(schema, model.__name__, identifier)
    return _text(schema)


def render_form(identifier: str, model: type[msgspec.Struct]) -> bytes:
    """The JSON Schema of a file that users write: it need not say which schema it follows."""
    return _text(_generated(identifier, model))


def render_array(identifier: str, model: type[msgspec.Struct]) -> bytes:
    """The JSON Schema of an array of `model`, for output that is a bare list, as that of `why`."""
    return _text(_generated(identifier, tuple[model, ...]))  # type: ignore[valid-type]


def _generated(identifier: str, model: object) -> dict[str, Any]:
    head = {"$schema": _DIALECT, "$id": f"urn:{identifier.replace('/', ':')}"}
    schema = {**head, **msgspec.json.schema(model)}
    for definition in schema["$defs"].values():
        if "description" in definition:  # how a docstring is wrapped is no part of the contract
            definition["description"] = " ".join(definition["description"].split())
    return schema


def _text(schema: dict[str, Any]) -> bytes:
    return json.dumps(schema, indent=2, ensure_ascii=False).encode() + b"\n"


def _pin(schema: dict[str, Any], model: str, identifier: str) -> None:
    """A document must say which schema it follows: `schema` is required, and that one value."""
    root = schema["$defs"][model]
    root["properties"]["schema"] = {"const": identifier}
    root["required"] = ["schema", *root.get("required", ())]
