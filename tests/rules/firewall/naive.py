"""An independent decision, written straight from windows-firewall.md section 3; shares only the facts' model.

It walks every firewall rule for every flow and keeps no state. True, False and None (unknown) are its truths.
It covers what `random_policies.py` makes: no interfaces, no MDM, an unnamed Windows version.
"""

import ipaddress
import re
from collections.abc import Iterable

from rules.firewall.flow import Flow
from scanner.model import Action, Direction, FirewallRule, Profile, Snapshot, Store

Truth = bool | None

VARIABLES = {
    "%programfiles%": "c:\\program files",
    "%programfiles(x86)%": "c:\\program files (x86)",
    "%systemroot%": "c:\\windows",
    "%windir%": "c:\\windows",
    "%systemdrive%": "c:",
    "%programdata%": "c:\\programdata",
}
USER_VARIABLES = ("%userprofile%", "%localappdata%", "%appdata%", "%temp%")
USUAL_PORTS = {
    "rpc-epmap": {135},
    "iphttpsin": {443},
    "iptlsin": {443},
    "teredo": {3544},
    "ply2disc": {1900},
    "mdns": {5353},
    "dhcp": {68, 546},
}
IGNORABLE = [
    "version",
    "name",
    "desc",
    "embedctxt",
    "lsm",
    "pcross",
    "caudit",
    "devmode",
    "defer",
    "edge",
    "lom",
]
DEFAULTS = {
    "enabled": True,
    "default_inbound": Action.BLOCK,
    "block_all_inbound": False,
    "allow_local_rules": True,
    "allow_user_apps": True,
    "disabled_interfaces": (),
}


def every(truths: Iterable[Truth]) -> Truth:
    found = list(truths)
    return False if False in found else None if None in found else True


def some(truths: Iterable[Truth]) -> Truth:
    found = list(truths)
    return True if True in found else None if None in found else False


# -- settings (1.3) ----------------------------------------------------------------------------------------


def setting(snapshot: Snapshot, profile: Profile, field: str) -> object:
    def stated(store: Store, wanted: Profile) -> list[object]:
        keys = [key for key in snapshot.profile_settings if key.store is store and key.profile is wanted]
        return [getattr(key, field) for key in keys if getattr(key, field) is not None]

    gpo_keys = {key.profile for key in snapshot.profile_settings if key.store is Store.GPO}
    policy = stated(Store.GPO, profile)
    standard_counts = profile is not Profile.DOMAIN and not gpo_keys & {Profile.PRIVATE, Profile.PUBLIC}
    if standard_counts and field not in ("allow_local_rules", "default_inbound", "disabled_interfaces"):
        policy += stated(Store.GPO, Profile.STANDARD)
    local = stated(Store.LOCAL, profile)
    if field == "block_all_inbound":
        return any(policy) or any(local)
    if field == "allow_local_rules":
        local = []
    return (policy or local or [DEFAULTS[field]])[0]


# -- conditions (3.2, 3.5, 3.6, 3.9) -----------------------------------------------------------------------


def port_matches(entry: str, port: int | None) -> Truth:
    if port is None:
        return None
    if re.fullmatch(r"[\d-]+", entry):
        first, _, last = entry.partition("-")
        return int(first) <= port <= int(last or first)
    if entry.lower() == "rpc":
        return None if port >= 49152 else False
    return port in USUAL_PORTS[entry.lower()] if entry.lower() in USUAL_PORTS else None


def family_of(entry: str) -> int | None:
    try:
        return ipaddress.ip_address(re.split("[-/]", entry)[0]).version
    except ValueError:
        return int(entry[-1]) if entry[-1] in "46" else None


def address_matches(entry: str, address: str | None, families: set[int]) -> Truth:
    family = family_of(entry)
    if family is not None and family not in families:
        return False
    if address is None or not re.match(r"[0-9a-f]*[.:]", entry.lower()):
        return None
    asked = ipaddress.ip_address(address)
    if "-" in entry:
        low, high = (ipaddress.ip_address(end) for end in entry.split("-"))
        return int(low) <= int(asked) <= int(high)
    return asked in ipaddress.ip_network(entry, strict=False)


