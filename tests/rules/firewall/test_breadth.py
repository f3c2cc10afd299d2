"""Which sockets stand behind an opening, and which rules open ports nobody listens on."""

from typing import Any

from rules.firewall.breadth import wider_than_used
from rules.firewall.overrides import Overrides
from rules.firewall.policy import effective_policy
from rules.firewall.sockets import Socket, behind, sockets, without_listener
from rules.firewall.surface import surface
from scanner.model import (
    EvidenceKind,
    FirewallRule,
    Gap,
    Interface,
    Listener,
    Process,
    Profile,
    ProfileSettings,
    Service,
)
from tests.rules.firewall.policies import HERE, fw_rule, interface, snapshot

EVERY_IPV4 = "0.0.0.0"  # noqa: S104 - what a listener shows, not what we bind
LAN = interface("lan", "10.0.0.1/24", profile=Profile.DOMAIN)
SERVER = Process(pid=7, name="a.exe", path=r"C:\CE\a.exe", origin=HERE)
HOST = Process(
    pid=8, name="svchost.exe", path=r"C:\Windows\System32\svchost.exe", services=("X",), origin=HERE
)
SVC = r"App=%SystemRoot%\System32\svchost.exe"


def socket(port: int, pid: int | None = 7, address: str = EVERY_IPV4, protocol: str = "tcp") -> Listener:
    return Listener(protocol=protocol, address=address, port=port, pid=pid, origin=HERE)


def wider(
    *facts: FirewallRule | ProfileSettings | Interface, listeners: tuple[Listener, ...], **more: object
) -> list[Any]:
    """Rule name, unused ports, used ports."""
    found = snapshot(*facts, listeners=listeners, processes=(SERVER, HOST), **more)
    known = sockets(found)
    assert known is not None
    return [
        (entry.fw_rule.name, entry.unused, entry.used)
        for entry in wider_than_used(effective_policy(found), known, ())
    ]


def exposed(*facts: FirewallRule | Interface, listeners: tuple[Listener, ...]) -> list[Any]:
    """Per opening: its ports, the ports of the sockets behind it, and the ports without one."""
    found = snapshot(*facts, listeners=listeners, processes=(SERVER, HOST))
    known = sockets(found)
    assert known is not None
    shown = surface(effective_policy(found))
    return [
        (opening.ports, [entry.listener.port for entry in held], without_listener(opening, held))
        for opening in shown.openings
        for held in [behind(opening, known, Overrides(shown.overrides))]
    ]


def test_ports_without_a_listener_of_the_program_are_unused() -> None:
    opened = fw_rule(r"Action=Allow|Protocol=6|LPort2_10=80-82|App=C:\CE\a.exe|Name=r")

    assert wider(opened, listeners=(socket(81), socket(80, pid=8))) == [
        ("r", ((80, 80), (82, 82)), ((81, 81),))
    ]
    assert wider(opened, listeners=(socket(81), socket(80), socket(82))) == []


def test_a_rule_for_every_port_is_wider_than_any_program() -> None:
    opened = fw_rule(r"Action=Allow|App=C:\CE\a.exe|Name=r")

    assert wider(opened, listeners=(socket(81), socket(90, protocol="udp"))) == [
        ("r", ((0, 80), (82, 89), (91, 65535)), ((81, 81), (90, 90)))
    ]


def test_a_listener_with_an_unknown_owner_may_be_the_rules_own() -> None:
    opened = fw_rule(r"Action=Allow|Protocol=6|LPort=80|App=C:\CE\a.exe|Name=r")
    by_name = Listener(protocol="tcp", address="::", port=80, image="A.exe", origin=HERE)
    other = Listener(protocol="tcp", address="::", port=80, image="b.exe", origin=HERE)

    assert wider(opened, listeners=(socket(80, pid=None),)) == []
    assert wider(opened, listeners=(by_name,)) == []
    assert wider(opened, listeners=(other,)) == [("r", ((80, 80),), ())]


