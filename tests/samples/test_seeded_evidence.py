"""One mistake of an administrator in the compliant server's files: its check names it, and no other."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ce_audit.assess import assess
from ce_audit.evidence import load_snapshot
from ce_audit.exit_codes import exit_code
from ce_audit.site.terms import read_terms
from rules.model import Severity
from tests.ce_audit.command import CORE

Edit = Callable[[Path], None]

AGENT = "config/D/Program Files/Contact Expert/Services/ServerAgent/ServerAgent.Config.xml"
MANAGER = "config/D/Program Files/Contact Expert/Tools/ServerManager/ServerManager.Config.xml"
TOMCAT = "config/D/Program Files/Contact Expert/Tomcat/conf/server.xml"
CHANNELS = "recording-channels.csv"
FIREWALL, POLICIES = "registry/firewall.reg", "registry/policies.reg"
TAO, GEOCAMPAIGN, PROXIES = "registry/ace-tao.reg", "registry/geocampaign.reg", "registry/portproxy.reg"
INSTALL = r"D:\Program Files\Contact Expert"
DB = rf"{INSTALL}\Servers\DBConnectorServer\DBConnectorServer.exe"
LOCAL_RULES = r"FirewallPolicy\FirewallRules]"
GPO = r"HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\WindowsFirewall"
PROMPT = f"TCP Query User{{2F4B0D1C-77A1-4E0B-9C61-3B1C5D0A9E11}}{DB}"
BLOCK = "v2.29|Action=Block|Active=TRUE|Dir=In|Protocol=6|"
ALLOW = "v2.29|Action=Allow|Active=TRUE|Dir=In|Protocol=6|Profile=Domain|"
ANY = "0.0.0.0"  # noqa: S104 - a socket of the sample host


def together(*edits: Edit) -> Edit:
    def edit(folder: Path) -> None:
        for each in edits:
            each(folder)

    return edit


def rewritten(path: Path, change: Callable[[str], str]) -> None:
    """Change a text file and keep its encoding."""
    data = path.read_bytes()
    encoding = "utf-16" if data.startswith(b"\xff\xfe") else "utf-8"
    before = data.decode(encoding)
    after = change(before)
    assert after != before, f"{path.name} does not hold what is to be changed"
    path.write_bytes(after.encode(encoding))


def replaced(name: str, old: str, new: str) -> Edit:
    return lambda folder: rewritten(folder / name, lambda text: text.replace(old, new))


def appended(name: str, *lines: str) -> Edit:
    return lambda folder: rewritten(folder / name, lambda text: text + "\r\n".join((*lines, "", "")))


def rule_of(program: str, old: str, new: str, *, drop: bool = False) -> Edit:
    """Change, or drop, the line of every firewall rule for a program of CE."""
    line = re.compile(rf'^"[^\r\n]*{re.escape(program)}\|Name=Contact Expert[^\r\n]*\r\n', re.MULTILINE)

    def change(found: re.Match[str]) -> str:
        return "" if drop else found[0].replace(old, new)

    return lambda folder: rewritten(folder / FIREWALL, lambda text: line.sub(change, text))


def without_rule(program: str) -> Edit:
    return rule_of(program, "", "", drop=True)


def added_rule(text: str, fw_rule_id: str = "{A}") -> Edit:
    line = f'"{fw_rule_id}"="{text}"'.replace("\\", "\\\\")
    return replaced(FIREWALL, LOCAL_RULES, f"{LOCAL_RULES}\r\n{line}")


def by_policy(key: str, value: str) -> Edit:
    return appended(POLICIES, f"[{GPO}\\{key}]", value)


def each_of(name: str, change: Callable[[dict[str, Any]], dict[str, Any] | None]) -> Edit:
    """Change every entry of a JSON list; None drops it."""

    def edit(folder: Path) -> None:
        entries = json.loads((folder / name).read_bytes())
        kept = [entry for entry in map(change, entries) if entry is not None]
        (folder / name).write_text(json.dumps(kept), encoding="utf-8")

    return edit


def moved_socket(old: int, new: int) -> Edit:
    return each_of("network/listeners.json", lambda row: {**row, "port": new} if row["port"] == old else row)


def rebound(port: int, address: str) -> Edit:
    return each_of(
        "network/listeners.json", lambda row: {**row, "address": address} if row["port"] == port else row
    )


def closed(port: int) -> Edit:
    return each_of("network/listeners.json", lambda row: None if row["port"] == port else row)


def held_by(path: str, *ports: int) -> Edit:
    """Another process holds the ports."""

    def edit(folder: Path) -> None:
        processes = json.loads((folder / "processes.json").read_bytes())
        process = {"pid": 7777, "name": path.rpartition("\\")[2], "path": path, "services": []}
        started = {"started_at": "2025-02-16T03:00:00Z"}
        text = json.dumps([*processes, {**process, **started}])
        (folder / "processes.json").write_text(text, encoding="utf-8")

    taken = each_of(
        "network/listeners.json", lambda row: {**row, "pid": 7777} if row["port"] in ports else row
    )
    return together(edit, taken)


def written(program: str, time: str) -> Edit:
    return each_of(
        "files.json",
        lambda file: {**file, "modified_at": time} if file["path"].endswith(program) else file,
    )


NO_ENDPOINT = replaced(AGENT, " -ORBListenEndpoints iiop://:9901", "")
TAO_KEY, TAO_64 = r"SOFTWARE\WOW6432Node\ACE\TAO]", r"SOFTWARE\ACE\TAO]"
MOVED_LYNC = replaced(GEOCAMPAIGN, "dword:00002328", "dword:0000232d")

SEEDS: dict[str, tuple[Edit, str, str]] = {
    "no endpoint option": (
        together(NO_ENDPOINT, moved_socket(9901, 51877)), "dynamic-port", "DBConnectorServer"
    ),
    "port 0 in server.xml": (
        together(replaced(TOMCAT, 'port="8080"', 'port="0"'), moved_socket(8080, 51879)),
        "dynamic-port", "Web Service",
    ),
    "bound to localhost": (
        together(replaced(AGENT, "iiop://:9901", "iiop://localhost:9901"), rebound(9901, "127.0.0.1")),
        "tao-endpoint", "DBConnectorServer",
    ),
    "value in the 64-bit view": (
        replaced(TAO, TAO_KEY, TAO_64), "misplaced-registry-value", "Naming Service"
    ),
    "one server looks elsewhere for the naming service": (
        replaced(AGENT, "9999/NameService -ORBListenEndpoints iiop://:9906",
                 "9990/NameService -ORBListenEndpoints iiop://:9906"),
        "naming-port-mismatch", "Naming Service",
    ),
    "configured among the ports that Windows hands out": (
        together(replaced(AGENT, "iiop://:9901", "iiop://:49901"), moved_socket(9901, 49901),
                 rule_of("DBConnectorServer.exe", "LPort=9901", "LPort=49901")),
        "port-in-dynamic-range", "DBConnectorServer",
    ),
    "a socket is missing": (closed(9971), "listener-mismatch", "UCMA Recorder Service"),
    "another program has the port": (
        held_by(r"C:\Program Files\Backup\agent.exe", 9906), "foreign-listener", "CampaignServer"
    ),
    "a forwarding on the port": (
        appended(PROXIES, r"[HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\PortProxy\v4tov4\tcp]",
                 '"0.0.0.0/9905"="10.0.0.5/80"'),
        "port-proxy-on-ce-port", "DialerServer",
    ),
    "two values of one port": (
        together(replaced(GEOCAMPAIGN, "dword:000026f3", "dword:0000238c"), closed(9971)),
        "port-conflict", "UCMA Recorder Service",
    ),
    "two channels of one port": (
        together(replaced(CHANNELS, "20002", "20000"), closed(20002)),
        "recording-channel-ports", "TelephonyRecorder",
    ),
    "a rule was deleted": (
        without_rule("ChatServer.exe"), "missing-firewall-rule", "ChatServer"
    ),
    "a rule by program was deleted": (
        without_rule("EmailConnectorServerLoader.exe"), "missing-firewall-rule", "EmailConnectorServer"
    ),
    "a rule was disabled": (
        rule_of("SDServer.exe", "Active=TRUE", "Active=FALSE"), "disabled-firewall-rule", "SDServer"
    ),
    "a rule lost its Active token": (
        rule_of("SDServer.exe", "Active=TRUE|", ""), "disabled-firewall-rule", "SDServer"
    ),
    "a rule for other networks": (
        rule_of("RuleServer.exe", "Profile=Domain", "Profile=Private|Profile=Public"),
        "wrong-profile-firewall-rule", "RuleServer",
    ),
    "a rule for another drive": (
        rule_of("AlarmServerLoader.exe", "App=D:", "App=C:"), "wrong-program-firewall-rule", "AlarmServer"
    ),
    "a rule for another address": (
        rule_of("LicenseServer.exe", "|App=", "|LA4=10.99.0.1|App="), "scope-too-narrow", "LicenseServer"
    ),
    "a cancelled prompt": (
        added_rule(f"{BLOCK}Profile=Domain|App={DB.lower()}|Name=db|Desc=db|Defer=User|", PROMPT),
        "poisoned-prompt-rule", "DBConnectorServer",
    ),
    "a Block rule by Group Policy": (
        by_policy("FirewallRules", f'"{{B}}"="{BLOCK}LPort=9911|Name=b|"'),
        "blocked-by-firewall-rule", "TelephonyServer",
    ),
    "local rules not merged": (
        by_policy("DomainProfile", '"AllowLocalPolicyMerge"=dword:00000000'), "local-rules-ignored", ""
    ),
    "firewall off by Group Policy": (
        by_policy("DomainProfile", '"EnableFirewall"=dword:00000000'), "firewall-disabled", ""
    ),
    "java.exe beside Tomcat": (
        held_by(r"C:\Program Files\Java\jre8\bin\java.exe", 8005, 8009, 8080, 8443, 49712),
        "tomcat-child-process", "Web Service",
    ),
    "the rule of an old port": (
        added_rule(f"{ALLOW}LPort=9801|App={DB}|Name=old|"), "stale-firewall-rule", "DBConnectorServer"
    ),
    "a rule for a service without ports": (
        added_rule(rf"{ALLOW}App={INSTALL}\Services\ContactManager\ContactManagerService.exe|Name=cm|"),
        "unnecessary-firewall-rule", "Contact Manager Service",
    ),
    "everything is allowed": (
        added_rule("v2.29|Action=Allow|Active=TRUE|Dir=In|Name=all|"), "over-permissive-firewall-rule", ""
    ),
    "everything is allowed from the inside": (
        added_rule("v2.29|Action=Allow|Active=TRUE|Dir=In|RA4=10.0.0.0/255.0.0.0|Name=lan|"),
        "over-permissive-firewall-rule", "",
    ),
    "the shutdown port on every address": (
        together(replaced(TOMCAT, 'port="8005"', 'port="8005" address="0.0.0.0"'), rebound(8005, ANY)),
        "tomcat-shutdown-exposed", "Web Service",
    ),
    "a rule of a removed component": (
        added_rule(
            rf"{ALLOW}LPort=9912|App={INSTALL}\Servers\SMSConnectorServer\SMSConnectorServer.exe|Name=sms|"
        ),
        "removed-component", "SMSConnectorServer",
    ),
    "a port moved without its rule": (
        together(replaced(MANAGER, "9997", "9987"), moved_socket(9997, 9987)),
        "cmdlets-not-rerun", "ServerManager",
    ),
    "one port of two moved without their rule": (
        together(MOVED_LYNC, moved_socket(9000, 9005)), "cmdlets-not-rerun", "TelephonyConnectorServer"
    ),
    "a port moved without a restart": (
        together(replaced(AGENT, "iiop://:9901", "iiop://:9921"),
                 rule_of("DBConnectorServer.exe", "LPort=9901", "LPort=9921"),
                 written("ServerAgent.Config.xml", "2025-02-17T10:00:00Z")),
        "restart-pending", "DBConnectorServer",
    ),
    "a program was replaced while it ran": (
        written("AgentFactoryLoader.exe", "2025-02-17T10:00:00Z"), "stale-process", "AgentFactory"
    ),
}  # fmt: skip

FINE: dict[str, Edit] = {
    "rules for all profiles": replaced(FIREWALL, "Profile=Domain|LPort=9", "LPort=9"),
    "rules in capitals": rule_of("DBConnectorServer.exe", INSTALL[2:].replace("\\", "\\\\"),
                                 INSTALL[2:].replace("\\", "\\\\").upper()),
    "another naming of this host": replaced(AGENT, "CE-CORE01:9999", "ce-core01.fabrikam.local:9999"),
    "a Block rule for what is not CE's": added_rule(f"{BLOCK}LPort=445|Name=no SMB|"),
    "a Block rule for other networks": added_rule(f"{BLOCK}Profile=Public|LPort=9901|Name=b|"),
    "pings from the inside": added_rule(
        "v2.29|Action=Allow|Active=TRUE|Dir=In|Protocol=1|RA4=10.0.0.0/255.0.0.0|Name=ping|"
    ),
    "local merge switched off where it does not count": by_policy(
        "PublicProfile", '"AllowLocalPolicyMerge"=dword:00000000'
    ),
    "a value in both views": appended(
        GEOCAMPAIGN,
        r"[HKEY_LOCAL_MACHINE\SOFTWARE\WOW6432Node\Geomant Call Center Solutions\GeoCampaign]",
        '"Lync_Recorder_Port"=dword:00001234',
    ),
    "a forwarding of somebody else": appended(
        PROXIES,
        r"[HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\PortProxy\v4tov4\tcp]",
        '"0.0.0.0/3340"="10.1.1.110/3389"',
    ),
    "channels with semicolons": replaced(CHANNELS, ",", ";"),
}  # fmt: skip


def scanned(folder: Path, edit: Edit) -> tuple[int, set[tuple[str, str]]]:
    """Exit code, and check and component of every finding of medium severity or above."""
    shutil.copytree(CORE, folder, ignore=shutil.ignore_patterns("README.md", "expected.json"))
    edit(folder)
    given = read_terms()
    results = assess(load_snapshot(folder, given), given.catalogue, given.site)
    found = {
        (result.check, finding.component or "")
        for result in results.results
        for finding in result.findings
        if finding.severity.at_least(Severity.MEDIUM)
    }
    return exit_code(results, Severity.MEDIUM, strict=False), found


@pytest.mark.parametrize("mistake", SEEDS)
def test_a_mistake_in_the_evidence_is_named_by_its_check_alone(tmp_path: Path, mistake: str) -> None:
    edit, check, component = SEEDS[mistake]
    assert scanned(tmp_path / "evidence", edit) == (1, {(check, component)})


@pytest.mark.parametrize("change", FINE)
def test_what_harms_nobody_leaves_the_server_compliant(tmp_path: Path, change: str) -> None:
    assert scanned(tmp_path / "evidence", FINE[change]) == (0, set())
