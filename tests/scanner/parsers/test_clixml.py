"""Objects that Export-Clixml wrote are the rows that JSON would have given."""

from typing import Any

import pytest

from scanner.errors import ParseError
from scanner.model import Action, FirewallRule, Listener, Origin, Process, ProfileSettings, Service
from scanner.parsers.clixml import looks_like_clixml, parse_clixml
from scanner.parsers.netfirewall_json import NetFilter

ORIGIN = Origin(source="export.clixml")
NS = 'xmlns="http://schemas.microsoft.com/powershell/2004/04"'
CIM = "Microsoft.Management.Infrastructure.CimInstance"
RULE = f"""<Obj RefId="0"><TN RefId="0"><T>{CIM}#root/standardcimv2/MSFT_NetFirewallRule</T><T>{CIM}</T></TN>
<ToString>MSFT_NetFirewallRule (InstanceID = "CE-1")</ToString>
<Props><S N="InstanceID">CE-1</S><Nil N="Caption" /><S N="ElementName">CE naming</S>
<U16 N="Enabled">1</U16></Props>
<MS><S N="Name">CE-1</S><S N="DisplayName">CE _x2013_ naming</S>
<Obj N="Direction" RefId="1"><TN RefId="1"><T>NetSecurity.Direction</T><T>System.Enum</T></TN>
<ToString>Inbound</ToString><U16>1</U16></Obj>
<Obj N="Action" RefId="2"><TNRef RefId="1" /><ToString>Allow</ToString><U16>2</U16></Obj>
<Obj N="Profile" RefId="3"><TNRef RefId="1" /><ToString>Domain, Private</ToString><U16>3</U16></Obj>
</MS></Obj>"""
PORT = """<Obj RefId="4"><TNRef RefId="0" /><Props><S N="InstanceID">CE-1</S><S N="Protocol">TCP</S>
<Obj N="LocalPort" RefId="5"><TN RefId="9"><T>System.String[]</T></TN><LST><S>80</S><S>443</S></LST></Obj>
<Obj N="RemotePort" RefId="6"><TNRef RefId="9" /><LST><S>Any</S></LST></Obj></Props></Obj>"""
PROFILE = """<Obj RefId="7"><Props><S N="Name">Domain</S><U16 N="Enabled">2</U16>
<U16 N="DefaultInboundAction">4</U16></Props></Obj>"""


def document(*objects: str, head: str = "") -> str:
    return f'{head}<Objs Version="1.1.0.1" {NS}>{"".join(objects)}</Objs>'


def read(*objects: str) -> list[Any]:
    return list(parse_clixml(document(*objects), ORIGIN))


def test_rules_with_their_enums_as_words() -> None:
    (fw_rule,) = read(RULE)

    assert isinstance(fw_rule, FirewallRule)
    assert (fw_rule.id, fw_rule.name, fw_rule.action) == ("CE-1", "CE – naming", Action.ALLOW)
    assert [profile.value for profile in fw_rule.profiles] == ["domain", "private"]
    assert "local_ports" in fw_rule.unread


def test_filters_beside_rules_are_joined_and_alone_they_wait() -> None:
    (fw_rule,) = read(RULE, PORT)
    (waiting,) = read(PORT)

    assert (fw_rule.protocol, fw_rule.local_ports, fw_rule.remote_ports) == (6, ("80", "443"), ())
    assert isinstance(waiting, NetFilter)


def test_profiles_keep_their_own_meaning_of_two() -> None:
    (settings,) = read(PROFILE)

    assert isinstance(settings, ProfileSettings)
    assert settings.enabled is None


def test_the_script_s_object_exported_as_a_hashtable() -> None:
    entries = "".join(
        f'<En><S N="Key">{name}</S><Obj N="Value" RefId="1{number}"><LST>{part}</LST></Obj></En>'
        for number, (name, part) in enumerate({"rules": RULE, "port": PORT, "prof": PROFILE}.items())
    )

    fw_rule, settings = read(f'<Obj RefId="9"><DCT>{entries}</DCT></Obj>')

    assert fw_rule.local_ports == ("80", "443")
    assert isinstance(settings, ProfileSettings)


