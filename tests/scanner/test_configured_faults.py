"""What is wrong with a configuration comes with a code that checks can ask for, and says what matters."""

import pytest

from rules.catalogue.loader import load_catalogue, port_locations
from scanner.configuration_file import ConfigurationFile
from scanner.configured import Evidence, Found, configured_ports
from scanner.model import ConfiguredPorts, Fault, FaultCode, Gap, Origin, PortState
from scanner.parsers.channels import RecordingChannel
from scanner.registry_key import RegistryData, RegistryKey
from scanner.registry_paths import PROCRUN

LOCATIONS = port_locations(load_catalogue())
SOFTWARE = r"HKEY_LOCAL_MACHINE\SOFTWARE"
TAO_32, TAO_64 = rf"{SOFTWARE}\WOW6432Node\ACE\TAO", rf"{SOFTWARE}\ACE\TAO"
GEO = r"Geomant Call Center Solutions\GeoCampaign"
SERVER_XML = b'<Server port="8005"><Service><Connector port="8080"/></Service></Server>'
TOMCAT = ConfigurationFile(
    path=r"C:\CE\Tomcat\conf\server.xml", data=SERVER_XML, origin=Origin(source="server.xml")
)


def key(path: str, **values: RegistryData) -> RegistryKey:
    return RegistryKey(path=path, values=tuple(values.items()), origin=Origin(source="a.reg"))


def channel(name: str, recorder: str, media: int, control: int, line: int = 2) -> RecordingChannel:
    return RecordingChannel(
        channel=name,
        recorder=recorder,
        media_port=media,
        control_port=control,
        origin=Origin(source="channels.csv", locator=f"line {line}"),
    )


def found(component: str, **evidence: object) -> list[Found]:
    pieces = configured_ports(LOCATIONS, Evidence(**evidence))  # type: ignore[arg-type]
    return [
        piece
        for piece in pieces
        if component in (getattr(piece, "component", ""), getattr(piece, "subject", ""))
    ]


def ports(component: str, **evidence: object) -> ConfiguredPorts:
    (only,) = (piece for piece in found(component, **evidence) if isinstance(piece, ConfiguredPorts))
    return only


def faults(component: str, **evidence: object) -> list[tuple[FaultCode, str]]:
    return [(fault.code, fault.text) for fault in ports(component, **evidence).faults]


def codes(component: str, **evidence: object) -> list[FaultCode]:
    return [code for code, _ in faults(component, **evidence)]


def tao(options: RegistryData) -> RegistryKey:
    return key(TAO_32, TaoNamingServiceOptions=options)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("-ORBListenEndpoints iiop://:9999", []),
        ("-ORBListenEndpoints iiop://:9999;", [FaultCode.TAO_REFUSED]),
        ("-ORBListenEndpoint iiop://:9999", [FaultCode.TAO_REFUSED]),
        ("-ORBListenEndpoints iiop://:9999/priority=1", [FaultCode.TAO_REFUSED]),
        ("-ORBListenEndpoints :9999", [FaultCode.TAO_REFUSED]),
        ("-ORBListenEndpoints iiop://:70000", [FaultCode.TAO_REFUSED]),
        ("-ORBListenEndpoints iiop://9999", [FaultCode.TAO_COLON_MISSING]),
        ("-ORBListenEndpoints iiop://9999;", [FaultCode.TAO_COLON_MISSING, FaultCode.TAO_REFUSED]),
        ("-ORBListenEndpoints iiop://", []),
        ("", []),
    ],
)
def test_options_that_tao_refuses_or_misreads_are_faults(options: str, expected: list[FaultCode]) -> None:
    assert codes("naming-service", keys=(tao(options),)) == expected


def test_a_fault_says_what_is_wrong_with_the_text() -> None:
    ((_, colon),) = faults("naming-service", keys=(tao("-ORBEndpoint iiop://9999"),))
    assert colon == (
        "the colon before the port is missing in 'iiop://9999': '9999' is taken as a host name"
        " and the port is not fixed"
    )
    ((_, refused),) = faults("naming-service", keys=(tao("-ORBEndPiont iiop://:9999"),))
    assert refused == "the service will not start: TAO knows no option '-ORBEndPiont'"


