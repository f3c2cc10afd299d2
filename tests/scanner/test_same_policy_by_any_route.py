"""One policy, told by .reg, hive, netsh and PowerShell, decides alike wherever the source can tell."""

import csv
import io
import json
import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from ce_audit.assess import assess
from rules.catalogue.loader import load_catalogue, port_locations
from rules.firewall.decision import decide
from rules.firewall.flow import Flow
from rules.firewall.policy import effective_policy
from rules.firewall.settings import merge_settings
from rules.model import Results
from rules.site import Site
from scanner.collect import collect_evidence
from scanner.model import EvidenceKind, FirewallRule, Origin, ProfileSettings, Snapshot, Store
from scanner.parsers.firewall_rule_string import render_rule_string
from scanner.parsers.netfirewall_json import parse_netfirewall_json
from scanner.parsers.netsh_rules import parse_netsh_rules
from scanner.parsers.reg_file import parse_reg
from scanner.parsers.registry_firewall import firewall_facts
from scanner.registry_key import RegistryKey
from scanner.registry_paths import FIREWALL_POLICY, GPO_FIREWALL_POLICY
from scanner.sources.document import Document
from scanner.sources.hive import read_hive
from tests.rules.firewall.random_policies import flows, policies
from tests.scanner.parsers.netsh_listing import can_list, listing
from tests.scanner.parsers.powershell_rules import FILTERS, Shape, rule_object, script_output
from tests.scanner.sources.regf import Key, hive

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
CATALOGUE = load_catalogue()
HERE = Origin(source="evidence")
KEYS = {
    Store.LOCAL: rf"{FIREWALL_POLICY}\FirewallRules",
    Store.GPO: rf"{GPO_FIREWALL_POLICY}\FirewallRules",
    Store.WSH_STATIC: rf"{FIREWALL_POLICY}\RestrictedServices\Static\System",
}
HIVE_ROOT = "HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\"
SHAPES = (
    lambda values: values,
    lambda values: {"value": values, "Count": len(values)},
    lambda values: values[0] if len(values) == 1 else values,
    lambda values: ",".join(values),
    lambda values: " ".join(values),
)


def tellable(fw_rule: FirewallRule) -> bool:
    """What PowerShell cannot print: a rule without an action, ports of other protocols, unheard-of tokens."""
    return (
        fw_rule.action is not None
        and (fw_rule.protocol in (6, 17) or not (fw_rule.local_ports or fw_rule.remote_ports))
        and not any(name == "Foo" for name, _ in fw_rule.extra)
    )


def told(policy: Snapshot) -> Snapshot:
    """The part of a random policy that both sources can tell; interfaces go by alias in one of them."""
    return msgspec.structs.replace(
        policy,
        firewall_rules=tuple(filter(tellable, policy.firewall_rules)),
        profile_settings=tuple(
            msgspec.structs.replace(found, disabled_interfaces=None) for found in policy.profile_settings
        ),
    )


def by_registry(policy: Snapshot) -> Snapshot:
    """The rules through `.reg` text; the settings as they are."""
    lines = ["Windows Registry Editor Version 5.00", ""]
    for store, path in KEYS.items():
        lines.append(f"[{path}]")
        for fw_rule in policy.firewall_rules:
            if fw_rule.store is store:
                text = render_rule_string(fw_rule).replace("\\", "\\\\").replace('"', '\\"')
                lines.append(f'"{fw_rule.id}"="{text}"')
        lines.append("")
    keys = [item for item in parse_reg("\r\n".join(lines), HERE) if isinstance(item, RegistryKey)]
    found = [item for item in firewall_facts(keys) if isinstance(item, FirewallRule)]
    assert len(found) == len(policy.firewall_rules)
    return msgspec.structs.replace(policy, firewall_rules=tuple(found))


def by_hive(policy: Snapshot) -> Snapshot:
    """The local rules through a SYSTEM hive; what else there is, as it is."""
    found = {fw_rule.id: render_rule_string(fw_rule) for fw_rule in local(policy)}
    tree = Key(values=found)
    for name in reversed(KEYS[Store.LOCAL].removeprefix(HIVE_ROOT).split("\\")):
        tree = Key(children={name: tree})
    root = Key(children={"Select": Key(values={"Current": 1}), "ControlSet001": tree})
    document = Document(source="SYSTEM", data=hive(root))
    keys = [item for item in read_hive(document) if isinstance(item, RegistryKey)]
    fw_rules = tuple(item for item in firewall_facts(keys) if isinstance(item, FirewallRule))
    assert len(fw_rules) == len(found)
    return msgspec.structs.replace(policy, firewall_rules=fw_rules)


