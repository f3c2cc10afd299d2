"""The second phase of collection: every location answered by facts or by a gap with its command."""

from datetime import UTC, datetime

import pytest

from rules.catalogue.loader import load_catalogue, port_locations
from scanner.configuration_file import ConfigurationFile
from scanner.configured import Evidence, configured_ports
from scanner.model import ConfiguredPorts, EvidenceKind, Gap, Origin, PortState, Problem, Service
from scanner.parsers.channels import RecordingChannel
from scanner.registry_key import AbsentKey, RegistryData, RegistryKey

LOCATIONS = port_locations(load_catalogue())
CHANGED = datetime(2024, 5, 1, tzinfo=UTC)
HKLM = "HKEY_LOCAL_MACHINE\\SOFTWARE\\"
TAO_32, TAO_64 = HKLM + "WOW6432Node\\ACE\\TAO", HKLM + "ACE\\TAO"
GEO_64 = HKLM + "Geomant Call Center Solutions\\GeoCampaign"
GEO_32 = HKLM + "WOW6432Node\\Geomant Call Center Solutions\\GeoCampaign"
PROCRUN = HKLM + "WOW6432Node\\Apache Software Foundation\\ProcRun 2.0\\{}\\Parameters\\Java"
SERVER_XML = b'<Server port="8005"><Service><Connector port="8080"/></Service></Server>'


def file(path: str, data: bytes, source: str | None = None) -> ConfigurationFile:
    origin = Origin(source=source or f"config/{path}")
    return ConfigurationFile(path=path, data=data, origin=origin, changed_at=CHANGED)


def key(path: str, source: str = "a.reg", **values: RegistryData) -> RegistryKey:
    return RegistryKey(
        path=path, values=tuple(values.items()), last_write=CHANGED, origin=Origin(source=source)
    )


def channel(number: int, recorder: str, media: int, control: int) -> RecordingChannel:
    origin = Origin(source="channels.csv", locator=f"line {number}")
    return RecordingChannel(
        channel=str(number), recorder=recorder, media_port=media, control_port=control, origin=origin
    )


def found(component: str, **evidence: object) -> list[ConfiguredPorts | Gap | Problem]:
    pieces = configured_ports(LOCATIONS, Evidence(**evidence))
    return [
        piece
        for piece in pieces
        if isinstance(piece, Problem)
        or component in (getattr(piece, "component", ""), getattr(piece, "subject", ""))
    ]


def stated(component: str, **evidence: object) -> ConfiguredPorts:
    (only,) = found(component, **evidence)
    assert isinstance(only, ConfiguredPorts)
    return only


def missing(component: str, **evidence: object) -> Gap:
    (only,) = found(component, **evidence)
    assert isinstance(only, Gap)
    return only


def numbers(ports: ConfiguredPorts) -> list[int]:
    return [endpoint.port for endpoint in ports.endpoints]


def test_without_evidence_every_location_is_a_gap_that_says_how_to_fetch_it() -> None:
    pieces = list(configured_ports(LOCATIONS, Evidence()))

    assert len(pieces) == len(LOCATIONS)
    assert all(isinstance(piece, Gap) and piece.fetch and piece.reason for piece in pieces)
    assert {piece.subject for piece in pieces if isinstance(piece, Gap)} == {
        location.component for location in LOCATIONS
    }


def test_gaps_name_the_commands() -> None:
    assert missing("naming-service").fetch == r'reg export "HKLM\SOFTWARE\WOW6432Node\ACE\TAO" tao.reg /y'
    path = r"<CE install directory>\Services\ServerAgent\ServerAgent.Config.xml"
    assert missing("license-server").fetch == f'Copy-Item -LiteralPath "{path}" -Destination .'
    assert missing("telephony-recorder-sip").kind == EvidenceKind.RECORDING_CHANNELS


def test_one_file_answers_for_all_its_components() -> None:
    data = b'<A><S name="LicenseServer" port="9900"/><S name="DialerServer" args="-ORBEndpoint iiop://:9905"/></A>'
    path = r"D:\CE\Services\ServerAgent\serveragent.config.XML"
    evidence = (file(path, data),)

    license_server = stated("license-server", files=evidence)

    assert (license_server.state, numbers(license_server)) == (PortState.STATIC, [9900])
    assert license_server.changed_at == CHANGED
    assert license_server.origin.source == f"config/{path}"
    assert license_server.location == r"[CE Install Directory]\Services\ServerAgent\ServerAgent.Config.xml"
    assert numbers(stated("dialer-server", files=evidence)) == [9905]
    assert stated("rule-server", files=evidence).state == PortState.NOT_DETERMINABLE


