"""Vendor XML of unknown schema: what is plain is read, everything else is said to be unknown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import ParseError
from scanner.locations import LocationKind, PortLocation
from scanner.model import Origin, PortState
from scanner.parsers.ce_xml import parse_vendor_xml
from scanner.parsers.port_names import is_foreign, port_prefix
from scanner.parsers.port_reading import PortReading

HERE = Origin(source="ServerAgent.Config.xml")
UNKNOWN = PortState.NOT_DETERMINABLE


def location(component: str, *names: str, count: int = 1) -> PortLocation:
    return PortLocation(component=component, kind=LocationKind.XML, path="x.xml", names=names, count=count)


LOCATIONS = (
    location("agent", "Server Agent", "ServerAgent", r"Services\ServerAgent\ServerAgent.exe"),
    location("license", "LicenseServer", r"Servers\LicenseServer\LicenseServer.exe"),
    location("db", "DBConnectorServer", r"Servers\DBConnectorServer\DBConnectorServer.exe"),
    location("alarm", "AlarmServer", "AlarmServerLoader", r"Servers\AlarmServer\AlarmServerLoader.exe"),
    location(
        "ivr", "IVRConnector", "IVRConnectorServer", r"Servers\IVRConnectorServer\IVRConnectorServer.exe"
    ),
    location(
        "ivr-ws",
        "IVRConnectorServer.WS",
        "IVRConnector",
        r"Servers\IVRConnectorServer\IVRConnectorServer.WS.exe",
        count=2,
    ),
    location("tsapi", "TC.TSAPI", "TC", r"Servers\TC.TSAPI\TC.exe"),
    location("ucma", "TC.UCMA", "TC", r"Servers\TC.UCMA\TC.exe"),
)


def read(inside: str) -> dict[str, PortReading]:
    return parse_vendor_xml(f"<ServerAgentConfig>{inside}</ServerAgentConfig>".encode(), LOCATIONS, HERE)


def ports(inside: str) -> dict[str, list[int]]:
    """The components with any endpoint, and their ports."""
    found = {name: [e.port for e in reading.endpoints] for name, reading in read(inside).items()}
    return {name: numbers for name, numbers in found.items() if numbers}


ARGS = "-ORBListenEndpoints iiop://:9900"


@pytest.mark.parametrize(
    "inside",
    [
        f'<Server name="LicenseServer" args="{ARGS}"/>',
        f'<Server name="LICENSESERVER"><Arguments>{ARGS}</Arguments></Server>',
        f"<Server><Name>LicenseServer</Name><Options><Orb>{ARGS}</Orb></Options></Server>",
        f"<LicenseServer><Args>{ARGS} -ORBDebugLevel 1</Args></LicenseServer>",
        f'<Server exe="C:\\Program Files\\CE\\Servers\\LicenseServer\\LicenseServer.exe" params="{ARGS}"/>',
        f'<Process commandLine="LicenseServer.exe {ARGS}"/>',
        f'<Server id="7" name="LicenseServer"><add key="args" value="{ARGS}"/></Server>',
        '<Server name="LicenseServer" endpoint="iiop://:9900"/>',
        f'<appSettings><add key="LicenseServerArguments" value="{ARGS}"/></appSettings>',
        f"<appSettings><LicenseServer.CommandLine>{ARGS}</LicenseServer.CommandLine></appSettings>",
        "<LicenseServer><Arg>-ORBListenEndpoints</Arg><Arg>iiop://:9900</Arg></LicenseServer>",
        '<LicenseServer><arg value="-ORBEndpoint"/><arg value="iiop://:9900"/></LicenseServer>',
        '<LicenseServer><option name="-ORBListenEndpoints" value="iiop://:9900"/></LicenseServer>',
    ],
)
def test_tao_options_belong_to_the_nearest_name(inside: str) -> None:
    reading = read(inside)["license"]

    assert ports(inside) == {"license": [9900]}
    assert reading.state == PortState.STATIC


@pytest.mark.parametrize(
    "inside",
    [
        '<Server name="LicenseServer" port="9900"/>',
        '<Server name="LicenseServer" TcpPort=" 9900 "/>',
        "<Server><Name>LicenseServer</Name><Port>9900</Port></Server>",
        '<LicenseServer><Settings><Listener port="9900"/></Settings></LicenseServer>',
        '<LicenseServer><Port value="9900"/></LicenseServer>',
        '<LicenseServer><add key="Port" value="9900"/></LicenseServer>',
        '<LicenseServer><setting name="ListenPort"><value>9900</value></setting></LicenseServer>',
        '<appSettings><add key="LicenseServer.Port" value="9900"/></appSettings>',
        '<Ports LicenseServerPort="9900"/>',
        "<Ports><LicenseServer>9900</LicenseServer></Ports>",
        '<LicenseServer endpoint="0.0.0.0:9900"/>',
        "<Server><Name>LicenseServer</Name><Listen>tcp://*:9900/</Listen></Server>",
        '<StaticPorts><add name="LicenseServer" value="9900"/></StaticPorts>',
        "<Server><Name>LicenseServer</Name><Ports><Port>9900</Port></Ports></Server>",
        '<appSettings><add key="LicenseServerTcpPort" value="9900"/></appSettings>',
        '<appSettings><add key="LicenseServer.ListenPort" value="9900"/></appSettings>',
        '<c:LicenseServer xmlns:c="urn:ce" c:port="9900"/>',
        '<Server name="LicenseServer" port="9900" databasePort="1433" support="1" transport="2"/>',
        '<Server name="LicenseServer" port="9900"><Database port="1433"/><Client port="1"/></Server>',
        '<LicenseServer port="9900"/><Copy><LicenseServer port="9900"/></Copy>',
    ],
)
def test_a_plain_port_below_a_plain_name_is_read(inside: str) -> None:
    assert ports(inside) == {"license": [9900]}


@pytest.mark.parametrize(
    "inside",
    [
        "",
        '<Server name="LicenseServer"/>',
        '<Server name="LicenseServer2" port="9900"/>',
        '<Server name="Other" port="9900"/>',
        '<LicenseServer><Database port="1433"/></LicenseServer>',
        '<LicenseServer><Server name="Other" port="9901"/></LicenseServer>',
        f'<LicenseServer><Server name="Other" args="{ARGS}"/></LicenseServer>',
        '<LicenseServer remotePort="9900"/>',
        '<LicenseServer port="0"/>',
        '<LicenseServer port="70000"/>',
        '<LicenseServer port="secret"/>',
        '<LicenseServer args="-ORBInitRef NameService=corbaloc:iiop:ce01:9999/NameService"/>',
        '<LicenseServer args="-ORBPreconnect iiop://tango:10015"/>',
        '<LicenseServer naming="iiop://ce01:9999"/>',
        '<LicenseServer><Connection port="9900"/></LicenseServer>',
        '<Connection server="LicenseServer" port="9900"/>',
        '<Server name="DBConnectorServer" dependsOn="LicenseServer"/>',
        '<LicenseServer port="9900"/><LicenseServer port="9901"/>',
        '<LicenseServer port="9900"><Port>9901</Port></LicenseServer>',
        '<Server name="LicenseServer" service="DBConnectorServer" port="1"/>',
        '<LicenseServer args="-ORBListenEndpoints"/>',
        '<LicenseServer endpoint="ce01:9900"/>',
        '<LicenseServer endpoint=":0"/>',
        '<LicenseServer remoteEndpoint="0.0.0.0:9900"/>',
        "<Timeouts><LicenseServer>9900</LicenseServer></Timeouts>",
        "<RemotePorts><LicenseServer>9900</LicenseServer></RemotePorts>",
        "<Ports><LicenseServer>on</LicenseServer></Ports>",
        "<LicenseServer><Arg>-ORBListenEndpoints</Arg><Other>iiop://:9900</Other></LicenseServer>",
        "<LicenseServer><Port>9900</Port></LicenseServer><LicenseServer><Port>9901</Port></LicenseServer>",
    ],
)
def test_what_is_not_plain_is_not_determinable_and_never_dynamic(inside: str) -> None:
    reading = read(inside)["license"]

    assert reading.state == UNKNOWN
    assert reading.reason
    assert reading.endpoints == ()
    assert "secret" not in reading.text


def test_names_that_resemble_each_other_are_not_confused() -> None:
    inside = """
      <Server exe="IVRConnectorServer.exe" port="9909"/>
      <Server name="IVRConnector" exe="Servers\\IVRConnectorServer\\IVRConnectorServer.WS.exe"
              port="9919" wsPort="19970"/>
      <Server exe="Servers\\TC.TSAPI\\TC.exe" port="9910"/>
      <Server exe="Servers/TC.UCMA/TC.exe" port="9920"/>
      <Server name="AlarmServer" port="9903"/>
      <Server name="AlarmServerX" port="1"/>
    """

    assert ports(inside) == {
        "ivr": [9909],
        "ivr-ws": [9919, 19970],
        "tsapi": [9910],
        "ucma": [9920],
        "alarm": [9903],
    }


def test_a_name_that_alternatives_share_speaks_of_both_and_a_precise_one_of_one() -> None:
    assert ports('<Server name="TC" port="9910"/>') == {"tsapi": [9910], "ucma": [9910]}
    assert ports('<TC exe="TC.exe" id="TC.UCMA" port="9910"/>') == {"ucma": [9910]}


def test_what_is_said_of_one_alone_weighs_more_than_what_is_said_of_all_who_share_a_name() -> None:
    assert ports('<Server name="TC" port="9910"/><Server name="TC.UCMA" port="9920"/>') == {
        "tsapi": [9910],
        "ucma": [9920],
    }


@pytest.mark.parametrize(
    "inside",
    [
        '<Server name="IVRConnector" port="9909" webServicePort="19970"/>',
        '<Process name="IVRConnector"><Listen port="9909"/><Listen port="19970"/></Process>',
        '<add key="IVRConnectorPort" value="9909"/><add key="IVRConnectorWebServicePort" value="19970"/>',
        '<Port server="IVRConnector">9909</Port><Port server="IVRConnector">19970</Port>',
    ],
)
def test_a_component_of_two_ports_may_state_each_of_them_apart(inside: str) -> None:
    assert ports(inside) == {"ivr-ws": [9909, 19970]}


@pytest.mark.parametrize(
    "inside",
    [
        "".join(f'<Port server="IVRConnector">{port}</Port>' for port in (1, 2, 3)),
        '<A><Port server="IVRConnector">1</Port></A><B><Port server="IVRConnector">2</Port></B>',
    ],
)
def test_more_ports_than_it_has_or_ports_of_several_places_prove_nothing(inside: str) -> None:
    assert ports(inside) == {}


def test_a_name_that_sounds_like_a_connection_is_still_a_name() -> None:
    assert ports('<DBConnectorServer port="9901"/>') == {"db": [9901]}
    assert ports('<Ports><add key="DBConnectorServerPort" value="9901"/></Ports>') == {"db": [9901]}


def test_tao_options_weigh_more_than_a_bare_number() -> None:
    inside = '<LicenseServer port="1" args="-ORBListenEndpoints iiop://:9900;iiop://:9950"/>'

    assert ports(inside) == {"license": [9900, 9950]}


def test_options_that_fix_no_port_keep_their_own_state() -> None:
    assert read('<LicenseServer args="-ORBListenEndpoints iiop://"/>')["license"].state == PortState.DYNAMIC
    assert (
        read('<LicenseServer args="-ORBListenEndpoints iiop://9900"/>')["license"].state == PortState.INVALID
    )
    loopback = read('<LicenseServer args="-ORBEndpoint iiop://127.0.0.1:9900"/>')["license"]
    assert [endpoint.address for endpoint in loopback.endpoints] == ["127.0.0.1"]


def test_two_option_strings_of_one_element_are_taken_together() -> None:
    inside = "<LicenseServer><Args>-ORBEndpoint iiop://:1/ssl_port=2</Args><More>-ORBEndpoint iiop://</More></LicenseServer>"
    reading = read(inside)["license"]

    assert reading.state == PortState.DYNAMIC
    assert [endpoint.port for endpoint in reading.endpoints] == [1, 2]
    assert "SSLIOP" in reading.text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            '<configuration><appSettings><add key="Port" value="19960"/></appSettings></configuration>',
            [19960],
        ),
        ("<settings><corba><port>19960</port></corba></settings>", [19960]),
        ("<settings args='-ORBEndpoint iiop://:19960'/>", [19960]),
        ("<settings><NamingService port='9999'/></settings>", []),
        ("<settings><Server name='NamingService' port='9999'/></settings>", []),
    ],
)
def test_a_file_of_its_own_needs_no_name_inside(text: str, expected: list[int]) -> None:
    alone = location("app", "AgentClientApp", r"Servers\AgentClientApp\AgentClientApp.exe")

    reading = parse_vendor_xml(text.encode(), [alone], HERE)["app"]

    assert [endpoint.port for endpoint in reading.endpoints] == expected


def test_a_broken_file_is_refused() -> None:
    with pytest.raises(ParseError):
        parse_vendor_xml(b"<a", LOCATIONS, HERE)


@pytest.mark.parametrize(
    ("name", "prefix"),
    [
        ("Port", ""),
        ("PORT", ""),
        ("portNumber", ""),
        ("TcpPort", "Tcp"),
        ("tcpport", "tcp"),
        ("listen-port", "listen"),
        ("WS_PORT", "WS"),
        ("LicenseServer.Port", "LicenseServer"),
        ("Support", None),
        ("TRANSPORT", None),
        ("import", None),
        ("ports", None),
        ("portal", None),
    ],
)
def test_which_names_mean_a_port(name: str, prefix: str | None) -> None:
    assert port_prefix(name) == prefix


def test_which_names_are_somebody_elses() -> None:
    assert is_foreign("remote")
    assert is_foreign("SqlDatabase")
    assert not is_foreign("Listen")


@given(st.text(alphabet='<>/="portPo 129Licensevr', max_size=120))
def test_any_content_is_read_or_refused(inside: str) -> None:
    try:
        for reading in read(inside).values():
            assert reading.reason or reading.endpoints
    except ParseError as error:
        assert "not well-formed" in str(error)


def test_an_element_with_very_many_ports_is_read_in_time_that_grows_with_it() -> None:
    ports_inside = "<Port>1</Port>" * 20_000

    reading = read(f"<LicenseServer exe='{'a b/' * 20_000}'>{ports_inside}</LicenseServer>")["license"]

    assert [endpoint.port for endpoint in reading.endpoints] == [1]


def test_tao_options_in_a_file_of_one_row_need_name_nobody() -> None:
    location = PortLocation(
        component="agent", kind=LocationKind.XML, path="a.config.xml", names=("Agent.Net",)
    )
    args = "<Args>-ORBListenEndpoints iiop://:19960</Args>"
    text = f'<Settings><Program name="x.exe">{args}</Program></Settings>'

    reading = parse_vendor_xml(text.encode(), [location], Origin(source="a.config.xml"))["agent"]

    assert [endpoint.port for endpoint in reading.endpoints] == [19960]
