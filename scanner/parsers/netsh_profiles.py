"""Profile settings from `netsh advfirewall show allprofiles|currentprofile` (windows-firewall.md 4.2).

    Public Profile Settings:
    ----------------------------------------------------------------------
    State                                 ON
    Firewall Policy                       BlockInbound,AllowOutbound

Headings, "State" and its value are translated; the policy and the later names are not. Three sections are
always Domain, Private, Public. Local rule merging is not applicable in the local store, so it stays unread.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TypeVar

import msgspec

from scanner.errors import ParseError
from scanner.facts import Fact
from scanner.model import Action, Origin, Problem, Profile, ProfileSettings, Store
from scanner.parsers.lines import at_line, problem, split_lines, whole_number
from scanner.parsers.netsh_words import PROFILE_STEMS, STATE, SWITCH

_T = TypeVar("_T")

_DASHES = re.compile(r"\s*-{30,}\s*")
_SETTING = re.compile(r"(\S+(?: \S+)*)\s{2,}(\S.*)")
_POLICY = re.compile(
    r"(BlockInboundAlways|BlockInbound|AllowInbound|NotConfigured|Not Configured)"
    r",(AllowOutbound|BlockOutbound|NotConfigured|Not Configured)",
    re.IGNORECASE,
)
_IN_ORDER = (Profile.DOMAIN, Profile.PRIVATE, Profile.PUBLIC)
_UNREAD = ("allow_local_rules", "allow_local_ipsec_rules")
_SILENT = ("notconfigured", "not configured")  # a store that leaves the choice to another one
_ACTIONS = {
    "blockinbound": Action.BLOCK,
    "blockinboundalways": Action.BLOCK,
    "allowinbound": Action.ALLOW,
    "allowoutbound": Action.ALLOW,
    "blockoutbound": Action.BLOCK,
}


class _Section(msgspec.Struct, frozen=True):
    heading: str
    line: int  # 1-based, of the heading
    settings: tuple[tuple[int, str, str], ...]  # line, name, value


def looks_like_netsh_profiles(text: str) -> bool:
    """Whether the text holds a heading over dashes with a firewall state or policy in two columns below."""
    return next(_sections(text), None) is not None


def parse_netsh_profiles(text: str, origin: Origin) -> Iterator[Fact]:
    """The settings of each profile in the text, as of the local store; a word not known is a problem.

    Raises ParseError where there is none.
    """
    sections = list(_sections(text))
    if not sections:
        raise ParseError(f"{origin.source}: no profile settings as netsh advfirewall prints them")
    for place, section in enumerate(sections):
        named = _named_profile(section.heading)
        profile = named or (_IN_ORDER[place] if len(sections) == len(_IN_ORDER) else None)
        if profile:
            yield from _settings(section, profile, origin)
        else:
            reason = "not a known name of a firewall profile"
            yield problem(at_line(origin, section.line), section.heading, reason)


def _sections(text: str) -> Iterator[_Section]:
    lines = split_lines(text)
    dashes = [number for number, line in enumerate(lines) if number and _DASHES.fullmatch(line)]
    ends = [*(number - 1 for number in dashes), len(lines)][1:]
    for number, end in zip(dashes, ends, strict=True):
        heading = lines[number - 1].strip()
        settings = tuple(_two_columns(lines, number + 1, end))
        if settings and settings[0][0] == number + 2 and (_is_state(settings[0]) or _policy(settings)):
            yield _Section(heading, number, settings)


def _two_columns(lines: list[str], start: int, end: int) -> Iterator[tuple[int, str, str]]:
    for number, line in enumerate(lines[start:end], start + 1):
        match = _SETTING.fullmatch(line.rstrip())
        if match and not match[1].endswith((":", "：")):
            yield number, match[1], match[2]


def _is_state(setting: tuple[int, str, str]) -> bool:
    return setting[1].casefold() == "state" and setting[2].casefold() in STATE


def _policy(settings: tuple[tuple[int, str, str], ...]) -> re.Match[str] | None:
    return next((match for _, _, value in settings if (match := _POLICY.fullmatch(value))), None)


def _named_profile(heading: str) -> Profile | None:
    text = heading.casefold()
    named = [profile for profile, stems in PROFILE_STEMS if any(stem in text for stem in stems)]
    return named[0] if len(named) == 1 else None


def _settings(section: _Section, profile: Profile, origin: Origin) -> Iterator[Fact]:
    problems: list[Problem] = []

    def meaning(setting: tuple[int, str, str], meanings: Mapping[str, _T]) -> _T | None:
        line, name, value = setting
        found = meanings.get(value.casefold())
        if found is None and value.casefold() not in _SILENT:
            problems.append(problem(at_line(origin, line), value, f"not a known word for {name}"))
        return found

    policy = _policy(section.settings)
    inbound, outbound = (word.casefold() for word in policy.groups()) if policy else ("", "")
    later = {name.casefold(): (line, name, value) for line, name, value in section.settings}

    def switch(name: str) -> bool | None:
        return meaning(later[name], SWITCH) if name in later else None

    enabled = meaning(section.settings[0], STATE)
    misunderstood = () if enabled is not None else ("enabled",)
    size = later.get("maxfilesize", (0, "", ""))[2]
    yield ProfileSettings(
        store=Store.LOCAL,
        profile=profile,
        enabled=enabled,
        default_inbound=_ACTIONS.get(inbound),
        default_outbound=_ACTIONS.get(outbound),
        block_all_inbound=inbound == "blockinboundalways" if inbound in _ACTIONS else None,
        notify_on_listen=switch("inboundusernotification"),
        log_dropped=switch("logdroppedconnections"),
        log_allowed=switch("logallowedconnections"),
        log_file=later.get("filename", (0, "", None))[2],
        log_size_kb=whole_number(size),
        unread=(*_UNREAD, *misunderstood),
        origin=at_line(origin, section.line),
    )
    yield from problems