def test_a_broken_file_is_one_problem_and_takes_nothing_else_with_it() -> None:
    files = (file("ServerAgent.Config.xml", b"<a"), file("server.xml", SERVER_XML))

    pieces = list(configured_ports(LOCATIONS, Evidence(files=files)))

    (problem,) = [piece for piece in pieces if isinstance(piece, Problem)]
    states = {piece.component: piece for piece in pieces if isinstance(piece, ConfiguredPorts)}
    assert problem.origin.source == "config/ServerAgent.Config.xml"
    assert states["license-server"].state == PortState.NOT_DETERMINABLE
    assert "not well-formed XML (line 1" in states["license-server"].reason
    assert numbers(states["web-service"]) == [8005, 8080]


APP = b'<configuration><add key="Port" value="19960"/></configuration>'


@pytest.mark.parametrize(
    "path",
    [
        r"C:\Apps\CE\Servers\AgentClientApp\AgentClientApp.config.xml",
        "Servers/AgentClientApp/AgentClientApp.config.xml",
        "AgentClientApp/AgentClientApp.config.xml",
    ],
)
def test_a_files_directory_tells_which_of_two_programs_it_belongs_to(path: str) -> None:
    assert numbers(stated("agent-client-app", files=(file(path, APP),))) == [19960]
    assert "not in the evidence" in missing("agent-client-app-net", files=(file(path, APP),)).reason


def test_a_bare_name_that_two_locations_share_means_neither() -> None:
    bare = (file("AgentClientApp.config.xml", APP),)

    assert "without its directory" in missing("agent-client-app", files=bare).reason
    assert "without its directory" in missing("agent-client-app-net", files=bare).reason


def test_a_bare_name_that_one_location_has_is_enough_but_a_backup_is_not_the_file() -> None:
    name = "ServerManager.Config.xml"

    assert numbers(stated("server-manager", files=(file("evidence/" + name, APP),))) == [19960]
    assert missing("server-manager", files=(file("D:\\Backup\\" + name, APP),))


def test_two_versions_of_a_file_are_not_chosen_between() -> None:
    paths = [rf"{drive}:\CE\Tools\ServerManager\ServerManager.Config.xml" for drive in "CD"]

    same = tuple(file(path, APP) for path in paths)
    different = (same[0], file(paths[1], b"<a/>"))

    assert numbers(stated("server-manager", files=same)) == [19960]
    assert "different versions" in missing("server-manager", files=different).reason


def test_ini_files_are_read_in_either_encoding() -> None:
    name = "gc.sms.gw.service.ini"

    for data in ("[x]\r\nPort=25".encode("utf-16"), b"[x]\nPort=25", b"\xef\xbb\xbfPort=25\n\xff"):
        assert numbers(stated("sms-delivery-service", files=(file(name, data),))) == [25]


def test_the_naming_service_is_read_in_the_32_bit_view() -> None:
    ports = stated("naming-service", keys=(key(TAO_32, TaoNamingServiceOptions="-ORBEndpoint iiop://:9999"),))

    assert (ports.state, numbers(ports), ports.reason) == (PortState.STATIC, [9999], "")
    assert ports.origin == Origin(source="a.reg", locator=TAO_32 + "\\TaoNamingServiceOptions")
    assert ports.changed_at == CHANGED


@pytest.mark.parametrize("path", [TAO_32.upper(), HKLM + "WOW6432Node\\ACE"])
def test_a_readable_view_without_the_value_means_a_port_chosen_at_every_start(path: str) -> None:
    ports = stated("naming-service", keys=(key(path),))

    assert ports.state == PortState.DYNAMIC
    assert "no endpoint option" in ports.reason


def test_an_absent_key_means_a_port_chosen_at_every_start() -> None:
    absent = AbsentKey(path=HKLM + "WOW6432Node\\ACE", origin=Origin(source="a.reg"))

    ports = stated("naming-service", absent=(absent,))

    assert (ports.state, ports.changed_at) == (PortState.DYNAMIC, None)
    assert ports.origin == Origin(source="a.reg", locator=absent.path)


def test_other_keys_do_not_prove_that_the_value_is_absent() -> None:
    assert missing("naming-service", keys=(key(PROCRUN.format("x")), key(GEO_64)))
    assert missing("naming-service", keys=(key(HKLM + "WOW6432Node"), key(HKLM[:-1], source="b.reg")))


def test_a_value_in_the_wrong_view_only_is_not_believed() -> None:
    wrong = key(TAO_64, TaoNamingServiceOptions="-ORBEndpoint iiop://:9999")

    ports = stated("naming-service", keys=(wrong, key(TAO_32)))

    assert (ports.state, ports.endpoints) == (PortState.NOT_DETERMINABLE, ())
    assert ports.reason == "found only in the 64-bit view, which the program does not read"
    assert ports.origin.locator.startswith(TAO_64)


