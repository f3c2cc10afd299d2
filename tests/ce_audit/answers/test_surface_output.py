"""What `why --surface` prints."""

import json
from pathlib import Path

import msgspec
import pytest

from ce_audit.answers.surface import render_json, render_text
from ce_audit.answers.survey import SurfaceRecord, survey
from rules.catalogue.loader import load_catalogue, port_locations
from rules.site import Site
from scanner.collect import collect_evidence
from scanner.model import InstalledFile, Listener, Process, Profile, ProfileSettings, Snapshot, Store
from tests.ce_audit.command import CORE, Run, run_in
from tests.corpus import CORPUS, needs_corpus
from tests.rules.firewall.policies import HERE, fw_rule, interface, snapshot

EVERY_IPV4 = "0.0.0.0"  # noqa: S104 - what a listener shows, not what we bind
HOSTILE = "Evil\x1b[31m\n\u202eAllowed"
LAN = interface("lan", "10.0.0.1/24", profile=Profile.DOMAIN)
WEB = r"Action=Allow|Protocol=6|LPort=80|LPort=443|App=C:\CE\web.exe"
HOST = snapshot(
    fw_rule(f"{WEB}|Name=Web", rule_id="{web}"),
    fw_rule("Action=Allow|Protocol=6|LPort=3389|RA4=10.1.0.0/16|Name=Admin", rule_id="{admin}"),
    fw_rule("Action=Allow|Protocol=6|LPort=22|Foo=Bar|Name=Odd", rule_id="{odd}"),
    fw_rule(r"Action=Block|App=C:\CE\bad.exe|Name=Prompt", rule_id="{bad}"),
    fw_rule(f"{WEB}|Name=Web again", rule_id="{zweb}"),
    fw_rule("Action=Allow|Protocol=17|LPort=9|Active=FALSE|Name=Off", rule_id="{off}"),
    LAN,
    listeners=(
        Listener(protocol="tcp", address=EVERY_IPV4, port=443, pid=7, origin=HERE),
        Listener(protocol="tcp", address="::", port=443, pid=7, origin=HERE),
    ),
    processes=(Process(pid=7, name="web.exe", path=r"C:\CE\web.exe", origin=HERE),),
)
WEB_RULE = {"id": "{web}", "name": "Web", "store": "local", "action": "allow"}
SITE = Site(servers=("10.1.2.0/24", "10.2.0.0/16"), clients=("192.168.0.0/16",))
REAL = (
    "hive/regipy_SYSTEM_WIN_10_1709.xz",
    "wfw/luthfina16_firewall.wfw",
    "netsh/en_show_rule_all_logancave.txt",
    "powershell/firewall_rules_export_semicolon.csv",
)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    return run_in(capsys)


def test_json_is_one_stable_object() -> None:
    found = json.loads(render_json(survey(HOST, SITE)))

    assert list(found) == ["reachable", "never_decide", "wider_than_used", "notes"]
    web, admin, odd = found["reachable"]
    assert web == {
        "certainty": "allowed",
        "protocols": ["tcp"],
        "ports": ["80", "443"],
        "program": r"C:\CE\web.exe",
        "service": None,
        "from": ["any"],
        "but_not": [],
        "servers": "all",
        "clients": "all",
        "profiles": ["domain"],
        "opened_by": [WEB_RULE, {**WEB_RULE, "id": "{zweb}", "name": "Web again"}],
        "unless": [],
        "because": [],
        "listeners": [
            {"protocol": "tcp", "address": EVERY_IPV4, "port": 443, "pid": 7, "program": r"C:\CE\web.exe"},
            {"protocol": "tcp", "address": "::", "port": 443, "pid": 7, "program": r"C:\CE\web.exe"},
        ],
        "ports_without_listener": ["80"],
        "except": [],
    }
    assert (admin["from"], admin["servers"], admin["clients"]) == (["10.1.0.0/16"], "some", "none")
    assert (admin["program"], admin["except"]) == ("any", [{"program": r"C:\CE\bad.exe", "service": None}])
    assert (odd["certainty"], odd["because"]) == (
        "conditional",
        ['the Allow rule "Odd" (local): token foo unknown'],
    )


def test_json_names_the_idle_and_the_wide_rules() -> None:
    found = json.loads(render_json(survey(HOST, Site())))

    assert found["reachable"][0]["servers"] is None
    assert found["never_decide"] == [
        {
            "firewall_rule": {**WEB_RULE, "id": "{zweb}", "name": "Web again"},
            "kind": "duplicate",
            "reason": "it has the same conditions",
            "because_of": [WEB_RULE],
        }
    ]
    wide = {entry["firewall_rule"]["id"]: entry for entry in found["wider_than_used"]}
    assert (wide["{web}"]["unused_ports"], wide["{web}"]["used_ports"]) == (["80"], ["443"])
    assert (wide["{admin}"]["unused_ports"], wide["{admin}"]["used_ports"]) == (["3389"], [])
    assert "1 inbound firewall rules are switched off and were not judged" in found["notes"]


