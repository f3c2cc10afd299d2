"""One entry of a waiver file: what it names and accepts, who answers for it, and what is wrong with it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from difflib import get_close_matches

import msgspec

from rules.model import Finding

_ANSWERING = ("justification", "owner", "approver", "expires")
_NAMING = ("check", "component", "endpoint")
_KEYS = ("fingerprint", *_NAMING, "variant", "accepts", *_ANSWERING)
_ENDPOINT = re.compile(r"(tcp|udp)(/[0-9]{1,5})?")
_LASTING = re.compile(r" ((?:tcp|udp)/[0-9]+)$")  # ends the subject of a finding about an endpoint
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SHOWN = 60


class Waiver(msgspec.Struct, frozen=True, kw_only=True):
    """A dated, justified acceptance of one finding. `place` is where it stands (`waivers.toml:12`).

    It names the finding by `fingerprint`, or by check, component, endpoint and perhaps variant; `accepts` is
    the condition that was accepted, "" where none is said. An entry with `faults` never applies.
    """

    place: str
    fingerprint: str = ""
    check: str = ""
    component: str = ""
    variant: str = ""
    endpoint: str = ""
    accepts: str = ""
    justification: str = ""
    owner: str = ""
    approver: str = ""
    expires: str = ""
    faults: tuple[str, ...] = ()

    @property
    def subject(self) -> str:
        """What it names, as it was written."""
        words = (self.check, self.component, self.variant and f"({self.variant})", self.endpoint)
        return f"fingerprint {self.fingerprint}" if self.fingerprint else " ".join(filter(None, words))

    def names(self, check: str, finding: Finding) -> bool:
        """True where `finding` of `check` is what this entry is about, whatever its condition."""
        if self.fingerprint:
            return _same(self.fingerprint, finding.fingerprint)
        return (
            _same(self.check, check)
            and any(_same(self.component, name) for name in _titles(finding))
            and (not self.variant or _same(self.variant, finding.variant))
            and self.endpoint.casefold() in endpoints(finding)
        )


def endpoints(finding: Finding) -> tuple[str, ...]:
    """How a waiver may write the endpoint of a finding: the documented port first, which outlasts a move."""
    lasting = _LASTING.search(finding.subject)
    found = [lasting[1]] if lasting else []
    if finding.port is not None and finding.protocol:
        found.append(f"{finding.protocol}/{finding.port}")
    return tuple(dict.fromkeys(found)) or ((finding.protocol,) if finding.protocol else ())


def _titles(finding: Finding) -> tuple[str, ...]:
    """What its component may be called: by name, or with the variant as reports do."""
    variant = f"{finding.component} ({finding.variant})" if finding.variant else finding.component
    return finding.component, variant


def read_waiver(entry: object, place: str) -> Waiver:
    """The entry as TOML gives it, with everything that is wrong with it; nothing raises."""
    if not isinstance(entry, Mapping):
        return Waiver(place=place, faults=("it is not a table; write it as [[waiver]]",))
    texts = {key: _text(entry[key]) for key in _KEYS if key in entry}
    found = {key: text for key, text in texts.items() if text is not None}
    waiver = msgspec.convert({**found, "place": place}, Waiver)
    kinds = [
        f"{key} must be {'a date such as 2027-01-31' if key == 'expires' else 'a text'}"
        for key, text in texts.items()
        if text is None
    ]
    faults = (*_unknown(entry), *kinds, *_unnamed(waiver, entry), *_unanswered(waiver, texts))
    return msgspec.structs.replace(waiver, faults=faults)


def expiry(written: str) -> date | None:
    """The day until which a waiver holds, that day included; None where `written` is not a date."""
    if not _DATE.fullmatch(written):
        return None
    try:
        return date.fromisoformat(written)
    except ValueError:
        return None


def _text(value: object) -> str | None:
    """A text without blanks around it, a TOML date as ISO 8601; None for anything else, a time of day too."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    return value.strip() if isinstance(value, str) else None


def _unknown(entry: Mapping[object, object]) -> Iterator[str]:
    for key in entry:
        if key not in _KEYS:
            near = get_close_matches(str(key), _KEYS, n=1)
            yield f"unknown key {str(key)[:_SHOWN]!r}" + (f", did you mean {near[0]}?" if near else "")


def _unnamed(waiver: Waiver, entry: Mapping[object, object]) -> Iterator[str]:
    """What is wrong with how it says which finding it is about."""
    written = [key for key in (*_NAMING, "variant") if key in entry]
    if "fingerprint" in entry and written:
        yield f"it names the finding twice: by fingerprint, and by {', '.join(written)}; leave one out"
    elif "fingerprint" in entry:
        yield from _missing(waiver, ("fingerprint",))
    elif not written:
        yield "it names no finding: write fingerprint, or check, component and endpoint"
    else:
        yield from _missing(waiver, _NAMING)
    if waiver.endpoint and not _ENDPOINT.fullmatch(waiver.endpoint.casefold()):
        yield f"endpoint must be written as tcp/9901, not {waiver.endpoint[:_SHOWN]!r}"
    if "accepts" in entry and not waiver.accepts:
        yield "accepts is empty"


def _unanswered(waiver: Waiver, texts: Mapping[str, str | None]) -> Iterator[str]:
    """What is missing of who answers for it, why, and until when."""
    yield from _missing(waiver, tuple(key for key in _ANSWERING if texts.get(key, "") is not None))
    if waiver.expires and expiry(waiver.expires) is None:
        yield f"expires must be a date such as 2027-01-31, not {waiver.expires[:_SHOWN]!r}"
    if waiver.owner and _person(waiver.owner) == _person(waiver.approver):
        yield f"owner and approver are the same person, {waiver.owner[:_SHOWN]!r}: nobody approves his own"


def _missing(waiver: Waiver, keys: tuple[str, ...]) -> Iterator[str]:
    empty = [key for key in keys if not _person(getattr(waiver, key))]
    if empty:
        yield f"{', '.join(empty)} missing or empty"


def _person(name: str) -> str:
    """A name as it is compared: no matter of case, width, blanks or characters that nobody sees."""
    seen = (char for char in unicodedata.normalize("NFKC", name) if unicodedata.category(char) != "Cf")
    return " ".join("".join(seen).split()).casefold()


def _same(written: str, found: str) -> bool:
    return written.casefold() == found.casefold()