def by_netsh(policy: Snapshot) -> Snapshot:
    """The local rules through a verbose listing; the settings as they are."""
    items = list(parse_netsh_rules(listing(local(policy)), HERE)) if local(policy) else []
    assert all(isinstance(item, FirewallRule) for item in items), items
    assert len(items) == len(local(policy))
    return msgspec.structs.replace(policy, firewall_rules=tuple(items))


def local(policy: Snapshot) -> tuple[FirewallRule, ...]:
    return tuple(fw_rule for fw_rule in policy.firewall_rules if fw_rule.store is Store.LOCAL)


def only_local(policy: Snapshot) -> Snapshot:
    """The part of a random policy that a listing of the local store shows, whole."""
    return msgspec.structs.replace(policy, firewall_rules=tuple(filter(can_list, local(policy))))


def by_powershell(policy: Snapshot, shape: Shape) -> Snapshot:
    """The rules and the settings in force through the script's JSON."""
    text = json.dumps(script_output(policy.firewall_rules, merge_settings(policy), shape))
    items = list(parse_netfirewall_json(text, HERE))
    fw_rules = tuple(item for item in items if isinstance(item, FirewallRule))
    settings = tuple(item for item in items if isinstance(item, ProfileSettings))
    assert (len(fw_rules), len(settings)) == (len(policy.firewall_rules), 3) == (len(items) - 3, 3)
    return Snapshot(firewall_rules=fw_rules, profile_settings=settings)


@hypothesis_settings(max_examples=200, deadline=None)
@given(policies.map(told), st.lists(flows, min_size=8, max_size=16), st.sampled_from(SHAPES))
def test_registry_and_powershell_decide_alike(policy: Snapshot, asked: list[Flow], shape: Shape) -> None:
    one, other = effective_policy(by_registry(policy)), effective_policy(by_powershell(policy, shape))

    assert [decide(other, flow).outcome for flow in asked] == [decide(one, flow).outcome for flow in asked]


@hypothesis_settings(max_examples=200, deadline=None)
@given(policies.map(only_local), st.lists(flows, min_size=8, max_size=16))
def test_registry_hive_and_netsh_decide_alike(policy: Snapshot, asked: list[Flow]) -> None:
    told = [effective_policy(route(policy)) for route in (by_registry, by_hive, by_netsh)]

    first, *others = [[decide(each, flow).outcome for flow in asked] for each in told]
    assert others == [first, first]


def judged(evidence: Path) -> tuple[Snapshot, Results]:
    snapshot = collect_evidence(evidence, port_locations(CATALOGUE))
    return snapshot, assess(snapshot, CATALOGUE, Site())


def without_registry_policy(sample: str, folder: Path) -> Path:
    """The sample's evidence without what the registry says of the firewall."""
    copy = folder / sample
    shutil.copytree(SAMPLES / sample, copy)
    for name in ("firewall.reg", "policies.reg", "key-times.json"):
        (copy / "registry" / name).unlink(missing_ok=True)
    (copy / "manifest.json").unlink()
    return copy


def ordinary(snapshot: Snapshot) -> tuple[FirewallRule, ...]:
    """The rules that Get-NetFirewallRule lists; app containers' are not among them (1.1)."""
    return tuple(fw_rule for fw_rule in snapshot.firewall_rules if fw_rule.store in (Store.LOCAL, Store.GPO))


def states(results: Results) -> list[tuple[Any, ...]]:
    return [(found.component, found.protocol, found.configured, found.state) for found in results.endpoints]


@pytest.mark.parametrize(
    "sample", ["compliant-core", "drifted-core", "gpo-ignores-local", "operator-prompt-block"]
)
def test_a_host_has_the_same_endpoint_states_by_powershell_alone(sample: str, tmp_path: Path) -> None:
    whole, expected = judged(SAMPLES / sample)
    told_again = script_output(ordinary(whole), merge_settings(whole), lambda values: values)
    evidence = without_registry_policy(sample, tmp_path)
    (evidence / "rules.json").write_text(json.dumps(told_again), "utf-16")

    snapshot, results = judged(evidence)

    assert len(snapshot.firewall_rules) == len(ordinary(whole))
    lacking = {gap.kind for gap in snapshot.gaps}
    assert not lacking & {EvidenceKind.FIREWALL_RULES, EvidenceKind.PROFILE_SETTINGS, EvidenceKind.GPO_POLICY}
    assert states(results) == states(expected)