def test_text_shows_what_is_open_to_all_first_and_then_the_rest() -> None:
    text = render_text(survey(HOST, SITE))

    titles = [line for line in text.splitlines() if line and line[0].isupper()]
    assert titles == [
        "Reachable from any address (1)",
        "Reachable from some addresses (1)",
        "Perhaps reachable (1)",
        "Duplicate: another rule has the same conditions (1)",
        "Open more than is used (4)",
    ]
    assert r"  tcp 80, 443  C:\CE\web.exe  from any" in text
    assert "  tcp 3389  any program  from 10.1.0.0/16" in text
    assert '      opened by  Allow "Web" (local)' in text
    assert r"      listening  tcp 0.0.0.0:443 C:\CE\web.exe" in text
    assert r"                 tcp [::]:443 C:\CE\web.exe" in text
    assert r"      not for    C:\CE\bad.exe" in text
    assert "      declared   some of the CE servers" in text
    assert '      unknown    the Allow rule "Odd" (local): token foo unknown' in text
    assert '  Allow "Web again" (local) id {zweb}: it has the same conditions' in text
    assert '      by         Allow "Web" (local) id {web}' in text
    assert '  Allow "Web" (local) id {web}: ports 80 unused; listening on 443 only' in text


def test_text_says_what_it_does_not_know() -> None:
    text = render_text(survey(snapshot(fw_rule("Action=Allow|Name=All")), Site()))

    assert "  any protocol any port  any program  from any" in text
    assert "      profiles   Domain, Private, Public" in text
    assert "note: the listeners were not collected: which ports are in use is unknown" in text
    assert "note: the evidence does not tell which profiles are in force: all three are shown" in text


def test_services_exceptions_and_protocols_are_named() -> None:
    found = snapshot(
        fw_rule("Action=Allow|Protocol=47|Name=GRE"),
        fw_rule(
            "Action=Allow|Protocol=6|LPort=80|Svc=X|RA4=0.0.0.0-10.0.0.4|RA4=10.0.0.6-255.255.255.255|RA6=::/0"
        ),
        fw_rule("Action=Allow|Protocol=6|LPort=81|Svc=*"),
        fw_rule("Action=Block|Protocol=6|LPort=81|LUAuth=O:LSD:|Name=user"),
        LAN,
    )

    text = render_text(survey(found, Site()))

    assert "  47  any program  from any" in text
    assert "  tcp 80  any program (service x)  from any but not 10.0.0.5" in text
    assert "  tcp 81  any program (any other service)  from any" in text
    assert '      unless     Block "user" (local)' in text


def test_a_setting_that_opens_everything_is_the_reason() -> None:
    off = msgspec.structs.replace(HOST, profile_settings=(_off(),))

    text = render_text(survey(off, Site()))

    assert "  any protocol any port  any program  from any" in text
    assert "      because    the firewall is off in the Domain profile (the local policy)" in text


def _off() -> ProfileSettings:
    return ProfileSettings(store=Store.LOCAL, profile=Profile.DOMAIN, enabled=False, origin=HERE)


def test_text_from_the_host_is_inert_and_cut() -> None:
    found = snapshot(
        fw_rule(f"Action=Allow|Protocol=6|LPort=80|Name={HOSTILE}"),
        fw_rule(f"Action=Allow|Protocol=6|LPort=81|Name={'long ' * 200}"),
        LAN,
    )

    text = render_text(survey(found, Site()))

    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\\x1b[31m \\u202eAllowed" in text
    assert max(map(len, text.splitlines())) < 300


def test_long_lists_are_cut_and_counted_in_text_and_whole_in_json() -> None:
    many = [fw_rule(f"Action=Allow|Protocol=6|LPort={port}|Name=r") for port in range(100, 140, 2)]
    one = fw_rule("Action=Allow|Protocol=6|" + "|".join(f"LPort={port}" for port in range(200, 240, 2)))
    record = survey(snapshot(*many, one, LAN), Site())

    assert "tcp 200, 202, 204, 206, 208 and 15 more" in render_text(record)
    assert len(record.reachable[-1].ports) == 20


def test_missing_programs_and_profiles_have_their_own_headings() -> None:
    found = snapshot(
        fw_rule(r"Action=Allow|Protocol=6|LPort=80|App=C:\gone.exe|Name=Gone"),
        fw_rule("Action=Allow|Protocol=6|LPort=81|Profile=Public|Name=Far"),
        LAN,
        executables=(InstalledFile(path=r"C:\gone.exe", origin=HERE),),
    )

    text = render_text(survey(found, Site()))

    assert "Program missing (1)" in text
    assert "For profiles that are not in force (1)" in text


def test_the_command_needs_neither_port_nor_flows(run: Run) -> None:
    text = run("why", str(CORE), "--surface")
    as_json = run("why", str(CORE), "--surface", "-f", "json")

    assert (text.code, text.err, as_json.code) == (0, "", 0)
    assert text.out.startswith("Reachable from any address")
    assert msgspec.json.decode(as_json.out.encode(), type=SurfaceRecord).reachable
    assert "--surface" in run("why", str(CORE)).err


@needs_corpus
@pytest.mark.parametrize("name", REAL)
def test_real_policies_are_surveyed(name: str) -> None:
    found = survey(_collected(CORPUS / name), Site())

    assert msgspec.json.decode(render_json(found).encode(), type=SurfaceRecord) == found
    assert render_text(found).endswith("\n")


def _collected(path: Path) -> Snapshot:
    return collect_evidence(path, port_locations(load_catalogue()))
