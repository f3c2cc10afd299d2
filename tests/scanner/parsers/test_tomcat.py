"""Tomcat's server.xml and Java properties: the vectors of contact-expert.md 10.2 and real files."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import ParseError
from scanner.model import Fault, FaultCode, Origin, PortState
from scanner.parsers.java_properties import (
    catalina_base,
    parse_catalina_properties,
    procrun_properties,
    substitute,
)
from scanner.parsers.port_reading import PortReading
from scanner.parsers.tomcat import parse_server_xml
from tests.corpus import CORPUS, needs_corpus

HERE = Origin(source="server.xml")


def read(inside: str, server: str = 'port="-1"', **properties: str) -> PortReading:
    text = f'<Server {server}><Service name="Catalina">{inside}</Service></Server>'
    return parse_server_xml(
        text.encode(), {name.replace("_", "."): v for name, v in properties.items()}, HERE
    )


def listens(reading: PortReading) -> list[str]:
    return [f"{e.purpose} {e.address or '*'} {e.port}" for e in reading.endpoints]


@pytest.mark.parametrize(
    ("server", "inside", "expected"),
    [
        ('port="8005" shutdown="SHUTDOWN"', "", ["shutdown 127.0.0.1 8005"]),
        ("", "", ["shutdown 127.0.0.1 8005"]),
        ('port="8005" address="0.0.0.0"', "", ["shutdown 0.0.0.0 8005"]),
        (
            'port="8005" portOffset="100"',
            '<Connector port="8080"/>',
            ["shutdown 127.0.0.1 8105", "http * 8180"],
        ),
        ('port="-1" portOffset="100"', '<Connector port="8080"/>', ["http * 8180"]),
        ('port="-1"', '<Connector port="8080" redirectPort="8443" proxyPort="443"/>', ["http * 8080"]),
        ('port="-1"', '<Connector address="127.0.0.1" port="8080"/>', ["http 127.0.0.1 8080"]),
        ('port="-1"', '<Connector port="9000" SSLEnabled="true"/>', ["https * 9000"]),
        ('port="-1"', '<Connector port="9000" scheme="https" secure="true"/>', ["https * 9000"]),
        ('port="-1"', '<Connector port="8443" scheme="https" SSLEnabled="false"/>', ["http * 8443"]),
        ('port="-1"', '<Connector port="8080"/><!-- <Connector port="8443"/> -->', ["http * 8080"]),
        ('port="-1"', '<Connector port="8080"/><Executor name="e" port="1"/>', ["http * 8080"]),
        (
            'port="-1"',
            '<Connector port="8080"/></Service><Service name="two"><Connector port="8090"/>',
            ["http * 8080", "http * 8090"],
        ),
    ],
)
def test_fixed_listeners(server: str, inside: str, expected: list[str]) -> None:
    reading = read(inside, server)

    assert reading.state == PortState.STATIC
    assert listens(reading) == expected


@pytest.mark.parametrize(
    ("server", "inside", "state", "said"),
    [
        ('port="-1"', "", PortState.DISABLED, "neither a shutdown port nor a connector"),
        ('port="-1"', '<Connector port="0"/>', PortState.DYNAMIC, "a connector's port is 0"),
        ('port="-1" portOffset="9"', '<Connector port="0"/>', PortState.DYNAMIC, "a connector's port is 0"),
        ('port="-1"', "<Connector/>", PortState.INVALID, "a connector's port is missing"),
        ('port="-1"', '<Connector port="-1"/>', PortState.INVALID, "'-1', not a port number"),
        ('port="-1"', '<Connector port="HTTP_PORT"/>', PortState.INVALID, "'HTTP_PORT', not a port number"),
        ('port="-1"', '<Connector port="70000"/>', PortState.INVALID, "not a port number"),
        ('port="-1" portOffset="60000"', '<Connector port="8080"/>', PortState.INVALID, "not a port number"),
        ('port="-1" portOffset="-5"', '<Connector port="8080"/>', PortState.INVALID, "portOffset is '-5'"),
        (
            'port="-1" portOffset="${o}"',
            '<Connector port="8080"/>',
            PortState.NOT_DETERMINABLE,
            "portOffset is ${o}",
        ),
        ('port="-1"', '<Connector port="${p}"/>', PortState.NOT_DETERMINABLE, "port is ${p}, which neither"),
        ('port="-1"', '<Connector port="1" address="${a}"/>', PortState.NOT_DETERMINABLE, "address is ${a}"),
        ('port="-1"', '<Connector port="1" unixDomainSocketPath="x"/>', PortState.DISABLED, "neither"),
    ],
)
def test_everything_else_has_a_state_and_a_reason(
    server: str, inside: str, state: PortState, said: str
) -> None:
    reading = read(inside, server)

    assert reading.state == state
    assert said in reading.reason
    assert reading.endpoints == ()


def test_one_dynamic_connector_leaves_the_fixed_ones_listed() -> None:
    reading = read('<Connector port="8080"/><Connector port="0"/>')

    assert (reading.state, listens(reading)) == (PortState.DYNAMIC, ["http * 8080"])


def test_an_ajp_connector_without_address_says_that_the_version_decides() -> None:
    reading = read('<Connector port="8009" protocol="AJP/1.3"/>')
    bound = read('<Connector port="8009" protocol="org.apache.coyote.ajp.AjpNioProtocol" address="::1"/>')

    assert listens(reading) == ["ajp * 8009"]
    assert "8.5.51" in reading.text
    assert (listens(bound), bound.text) == (["ajp ::1 8009"], "")


def test_placeholders_come_from_the_properties_and_through_one_another() -> None:
    reading = read(
        '<Connector port="${ce.http.port}" address="${host}"/>', ce_http_port="80${tail}", tail="81", host="h"
    )

    assert listens(reading) == ["http h 8081"]


def test_a_default_in_a_placeholder_is_used_and_noted() -> None:
    assert listens(read('<Connector port="${p:-8088}"/>')) == ["http * 8088"]
    assert "Tomcat 8.0" in read('<Connector port="${p:-8088}"/>').text
    assert listens(read('<Connector port="${p:-8088}"/>', p="9")) == ["http * 9"]
    assert read('<Connector port="${p:-8088}"/>', p="9").text == ""


def test_clusters_and_jmx_listeners_are_noted() -> None:
    reading = read('<Engine><Cluster/></Engine><Listener className="x.JmxRemoteLifecycleListener"/>')

    assert "Cluster" in reading.text
    assert "JMX" in reading.text


def test_no_secret_of_the_file_is_said() -> None:
    reading = read(
        '<Connector port="x" keystorePass="hunter2" secret="hunter2"/>'
        '<Connector port="1" protocol="AJP/1.3"/>'
    )

    assert "hunter2" not in reading.text


@pytest.mark.parametrize("data", [b"<Connector port='1'/>", b"<server port='1'/>", b"<web-app/>"])
def test_xml_that_is_no_tomcat_configuration_is_refused(data: bytes) -> None:
    with pytest.raises(ParseError, match="not a Tomcat configuration"):
        parse_server_xml(data, {}, HERE)


def counted() -> dict[str, int]:
    rows = (line.split("\t") for line in (CORPUS / "INDEX.tsv").read_text(encoding="utf-8").splitlines())
    found = {row[1].removeprefix("tomcat/"): re.search(r"(\d+) outside comments", row[6]) for row in rows}
    return {name: int(count[1]) for name, count in found.items() if count}


@needs_corpus
def test_real_files_give_every_connector_outside_comments() -> None:
    unread = {
        "tomcat__webapps_docs_config_server.xml": "the DOCTYPE of <document> declares entities",
        "windows-installer__tomcat_conf_server.xml": "not well-formed XML (line 22",
    }
    unresolved = {
        "psta-web-user-tomcat-config__tomcat_conf_server.xml",
        "tomcat8_catalina_base__conf_server.xml",
    }
    expected = {name: count for name, count in counted().items() if name not in (*unread, *unresolved)}
    assert len(expected) == 15
    for name, count in expected.items():
        reading = parse_server_xml((CORPUS / "tomcat" / name).read_bytes(), {}, HERE)
        assert sum(e.purpose != "shutdown" for e in reading.endpoints) == count, name
        assert reading.state == PortState.STATIC, name
    for name, said in unread.items():
        with pytest.raises(ParseError, match=re.escape(said)):
            parse_server_xml((CORPUS / "tomcat" / name).read_bytes(), {}, HERE)


@needs_corpus
def test_real_files_with_placeholders_are_not_guessed_at() -> None:
    folder = CORPUS / "tomcat"
    psta = (folder / "psta-web-user-tomcat-config__tomcat_conf_server.xml").read_bytes()
    template = (folder / "tomcat8_catalina_base__conf_server.xml").read_bytes()

    assert parse_server_xml(psta, {}, HERE).state == PortState.NOT_DETERMINABLE
    assert listens(parse_server_xml(psta, {"http.port": "8081"}, HERE)) == ["http * 8081"]
    assert parse_server_xml(template, {}, HERE).state == PortState.INVALID


@needs_corpus
def test_a_connector_behind_an_entity_is_refused_not_overlooked() -> None:
    with pytest.raises(ParseError, match="declares entities"):
        parse_server_xml((CORPUS / "tomcat" / "entities_include_connector.xml").read_bytes(), {}, HERE)


def test_java_properties_are_read_as_java_reads_them() -> None:
    text = (
        "# comment\r\n! comment\n\n a = 1\nb:2\nc 3\nd\ne=one, \\\n   two\nf=\\u0041\\t\\=x\n"
        "key\\:with\\ marks = v\na=last\ng=back\\\\\nh=open\\"
    )

    assert parse_catalina_properties(text) == {
        "a": "last",
        "b": "2",
        "c": "3",
        "d": "",
        "e": "one, two",
        "f": "A\t=x",
        "key:with marks": "v",
        "g": "back\\",
        "h": "open",
    }


@given(st.text(max_size=100))
def test_any_text_is_properties(text: str) -> None:
    assert all(isinstance(value, str) for value in parse_catalina_properties(text).values())


def test_procrun_options_give_properties_and_the_base() -> None:
    options = (
        "-Dcatalina.home=C:\\CE\\Tomcat",
        "-Dcatalina.base=D:\\live",
        " -Dx=a=b",
        "-Xmx1g",
        "-Dflag",
        "-D",
    )

    assert procrun_properties(options) == {
        "catalina.home": "C:\\CE\\Tomcat",
        "catalina.base": "D:\\live",
        "x": "a=b",
        "flag": "",
    }
    assert catalina_base(options) == "D:\\live"
    assert catalina_base(options[:1]) == "C:\\CE\\Tomcat"
    assert catalina_base(()) is None


def test_a_property_that_refers_to_itself_is_missing() -> None:
    assert substitute("${a}", {"a": "${b}", "b": "${a}"}).missing is not None
    assert substitute("${a}", {}).missing == "a"
    assert substitute("plain", {}).text == "plain"


@pytest.mark.parametrize(
    ("attributes", "guarded"),
    [
        ('secret="hunter2"', True),
        ('requiredSecret="hunter2"', True),
        ('secret="***"', True),
        ('secret="${ajp.secret}"', True),
        ('secret="hunter2" secretRequired="false"', True),
        ('secretRequired="false"', False),
        ('secret="" secretRequired=" FALSE "', False),
        ('secretRequired="${guard}"', False),
        ('secretRequired="${nobody.knows}"', None),
        ('secretRequired="true"', None),
        ('secret=" "', None),
        ("", None),
    ],
)
def test_whether_ajp_peers_must_know_a_secret_is_read_and_the_secret_is_not(
    attributes: str, guarded: bool | None
) -> None:
    reading = read(f'<Connector port="8009" protocol="AJP/1.3" {attributes}/>', guard="false")
    (endpoint,) = reading.endpoints
    assert endpoint.guarded is guarded
    assert "hunter2" not in repr(reading)


def test_only_an_ajp_connector_is_guarded() -> None:
    (endpoint,) = read('<Connector port="8080" secret="hunter2" secretRequired="false"/>').endpoints
    assert endpoint.guarded is None


CLUSTER = "a <Cluster> opens listeners of its own (by default TCP 4000-4100 and UDP 45564)"
JMX_LISTENER = '<Listener className="org.apache.catalina.mbeans.JmxRemoteLifecycleListener"'


@pytest.mark.parametrize(
    ("inside", "text"),
    [
        ("<Cluster/>", CLUSTER),
        (
            '<Cluster><Channel><Receiver port="5000" securePort="x"/></Channel></Cluster>',
            f"{CLUSTER}; its receiver is set to TCP 5000",
        ),
        (f"{JMX_LISTENER}/>", "a JMX remote listener opens ports of its own"),
        (
            f'{JMX_LISTENER} rmiRegistryPortPlatform="10001" rmiServerPortPlatform="10002"/>',
            "a JMX remote listener opens ports of its own: TCP 10001, 10002",
        ),
        (
            f'{JMX_LISTENER} rmiRegistryPortPlatform="${{jmx.port}}"/>',
            "a JMX remote listener opens ports of its own",
        ),
    ],
)
def test_listeners_beside_the_connectors_are_faults_with_the_ports_that_are_stated(
    inside: str, text: str
) -> None:
    reading = read(f'<Connector port="8080"/>{inside}')
    assert reading.faults == (Fault(code=FaultCode.JAVA_LISTENER, text=text),)
    assert reading.notes == (text,)