def test_a_service_listens_only_in_its_own_process() -> None:
    mine = fw_rule(f"Action=Allow|Protocol=6|LPort=80|{SVC}|Svc=X|Name=mine")
    other = fw_rule(f"Action=Allow|Protocol=6|LPort=80|{SVC}|Svc=Y|Name=other")
    any_service = fw_rule(f"Action=Allow|Protocol=6|LPort=80|{SVC}|Svc=*|Name=any")

    assert wider(mine, any_service, other, listeners=(socket(80, pid=8),)) == [("other", ((80, 80),), ())]
    by_service_list = (Service(name="Y", pid=8, origin=HERE),)
    assert wider(other, listeners=(socket(80, pid=8),), services=by_service_list) == []
    assert wider(other, listeners=(socket(80, pid=99),)) == []  # whose process nobody saw


def test_loopback_listeners_serve_no_other_host() -> None:
    opened = fw_rule("Action=Allow|Protocol=6|LPort=80|Name=r")

    assert wider(opened, listeners=(socket(80, address="127.0.0.1"),)) == [("r", ((80, 80),), ())]


def test_keywords_packaged_apps_icmp_and_hidden_programs_are_not_judged() -> None:
    hidden = fw_rule("Action=Allow|Protocol=6|LPort=80|Name=hidden", rule_id="h")
    unread = type(hidden)(
        **{**{name: getattr(hidden, name) for name in hidden.__struct_fields__}, "unread": ("program",)}
    )

    assert (
        wider(
            fw_rule("Action=Allow|Protocol=6|LPort=RPC|Name=rpc"),
            fw_rule("Action=Allow|Protocol=6|PFN=App_1|Name=app"),
            fw_rule("Action=Allow|Protocol=1|Name=ping"),
            fw_rule("Action=Block|Protocol=6|Name=block"),
            unread,
            listeners=(socket(5000),),
        )
        == []
    )


def test_rules_out_of_force_or_idle_are_left_out() -> None:
    opened = fw_rule("Action=Allow|Protocol=6|LPort=80|Profile=Public|Name=r")
    found = snapshot(opened, listeners=(socket(90),))
    known = sockets(found)

    assert known is not None
    assert wider(opened, LAN, listeners=(socket(90),)) == []
    assert list(wider_than_used(effective_policy(found), known, {id(opened)})) == []


def test_without_listeners_nothing_is_known_of_use() -> None:
    gap = Gap(kind=EvidenceKind.LISTENERS, reason="not collected", partial=True)

    assert sockets(snapshot()) is None
    assert sockets(snapshot(listeners=(socket(80),), gaps=(gap,))) is None
    odd = Listener(protocol="sctp", address="?", port=1, origin=HERE)
    assert sockets(snapshot(listeners=(odd,))) == ()


def test_an_opening_knows_its_listeners_and_its_idle_ports() -> None:
    opened = fw_rule(r"Action=Allow|Protocol=6|LPort2_10=80-82|App=C:\CE\a.exe")
    listeners = (socket(80), socket(81, pid=8), socket(82, protocol="udp"), socket(443))

    assert exposed(opened, LAN, listeners=listeners) == [(((80, 82),), [80], ((81, 82),))]


def test_an_opening_for_ipv4_does_not_expose_an_ipv6_socket() -> None:
    opened = fw_rule("Action=Allow|Protocol=6|LPort=80|RA4=10.0.0.0/8")

    assert exposed(opened, LAN, listeners=(socket(80, address="::"),)) == [(((80, 80),), [], ((80, 80),))]


def test_a_program_with_a_block_of_its_own_is_not_exposed_by_rules_for_anyone() -> None:
    rules = (fw_rule("Action=Allow|Protocol=6|LPort=80"), fw_rule(r"Action=Block|App=C:\CE\a.exe"))

    assert exposed(*rules, LAN, listeners=(socket(80),)) == [(((80, 80),), [], ((80, 80),))]
    assert exposed(*rules, LAN, listeners=(socket(80, pid=8),)) == [(((80, 80),), [80], ())]
    assert exposed(*rules, LAN, listeners=(socket(80, pid=None),)) == [(((80, 80),), [80], ())]


def test_protocols_without_ports_have_no_listeners() -> None:
    assert exposed(fw_rule("Action=Allow|Protocol=47"), LAN, listeners=(socket(80),)) == [
        (((0, 65535),), [], None)
    ]


def test_the_kernel_is_the_owner_of_its_sockets() -> None:
    found = sockets(snapshot(listeners=(socket(445, pid=4),)))

    assert found is not None
    assert isinstance(found[0], Socket)
    assert found[0].owner == "System"
