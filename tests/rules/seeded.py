"""For each check the smallest defect that it alone must find: what its documentation shows as an example."""

from __future__ import annotations

from importlib import import_module

from rules.check_list import CHECKS
from rules.site import Site
from scanner.model import Action, PortState, Profile, Snapshot, Store
from tests.rules.changes import (
    changed_listener,
    changed_rule,
    configured,
    moved_port,
    not_listening,
    with_process,
    with_rule,
    with_settings,
    without_rule,
)
from tests.rules.hosts import (
    DB,
    DB_RULE,
    LATER,
    core_server,
    fw_rule,
    process,
    program,
    settings,
    tcp,
)

CORE = core_server()


def _not_restarted() -> Snapshot:
    moved = configured(CORE, DB, tcp(9951), changed_at=LATER)
    return changed_rule(moved, DB_RULE, local_ports=("9951",))


_BY_HAND: dict[str, Snapshot] = {
    "dynamic-port": changed_listener(
        configured(CORE, "naming-service", state=PortState.DYNAMIC, reason="no endpoint option"),
        9999,
        port=51234,
    ),
    "listener-mismatch": not_listening(CORE, 9901),
    "foreign-listener": with_process(
        changed_listener(CORE, 9901, pid=4711), process(4711, r"C:\Program Files\Backup\agent.exe")
    ),
    "missing-firewall-rule": without_rule(CORE, DB_RULE),
    "disabled-firewall-rule": changed_rule(CORE, DB_RULE, active=False),
    "wrong-profile-firewall-rule": changed_rule(CORE, DB_RULE, profiles=(Profile.PRIVATE,)),
    "wrong-program-firewall-rule": changed_rule(
        CORE, DB_RULE, program=program(DB).replace("Contact Expert", "Contact Expert 6.0")
    ),
    "blocked-by-firewall-rule": with_rule(
        CORE, fw_rule("block-9901", name="Block 9901", action=Action.BLOCK, local_ports=("9901",))
    ),
    "local-rules-ignored": with_settings(CORE, settings(Profile.DOMAIN, Store.GPO, allow_local_rules=False)),
    "firewall-disabled": with_settings(CORE, settings(Profile.DOMAIN, enabled=False)),
    "stale-firewall-rule": with_rule(
        CORE, fw_rule("old", name="CE DBConnectorServer", program=program(DB), local_ports=("9801",))
    ),
    "over-permissive-firewall-rule": with_rule(CORE, fw_rule("any", name="Allow all", protocol=None)),
    "removed-component": with_rule(
        CORE, fw_rule("sms", name="CE SMS", program=program("sms-connector-server"), local_ports=("9912",))
    ),
    "cmdlets-not-rerun": moved_port(CORE, 9901, 9951, DB),
    "restart-pending": _not_restarted(),
}


def seeded(check_id: str) -> tuple[Snapshot, Site]:
    """The broken host of a check, and what the site must have said for the check to see it."""
    if check_id in _BY_HAND:
        return _BY_HAND[check_id], Site()
    module = import_module(f"tests.rules.checks.test_{check_id.replace('-', '_')}")
    return module.seeded(), getattr(module, "SITE", Site())


IDS = tuple(check.id for check in CHECKS)