def test_a_value_in_the_wrong_view_does_not_close_the_gap_of_the_right_one() -> None:
    gap, ports = found("ucma-recorder-recorder-port", keys=(key(GEO_32, Lync_Recorder_Port=9971),))

    assert isinstance(gap, Gap)
    assert (
        gap.fetch
        == r'reg export "HKLM\SOFTWARE\Geomant Call Center Solutions\GeoCampaign" geocampaign.reg /y'
    )
    assert isinstance(ports, ConfiguredPorts)
    assert ports.reason.endswith("the 64-bit view is not in the evidence")


def test_the_right_view_wins_over_the_wrong_one() -> None:
    keys = (key(GEO_64, Lync_Recorder_Port=9971), key(GEO_32, Lync_Recorder_Port=1))

    assert numbers(stated("ucma-recorder-recorder-port", keys=keys)) == [9971]


@pytest.mark.parametrize(
    ("value", "state", "ports"),
    [
        (9100, PortState.STATIC, [9100]),
        (" 9100 ", PortState.STATIC, [9100]),
        (0, PortState.INVALID, []),
        (70000, PortState.INVALID, []),
        (-1, PortState.INVALID, []),
        ("secret", PortState.INVALID, []),
        (b"\x01", PortState.INVALID, []),
        (("9100",), PortState.INVALID, []),
    ],
)
def test_a_registry_number_is_a_dword_or_decimal_text(
    value: RegistryData, state: PortState, ports: list[int]
) -> None:
    found_ports = stated(
        "ucma-recorder-application-port", keys=(key(GEO_64, lync_recorder_applicationport=value),)
    )

    assert (found_ports.state, numbers(found_ports)) == (state, ports)
    assert "secret" not in found_ports.reason


def test_a_missing_registry_number_is_not_taken_for_dynamic() -> None:
    ports = stated("telephony-connector-ucma-application-port", keys=(key(GEO_64),))

    assert ports.state == PortState.NOT_DETERMINABLE
    assert "not set" in ports.reason


def test_contradicting_exports_are_not_chosen_between() -> None:
    keys = (key(GEO_64, Lync_Recorder_Port=1), key(GEO_64, source="b.reg", Lync_Recorder_Port=2))

    ports = stated("ucma-recorder-recorder-port", keys=keys)

    assert ports.state == PortState.NOT_DETERMINABLE
    assert ports.reason == "the evidence holds different values: a.reg, b.reg"


def test_tao_options_may_be_of_several_strings_but_must_be_text() -> None:
    several = key(TAO_32, TaoNamingServiceOptions=("-ORBEndpoint", "iiop://:9999"))

    assert numbers(stated("naming-service", keys=(several,))) == [9999]
    assert stated("naming-service", keys=(key(TAO_32, TaoNamingServiceOptions=b"x"),)).state == (
        PortState.NOT_DETERMINABLE
    )


def test_channels_give_the_union_of_their_recorders_ports() -> None:
    channels = (channel(2, "sip", 30000, 30001), channel(3, "sip", 30002, 30003), channel(4, "cmapi", 5, 6))

    ports = stated("telephony-recorder-sip", channels=channels)

    assert ports.state == PortState.STATIC
    assert [(e.protocol, e.port, e.purpose) for e in ports.endpoints] == [
        ("udp", 30000, "media"),
        ("tcp", 30001, "control"),
        ("udp", 30002, "media"),
        ("tcp", 30003, "control"),
    ]
    assert ports.origin.locator == "line 2"


def test_a_port_that_two_channels_share_is_an_error_with_the_ports_still_listed() -> None:
    channels = (channel(2, "sip", 30000, 30001), channel(3, "cmapi", 30000, 30003))

    ports = stated("telephony-recorder-sip", channels=channels)

    assert (ports.state, numbers(ports)) == (PortState.INVALID, [30000, 30001])
    assert ports.reason == "UDP 30000 is used by the channels 2 (sip), 3 (cmapi)"


def test_a_list_without_channels_of_a_recorder_expects_nothing() -> None:
    for channels in ((), (channel(2, "cmapi", 1, 2),)):
        assert stated("telephony-recorder-sip", channels=channels).state == PortState.DISABLED


def web(**evidence: object) -> ConfiguredPorts:
    """Beside it stands a gap where Procrun's key was not collected."""
    (only,) = (piece for piece in found("web-service", **evidence) if isinstance(piece, ConfiguredPorts))
    return only


TOMCAT = "C:\\CE\\Tomcat"
LIVE = file(TOMCAT + "\\conf\\server.xml", SERVER_XML)
OPTIONS = key(PROCRUN.format("CETomcat"), Options=(f"-Dcatalina.base={TOMCAT}", "-Dp=8081"))


