"""A firewall rule made ready to decide, each condition a function to Truth (windows-firewall.md 3.2)."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from rules.firewall.addresses import read_addresses
from rules.firewall.flow import ANY_PROTOCOL
from rules.firewall.host import HostFacts
from rules.firewall.ports import PortSet, Span, read_ports
from rules.firewall.programs import Program, match_program, read_program
from rules.firewall.query import Query
from rules.firewall.tokens import Condition, Test, Tokens, is_set, read_tokens, token_conditions, unknown
from rules.firewall.truth import FALSE, TRUE, UNKNOWN, Truth
from scanner.model import Action, FirewallRule, Profile

PROFILE_BITS = {Profile.DOMAIN: 1, Profile.PRIVATE: 2, Profile.PUBLIC: 4}
ALL_PROFILES = 7
_CONDITION_OF_FIELD = {
    "interface_types": "interface-type",
    "local_ports": "local-port",
    "remote_ports": "remote-port",
    "local_addresses": "local-address",
    "remote_addresses": "remote-address",
}
_NOTED = {"interfaces": "whether it is bound to single interfaces is not shown: read as bound to none"}


class CompiledRule(msgspec.Struct, frozen=True, kw_only=True):
    """A firewall rule with its conditions, the profile apart.

    `enforced` is the bit mask of profiles in which it takes part, `doubtful` of those in which it may.
    `program` is None unless only that very path can match; `ports` None unless only those can: both are what
    the index looks rules up by. `notes` are said when the rule decides.
    """

    fw_rule: FirewallRule
    enforced: int
    doubtful: int = 0
    protocol: int | None
    program: str | None
    ports: tuple[Span, ...] | None
    conditions: tuple[Condition, ...]
    notes: tuple[str, ...] = ()


def compile_rule(fw_rule: FirewallRule, host: HostFacts, enforced: int, doubtful: int = 0) -> CompiledRule:
    """`fw_rule`, which is not malformed, ready to match; `enforced` and `doubtful` as in CompiledRule."""
    program = read_program(fw_rule.program) if fw_rule.program else None
    ports = read_ports(fw_rule.local_ports) if fw_rule.local_ports else None
    tokens = read_tokens(fw_rule)
    certain = program is not None and program.exact and not program.nobody
    return CompiledRule(
        fw_rule=fw_rule,
        enforced=enforced,
        doubtful=doubtful,
        protocol=None if fw_rule.protocol == ANY_PROTOCOL else fw_rule.protocol,
        program=program.key if program is not None and certain else None,
        ports=None if ports is None else ports.reach(host.dynamic[0]),
        conditions=tuple(_conditions(fw_rule, host, program, ports, tokens)),
        notes=tuple(_notes(fw_rule, program, ports)),
    )


def match(compiled: CompiledRule, query: Query) -> Truth:
    """Whether the firewall rule matches, its profile apart: FALSE beats UNKNOWN beats TRUE."""
    truth = TRUE
    for _, test in compiled.conditions:
        found = test(query)
        if found < truth:
            if found == FALSE:
                return FALSE
            truth = found
    return truth


def unmet(compiled: CompiledRule, query: Query, truth: Truth) -> tuple[str, ...]:
    """The names of the conditions that are `truth` for `query`, each once."""
    return tuple(dict.fromkeys(name for name, test in compiled.conditions if test(query) == truth))


def profile_mask(fw_rule: FirewallRule) -> int:
    """The profiles a firewall rule names, as bits; none named means all."""
    mask = sum(PROFILE_BITS[profile] for profile in set(fw_rule.profiles) if profile in PROFILE_BITS)
    return mask or ALL_PROFILES


def heeds_remote(fw_rule: FirewallRule, tokens: Tokens) -> bool:
    """False where local-only mapping makes Windows ignore what the rule says of the remote end (3.6)."""
    return fw_rule.action is Action.BLOCK or not is_set(tokens, "lom")


def _conditions(
    fw_rule: FirewallRule, host: HostFacts, program: Program | None, ports: PortSet | None, tokens: Tokens
) -> Iterator[Condition]:
    yield from _unread(fw_rule)
    if fw_rule.protocol not in (None, ANY_PROTOCOL):
        yield "protocol", _protocol_test(fw_rule.protocol)
    if ports is not None:
        yield "local-port", _local_port_test(ports, host)
    if program is not None:
        yield "program", _program_test(program)
    if fw_rule.service:
        yield "service", _service_test(fw_rule.service.casefold(), host)
    if heeds_remote(fw_rule, tokens):
        yield from _remote_conditions(fw_rule, host)
    if fw_rule.local_addresses:
        yield "local-address", _local_address_test(fw_rule, host)
    yield from token_conditions(fw_rule.action, tokens, host.build)


def _unread(fw_rule: FirewallRule) -> Iterator[Condition]:
    """What the evidence could not show: a listing may hide conditions, or use words nobody understood."""
    if fw_rule.direction is None:
        yield "direction", unknown
    if fw_rule.action is None:
        yield "action", unknown
    for name in fw_rule.unread:
        if name not in _NOTED:
            yield _CONDITION_OF_FIELD.get(name, name), unknown


def _protocol_test(wanted: int | None) -> Test:
    def test(query: Query) -> Truth:
        if query.protocol == wanted:
            return TRUE
        return UNKNOWN if query.protocol == ANY_PROTOCOL else FALSE

    return test


def _local_port_test(ports: PortSet, host: HostFacts) -> Test:
    def test(query: Query) -> Truth:
        port = query.local_port
        if port is None:
            return UNKNOWN
        truth = ports.holds(port)
        return max(truth, _rpc_truth(query, port, host)) if ports.rpc else truth

    return test


def _rpc_truth(query: Query, port: int, host: HostFacts) -> Truth:
    """RPC means ports handed out at run time: never one outside the dynamic range (2.4, 3.9)."""
    family = query.families[0] if len(query.families) == 1 else 0
    if not any(low <= port <= high for low, high in host.dynamic[family]):
        return FALSE
    if query.rpc is None:
        return UNKNOWN
    return TRUE if query.rpc else FALSE


def _program_test(wanted: Program) -> Test:
    def test(query: Query) -> Truth:
        return UNKNOWN if query.program is None else match_program(wanted, query.program)

    return test


def _service_test(wanted: str, host: HostFacts) -> Test:
    if wanted in host.services_without_sid:
        return lambda _query: FALSE  # its process carries no service SID to match (3.5)

    def test(query: Query) -> Truth:
        if query.service:
            return TRUE if wanted in ("*", query.service) else FALSE
        if query.program is None:
            return UNKNOWN
        if not query.program.is_service_host:
            return FALSE
        return TRUE if wanted == "*" else UNKNOWN  # svchost.exe always hosts some service

    return test


def _remote_conditions(fw_rule: FirewallRule, host: HostFacts) -> Iterator[Condition]:
    if fw_rule.remote_addresses:
        yield "remote-address", _remote_address_test(fw_rule, host)
    if fw_rule.remote_ports:
        yield "remote-port", _remote_port_test(read_ports(fw_rule.remote_ports))


def _remote_address_test(fw_rule: FirewallRule, host: HostFacts) -> Test:
    admitted = read_addresses(fw_rule.remote_addresses, host.local_subnets)

    def test(query: Query) -> Truth:
        if query.remote is None:
            return admitted.may_hold(query.families)
        return admitted.holds(query.remote)

    return test


def _remote_port_test(ports: PortSet) -> Test:
    def test(query: Query) -> Truth:
        if query.remote_port is None:
            return UNKNOWN
        return max(ports.holds(query.remote_port), UNKNOWN if ports.rpc else FALSE)

    return test


def _local_address_test(fw_rule: FirewallRule, host: HostFacts) -> Test:
    admitted = read_addresses(fw_rule.local_addresses, host.local_subnets)

    def test(query: Query) -> Truth:
        if not query.local:
            return admitted.may_hold(query.families)
        truths = {admitted.holds(address) for address in query.local}
        return truths.pop() if len(truths) == 1 else UNKNOWN

    return test


def _notes(fw_rule: FirewallRule, program: Program | None, ports: PortSet | None) -> Iterator[str]:
    yield from (_NOTED[name] for name in fw_rule.unread if name in _NOTED)
    if program is not None and program.note:
        yield program.note
    for keyword in ports.usual if ports is not None else ():
        yield f"{keyword} is read by its usual port"
