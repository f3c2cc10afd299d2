"""Whose traffic a policy tells apart: the programs and services its rules name (windows-firewall.md 3.5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from rules.firewall.conditions import CompiledRule
from rules.firewall.policy import Policy
from rules.firewall.programs import Program, match_program, read_program
from rules.firewall.truth import UNKNOWN

ANY_SERVICE = "*"


class Subject(msgspec.Struct, frozen=True):
    """A program by its normalised path and a service, each None for "any that no rule names".

    The service ANY_SERVICE stands for services that no rule names.
    """

    program: str | None = None
    service: str | None = None


ANYONE = Subject()


class Field(msgspec.Struct, frozen=True):
    """The rules that bear on one subject: `own` name it, `wider` name only its program or only its service.

    Rules that name nobody are the same for every subject and are not repeated here.
    """

    subject: Subject
    program: str | None  # as a rule writes it
    own: tuple[CompiledRule, ...]
    wider: tuple[CompiledRule, ...] = ()


def fields(policy: Policy) -> tuple[Field, ...]:
    """One for every program and service that a rule in force names, and first the one for anyone else.

    A rule whose path can only be shown not to fit (an 8.3 name) belongs to every program it may mean.
    """
    named: dict[Subject, list[CompiledRule]] = {ANYONE: []}
    programs: dict[str, Program] = {}
    written: dict[str, str] = {}
    for compiled in (*policy.ordinary.everything, *policy.hardening.everything):
        program = read_program(compiled.fw_rule.program) if compiled.fw_rule.program else None
        if program is not None:
            programs[program.key] = program
            written.setdefault(program.key, compiled.fw_rule.program or "")
        service = compiled.fw_rule.service.casefold() if compiled.fw_rule.service else None
        named.setdefault(Subject(program.key if program else None, service), []).append(compiled)
    alike = _alike(programs.values())
    return tuple(
        Field(
            subject,
            written.get(subject.program or ""),
            (*own, *_doubtful(subject, alike, named)),
            tuple(compiled for other in _above(subject) for compiled in named.get(other, ())),
        )
        for subject, own in named.items()
    )


def _alike(programs: Iterable[Program]) -> dict[str, tuple[str, ...]]:
    """For each path the others that may mean the same program."""
    programs = tuple(programs)
    inexact = [program for program in programs if not (program.exact or program.nobody)]
    return {
        program.key: tuple(
            other.key
            for other in _candidates(program, programs, inexact)
            if match_program(other, program) == UNKNOWN
        )
        for program in programs
    }


def _candidates(program: Program, programs: tuple[Program, ...], inexact: list[Program]) -> Iterable[Program]:
    """Two exact paths are never in doubt."""
    return inexact if program.exact else programs


def _doubtful(
    subject: Subject, alike: dict[str, tuple[str, ...]], named: dict[Subject, list[CompiledRule]]
) -> Iterator[CompiledRule]:
    for program in alike.get(subject.program or "", ()):
        for service in _services(subject):
            yield from named.get(Subject(program, service), ())


def _above(subject: Subject) -> Iterator[Subject]:
    """The subjects that hold this one, anyone apart."""
    for program in dict.fromkeys((subject.program, None)):
        for service in _services(subject):
            other = Subject(program, service)
            if other not in (subject, ANYONE):
                yield other


def _services(subject: Subject) -> tuple[str | None, ...]:
    if subject.service is None:
        return (None,)
    return tuple(dict.fromkeys((subject.service, ANY_SERVICE, None)))
