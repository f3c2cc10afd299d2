"""The flow list of `why --flows`."""

import pytest

from ce_audit.answers.flows import flow_request, read_flows, with_listener
from rules.firewall.flow import ANY_PROTOCOL, Flow
from rules.firewall.verdict import Outcome
from scanner.errors import ConfigError
from scanner.model import Listener, Origin, Process, Profile, Snapshot

FULL = (
    "name,program,service,protocol,local_port,local_address,remote_address,profile,expect\n"
    r'naming,"C:\CE\NT_Naming_Service.exe",Tao,tcp,9999,10.0.0.1,10.0.0.9,Domain,allowed' + "\n"
)


def only(text: str) -> Flow:
    (request,) = read_flows(text, "flows.csv")
    return request.flow


def test_a_full_line() -> None:
    (request,) = read_flows(FULL, "flows.csv")

    assert request.expect is Outcome.ALLOWED
    assert request.line == 2
    assert request.flow == Flow(
        name="naming",
        protocol=6,
        local_port=9999,
        local_address="10.0.0.1",
        remote_address="10.0.0.9",
        program=r"C:\CE\NT_Naming_Service.exe",
        service="Tao",
        profile=Profile.DOMAIN,
    )


def test_columns_come_in_any_order_and_case_and_may_be_absent() -> None:
    (request,) = read_flows("\ufeffLocal_Port , PROTOCOL\r\n443, UDP\r\n", "flows.csv")

    assert request.flow == Flow(protocol=17, local_port=443)
    assert request.expect is None


def test_empty_cells_are_unknown_short_rows_and_blank_lines_are_fine() -> None:
    requests = read_flows("local_port,remote_port,comment,expect\n\n,,,\n80\n81,50000,why,Not-Exposed\n", "f")

    assert [(request.flow.local_port, request.line) for request in requests] == [(80, 4), (81, 5)]
    assert requests[1].flow.remote_port == 50000
    assert requests[1].expect is Outcome.NOT_EXPOSED


@pytest.mark.parametrize(
    ("text", "number"),
    [("", 6), ("tcp", 6), ("UDP", 17), ("icmpv4", 1), ("ICMPv6", 58), ("47", 47), ("any", ANY_PROTOCOL)],
)
def test_protocols(text: str, number: int) -> None:
    assert only(f"local_port,protocol\n80,{text}\n").protocol == number


@pytest.mark.parametrize("text", ["domain", "PRIVATE", "Public"])
def test_profiles_in_any_case(text: str) -> None:
    assert only(f"local_port,profile\n80,{text}\n").profile == Profile(text.lower())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no flows"),
        ("local_port\n", "no flows"),
        ("a,b\n1,2\n", "f:1: the first line must name columns"),
        ("local_port,LOCAL_PORT\n1,2\n", "f:1: the column local_port is named twice"),
        ("local_port,expct\n80,allowed\n", "f:1: unknown column 'expct'; did you mean expect?"),
        ("local_port\n80,81\n", "f:2: 2 cells, but the header names 1"),
        ("local_port\nhttp\n", "f:2: local_port 'http' is not a port"),
        ("local_port\n70000\n", "f:2: local_port '70000' is not a port"),
        ("local_port,remote_port\n80,\u0663\n", "f:2: remote_port"),
        (f"local_port\n{'9' * 5000}\n", "is not a port"),
        ("local_port,protocol\n80,sctp\n", "f:2: protocol 'sctp' is none of tcp"),
        ("local_port,protocol\n80,256\n", "f:2: protocol '256'"),
        ("local_port,local_address\n80,10.0.0\n", "f:2: local_address '10.0.0' is not an IP address"),
        ("local_port,remote_address\n80,10.0.0.0/8\n", "f:2: remote_address"),
        ("local_port,profile\n80,standard\n", "f:2: profile 'standard' is none of domain, private, public"),
        ("local_port,expect\n80,yes\n", "f:2: expect 'yes' is none of allowed"),
        ('local_port,name\n80,"' + "x" * 200_000 + '"\n', "f:2: not readable as CSV"),
    ],
)
def test_a_bad_list_says_where_and_what(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_flows(text, "f")

    assert message in str(caught.value)


def test_a_single_flow_takes_the_program_that_listens_on_its_port() -> None:
    origin = Origin(source="t")
    snapshot = Snapshot(
        listeners=(Listener(protocol="tcp", address="0.0.0.0", port=9998, pid=7, origin=origin),),  # noqa: S104
        processes=(Process(pid=7, name="a.exe", path=r"C:\CE\a.exe", origin=origin),),
    )

    def program(**cells: str) -> str | None:
        request = flow_request({"local_port": "9998", **cells}, "here", 1)
        return with_listener(request, snapshot).flow.program

    assert program() == r"C:\CE\a.exe"
    assert program(program="x.exe") == "x.exe"
    assert program(protocol="udp") is None
    assert program(protocol="icmpv4", local_port="") is None
