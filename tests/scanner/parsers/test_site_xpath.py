"""Ports at the XPath of a site file: a port or TAO options, and never a guess at anything else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.locations import LocationKind, PortLocation
from scanner.model import Origin, PortState
from scanner.parsers.ce_xml import parse_vendor_xml
from scanner.parsers.port_reading import PortReading
from scanner.parsers.site_xpath import xpath_fault
from scanner.parsers.xml import parse_xml

ORIGIN = Origin(source="ServerAgent.Config.xml")
XML = b"""<Config xmlns:x="urn:x">
  <Group id="7" port="9901"><Tcp> 9902
  </Tcp><Udp>none</Udp></Group>
  <Group id="8" port="9903" args="-ORBListenEndpoints iiop://:9904" quiet="-ORBDebugLevel 5"/>
  <Group id="9" at="iiop://127.0.0.1:9905"/>
  <x:Group port="9906"/>
</Config>"""


def read(xpath: str, data: bytes = XML, count: int = 1) -> PortReading:
    location = PortLocation(
        component="server-agent", kind=LocationKind.XML, path="a.xml", xpath=xpath, count=count
    )
    return parse_vendor_xml(data, (location,), ORIGIN)["server-agent"]


@pytest.mark.parametrize(
    ("xpath", "port"),
    [
        ("//Group[@id='7']/@port", 9901),
        ("//Group[@id='7']/Tcp", 9902),
        ("//Tcp/text()", 9902),
        ("string(//Group[2]/@port)", 9903),
        ("number(//Group[2]/@port)", 9903),
        ("//Group[2]/@port + 100", 10003),
        ("substring-after(//Group[3]/@at, '0.1:')", 9905),
        ("//Group[2]/@args", 9904),
        ("//Group[3]/@at", 9905),
        ("//*[local-name()='Group'][last()]/@port", 9906),
        ("//Group[@id='7']/@port | //Group[@id='7'][1]/@port", 9901),
    ],
)
def test_a_port_or_tao_options_are_read(xpath: str, port: int) -> None:
    found = read(xpath)
    assert (found.state, [each.port for each in found.endpoints]) == (PortState.STATIC, [port])


def test_a_component_of_several_ports_may_have_as_many() -> None:
    found = read("//Group[@id < 9]/@port", count=2)
    assert [each.port for each in found.endpoints] == [9901, 9903]
    assert read("//Group/@port").reason == "the XPath of the site file finds 2 ports; the component has 1"


def test_options_without_an_endpoint_are_a_dynamic_port() -> None:
    assert read("//Group/@quiet").state is PortState.DYNAMIC


def test_options_for_loopback_only_keep_their_address() -> None:
    assert read("//Group[3]/@at").endpoints[0].address == "127.0.0.1"


@pytest.mark.parametrize(
    ("xpath", "reason"),
    [
        ("//Nothing/@port", "finds nothing"),
        ("//Group[@id='7'] and true()", "finds nothing"),
        ("string(//Nothing)", "finds nothing"),
        ("//Group[@id='7']/Udp", "neither a port"),
        ("//Config", "neither a port"),
        ("/", "finds nothing"),
        ("number(//Udp)", "neither a port"),
        ("0", "neither a port"),
        ("65536", "neither a port"),
        ("9901.5", "neither a port"),
        ("1 div 0", "neither a port"),
        ("//Group/@port | //Udp", "neither a port"),
        ("//Group[2]/@args | //Group[3]/@at", "neither a port"),
        ("//y:Group/@port", "cannot be evaluated"),
        ("//Group[", "cannot be evaluated"),
        ("//namespace::*", "neither a port"),
    ],
)
def test_anything_else_is_not_determinable_and_quotes_nothing_of_the_file(xpath: str, reason: str) -> None:
    found = read(xpath)
    assert (found.state, found.endpoints) == (PortState.NOT_DETERMINABLE, ())
    assert reason in found.reason
    assert "none" not in found.reason


@pytest.mark.parametrize(
    ("xpath", "fault"),
    [
        ("//a[", "not an XPath: "),
        ("", "not an XPath: "),
        ("//a[$x]", "there are no variables here"),
        ("//a[foo()]", "XPath 1.0 has no function foo()"),
        ("re:test(//a, 'x')", "XPath 1.0 has no function re:test()"),
        ("document('file:///x')//a", "XPath 1.0 has no function document()"),
        ("//p:a", "the namespace prefix p means nothing here; use local-name()"),
        ("//child::p:a", "the namespace prefix p"),
        ("//a[b='\x00']", "not an XPath: "),
        ("-" * 100_000 + "1", "longer than 2000 characters"),
    ],
)
def test_an_xpath_that_cannot_be_used_is_refused(xpath: str, fault: str) -> None:
    assert fault in xpath_fault(xpath)


@pytest.mark.parametrize(
    "xpath",
    [
        "//Server[@Name='a:b$(foo())']/Port",
        "/descendant-or-self::node()/child::Port/text()",
        "//a[not(b) and (c or d)]/@port",
        "substring-before(substring-after(//a, 'x'), \"$y\")",
        "count(//a) * 2 - floor(3 div 2)",
    ],
)
def test_plain_xpath_is_accepted(xpath: str) -> None:
    assert xpath_fault(xpath) == ""


@given(st.text("/@*[]()='\"$:|aab1. \x00<", max_size=12))
def test_no_xpath_breaks_the_reading(xpath: str) -> None:
    parse_xml(XML, ORIGIN)
    fault = xpath_fault(xpath)
    assert isinstance(fault, str)
    if xpath:
        assert read(xpath).state in PortState


def test_the_other_components_of_the_file_are_read_as_before() -> None:
    data = b"""<C><Server name="LicenseServer" port="9900"/><Odd n="1" v="9998"/></C>"""
    agent = PortLocation(component="server-agent", kind=LocationKind.XML, path="a.xml", xpath="//Odd/@v")
    other = PortLocation(
        component="license-server", kind=LocationKind.XML, path="a.xml", names=("LicenseServer",)
    )
    found = parse_vendor_xml(data, (agent, other), ORIGIN)
    assert {key: reading.endpoints[0].port for key, reading in found.items()} == {
        "server-agent": 9998,
        "license-server": 9900,
    }