def normal(path: str) -> str:
    path = path.strip('"').replace("/", "\\").casefold().removeprefix("\\\\?\\")
    path = re.sub(r"^\\systemroot\\", r"c:\\windows\\", path)
    for variable, value in VARIABLES.items():
        path = path.replace(variable, value)
    while True:
        shorter = re.sub(r"[^\\]+\\\.\.\\", "", path, count=1)
        if shorter == path:
            return path
        path = shorter


def program_matches(wanted: str, found: str | None) -> Truth:
    if any(variable in wanted.casefold() for variable in USER_VARIABLES):
        return None if found is None else False
    if found is None:
        return None
    mine, theirs = normal(wanted).split("\\"), normal(found).split("\\")
    if mine == theirs:
        return True
    if "~" not in wanted or len(mine) != len(theirs):
        return False
    return None if all(map(short_fits, mine, theirs)) else False


def short_fits(short: str, long: str) -> bool:
    name = re.fullmatch(r"([^~.]{6})~\d(\..*)?", short)
    if not name:
        return short == long
    stem, dot, extension = long.rpartition(".") if "." in long else (long, "", "")
    return stem.replace(" ", "").startswith(name[1]) and (name[2] or "") == (dot + extension)[:4]


def service_matches(wanted: str, flow: Flow) -> Truth:
    if flow.service:
        return wanted == "*" or wanted.casefold() == flow.service.casefold()
    if flow.program is None:
        return None
    if not normal(flow.program).endswith("\\svchost.exe"):
        return False
    return True if wanted == "*" else None


def token_matches(name: str, value: str, fw_rule: FirewallRule) -> Truth:
    name = name.lower()
    if name in IGNORABLE:
        return True
    return False if name in ("security", "pfn", "apppkgid") else None


def matches(fw_rule: FirewallRule, flow: Flow) -> Truth:
    wildcard = bool(flow.local_address) and not int(ipaddress.ip_address(flow.local_address))
    bound = None if wildcard else flow.local_address
    known = flow.local_address or flow.remote_address
    families = {ipaddress.ip_address(known).version} if known else {4, 6}
    conditions: list[Truth] = [token_matches(name, value, fw_rule) for name, value in fw_rule.extra]
    if fw_rule.protocol is not None:
        conditions.append(fw_rule.protocol == flow.protocol)
    if fw_rule.local_ports:
        conditions.append(some(port_matches(entry, flow.local_port) for entry in fw_rule.local_ports))
    if fw_rule.local_addresses:
        conditions.append(some(address_matches(entry, bound, families) for entry in fw_rule.local_addresses))
    if fw_rule.program:
        conditions.append(program_matches(fw_rule.program, flow.program))
    if fw_rule.service:
        conditions.append(service_matches(fw_rule.service, flow))
    mapped = any(name.lower() == "lom" and value.lower() == "true" for name, value in fw_rule.extra)
    if fw_rule.remote_ports and not (mapped and fw_rule.action is not Action.BLOCK):
        conditions.append(some(port_matches(entry, flow.remote_port) for entry in fw_rule.remote_ports))
    if fw_rule.remote_addresses and not (mapped and fw_rule.action is not Action.BLOCK):
        remote = flow.remote_address
        conditions.append(
            some(address_matches(entry, remote, families) for entry in fw_rule.remote_addresses)
        )
    if fw_rule.action is Action.BYPASS:
        conditions.append(False)
    return every(conditions)


# -- candidates (3.2 step 5) -------------------------------------------------------------------------------


