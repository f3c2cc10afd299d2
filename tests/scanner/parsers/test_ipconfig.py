"""ipconfig in several languages gives the adapters with their addresses, told by structure."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import ParseError
from scanner.model import Host, Interface, Origin, Problem
from scanner.parsers.ipconfig import looks_like_ipconfig, parse_ipconfig

ENGLISH = """
Windows IP Configuration

   Host Name . . . . . . . . . . . . : CE-CORE01
   Primary Dns Suffix  . . . . . . . : corp.example
   Node Type . . . . . . . . . . . . : Hybrid
   IP Routing Enabled. . . . . . . . : No
   WINS Proxy Enabled. . . . . . . . : No
   DNS Suffix Search List. . . . . . : corp.example

Ethernet adapter Ethernet0:

   Connection-specific DNS Suffix  . : corp.example
   Description . . . . . . . . . . . : vmxnet3 Ethernet Adapter
   Physical Address. . . . . . . . . : 00-50-56-9A-11-22
   DHCP Enabled. . . . . . . . . . . : No
   Autoconfiguration Enabled . . . . : Yes
   IPv6 Address. . . . . . . . . . . : 2001:db8::5(Preferred)\x20
   Link-local IPv6 Address . . . . . : fe80::28be:f53:739a:1eb6%12(Preferred)\x20
   IPv4 Address. . . . . . . . . . . : 10.1.2.3(Preferred)\x20
   Subnet Mask . . . . . . . . . . . : 255.255.255.0
   IPv4 Address. . . . . . . . . . . : 10.1.2.4(Preferred)\x20
   Subnet Mask . . . . . . . . . . . : 255.255.254.0
   Default Gateway . . . . . . . . . : fe80::1%13
                                       10.1.2.1
   DHCPv6 IAID . . . . . . . . . . . : 335564886
   DNS Servers . . . . . . . . . . . : 2001:db8::53
                                       10.1.2.10
   NetBIOS over Tcpip. . . . . . . . : Enabled

Tunnel adapter isatap.{0A1B2C3D-0000-0000-0000-000000000000}:

   Media State . . . . . . . . . . . : Media disconnected
   Connection-specific DNS Suffix  . :\x20
"""
FRENCH = """Configuration IP de Windows

Carte Ethernet Ethernet :

   Statut du média. . . . . . . . . . . . : Média déconnecté
   Suffixe DNS propre à la connexion. . . :

Carte réseau sans fil Wi-Fi :

   Suffixe DNS propre à la connexion. . . :
   Adresse IPv6 de liaison locale. . . . .: fe80::28be:f53:739a:1eb6%5
   Adresse IPv4. . . . . . . . . . . . . .: 192.168.182.187(préféré)
   Masque de sous-réseau. . . . . . . . . : 255.255.252.0
   Passerelle par défaut. . . . . . . . . : 192.168.182.1
"""
GERMAN = """Windows-IP-Konfiguration

Ethernet-Adapter vEthernet (WSL):

   Verbindungsspezifisches DNS-Suffix:
   IPv4-Adresse  . . . . . . . . . . : 172.29.64.1
   Subnetzmaske  . . . . . . . . . . : 255.255.240.0
   Standardgateway . . . . . . . . . :

Drahtlos-LAN-Adapter WLAN:

   Verbindungsspezifisches DNS-Suffix: fritz.box
   IPv6-Adresse. . . . . . . . . . . : 2a02:810d:1234::5
   IPv4-Adresse  . . . . . . . . . . : 192.168.178.34(Bevorzugt)
   Subnetzmaske  . . . . . . . . . . : 255.255.255.0
   Standardgateway . . . . . . . . . : fe80::1%14
                                       192.168.178.1
"""
SPANISH = """Configuración IP de Windows

Adaptador de Ethernet Conexión de área local:

   Sufijo DNS específico para la conexión. . : mi-red
   Vínculo: dirección IPv6 local. . . : fe80::d4a8:6431:d2d8:d9c3%11
   Dirección IPv4. . . . . . . . . . . . . . : 192.168.0.50
   Máscara de subred . . . . . . . . . . . . : 255.255.255.0
   Puerta de enlace predeterminada . . . . . : 192.168.0.1
"""
KOREAN = """Windows IP 구성

이더넷 어댑터 이더넷:

   연결별 DNS 접미사. . . . :\x20
   링크-로컬 IPv6 주소 . . . . : fe80::99ff:aae8:27e0:d6bd%16
   IPv4 주소 . . . . . . . . . : 144.13.135.13
   서브넷 마스크 . . . . . . . : 255.255.255.0
   기본 게이트웨이 . . . . . . : 144.13.135.255
"""
# an adapter whose kind is called something we do not know
ESTONIAN = """Windowsi IP-konfiguratsioon

