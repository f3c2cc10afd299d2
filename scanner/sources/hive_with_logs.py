"""Puts hives that were not closed cleanly together with the transaction logs that lie beside them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from scanner.errors import ParseError
from scanner.model import Origin, Problem
from scanner.sources.document import Document
from scanner.sources.hive import is_hive
from scanner.sources.hive_log import is_dirty, is_hive_log, replayed

_WRAPPED = re.compile(r"\.(?:gz|xz)$", re.IGNORECASE)
_LOG = re.compile(r"\.LOG[12]?$", re.IGNORECASE)


def with_logs_replayed(items: Iterable[Document | Problem]) -> Iterator[Document | Problem]:
    """Everything as it comes; hives that need their logs, and logs, at the end.

    A hive whose logs complete it is yielded with the completed `data`, what was delivered kept beside it; one
    whose logs do not, as it is with a Problem. A log knows its hive by its name, `SYSTEM.LOG1` beside
    `SYSTEM`, and carries it as `belongs_to`; None where the hive is not there.
    """
    hives: dict[str, Document] = {}
    logs: list[Document] = []
    seen: dict[str, str] = {}
    for item in items:
        if isinstance(item, Document) and is_hive_log(item.data):
            logs.append(item)
            continue
        if isinstance(item, Document) and is_hive(item.data):
            seen[_name(item)] = item.source
            if is_dirty(item.data):
                hives[_name(item)] = item
                continue
        yield item
    for name, hive in hives.items():
        yield from _completed(hive, [log for log in logs if _hive_name(log) == name])
    for log in logs:
        yield msgspec.structs.replace(log, belongs_to=seen.get(_hive_name(log)))


def _completed(hive: Document, logs: list[Document]) -> Iterator[Document | Problem]:
    if not logs:
        yield hive
        return
    try:
        data = replayed(hive.data, (log.data for log in sorted(logs, key=_name)))
    except ParseError as error:
        yield Problem(origin=Origin(source=hive.source), text="", reason=str(error))
        yield hive
    else:
        yield msgspec.structs.replace(hive, data=data, delivered=hive.raw)


def _name(document: Document) -> str:
    return _WRAPPED.sub("", document.source).casefold()


def _hive_name(log: Document) -> str:
    return _LOG.sub("", _name(log))