def malformed(fw_rule: FirewallRule) -> bool:
    ports = fw_rule.local_ports + fw_rule.remote_ports
    if fw_rule.action is None or fw_rule.direction is None or (ports and fw_rule.protocol not in (6, 17)):
        return True
    for entry in ports:
        if re.fullmatch(r"\d+-\d+", entry) and int(entry.split("-")[0]) > int(entry.split("-")[1]):
            return True
    words = {entry.lower() for entry in fw_rule.local_ports}
    if (words & {"rpc", "rpc-epmap"} and fw_rule.protocol != 6) or (
        "teredo" in words and fw_rule.protocol != 17
    ):
        return True
    for entry in fw_rule.local_addresses + fw_rule.remote_addresses:
        first, dash, last = entry.partition("-")
        if dash and int(ipaddress.ip_address(first)) > int(ipaddress.ip_address(last)):
            return True
    return False


def dropped(fw_rule: FirewallRule, snapshot: Snapshot, profile: Profile) -> bool:
    if not fw_rule.active or fw_rule.direction is not Direction.IN or malformed(fw_rule):
        return True
    if fw_rule.profiles and profile not in fw_rule.profiles:
        return True
    if fw_rule.store is not Store.LOCAL:
        return False
    if any(other.store is Store.GPO and other.id == fw_rule.id for other in snapshot.firewall_rules):
        return True
    user_app = (
        fw_rule.program and not fw_rule.service and fw_rule.protocol in (6, 17) and not fw_rule.local_ports
    )
    if user_app and not setting(snapshot, profile, "allow_user_apps"):
        return True
    return not setting(snapshot, profile, "allow_local_rules")


# -- the decision ------------------------------------------------------------------------------------------


def in_profile(snapshot: Snapshot, flow: Flow, profile: Profile, loopback: bool) -> str:
    if not setting(snapshot, profile, "enabled"):
        return "allowed"
    maybe_off = bool(setting(snapshot, profile, "disabled_interfaces"))
    verdict = filtered(snapshot, flow, profile, loopback)
    return "conditional" if maybe_off and verdict == "blocked" else verdict


def filtered(snapshot: Snapshot, flow: Flow, profile: Profile, loopback: bool) -> str:
    default = setting(snapshot, profile, "default_inbound")
    if not loopback and setting(snapshot, profile, "block_all_inbound"):
        return "blocked" if default is Action.BLOCK else "conditional"
    live = [fw_rule for fw_rule in snapshot.firewall_rules if not dropped(fw_rule, snapshot, profile)]

    def truth(action: Action, *stores: Store) -> Truth:
        return some(
            matches(fw_rule, flow) for fw_rule in live if fw_rule.action is action and fw_rule.store in stores
        )

    hardening = (Store.WSH_STATIC, Store.WSH_CONFIGURABLE)
    passes = truth(Action.ALLOW, *hardening)
    drop = every([truth(Action.BLOCK, *hardening), None if passes is None else not passes])
    block, allow = (truth(action, Store.GPO, Store.LOCAL) for action in (Action.BLOCK, Action.ALLOW))
    if default is Action.ALLOW:
        allow = True
    if loopback:
        block, allow = False, True
    blocked = some([drop, block])
    if blocked is True or allow is False:
        return "blocked"
    return "allowed" if blocked is False and allow is True else "conditional"


def naive_decision(snapshot: Snapshot, flow: Flow) -> str:
    """allowed | blocked | conditional | not-exposed, for a snapshot without interfaces."""
    bound = ipaddress.ip_address(flow.local_address) if flow.local_address else None
    remote = ipaddress.ip_address(flow.remote_address) if flow.remote_address else None
    if bound and remote and bound.version != remote.version:
        return "not-exposed"
    loopback = remote is not None and (remote.is_loopback or remote == bound)
    if bound and bound.is_loopback and not loopback:
        return "not-exposed"
    profiles = [flow.profile] if flow.profile else [Profile.DOMAIN, Profile.PRIVATE, Profile.PUBLIC]
    verdicts = {in_profile(snapshot, flow, profile, loopback) for profile in profiles}
    return verdicts.pop() if len(verdicts) == 1 else "conditional"
