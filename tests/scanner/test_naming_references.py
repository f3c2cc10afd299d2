"""Where the configurations of one host say the naming service is, each with its place."""

from rules.catalogue.loader import load_catalogue, port_locations
from scanner.configuration_file import ConfigurationFile
from scanner.configured import Evidence
from scanner.model import Origin
from scanner.naming_references import naming_references
from scanner.registry_key import RegistryData, RegistryKey

LOCATIONS = port_locations(load_catalogue())
TAO_32 = r"HKEY_LOCAL_MACHINE\SOFTWARE\WOW6432Node\ACE\TAO"
TAO_64 = r"HKEY_LOCAL_MACHINE\SOFTWARE\ACE\TAO"
AGENT = r"C:\CE\Servers\AgentClientApp\AgentClientApp.config.xml"
SERVERS = r"C:\CE\Services\ServerAgent\ServerAgent.Config.xml"


def file(path: str, data: bytes) -> ConfigurationFile:
    return ConfigurationFile(path=path, data=data, origin=Origin(source=path.rpartition("\\")[2]))


def tao(path: str, options: RegistryData) -> RegistryKey:
    values = (("TaoNamingServiceOptions", options),)
    return RegistryKey(path=path, values=values, origin=Origin(source="tao.reg", locator="line 3"))


def read(*files: ConfigurationFile, keys: tuple[RegistryKey, ...] = ()) -> list[tuple[str, str, str, int]]:
    found = naming_references(LOCATIONS, Evidence(files=files, keys=keys))
    return [(each.origin.source, each.origin.locator, each.host, each.port) for each in found]


def test_the_agent_applications_options_say_where_the_naming_service_is() -> None:
    data = b"""<configuration>
  <orb options="-ORBInitRef NameService=corbaloc:iiop:ce01.example.test:9999/NameService"/>
  <!-- -ORBInitRef NameService=corbaloc:iiop:old:1/NameService -->
  <Default>-ORBDefaultInitRef corbaloc:iiop:ce02</Default>
</configuration>"""
    assert read(file(AGENT, data)) == [
        ("AgentClientApp.config.xml", "line 2, <orb options>", "ce01.example.test", 9999),
        ("AgentClientApp.config.xml", "line 4, <Default>", "ce02", 2809),
    ]


def test_every_address_of_a_reference_counts_once_per_place() -> None:
    data = b'<a><Server args="corbaloc::ce01:9999,:ce02:9999,:ce01:9999/NameService" port="9900"/></a>'
    assert [found[2:] for found in read(file(SERVERS, data))] == [("ce01", 9999), ("ce02", 9999)]


def test_the_options_of_the_tao_service_are_read_in_the_view_that_it_reads() -> None:
    options = "-ORBEndpoint iiop://:9999 -ORBInitRef NameService=corbaloc::ce01:9998/NameService"
    expected = [("tao.reg", rf"{TAO_32}\TaoNamingServiceOptions", "ce01", 9998)]
    assert read(keys=(tao(TAO_32, options), tao(TAO_64, options.replace("ce01", "other")))) == expected
    assert read(keys=(tao(TAO_32, tuple(options.split())),)) == expected
    assert read(keys=(tao(TAO_32, b"corbaloc::ce01:9998/NameService"), tao(TAO_64, options))) == []


def test_other_files_broken_ones_and_secrets_give_nothing() -> None:
    reference = b'<a x="corbaloc::ce01:9999/NameService"/>'
    assert read(file(r"C:\CE\other.xml", reference), file(SERVERS, b"<a")) == []
    secret = b'<a password="hunter2" x="corbaloc::ce01:9999/NameService;Password=hunter2">hunter2</a>'
    assert "hunter2" not in repr(read(file(SERVERS, secret)))
    assert len(read(file(SERVERS, secret))) == 1


def test_text_between_elements_is_read_too() -> None:
    data = b"<a><b/>corbaloc::ce01:9999/NameService</a>"
    assert [found[2:] for found in read(file(SERVERS, data))] == [("ce01", 9999)]
