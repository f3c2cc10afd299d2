"""TAO option strings: the vectors of contact-expert.md 10.1, real strings of other products, hostile ones."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.model import ConfiguredEndpoint, PortState
from scanner.parsers.tao_options import has_endpoint_option, parse_tao_options
from tests.corpus import CORPUS, needs_corpus

STATIC, DYNAMIC, INVALID = PortState.STATIC, PortState.DYNAMIC, PortState.INVALID
UNKNOWN, DISABLED = PortState.NOT_DETERMINABLE, PortState.DISABLED


def listens(text: str) -> list[str]:
    return [shown(endpoint) for endpoint in parse_tao_options(text).endpoints]


def shown(endpoint: ConfiguredEndpoint) -> str:
    end = f"-{endpoint.port_end}" if endpoint.port_end else ""
    purpose = f" {endpoint.purpose}" if endpoint.purpose else ""
    return f"{endpoint.protocol} {endpoint.address or '*'} {endpoint.port}{end}{purpose}"


@pytest.mark.parametrize(
    ("text", "state", "endpoints"),
    [
        ("-ORBListenEndpoints iiop://:9999", STATIC, ["tcp * 9999"]),
        (
            "-ORBEndPoint iiop://ce01.example.test:9999 -ORBDottedDecimalAddresses 1",
            STATIC,
            ["tcp ce01.example.test 9999"],
        ),
        ("-orbendpoint iiop://127.0.0.1:9999", STATIC, ["tcp 127.0.0.1 9999"]),
        ("-ORBListenEndpoints iiop://:9999;iiop://:10999", STATIC, ["tcp * 9999", "tcp * 10999"]),
        (
            '-ORBEndpoint iiop://:9999 -ORBListenEndpoints "iiop://:9998/hostname_in_ior=a&portspan=3"',
            STATIC,
            ["tcp * 9999", "tcp * 9998-10000"],
        ),
        ("-ORBListenEndpoints 'iiop://1.2@:9999,[::]:9999'", STATIC, ["tcp * 9999", "tcp :: 9999"]),
        ("-ORBListenEndpoints iiop://9999", INVALID, []),
        ("-ORBListenEndpoints iiop://", DYNAMIC, []),
        ("", DYNAMIC, []),
        ("-ORBListenEndpoints iiop://:9999;", INVALID, []),
        ("-ORBListenEndpoints iiop://:1;;iiop://:2", INVALID, []),
        ("-ORBListenEndpoint iiop://:9999", INVALID, []),
        ("-ORBListenEndpoints -ORBDebugLevel 5", DYNAMIC, []),
        ("-ORBListenEndpoints iiop://:9999/priority=1", INVALID, []),
        ("-ORBInitRef NameService=corbaloc:iiop:ce01:9999/NameService", DYNAMIC, []),
        ("-m 1 -ORBListenEndpoints iiop://:9999", STATIC, ["tcp * 9999", "udp 224.9.9.2 10013 multicast"]),
        ("-ORBListenEndpoints iiop://:9999/ssl_port=9443", STATIC, ["tcp * 9999", "tcp * 9443 ssl"]),
        ("$CE_NS_OPTS", UNKNOWN, []),
    ],
)
def test_the_vectors_of_the_specification(text: str, state: PortState, endpoints: list[str]) -> None:
    assert parse_tao_options(text).state == state
    assert listens(text) == endpoints


@pytest.mark.parametrize(
    ("text", "state", "endpoints"),
    [
        ("-ORBEndPoint iiop://127.0.0.1:30000 -ORBDottedDecimalAddresses 1", STATIC, ["tcp 127.0.0.1 30000"]),
        ("-m 0 -ORBEndPoint iiop://:9999 -ORBDottedDecimalAddresses 1", STATIC, ["tcp * 9999"]),
        ("-ORBEndpointiiop://:9999", STATIC, ["tcp * 9999"]),
        ('"-ORBListenEndpoints iiop://:9999"', STATIC, ["tcp * 9999"]),
        ("-ORBListenEndpoints iiop://:9999/portspan=5", STATIC, ["tcp * 9999-10003"]),
        ("-ORBListenEndpoints iiop://:9999/portspan=1", STATIC, ["tcp * 9999"]),
        ("-ORBListenEndpoints iiop://:65530/portspan=100", STATIC, ["tcp * 65530-65535"]),
        ("-ORBListenEndpoints iiop://:9999/portspan=0", INVALID, []),
        ("-ORBListenEndpoints iiop://:9999/portspan=70000", INVALID, []),
        ("-ORBListenEndpoints iiop://:9999/ssl_port=x", INVALID, []),
        ("-ORBListenEndpoints iiop://:9999/ssl_port=0", DYNAMIC, ["tcp * 9999"]),
        ("-ORBListenEndpoints iiop://:9999/", STATIC, ["tcp * 9999"]),
        ("-ORBListenEndpoints iiop://:9999/frobnicate=1", INVALID, []),
        ("-ORBListenEndpoints iiop://:9999/reuse_addr=1", STATIC, ["tcp * 9999"]),
        ("-ORBListenEndpoints iiop://h1:1,h2:2", STATIC, ["tcp h1 1", "tcp h2 2"]),
        ("-ORBListenEndpoints iiop://[::1]:9999", STATIC, ["tcp ::1 9999"]),
        ("-ORBListenEndpoints iiop://[::1]", DYNAMIC, []),
        ("-ORBListenEndpoints iiop://[hostname]:1", INVALID, []),
        ("-ORBListenEndpoints iiop://[::1]9999", INVALID, []),
        ("-ORBListenEndpoints iiop://:99999", INVALID, []),
        ("-ORBListenEndpoints iiop://:000", DYNAMIC, []),
        ("-ORBListenEndpoints iiop://host:0", DYNAMIC, []),
        ("-ORBListenEndpoints iiop://:my_port", UNKNOWN, []),
        ("-ORBListenEndpoints iiop://:9999;iiop://host", DYNAMIC, ["tcp * 9999"]),
        ("-ORBListenEndpoints iiop://:9999;iiop://8888", INVALID, ["tcp * 9999"]),
        ("-ORBListenEndpoints :9999", INVALID, []),
        ("-ORBListenEndpoints uiop:///tmp/x", DISABLED, []),
        ("-ORBListenEndpoints shmiop://;iiop://:9999", STATIC, ["tcp * 9999"]),
        ("-ORBListenEndpoints diop://:1305", STATIC, ["udp * 1305"]),
        ("-ORBListenEndpoints sciop://:1305", UNKNOWN, []),
        ("-ORBLaneListenEndpoints 2:0 iiop://:777", STATIC, ["tcp * 777"]),
        ("-ORBLaneEndpoint2:0 iiop://:777", STATIC, ["tcp * 777"]),
        ("-ORBLaneEndpoint 2:0", DYNAMIC, []),
        ("-ORBListenEndpoints $NS_ENDPOINT", UNKNOWN, []),
        ("-ORBListenEndpoints iiop://:9999 -f $NS_FILE", STATIC, ["tcp * 9999"]),
        ("-ORBListenEndpoints iiop://:9999 $MORE", UNKNOWN, ["tcp * 9999"]),
        ("-ORBPreconnect iiop://tango:10015", DYNAMIC, []),
        ('-ORBListenEndpoints iiop://:9999 -f "C:\\CE Data\\ns.dat"', STATIC, ["tcp * 9999"]),
        ('-ORBListenEndpoints "iiop://:9999', STATIC, ["tcp * 9999"]),
        ("-NoNameSvc -ORBArg -ORBListenEndpoints -ORBArg iiop://:32101", STATIC, ["tcp * 32101"]),
        (
            "-m1 -ORBNameServicePort 10113 -ORBEndpoint iiop://:1",
            STATIC,
            ["tcp * 1", "udp 224.9.9.2 10113 multicast"],
        ),
        (
            "-m 1 -ORBMulticastDiscoveryEndpoint 239.0.0.1:5000@eth0 -ORBEndpoint iiop://:1",
            STATIC,
            ["tcp * 1", "udp 239.0.0.1 5000 multicast"],
        ),
        (
            "-m 1 -ORBMulticastDiscoveryEndpoint 5000 -ORBEndpoint iiop://:1",
            STATIC,
            ["tcp * 1", "udp 224.9.9.2 5000 multicast"],
        ),
    ],
)
def test_forms_that_the_source_of_tao_knows(text: str, state: PortState, endpoints: list[str]) -> None:
    assert parse_tao_options(text).state == state
    assert listens(text) == endpoints


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("-ORBListenEndpoints iiop://9999", "the colon before the port is missing in 'iiop://9999'"),
        (
            "-ORBListenEndpoints iiop://:9999;",
            "the service will not start: the endpoint set holds an empty item",
        ),
        ("-ORBListenEndpoint iiop://:1", "will not start: TAO knows no option '-ORBListenEndpoint'"),
        ("-ORBListenEndpoints iiop://:1/priority=1", "'priority' is refused (only very old releases"),
        ("", "no endpoint option"),
        ("-ORBListenEndpoints iiop://", "picks one at every start"),
        ("-ORBListenEndpoints $X", "'$X' is an environment variable"),
        ("-ORBListenEndpoints iiop://:svc", "a service name"),
        ("-ORBListenEndpoints uiop://", "uiop:// opens no network port"),
    ],
)
def test_every_state_but_static_has_a_reason_of_its_own(text: str, said: str) -> None:
    assert said in parse_tao_options(text).reason


def test_a_static_string_has_no_reason() -> None:
    assert parse_tao_options("-ORBListenEndpoints iiop://:9999").text == ""


def test_a_refusal_is_not_mixed_with_remarks_on_what_would_have_listened() -> None:
    reading = parse_tao_options("-ORBListenEndpoints iiop://host -ORBFoo 1")

    assert reading.reason == "the service will not start: TAO knows no option '-ORBFoo'"


@pytest.mark.parametrize(
    ("text", "noted"),
    [
        ("-ORBListenEndpoints iiop://:9999,:9998/portspan=3", True),
        ("-ORBListenEndpoints iiop://:9999,127.0.0.1:9999", True),
        ("-ORBListenEndpoints iiop://h1:9999,h2:9999", False),
        ("-ORBListenEndpoints iiop://:9999,[::]:9999", False),
        ("-ORBListenEndpoints iiop://:9999;diop://:9999", False),
    ],
)
def test_endpoints_that_may_want_the_same_port_are_noted(text: str, noted: bool) -> None:
    assert any("overlap" in note for note in parse_tao_options(text).notes) == noted


def test_a_tls_port_carries_the_condition_it_depends_on() -> None:
    assert "SSLIOP" in parse_tao_options("-ORBEndpoint iiop://:8193/ssl_port=8194").text


def test_a_long_expression_is_cut_in_the_reason() -> None:
    reason = parse_tao_options(f"-ORBEndpoint iiop://{'h' * 500}").reason

    assert len(reason) < 200


def test_endpoint_options_are_told_from_others() -> None:
    assert has_endpoint_option("x.exe -ORBLaneEndpoint 1 iiop://:1")
    assert not has_endpoint_option("-ORBInitRef NameService=corbaloc:iiop:ce01:9999/NameService")


@given(st.text(alphabet=" -;:/,@[]$\"'=&ORBEndpointiiop0123456789.", max_size=80))
def test_any_text_gives_a_reading_with_a_reason_unless_it_is_static(text: str) -> None:
    for value in (text, f"-ORBListenEndpoints {text}", f"-ORBEndpoint iiop://{text}"):
        reading = parse_tao_options(value)
        assert reading.reason or reading.state == STATIC
        assert all(1 <= endpoint.port <= 65535 for endpoint in reading.endpoints)


@given(st.lists(st.integers(1, 65535), min_size=1, max_size=8, unique=True))
def test_ports_written_as_endpoints_are_the_ports_read(ports: list[int]) -> None:
    text = "-ORBListenEndpoints " + ";".join(f"iiop://:{port}" for port in ports)

    assert [endpoint.port for endpoint in parse_tao_options(text).endpoints] == ports


@needs_corpus
@pytest.mark.parametrize("name", ["OpenDDS_OpenDDS", "cflowe_ACE", "chained_and_real"])
def test_real_option_strings_give_exactly_the_ports_they_write(name: str) -> None:
    (path,) = (CORPUS / "orb").glob(f"{name}*.tsv")
    lines = path.read_text(encoding="utf-8").splitlines()[1:]
    assert lines
    for line in lines:
        option = line.split("\t", 1)[1]
        reading = parse_tao_options(option)
        # No network, and two that the grammar's own documentation makes up as option names.
        refused = any(word in option for word in ("shmiop", "foobar=", "option=value"))
        written = [] if refused else re.findall(r"(?<!\[01ef::1):([0-9]{2,5})(?=[,;/'&\s]|$)", option)
        ssl = re.findall(r"ssl_port=(\d+)", option)
        assert [endpoint.port for endpoint in reading.endpoints] == [int(port) for port in written + ssl], (
            option
        )
        assert (reading.state == STATIC) == (bool(reading.endpoints) and not reading.reason), option


@needs_corpus
def test_service_configurations_open_only_the_one_endpoint_written_in_them() -> None:
    found = {
        path.name: [
            endpoint.port for endpoint in parse_tao_options(path.read_text(encoding="utf-8")).endpoints
        ]
        for path in sorted((CORPUS / "orb").glob("*.conf"))
    }

    assert {name: ports for name, ports in found.items() if ports} == {
        "TAO_orbsvcs_tests_unit_Notify_MC_MonitorManager_svc.conf": [32101]
    }
    assert len(found) == 10
