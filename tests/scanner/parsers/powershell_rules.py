"""Firewall rules as PowerShell's objects: what the script of windows-firewall.md 4.3 would print of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from rules.firewall.settings import MergedSettings
from scanner.model import Action, Direction, FirewallRule, Profile, Store

Shape = Callable[[list[str]], Any]  # how a list of values is written: "a", ["a"], {"value": [...]} ...

_STORES = {
    Store.LOCAL: ("PersistentStore", 1),
    Store.GPO: (r"corp\CE servers", 2),
    Store.WSH_STATIC: ("StaticServiceStore", 5),
}
_ACTIONS = {Action.ALLOW: 2, Action.BLOCK: 4, Action.BYPASS: 2}
_BITS = {Profile.DOMAIN: 1, Profile.PRIVATE: 2, Profile.PUBLIC: 4}
_PROTOCOLS = {None: "Any", 1: "ICMPv4", 6: "TCP", 17: "UDP", 58: "ICMPv6"}
_PORTS = {"RPC-EPMap": "RPCEPMap", "Ply2Disc": "PlayToDiscovery"}
_INTERFACES = {"Lan": 1, "Wireless": 2, "RemoteAccess": 4}


def script_output(
    fw_rules: Iterable[FirewallRule], settings: Mapping[Profile, MergedSettings], shape: Shape
) -> dict[str, Any]:
    """The script's object for ActiveStore: every rule with its six filters, and the settings in force."""
    fw_rules = tuple(fw_rules)
    return {
        "rules": [rule_object(fw_rule) for fw_rule in fw_rules],
        **{
            name: [{"InstanceID": _instance(fw_rule)} | part(fw_rule, shape) for fw_rule in fw_rules]
            for name, part in FILTERS.items()
        },
        "prof": [_profile(profile, merged) for profile, merged in settings.items()],
        "net": [],
    }


def rule_object(fw_rule: FirewallRule) -> dict[str, Any]:
    """Get-NetFirewallRule -PolicyStore ActiveStore."""
    source, kind = _STORES[fw_rule.store]
    return {
        "InstanceID": _instance(fw_rule),
        "Name": fw_rule.id,
        "DisplayName": fw_rule.name,
        "Enabled": 1 if fw_rule.active else 2,
        "Direction": 1 if fw_rule.direction is Direction.IN else 2,
        "Action": _ACTIONS[fw_rule.action] if fw_rule.action else 0,
        "Profile": sum({_BITS[profile] for profile in fw_rule.profiles}),
        "EdgeTraversalPolicy": int("Edge" in dict(fw_rule.extra)),
        "LocalOnlyMapping": "LOM" in dict(fw_rule.extra),
        "PolicyStoreSource": source,
        "PolicyStoreSourceType": kind,
        "EnforcementStatus": [1],
        "CimClass": {"CimClassName": "MSFT_NetFirewallRule"},
    }


def _port(fw_rule: FirewallRule, shape: Shape) -> dict[str, Any]:
    return {
        "Protocol": _PROTOCOLS.get(fw_rule.protocol, fw_rule.protocol),
        "LocalPort": shape([_PORTS.get(port, port) for port in fw_rule.local_ports] or ["Any"]),
        "RemotePort": shape([_PORTS.get(port, port) for port in fw_rule.remote_ports] or ["Any"]),
        "IcmpType": "Any",
    }


def _addr(fw_rule: FirewallRule, shape: Shape) -> dict[str, Any]:
    return {
        "LocalAddress": shape(list(fw_rule.local_addresses) or ["Any"]),
        "RemoteAddress": shape(list(fw_rule.remote_addresses) or ["Any"]),
    }


def _app(fw_rule: FirewallRule, _shape: Shape) -> dict[str, Any]:
    tokens = dict(fw_rule.extra)
    return {"Program": fw_rule.program or "Any", "Package": tokens.get("AppPkgId") or tokens.get("PFN")}


def _svc(fw_rule: FirewallRule, _shape: Shape) -> dict[str, Any]:
    return {"Service": fw_rule.service or "Any"}


def _ift(fw_rule: FirewallRule, _shape: Shape) -> dict[str, Any]:
    return {"InterfaceType": sum(_INTERFACES[text] for name, text in fw_rule.extra if name == "IFType")}


def _sec(fw_rule: FirewallRule, _shape: Shape) -> dict[str, Any]:
    tokens = dict(fw_rule.extra)
    return {
        "Authentication": int("Security" in tokens),
        "Encryption": 0,
        "OverrideBlockRules": fw_rule.action is Action.BYPASS,
        "LocalUser": tokens.get("LUAuth", "Any"),
        "RemoteUser": "Any",
        "RemoteMachine": "Any",
    }


FILTERS = {"port": _port, "addr": _addr, "app": _app, "svc": _svc, "ift": _ift, "sec": _sec}


def _profile(profile: Profile, merged: MergedSettings) -> dict[str, Any]:
    return {
        "Name": profile.value.title(),
        "Enabled": int(merged.enabled.value is True),
        "DefaultInboundAction": _ACTIONS[merged.default_inbound.value or Action.BLOCK],
        "DefaultOutboundAction": _ACTIONS[merged.default_outbound.value or Action.ALLOW],
        "AllowInboundRules": int(not merged.block_all_inbound.value),
        "AllowLocalFirewallRules": int(merged.allow_local_rules.value is True),
        "AllowLocalIPsecRules": int(merged.allow_local_ipsec_rules.value is True),
        "AllowUserApps": int(merged.allow_user_apps.value is True),
        "AllowUserPorts": int(merged.allow_user_ports.value is True),
        "NotifyOnListen": int(merged.notify_on_listen.value is True),
        "DisabledInterfaceAliases": "NotConfigured",
        "LogBlocked": int(merged.log_dropped.value is True),
        "LogAllowed": int(merged.log_allowed.value is True),
        "LogFileName": merged.log_file.value,
        "LogMaxSizeKilobytes": merged.log_size_kb.value,
    }


def _instance(fw_rule: FirewallRule) -> str:
    return f"{fw_rule.id}|{fw_rule.store}"
