"""Builders for policies and flows, so that a test shows only what it is about."""

from typing import Any

from rules.firewall.decision import Decision, decide
from rules.firewall.flow import Flow
from rules.firewall.policy import effective_policy
from scanner.model import (
    FirewallRule,
    Interface,
    Origin,
    Profile,
    ProfileSettings,
    Snapshot,
    Store,
)
from scanner.parsers.firewall_rule_string import parse_rule_string

HERE = Origin(source="test")


def fw_rule(tokens: str, *, store: Store = Store.LOCAL, rule_id: str = "") -> FirewallRule:
    """An active inbound rule of the given further tokens, "LPort=443|Protocol=6" for instance.

    A token given again (Active, Dir) takes the place of the usual one.
    """
    usual = "".join(
        f"{name}={value}|" for name, value in (("Active", "TRUE"), ("Dir", "In")) if f"{name}=" not in tokens
    )
    return raw_rule(f"v2.30|{usual}{tokens}|", store=store, rule_id=rule_id or tokens)


def raw_rule(text: str, *, store: Store = Store.LOCAL, rule_id: str = "") -> FirewallRule:
    """The whole rule string, exactly as written."""
    parsed = parse_rule_string(rule_id or text, text, store, HERE)
    assert isinstance(parsed, FirewallRule), parsed
    return parsed


def settings(store: Store, profile: Profile, **values: object) -> ProfileSettings:
    return ProfileSettings(store=store, profile=profile, origin=HERE, **values)


def interface(alias: str, *addresses: str, **facts: object) -> Interface:
    return Interface(alias=alias, addresses=addresses, origin=HERE, **facts)


def snapshot(*facts: FirewallRule | ProfileSettings | Interface, **more: object) -> Snapshot:
    def only(kind: type) -> tuple[Any, ...]:
        return tuple(fact for fact in facts if isinstance(fact, kind))

    return Snapshot(
        firewall_rules=only(FirewallRule),
        profile_settings=only(ProfileSettings),
        interfaces=only(Interface),
        **more,
    )


def flow(port: int | None = 443, protocol: int = 6, **facts: object) -> Flow:
    """Plain traffic under the Domain profile from an ordinary client to an ordinary program."""
    usual: dict[str, Any] = {
        "profile": Profile.DOMAIN,
        "local_address": "10.0.0.1",
        "remote_address": "10.0.0.9",
        "remote_port": 50000,
        "program": r"C:\CE\server.exe",
    }
    return Flow(protocol=protocol, local_port=port, **{**usual, **facts})


def decided(asked: Flow, *facts: FirewallRule | ProfileSettings | Interface, **more: object) -> Decision:
    """The traced decision on `asked` by a policy of exactly these facts."""
    return decide(effective_policy(snapshot(*facts, **more)), asked, trace=True)
