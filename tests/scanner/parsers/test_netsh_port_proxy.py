"""`netsh interface portproxy show ...` in several languages; the ruler tells it from every other listing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.model import Origin, PortProxy, Problem
from scanner.parsers.netsh_port_proxy import looks_like_netsh_port_proxy, parse_netsh_port_proxy
from scanner.readers import TEXT_READERS

HERE = Origin(source="portproxy.txt")
RULER = "--------------- ----------  --------------- ----------"
ENGLISH = f"""
Listen on ipv4:             Connect to ipv4:

Address         Port        Address         Port
{RULER}
0.0.0.0         9999        10.20.0.5       9999
*               8001        ce02.example.test 80

Listen on ipv6:             Connect to ipv4:

Address         Port        Address         Port
{RULER}
::              443         10.20.0.5       8443

"""
PORTUGUESE = f"""
Escuta em ipv4:             Conectar-se a ipv4:

Endereço        Porta       Endereço        Porta
{RULER}
0.0.0.0         1935        172.28.54.51    1935
"""
KOREAN = f"""
ipv4 수신 대기:             ipv6에 연결:

주소            포트        주소            포트
{RULER}
10.0.0.100      18443       fe80::1         18443
"""


def read(text: str) -> list[str]:
    return [_shown(found) for found in parse_netsh_port_proxy(text, HERE)]


def _shown(found: PortProxy | Problem) -> str:
    if isinstance(found, Problem):
        return f"problem at {found.origin.locator}: {found.reason}"
    listen = f"{found.listen_address}/{found.listen_port}"
    return f"{found.origin.locator}: {found.family} {listen} {found.connect_address}/{found.connect_port}"


def test_every_section_is_read_with_its_family() -> None:
    expected = [
        "line 6: v4tov4 0.0.0.0/9999 10.20.0.5/9999",
        "line 7: v4tov4 */8001 ce02.example.test/80",
        "line 13: v6tov4 ::/443 10.20.0.5/8443",
    ]
    assert read(ENGLISH) == expected
    assert read(ENGLISH.replace("\n", "\r\n")) == expected


def test_headings_in_other_languages_say_the_same() -> None:
    assert read(PORTUGUESE) == ["line 6: v4tov4 0.0.0.0/1935 172.28.54.51/1935"]
    assert read(KOREAN) == ["line 6: v4tov6 10.0.0.100/18443 fe80::1/18443"]


@pytest.mark.parametrize(
    "row", ["0.0.0.0  9999  10.0.0.5", "0.0.0.0  http  10.0.0.5  80", "0.0.0.0 1 10.0.0.5 70000", "C:\\>exit"]
)
def test_a_row_that_cannot_be_read_is_a_problem(row: str) -> None:
    text = f"Listen on ipv4:  Connect to ipv4:\n{RULER}\n{row}\n*  1  h  2\n\nC:\\>\n"
    bad, good = read(text)
    assert bad.startswith("problem at line 3: not a row")
    assert good == "line 4: v4tov4 */1 h/2"


def test_a_row_without_a_family_is_a_problem() -> None:
    (bad,) = read(f"{RULER}\n*  1  h  2\n")
    assert "address families" in bad


@pytest.mark.parametrize("text", [ENGLISH, PORTUGUESE, KOREAN])
def test_no_other_reader_takes_it(text: str) -> None:
    text = text.replace("\n", "\r\n")
    assert [reader.kind for reader in TEXT_READERS if reader.looks_like(text)] == ["netsh-port-proxies"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Start Port    End Port\n----------    --------\n     50000       50059     *\n",
        "Image Name                     PID\n========================= ========\n",
        "Listen on ipv4:             Connect to ipv4:\n",
    ],
)
def test_other_listings_are_none(text: str) -> None:
    assert not looks_like_netsh_port_proxy(text)


@given(st.text(alphabet="ipv46: \n-0123456789*.ab", max_size=300))
def test_no_text_breaks_it(text: str) -> None:
    for found in parse_netsh_port_proxy(f"Listen on ipv4: Connect to ipv4:\n{RULER}\n{text}", HERE):
        assert isinstance(found, Problem) or 0 < found.listen_port < 65536