def test_the_service_options_confirm_the_live_server_xml() -> None:
    properties = file(TOMCAT + "\\conf\\catalina.properties", b"x=y")

    ports = web(files=(LIVE, properties), keys=(OPTIONS,))

    assert (ports.state, numbers(ports), ports.reason) == (PortState.STATIC, [8005, 8080], "")


def test_catalina_properties_overwrite_the_options_of_the_service() -> None:
    live = file(TOMCAT + "\\conf\\server.xml", SERVER_XML.replace(b'"8080"', b'"${p}"'))
    properties = file(TOMCAT + "\\conf\\catalina.properties", b"p=8082")

    assert numbers(web(files=(live, properties), keys=(OPTIONS,))) == [8005, 8082]
    alone = web(files=(live,), keys=(OPTIONS,))
    assert numbers(alone) == [8005, 8081]
    assert "catalina.properties is not in the evidence" in alone.reason
    assert web(files=(live,)).state == PortState.NOT_DETERMINABLE


def test_catalina_config_names_another_properties_file() -> None:
    live = file(TOMCAT + "\\conf\\server.xml", SERVER_XML.replace(b'"8080"', b'"${p}"'))
    options = key(
        PROCRUN.format("CETomcat"),
        Options=f"-Dcatalina.base={TOMCAT}\n-Dcatalina.config=file:///D:/ce.properties",
    )
    files = (live, file("D:\\ce.properties", b"p=8083"), file(TOMCAT + "\\conf\\catalina.properties", b"p=1"))

    assert numbers(web(files=files, keys=(options,))) == [8005, 8083]


def test_another_base_makes_another_file_the_live_one() -> None:
    elsewhere = key(PROCRUN.format("CETomcat"), Options=("-Dcatalina.base=D:\\Live\\",))
    live = file("D:\\Live\\conf\\server.xml", SERVER_XML.replace(b"8080", b"8090"))

    ports = web(files=(LIVE, live), keys=(elsewhere,))

    assert numbers(ports) == [8005, 8090]
    assert "D:\\Live\\conf\\server.xml (catalina.base), not [CE Install Directory]" in ports.reason
    gap = missing("web-service", files=(LIVE,), keys=(elsewhere,))
    assert gap.fetch == 'Copy-Item -LiteralPath "D:\\Live\\conf\\server.xml" -Destination .'


def test_the_service_is_the_one_that_runs_ces_tomcat() -> None:
    other = key(PROCRUN.format("Other"), Options=("-Dcatalina.base=D:\\Other",))
    image = Service(
        name="cetomcat", path=f'"{TOMCAT}\\bin\\tomcat8.exe" //RS//CETomcat', origin=Origin(source="s")
    )
    services_key = key(
        "HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\CETomcat",
        ImagePath=f"{TOMCAT}\\bin\\tomcat8.exe",
    )

    for evidence in ({"services": (image,)}, {"keys": (services_key,)}):
        keys = (other, OPTIONS, *evidence.pop("keys", ()))
        ports = web(files=(LIVE,), keys=keys, **evidence)
        assert numbers(ports) == [8005, 8080]
        assert "not known" not in ports.reason
    assert "not known" in web(files=(LIVE,), keys=(other, OPTIONS)).reason


def test_another_products_tomcat_does_not_count() -> None:
    other = key(PROCRUN.format("Other"), Options=("-Dcatalina.base=D:\\Other",))
    image = Service(name="Other", path="D:\\Other\\bin\\tomcat9.exe", origin=Origin(source="s"))

    ports = web(files=(LIVE,), keys=(other,), services=(image,))

    assert numbers(ports) == [8005, 8080]
    assert "own conf folder" in ports.reason


def test_javas_own_listeners_are_mentioned() -> None:
    options = key(
        PROCRUN.format("CETomcat"),
        Options=(
            "-Dcom.sun.management.jmxremote.port=7091",
            "-agentlib:jdwp=transport=dt_socket,address=8000",
        ),
    )

    reason = web(files=(LIVE,), keys=(options,)).reason

    assert "JMX" in reason
    assert "debugger" in reason


def test_a_procrun_key_without_options_is_read_as_having_none() -> None:
    assert numbers(web(files=(LIVE,), keys=(key(PROCRUN.format("CETomcat")),))) == [8005, 8080]


def test_no_secret_of_any_file_passes_into_the_facts() -> None:
    secret = b'<Server port="8005"><Service><Connector port="x" keystorePass="hunter2"/></Service></Server>'
    files = (
        file("server.xml", secret),
        file("ServerAgent.Config.xml", b'<a><LicenseServer port="hunter2" password="hunter2"/></a>'),
        file("gc.sms.gw.service.ini", b"Port=hunter2\nPassword=hunter2"),
    )

    pieces = list(configured_ports(LOCATIONS, Evidence(files=files)))

    assert pieces
    assert "hunter2" not in repr(pieces)
