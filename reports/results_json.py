"""`results.json`: the canonical text of `results-v1`, and its reader (design.md section 4)."""

from __future__ import annotations

import msgspec

from reports.visible import encodable, rewritten
from rules.model import RESULTS_SCHEMA, Results
from scanner.errors import ParseError


class _Header(msgspec.Struct, frozen=True):
    schema: str = ""


def render(results: Results) -> bytes:
    """Indented UTF-8 JSON in the order of the model, a line feed at the end: the same in, the same out."""
    try:
        data = msgspec.json.encode(results)
    except UnicodeEncodeError:  # a name with half of a surrogate pair, as UTF-16 evidence can hold
        data = msgspec.json.encode(rewritten(results, encodable))
    return msgspec.json.format(data, indent=2) + b"\n"


def parse(data: bytes) -> Results:
    """Read what `render` wrote.

    Raises ParseError where it is not JSON, not `results-v1`, or does not follow that schema.
    """
    try:
        schema = msgspec.json.decode(data, type=_Header).schema
        if schema != RESULTS_SCHEMA:
            raise ParseError(_other_schema(schema))
        return msgspec.json.decode(data, type=Results)
    except msgspec.ValidationError as error:
        raise ParseError(f"results do not follow {RESULTS_SCHEMA}: {error}") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ParseError(f"results are not readable JSON: {error}") from error


def _other_schema(schema: str) -> str:
    if not schema:
        return f'results do not name their schema; expected "schema": "{RESULTS_SCHEMA}"'
    return f"this is {schema[:80]!r}, not {RESULTS_SCHEMA}; a snapshot or evidence goes to `ce-audit scan`"
