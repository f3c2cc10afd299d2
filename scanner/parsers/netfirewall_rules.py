"""One firewall rule from PowerShell's objects: Get-NetFirewallRule and its filters (windows-firewall.md 4.3).

Conditions are properties of other objects than the rule, so a rule starts with all of them unread, and each
property that some object states settles one. What has no field goes to `extra` under the registry's token; a
value that is not understood under PowerShell's name, as a condition nobody understood.
"""

from __future__ import annotations

from collections.abc import Iterator

from scanner.model import FirewallRule, Origin, Problem, Store
from scanner.parsers.lines import problem
from scanner.parsers.netfirewall_conditions import CONDITION_NAMES, with_conditions
from scanner.parsers.netfirewall_words import (
    ACTIONS,
    DIRECTIONS,
    ENABLED,
    TRUE_WORDS,
    Row,
    profiles_of,
    text_of,
    unwrapped,
    word_of,
)

_STORES = {
    "persistentstore": Store.LOCAL,
    "staticservicestore": Store.WSH_STATIC,
    "configurableservicestore": Store.WSH_CONFIGURABLE,
    "systemdefaults": Store.DEFAULTS,
}
_STORE_TYPES = {
    **dict.fromkeys(("", "0", "none", "1", "local"), Store.LOCAL),  # the cmdlet lists the local store
    **dict.fromkeys(("2", "grouppolicy"), Store.GPO),
    **dict.fromkeys(("6", "mdm"), Store.MDM),
}
_NOT_ENFORCED_HERE = frozenset({"", "0", "notapplicable"})  # what every store but ActiveStore says
_EDGE: dict[str, tuple[tuple[str, str], ...]] = {
    **dict.fromkeys(("", "0", "block"), ()),
    **dict.fromkeys(("1", "allow"), (("Edge", "TRUE"),)),
    **dict.fromkeys(("2", "defertouser"), (("Edge", "TRUE"), ("Defer", "User"))),
    **dict.fromkeys(("3", "defertoapp"), (("Edge", "TRUE"), ("Defer", "App"))),
}
_TEXT_TOKENS = ((("description",), "Desc"), (("group", "rulegroup"), "EmbedCtxt"), (("owner",), "LUOwn"))


def is_rule_row(row: Row) -> bool:
    """Whether a row is a firewall rule; a filter has neither direction nor action."""
    return "direction" in row and "action" in row and ("enabled" in row or "displayname" in row)


def read_rule(row: Row, origin: Origin) -> FirewallRule | Problem:
    """The rule with what its own row states, every condition that the row leaves out `unread`.

    A Problem where it has no id: `Name`, which is the registry's value name, or else `InstanceID`.
    """
    rule_id = text_of(row.get("name")) or text_of(row.get("instanceid"))
    if rule_id is None:
        shown = text_of(row.get("displayname")) or ""
        return problem(origin, shown, "a firewall rule without its Name: select Name and InstanceID as well")
    store, doubt = _store(row)
    active, profiles = ENABLED.get(word_of(row.get("enabled"))), profiles_of(row.get("profile"))
    if profiles is None:
        profiles = profiles_of(row.get("profiles"))
    fw_rule = FirewallRule(
        id=rule_id,
        store=store,
        active=active is not False,
        action=ACTIONS.get(word_of(row.get("action"))),
        direction=DIRECTIONS.get(word_of(row.get("direction"))),
        profiles=profiles or (),
        name=text_of(row.get("displayname")) or text_of(row.get("elementname")) or "",
        extra=(
            *doubt,
            *((("Enabled", word_of(row.get("enabled"))),) if active is None else ()),
            *((("Profile", word_of(row.get("profile"))),) if profiles is None else ()),
            *_tokens(row),
        ),
        unread=CONDITION_NAMES,
        origin=origin,
    )
    return with_conditions(fw_rule, row)


def is_of_active_store(row: Row) -> bool:
    """True for a rule that only ActiveStore lists so: with its enforcement, or from Group Policy or MDM.

    The local store's own listing names a policy store too, but says that enforcement does not apply.
    """
    enforced = {word_of(item) for item in unwrapped(row.get("enforcementstatus"))}
    return bool(enforced - _NOT_ENFORCED_HERE) or store_of(row) in (Store.GPO, Store.MDM)


def store_of(row: Row) -> Store:
    """The store a rule's row names, the local one where it names none."""
    return _store(row)[0]


def _store(row: Row) -> tuple[Store, tuple[tuple[str, str], ...]]:
    """Where the rule comes from; how the kinds of 4.3 that are no store of ours weigh, nobody knows."""
    kind = word_of(row.get("policystoresourcetype"))
    store = _STORES.get(word_of(row.get("policystoresource"))) if kind not in ("2", "grouppolicy") else None
    store = store or _STORE_TYPES.get(kind)
    return (store, ()) if store else (Store.UNKNOWN, (("PolicyStoreSourceType", kind),))


def _tokens(row: Row) -> Iterator[tuple[str, str]]:
    """The rule's own properties that have no field, where the row states them."""
    for names, token in _TEXT_TOKENS:
        text = next(filter(None, (text_of(row.get(name)) for name in names)), None)
        if text:
            yield token, text
    edge = word_of(row.get("edgetraversalpolicy"))
    yield from _EDGE.get(edge, (("Edge", edge),))
    for name, token in (("loosesourcemapping", "LSM"), ("localonlymapping", "LOM")):
        if word_of(row.get(name)) in TRUE_WORDS:
            yield token, "TRUE"
    for text in unwrapped(row.get("platform", row.get("platforms"))):
        yield from _platform(str(text))


def _platform(text: str) -> Iterator[tuple[str, str]]:
    """`6.2+`, or a comma list of such, as the registry's tokens for the NT platform (2.3)."""
    for version in filter(None, (part.strip() for part in text.split(","))):
        major, dot, minor = version.removesuffix("+").partition(".")
        known = dot and major.isdecimal() and minor.isdecimal()
        yield ("Platform", f"2:{major}:{minor}") if known else ("PowerShell Platform", version)
        if known and version.endswith("+"):
            yield "Platform2", "GTEQ"