def test_faults_of_tao_options_in_the_vendors_xml_are_kept() -> None:
    data = b"""<a>
      <Server name="LicenseServer" listen="iiop://9900" args="-ORBEndpoint iiop://:9900;"/>
      <Server name="DialerServer" args="-ORBEndpoint iiop://:9905"/>
    </a>"""
    path = r"D:\CE\Services\ServerAgent\ServerAgent.Config.xml"
    evidence = (ConfigurationFile(path=path, data=data, origin=Origin(source="x")),)
    assert codes("license-server", files=evidence) == [FaultCode.TAO_COLON_MISSING, FaultCode.TAO_REFUSED]
    assert codes("dialer-server", files=evidence) == []


def test_a_value_in_the_wrong_view_only_is_a_fault_that_says_what_it_holds() -> None:
    wrong = key(TAO_64, TaoNamingServiceOptions="-ORBEndpoint iiop://ce01:9999/portspan=3")
    stated = ports("naming-service", keys=(wrong, key(TAO_32)))
    text = (
        "TaoNamingServiceOptions is found only in the 64-bit view, which the program does not read;"
        " there it says TCP 9999-10001 on ce01"
    )
    assert (stated.state, stated.endpoints) == (PortState.NOT_DETERMINABLE, ())
    assert stated.faults == (Fault(code=FaultCode.MISPLACED, text=text),)
    number = key(rf"{SOFTWARE}\WOW6432Node\{GEO}", Lync_Recorder_Port=9971)
    looked = key(rf"{SOFTWARE}\Geomant Call Center Solutions")
    ((code, text),) = faults("ucma-recorder-recorder-port", keys=(number, looked))
    assert code is FaultCode.MISPLACED
    assert text.endswith("only in the 32-bit view, which the program does not read; there it says TCP 9971")


def test_a_misplaced_value_that_holds_no_port_is_not_quoted() -> None:
    number = key(rf"{SOFTWARE}\WOW6432Node\{GEO}", Lync_Recorder_Port="hunter2")
    ((_, text),) = faults("ucma-recorder-recorder-port", keys=(number, key(rf"{SOFTWARE}\{GEO}")))
    assert text.endswith("which the program does not read")


def test_a_value_that_stands_in_both_views_is_not_misplaced() -> None:
    wrong = key(TAO_64, TaoNamingServiceOptions="-ORBEndpoint iiop://:9999")
    assert codes("naming-service", keys=(wrong, tao("-ORBEndpoint iiop://:9999"))) == []


def test_where_nobody_looked_into_the_right_view_the_fault_and_the_gap_say_so() -> None:
    wrong = key(TAO_64, TaoNamingServiceOptions="-ORBEndpoint iiop://:9999")
    ((code, text),) = faults("naming-service", keys=(wrong,))
    assert code is FaultCode.MISPLACED
    assert text.endswith("there it says TCP 9999; the 32-bit view is not in the evidence")
    assert gaps(keys=(wrong,))


def test_channels_that_share_a_port_are_a_fault_of_both_recorders() -> None:
    channels = (
        channel("Trunk 1", "sip", 30000, 30001),
        channel("Trunk 2", "sip", 30002, 30003),
        channel("Desk 7", "cmapi", 30000, 40001),
    )
    clash = (FaultCode.CHANNEL_CLASH, "UDP 30000 is used by the channels Trunk 1 (sip), Desk 7 (cmapi)")
    assert faults("telephony-recorder-sip", channels=channels) == [clash]
    assert faults("telephony-recorder-cmapi", channels=channels) == [clash]
    assert faults("telephony-recorder-cmapi", channels=channels[1:]) == []


def test_media_and_control_of_one_number_do_not_clash() -> None:
    assert faults("telephony-recorder-sip", channels=(channel("1", "sip", 30000, 30000),)) == []


def test_a_channel_that_is_listed_twice_is_one_and_channels_without_names_are_several() -> None:
    twice = (channel("1", "sip", 5, 6), channel("1", "sip", 5, 6, line=3))
    assert ports("telephony-recorder-sip", channels=twice).state is PortState.STATIC
    unnamed = (channel("", "sip", 5, 6), channel("", "sip", 5, 7, line=3))
    ((_, text),) = faults("telephony-recorder-sip", channels=unnamed)
    assert text == (
        "UDP 5 is used by the channels without a name, line 2 (sip), without a name, line 3 (sip)"
    )


