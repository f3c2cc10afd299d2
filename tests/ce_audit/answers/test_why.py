"""What `why` prints."""

import json

import msgspec

from ce_audit.answers.flows import read_flows
from ce_audit.answers.why import Answer, answers, as_expected, render_json, render_text
from rules.firewall.policy import Policy, effective_policy
from scanner.model import EvidenceKind, Gap
from tests.rules.firewall.policies import fw_rule, snapshot

HOSTILE = "Evil\x1b[31m\n\u202e\x9bAllowed"
POLICY = effective_policy(
    snapshot(
        fw_rule("Action=Allow|Protocol=6|LPort=9999|Profile=Domain|Name=CE naming", rule_id="{1}"),
        fw_rule(f"Action=Allow|Protocol=6|LPort=8443|Active=FALSE|Name={HOSTILE}", rule_id="{2}"),
        fw_rule("Action=Block|Protocol=17|LPort=5060|Foo=Bar|Name=Odd", rule_id="{3}"),
        fw_rule("Action=Allow|Protocol=17|LPort=5060|Name=SIP", rule_id="{4}"),
        fw_rule(r"Action=Allow|App=%ProgramFiles%\CE\a.exe|Name=Any", rule_id="{5}"),
        gaps=(Gap(kind=EvidenceKind.GPO_POLICY, reason="not collected"),),
    )
)
HEAD = "name,protocol,local_port,profile,expect,program\n"


def asked(*rows: str, policy: Policy = POLICY) -> tuple[Answer, ...]:
    return answers(policy, read_flows(HEAD + "\n".join(rows) + "\n", "flows.csv"))


def test_json_is_one_object_a_flow_as_documented() -> None:
    blocked, conditional = json.loads(
        render_json(
            POLICY, asked(r"naming,tcp,9999,Public,allowed,C:\CE\n.exe", r"sip,udp,5060,Domain,,C:\CE\s.exe")
        )
    )

    assert blocked == {
        "name": "naming",
        "decision": "blocked",
        "profile": "public",
        "decided_by": [],
        "unknowns": [],
        "near_misses": [
            {
                "id": "{1}",
                "name": "CE naming",
                "store": "local",
                "action": "allow",
                "failed": ["profile"],
                "explanation": (
                    "would have matched but for the profile: the rule says Domain, the network is Public"
                ),
            },
        ],
        "expect": "allowed",
        "ok": False,
        "reason": "no rule matches: the Public profile blocks by default",
        "notes": ["Group Policy was not collected: its rules and settings may change these decisions"],
    }
    assert conditional["decision"] == "conditional"
    assert conditional["decided_by"] == [
        {"id": "{3}", "name": "Odd", "store": "local", "action": "block"},
        {"id": "{4}", "name": "SIP", "store": "local", "action": "allow"},
    ]
    assert conditional["unknowns"] == ['the Block rule "Odd" (local): token foo unknown']
    assert (conditional["expect"], conditional["ok"]) == (None, None)


def test_one_flow_is_told_in_full() -> None:
    text = render_text(POLICY, asked(r"sip,udp,5060,Domain,conditional,C:\CE\s.exe"))

    assert text.splitlines() == [
        r"CONDITIONAL  udp 5060 from an unknown address to any address of C:\CE\s.exe, profile Domain",
        '  because     allowed by the Allow rule "SIP" (local) unless the Block rule "Odd" (local) matches',
        '  decided by  block "Odd", id {3}, store local',
        '              allow "SIP", id {4}, store local',
        '  unknown     the Block rule "Odd" (local): token foo unknown',
        "  expected    as expected",
        "  note        Group Policy was not collected: its rules and settings may change these decisions",
    ]


def test_a_hostile_name_can_neither_drive_the_terminal_nor_forge_a_line() -> None:
    text = render_text(POLICY, asked(r",tcp,8443,Domain,,C:\CE\n.exe"))

    assert not set("\x1b\x9b\u202e") & set(text)
    assert r"Evil\x1b[31m \u202e\x9bAllowed" in text
    assert not any(line.lstrip().startswith("Allowed") for line in text.splitlines())
    assert "would have matched, but the rule is disabled" in text


def test_many_expectations_show_only_what_differs_then_counts() -> None:
    found = asked(
        r"naming,tcp,9999,Domain,allowed,C:\CE\n.exe",
        r"naming elsewhere,tcp,9999,Public,allowed,C:\CE\n.exe",
        r",icmpv4,,Domain,blocked,C:\CE\n.exe",
        r"free,tcp,1,Domain,,C:\CE\n.exe",
    )
    lines = render_text(POLICY, found).splitlines()

    assert lines[0].split() == ["LINE", "FLOW", "EXPECTED", "DECIDED", "WHY"]
    assert lines[1].startswith(
        "3     naming elsewhere  allowed   blocked  no rule matches: the Public profile"
    )
    assert "would have matched but for the profile" in lines[1]
    assert lines[2:] == ["", "4 flows: 1 allowed, 3 blocked", "as expected: 2 of 3, 1 without expectation"]
    assert as_expected(found) is False


def test_a_passed_gate_is_two_lines() -> None:
    found = asked(*[r"naming,tcp,9999,Domain,allowed,C:\CE\n.exe"] * 2)

    assert render_text(POLICY, found) == "2 flows: 2 allowed\nas expected: 2 of 2\n"
    assert as_expected(found) is True


def test_without_expectations_every_flow_has_a_line() -> None:
    found = asked(r"naming,tcp,9999,Domain,,C:\CE\n.exe", ",47,,Domain,,System")

    assert render_text(POLICY, found).splitlines() == [
        (
            r"ALLOWED      naming: tcp 9999 from an unknown address to any address of C:\CE\n.exe,"
            ' profile Domain - allowed by the Allow rule "CE naming" (local)'
        ),
        (
            "BLOCKED      protocol 47 from an unknown address to any address of System, profile Domain"
            " - no rule matches: the Domain profile blocks by default"
        ),
        "",
        "2 flows: 1 allowed, 1 blocked",
    ]


def test_a_missed_expectation_of_one_flow_is_said_and_more_near_misses_are_counted() -> None:
    several = effective_policy(
        snapshot(
            *(
                fw_rule("Action=Allow|Protocol=6|LPort=1|Active=FALSE|Name=Off", rule_id=str(number))
                for number in range(5)
            )
        )
    )

    text = render_text(several, asked(r"x,tcp,1,Domain,allowed,C:\CE\n.exe", policy=several))

    assert "EXPECTED allowed" in text
    assert "and 2 more in the JSON" in text


def test_a_service_and_an_unreadable_action_are_shown() -> None:
    listed = msgspec.structs.replace(fw_rule("Action=Allow|Protocol=6|LPort=1"), action=None, extra=())
    policy = effective_policy(snapshot(listed))
    requests = read_flows("local_port,service,profile\n1,Tao,Domain\n", "f")

    text = render_text(policy, answers(policy, requests))

    assert "(service Tao)" in text
    assert json.loads(render_json(policy, answers(policy, requests)))[0]["decided_by"][0]["action"] == ""