@pytest.mark.parametrize("sample", ["compliant-core", "drifted-core", "operator-prompt-block"])
def test_a_host_has_the_same_endpoint_states_by_netsh_alone(sample: str, tmp_path: Path) -> None:
    """Group Policy and the settings stay as the registry has them: netsh lists the local rules."""
    whole, expected = judged(SAMPLES / sample)
    rules = [fw_rule for fw_rule in whole.firewall_rules if fw_rule.store is Store.LOCAL]
    evidence = tmp_path / sample
    shutil.copytree(SAMPLES / sample, evidence)
    (evidence / "manifest.json").unlink()
    _drop_local_rules(evidence / "registry" / "firewall.reg")
    (evidence / "rules.txt").write_bytes(listing(filter(can_list, rules)).encode("utf-16"))

    snapshot, results = judged(evidence)

    told = [fw_rule for fw_rule in snapshot.firewall_rules if fw_rule.store is Store.LOCAL]
    assert len(told) == sum(map(can_list, rules))
    assert states(results) == states(expected)


def _drop_local_rules(export: Path) -> None:
    """The key itself stays away, as in an export of the profile keys alone."""
    sections = export.read_text("utf-16").split("\n[")
    kept = [section for section in sections if not section.casefold().startswith(_LOCAL_RULES)]
    assert len(kept) == len(sections) - 1
    export.write_text("\n[".join(kept), "utf-16")


_LOCAL_RULES = f"{KEYS[Store.LOCAL]}]".casefold()


def test_rules_and_filters_in_files_of_their_own_say_the_same_as_in_one(tmp_path: Path) -> None:
    whole, expected = judged(SAMPLES / "compliant-core")
    evidence = without_registry_policy("compliant-core", tmp_path)
    output = script_output(ordinary(whole), merge_settings(whole), lambda values: values)
    for name, part in output.items():
        rows = [
            {**row, "InstanceID": row["InstanceID"].partition("|")[0]} if "InstanceID" in row else row
            for row in part
        ]
        (evidence / f"get-{name}.json").write_text(json.dumps(rows), "utf-8")

    snapshot, results = judged(evidence)

    assert {fw_rule.unread for fw_rule in snapshot.firewall_rules} == {("interfaces",)}
    assert states(results) == states(expected)


def test_the_registry_beside_powershell_counts_no_rule_twice(tmp_path: Path) -> None:
    whole, expected = judged(SAMPLES / "drifted-core")
    evidence = tmp_path / "both"
    shutil.copytree(SAMPLES / "drifted-core", evidence)
    output = script_output(ordinary(whole), merge_settings(whole), lambda values: values)
    (evidence / "rules.json").write_text(json.dumps(output), "utf-8")

    snapshot, results = judged(evidence)

    assert snapshot.firewall_rules == whole.firewall_rules
    assert states(results) == states(expected)


def test_export_csv_of_the_same_properties_reads_alike(tmp_path: Path) -> None:
    whole, _ = judged(SAMPLES / "compliant-core")
    rows = []
    for fw_rule in ordinary(whole):
        row = rule_object(fw_rule)
        for part in FILTERS.values():
            row |= part(fw_rule, ",".join)
        rows.append(
            {name: value for name, value in row.items() if name != "CimClass"} | {"InterfaceAlias": "Any"}
        )
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, rows[0], quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows(rows)
    (tmp_path / "rules.csv").write_text(text.getvalue(), "utf-8")
    (tmp_path / "rules.json").write_text(json.dumps(rows), "utf-8")

    by_csv, by_json = (
        collect_evidence(tmp_path / name, ()).firewall_rules for name in ("rules.csv", "rules.json")
    )

    assert len(by_csv) == len(rows)
    assert [msgspec.structs.replace(one, origin=HERE) for one in by_csv] == [
        msgspec.structs.replace(one, origin=HERE) for one in by_json
    ]