def test_of_many_channels_on_one_port_a_few_are_named() -> None:
    channels = tuple(channel(str(number), "sip", 5, 100 + number) for number in range(8))
    ((_, text),) = faults("telephony-recorder-sip", channels=channels)
    assert text.endswith("the channels 0 (sip), 1 (sip), 2 (sip), 3 (sip), 4 (sip) and 3 more")


def start(mode: RegistryData) -> tuple[RegistryKey, ...]:
    parameters = rf"{PROCRUN}\Tomcat8\Parameters"
    return key(PROCRUN), key(rf"{parameters}\Java", Options=()), key(rf"{parameters}\Start", Mode=mode)


@pytest.mark.parametrize("mode", ["Java", "java", "exe", " EXE "])
def test_a_start_mode_that_leaves_the_sockets_to_a_child_is_a_fault(mode: str) -> None:
    ((code, text),) = faults("web-service", files=(TOMCAT,), keys=start(mode))
    assert code is FaultCode.CHILD_PROCESS
    assert "Start\\Mode is" in text
    assert text in ports("web-service", files=(TOMCAT,), keys=start(mode)).reason


@pytest.mark.parametrize("mode", ["jvm", "JVM", "", "other", 1, b"Java"])
def test_other_start_modes_are_none(mode: RegistryData) -> None:
    assert faults("web-service", files=(TOMCAT,), keys=start(mode)) == []


def test_the_start_mode_of_the_32_bit_view_is_the_one_in_force() -> None:
    others = tuple(
        key(entry.path.replace("\\WOW6432Node", ""), **dict(entry.values)) for entry in start("exe")
    )
    for keys in ((*start("jvm"), *others), (*others, *start("jvm"))):
        assert faults("web-service", files=(TOMCAT,), keys=keys) == []


def test_a_fault_of_the_service_is_said_without_its_server_xml_too() -> None:
    gap, stated = found("web-service", keys=start("Java"))
    assert isinstance(gap, Gap)
    assert isinstance(stated, ConfiguredPorts)
    assert (stated.state, [fault.code for fault in stated.faults]) == (
        PortState.NOT_DETERMINABLE,
        [FaultCode.CHILD_PROCESS],
    )
    assert stated.origin.source == "a.reg"


def test_listeners_of_java_and_of_server_xml_are_faults_side_by_side() -> None:
    data = b'<Server><Service><Engine><Cluster className="c"/></Engine></Service></Server>'
    file = ConfigurationFile(path=TOMCAT.path, data=data, origin=TOMCAT.origin)
    options = key(rf"{PROCRUN}\T\Parameters\Java", Options=("-Dcom.sun.management.jmxremote.port=7091",))
    assert faults("web-service", files=(file,), keys=(options,)) == [
        (
            FaultCode.JAVA_LISTENER,
            "a <Cluster> opens listeners of its own (by default TCP 4000-4100 and UDP 45564)",
        ),
        (FaultCode.JAVA_LISTENER, "the Java options open a JMX port as well (TCP 7091)"),
    ]


def gaps(**evidence: object) -> list[Gap]:
    return [piece for piece in found("web-service", **evidence) if isinstance(piece, Gap)]


def test_a_server_xml_is_not_proven_live_where_nobody_looked_at_procrun() -> None:
    (gap,) = gaps(files=(TOMCAT,))
    assert gap.partial
    assert gap.fetch == (
        r'reg export "HKLM\SOFTWARE\WOW6432Node\Apache Software Foundation\ProcRun 2.0" procrun.reg /y'
    )
    only_another = key(rf"{PROCRUN}\Other\Parameters\Java", Options=("-Dcatalina.base=D:\\Other",))
    also = key(rf"{PROCRUN}\Third\Parameters\Java", Options=())
    assert gaps(files=(TOMCAT,), keys=(only_another, also))


@pytest.mark.parametrize("path", [PROCRUN, PROCRUN.upper(), PROCRUN.rpartition("\\")[0]])
def test_an_exported_parent_shows_that_the_service_has_no_parameters(path: str) -> None:
    assert gaps(files=(TOMCAT,), keys=(key(path),)) == []


@pytest.mark.parametrize(
    "path", ["HKEY_LOCAL_MACHINE", SOFTWARE, rf"{SOFTWARE}\WOW6432Node", rf"{SOFTWARE}\WOW6432", TAO_32]
)
def test_other_keys_show_nothing_of_procrun(path: str) -> None:
    assert gaps(files=(TOMCAT,), keys=(key(path),))