def test_one_list_of_objects() -> None:
    (fw_rule,) = read(f'<Obj RefId="20"><LST>{RULE}</LST></Obj>')

    assert fw_rule.id == "CE-1"


def test_an_object_written_once_is_known_where_it_is_referred_to() -> None:
    both = f'<Obj RefId="20"><LST>{RULE}</LST></Obj><Ref RefId="77" />'
    again = PORT.replace('<Obj N="RemotePort" RefId="6"><TNRef RefId="9" /><LST><S>Any</S></LST></Obj>', "")
    again = again.replace("</Props>", '<Ref N="RemotePort" RefId="5" /></Props>')

    assert read(RULE, again)[0].remote_ports == ("80", "443")
    with pytest.raises(ParseError):
        read(both)  # two things, of which neither is an object of a known class


def test_sockets_processes_and_services() -> None:
    udp = f"""<Obj RefId="0"><TN RefId="0"><T>{CIM}#ROOT/StandardCimv2/MSFT_NetUDPEndpoint</T></TN><Props>
    <S N="LocalAddress">::</S><U16 N="LocalPort">5060</U16><U32 N="OwningProcess">7</U32></Props></Obj>"""
    second = (
        udp.replace("5060", "5061").replace("TN RefId", "x RefId").replace("</TN>", '</x><TNRef RefId="0" />')
    )
    process = """<Obj RefId="0"><Props><I32 N="Id">7</I32><S N="ProcessName">db</S>
    <S N="Path">C:\\CE\\db.exe</S><DT N="StartTime">2026-03-01T09:00:00.1234567+01:00</DT></Props></Obj>"""
    service = """<Obj RefId="0"><Props><S N="Name">CE</S><S N="PathName">C:\\CE\\s.exe</S><B N="x">true</B>
    <S N="StartMode">Auto</S><S N="State">Running</S><U32 N="ProcessId">7</U32></Props></Obj>"""

    assert [(item.protocol, item.port) for item in read(udp, second) if isinstance(item, Listener)] == [
        ("udp", 5060),
        ("udp", 5061),
    ]
    (found,) = read(process)
    assert isinstance(found, Process)
    assert (found.pid, found.name, found.started_at is not None) == (7, "db.exe", True)
    (running,) = read(service)
    assert isinstance(running, Service)
    assert running.pid == 7


@pytest.mark.parametrize("head", ["", '<?xml version="1.0" encoding="utf-16"?>\n', "\n"])
def test_it_is_known_by_its_root(head: str) -> None:
    text = document(RULE, head=head)

    assert looks_like_clixml(text)
    assert [type(item) for item in parse_clixml(text, ORIGIN)] == [FirewallRule]


@pytest.mark.parametrize("text", ["", "<Objs>", "<html/>", "x <Objs Version='1' " + NS + ">"])
def test_other_text_is_not_claimed(text: str) -> None:
    assert not looks_like_clixml(text)


@pytest.mark.parametrize(
    "text",
    [
        document(),
        document("<S>text</S>"),
        document('<Obj RefId="0"><Props><S N="Foo">1</S></Props></Obj>'),
        document("<Obj>"),
        document('<Obj RefId="0"><ToString>x</ToString></Obj>'),
        document('<Obj RefId="0"><TN RefId="0"><T>x</T></TN><S>text</S></Obj>'),
        '<!DOCTYPE Objs [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + document(RULE),
        document("<Obj><LST>" * 100 + "</LST></Obj>" * 100),
    ],
)
def test_what_holds_nothing_of_ours_is_a_parse_error(text: str) -> None:
    with pytest.raises(ParseError):
        list(parse_clixml(text, ORIGIN))


def test_a_character_in_two_halves_is_one_and_half_of_one_is_replaced() -> None:
    (whole,) = read(RULE.replace("_x2013_", "_xD83D__xDE00_"))
    (half,) = read(RULE.replace("_x2013_", "_xD83D_"))

    assert whole.name == "CE \N{GRINNING FACE} naming"
    assert half.name == "CE \N{REPLACEMENT CHARACTER} naming"