Kohtvõrk Võrk:

   {ipv6}IPv4-aadress . . . . . . . . . . : 10.0.0.5
   Alamvõrgumask . . . . . . . . . . : 255.0.0.0
"""


def read(text: str) -> list[Interface | Host | Problem]:
    return list(parse_ipconfig(text, Origin(source="ipconfig.txt")))


def told(text: str) -> list[tuple[str, int | None, tuple[str, ...]]]:
    found = [item for item in read(text) if isinstance(item, Interface)]
    return [(item.alias, item.index, item.addresses) for item in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            ENGLISH,
            [
                (
                    "Ethernet0",
                    12,
                    ("2001:db8::5", "fe80::28be:f53:739a:1eb6", "10.1.2.3/24", "10.1.2.4/23"),
                )
            ],
        ),
        (FRENCH, [("Wi-Fi", 5, ("fe80::28be:f53:739a:1eb6", "192.168.182.187/22"))]),
        (
            GERMAN,
            [
                ("vEthernet (WSL)", None, ("172.29.64.1/20",)),
                ("WLAN", None, ("2a02:810d:1234::5", "192.168.178.34/24")),
            ],
        ),
        (SPANISH, [("Conexión de área local", 11, ("fe80::d4a8:6431:d2d8:d9c3", "192.168.0.50/24"))]),
        (KOREAN, [("이더넷", 16, ("fe80::99ff:aae8:27e0:d6bd", "144.13.135.13/24"))]),
    ],
)
def test_adapters_are_read_in_every_language(
    text: str, expected: list[tuple[str, int | None, tuple[str, ...]]]
) -> None:
    assert looks_like_ipconfig(text)
    assert told(text) == expected
    assert told(text.replace("\n", "\r\n")) == expected


def test_the_place_is_the_adapters_header() -> None:
    (adapter,) = [item for item in read(KOREAN) if isinstance(item, Interface)]
    assert adapter.origin == Origin(source="ipconfig.txt", locator="line 3")


def test_the_host_is_named_only_where_the_capture_starts_with_it() -> None:
    assert [item for item in read(ENGLISH) if isinstance(item, Host)] == [Host(name="CE-CORE01")]
    assert not [item for text in (FRENCH, GERMAN) for item in read(text) if isinstance(item, Host)]
    unnamed = ENGLISH.replace(": CE-CORE01", ": not a name")
    assert not [item for item in read(unnamed) if isinstance(item, Host)]


@pytest.mark.parametrize("mask", ["255.0.255.0", "10.1.2.1", "0.0.0.0", "", "fe80::1", "255.255.255"])  # noqa: S104
def test_an_address_counts_only_with_a_mask_behind_it(mask: str) -> None:
    assert told(ENGLISH.replace("255.255.255.0", mask)) == [
        ("Ethernet0", 12, ("2001:db8::5", "fe80::28be:f53:739a:1eb6", "10.1.2.4/23"))
    ]


def test_an_unknown_kind_of_adapter_goes_by_its_index() -> None:
    text = ESTONIAN.format(ipv6="IPv6-aadress . . . . . . : fe80::1%7\n   ")
    assert told(text) == [("Kohtvõrk Võrk", 7, ("fe80::1", "10.0.0.5/8"))]


def test_an_adapter_that_nothing_identifies_is_a_problem() -> None:
    (problem,) = read(ESTONIAN.format(ipv6=""))
    assert isinstance(problem, Problem)
    assert (problem.text, problem.origin.locator) == ("Kohtvõrk Võrk:", "line 3")
    assert "Get-NetIPAddress" in problem.reason


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Name : x\nValue : y\n",
        "Start Port      : 49152\nNumber of Ports : 16384\n",
        ENGLISH.partition("Ethernet adapter")[0],
        "Ethernet adapter Ethernet0:\n\n   Media State . . . . : Media disconnected\n   x . . : \n",
    ],
)
def test_text_without_an_address_is_not_ipconfig(text: str) -> None:
    assert not looks_like_ipconfig(text)
    with pytest.raises(ParseError, match="no adapter with an address"):
        read(text)


@given(st.text(alphabet="ab .:%0\n\u00a0/f", max_size=200))
def test_no_text_is_an_exception(text: str) -> None:
    for item in read(f"{KOREAN}{text}"):
        assert isinstance(item, Interface | Host | Problem)


@pytest.mark.parametrize(
    "text", ["  a" + " ." * 100_000 + "x\n", "a" + " :" * 100_000, "  a. . :\n" * 20_000]
)
def test_hostile_text_is_turned_down_in_no_time(text: str) -> None:
    started = time.perf_counter()
    assert not looks_like_ipconfig(text)
    assert time.perf_counter() - started < 2
