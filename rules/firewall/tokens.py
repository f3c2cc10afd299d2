"""Conditions that the other tokens of a rule string make (windows-firewall.md 2.3, 2.6, 3.5, 3.6).

A token that is neither ignorable nor modelled may be a condition: it makes the rule unknown, never void.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from rules.firewall.flow import ANY_PROTOCOL
from rules.firewall.os_version import not_skipped, platform_holds
from rules.firewall.query import Query
from rules.firewall.truth import FALSE, TRUE, UNKNOWN, Truth, agreement
from scanner.model import Action, FirewallRule, Interface

Test = Callable[[Query], Truth]
Condition = tuple[str, Test]
Tokens = dict[str, list[str]]
Written = frozenset[tuple[str, frozenset[str]]]

# `version` is the head of the string; LOM changes how the remote side is read (conditions.py).
_IGNORED = frozenset(
    {
        *("version", "name", "desc", "embedctxt", "lsm", "pcross", "caudit", "devmode", "edge", "defer"),
        *("lom", "security2", "security2_9", "platform2"),
    }
)
_FLAGS_OFF = frozenset({"authbypassout", "btoif", "sytesmosonly", "systemosonly", "gameosonly", "applb"})
_EMPTY_IS_ABSENT = frozenset(
    {"app", "svc", "pfn", "apppkgid", "luauth", "luauth2_24", "luown", "if", "iftype"}
    | {side + "port" + suffix for side in "lr" for suffix in ("", "2_10", "2_20", "2_24")}
    | {side + "a" + family for side in "lr" for family in ("4", "6", "42", "62")}
)
_BEHAVIOUR = frozenset({"edge", "defer", "lsm", "pcross", "lom"})
_SECURITY = ("security", "security2", "security2_9")
_NO_SECURITY = frozenset({"", "none", "notrequired"})
_USER = ("luauth", "luauth2_24", "luown")
_PACKAGE = ("pfn", "apppkgid")
_INTERFACE_TYPES = frozenset({"lan", "wireless", "remoteaccess"})
_TEST_NAMES = {
    "if": "interface",
    "iftype": "interface-type",
    "icmp4": "icmp",
    "icmp6": "icmp",
    **dict.fromkeys(_USER, "user"),
}
_PLATFORM = ("platform", "skipver")
_MODELLED = frozenset({"platform", "skipver", "security", *_PACKAGE, *_TEST_NAMES})


def read_tokens(fw_rule: FirewallRule) -> Tokens:
    """`extra` by lower-case name, in order; empty values of known conditions left out."""
    tokens: Tokens = {}
    for name, value in fw_rule.extra:
        known = name.strip().lower()
        if value or known not in _EMPTY_IS_ABSENT:
            tokens.setdefault(known, []).append(value)
    return tokens


def is_set(tokens: Tokens, flag: str) -> bool:
    return any(value.strip().lower() == "true" for value in tokens.get(flag, ()))


def wants_ipsec(tokens: Tokens) -> bool:
    """True for a firewall rule that only IPsec-protected traffic can match (3.6)."""
    return bool(security(tokens))


def security(tokens: Tokens) -> Written:
    """The IPsec conditions, as written."""
    return _written(
        tokens, (name for name in _SECURITY if not _NO_SECURITY.issuperset(_lowered(tokens, name)))
    )


def behaviour(tokens: Tokens) -> Written:
    """The flags, where set, that do not decide about ordinary traffic but give it more ways in (3.6)."""
    return _written(tokens, (name for name in _BEHAVIOUR if _lowered(tokens, name) - {"false"}))


def written_conditions(tokens: Tokens, build: int | None) -> Written:
    """The conditions `token_conditions` makes of tokens, IPsec apart, as written: equal ones match alike."""
    names = (name for name, values in tokens.items() if name in _MODELLED or _is_unmodelled(name, values))
    found = _written(tokens, (name for name in names if name not in _SECURITY and name not in _PLATFORM))
    if any(_platform_conditions(tokens, build)):
        said = (f"{name} {','.join(tokens.get(name, ()))}" for name in (*_PLATFORM, "platform2"))
        found |= {("platform", frozenset(said))}
    return found


def _written(tokens: Tokens, names: Iterable[str]) -> Written:
    return frozenset((name, frozenset(tokens[name])) for name in names)


def _lowered(tokens: Tokens, name: str) -> set[str]:
    return {value.strip().lower() for value in tokens.get(name, ())}


def token_conditions(action: Action | None, tokens: Tokens, build: int | None) -> Iterator[Condition]:
    """One condition per kind of token; the constant ones first, so that a rule known to fail fails early."""
    if action is Action.BYPASS or wants_ipsec(tokens):
        yield "security", _never  # the traffic asked about is plain
    if any(name in tokens for name in _PACKAGE):
        yield "package", _packaged
    yield from _platform_conditions(tokens, build)
    for name, read in _TESTS.items():
        if name in tokens:
            yield _TEST_NAMES[name], read(tokens[name])
    for name, values in tokens.items():
        if _is_unmodelled(name, values):
            yield f"token {name or values[0]}", unknown


def unknown(_query: Query) -> Truth:
    return UNKNOWN


def _never(_query: Query) -> Truth:
    return FALSE


def _packaged(query: Query) -> Truth:
    """Ordinary programs are no app containers; a program of WindowsApps may be one (3.5)."""
    return UNKNOWN if query.program is not None and query.program.is_packaged else FALSE


def _platform_conditions(tokens: Tokens, build: int | None) -> Iterator[Condition]:
    truths = [not_skipped(skip, build) for skip in tokens.get("skipver", ())]
    if "platform" in tokens:
        comparison = tokens["platform2"][-1].strip().lower() if "platform2" in tokens else None
        truths.append(platform_holds(tokens["platform"], comparison, build))
    if truths and min(truths) != TRUE:
        truth = min(truths)
        yield "platform", lambda _query: truth


def _interface_test(guids: list[str]) -> Test:
    wanted = frozenset(bare_guid(guid) for guid in guids)
    return lambda query: agreement(is_one_of(interface, wanted) for interface in query.interfaces)


def is_one_of(interface: Interface, guids: frozenset[str]) -> Truth:
    """Whether `interface` is named in `guids` (spelled by `bare_guid`)."""
    if interface.guid is None:
        return UNKNOWN
    return TRUE if bare_guid(interface.guid) in guids else FALSE


def bare_guid(text: str) -> str:
    return text.strip().strip("{}").casefold()


def _interface_type_test(kinds: list[str]) -> Test:
    wanted = frozenset(kind.strip().lower() for text in kinds for kind in text.split(","))
    otherwise = FALSE if wanted <= _INTERFACE_TYPES else UNKNOWN

    def of_type(interface: Interface) -> Truth:
        if interface.kind is None:
            return UNKNOWN
        return TRUE if interface.kind.lower() in wanted else otherwise

    return lambda query: agreement(of_type(interface) for interface in query.interfaces)


def _icmp_test(protocol: int) -> Test:
    """A flow states no ICMP type, so a rule for some types may or may not match it."""
    return lambda query: UNKNOWN if query.protocol in (protocol, ANY_PROTOCOL) else FALSE


def _is_unmodelled(name: str, values: list[str]) -> bool:
    if name in _IGNORED or name in _MODELLED:
        return False
    return name not in _FLAGS_OFF or any(value.strip().lower() != "false" for value in values)


_TESTS: dict[str, Callable[[list[str]], Test]] = {
    "if": _interface_test,
    "iftype": _interface_type_test,
    "icmp4": lambda _values: _icmp_test(1),
    "icmp6": lambda _values: _icmp_test(58),
    **dict.fromkeys(_USER, lambda _values: unknown),
}
