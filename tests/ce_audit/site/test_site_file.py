"""The site file: good ones read whole, broken ones refused with file, line and key."""

import json
import re
import tomllib
from pathlib import Path

import jsonschema
import pytest

from ce_audit.published import NAMES, render
from ce_audit.site.file import load_site_file
from ce_audit.site.model import SiteFile
from rules.model import Severity
from scanner.errors import ConfigError
from tests.ce_audit.command import ROOT
from tests.ce_audit.site.whole_site import WHOLE

NEW = (
    "id = 'x'\ncomponent = 'X'\nsection = 'core-server'\nexecutable = 'x.exe'\n"
    "ports = []\nsources = ['server']\n"
)


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "site.toml"
    path.write_text(text, encoding="utf-8")
    return path


def refused(tmp_path: Path, text: str) -> str:
    with pytest.raises(ConfigError) as raised:
        load_site_file(written(tmp_path, text))
    return str(raised.value)


def test_a_file_with_every_key_is_read(tmp_path: Path) -> None:
    site = load_site_file(written(tmp_path, WHOLE))
    assert site.expected_profile is not None
    assert site.expected_profile.value == "domain"
    assert [location.component for location in site.port_location] == ["Server Agent", "sms-delivery-service"]
    assert site.severity == {"restart-pending": Severity.INFO}
    assert site.endpoint[1].ports is not None
    assert site.endpoint[1].ports[0].purpose == "media"


def test_an_empty_file_states_nothing(tmp_path: Path) -> None:
    assert load_site_file(written(tmp_path, "# nothing\n")) == SiteFile()


def test_a_site_may_state_that_it_has_no_recording_channel(tmp_path: Path) -> None:
    assert load_site_file(written(tmp_path, "recording_channel = []")).recording_channel == ()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("role = 'auto'", 'site.toml:1: role: "auto" is not allowed; allowed: core-server, operator-pc'),
        (
            "expected_profile = 'home'",
            'site.toml:1: expected_profile: "home" is not allowed; allowed: domain,',
        ),
        ("naming_port = 0", "site.toml:1: naming_port must be a whole number from 1 to 65535, not 0"),
        ("tomcat_version = '8'", 'site.toml:1: tomcat_version must be like 8.5.40, not "8"'),
        (
            "[network]\nnaming_port = 1",
            "site.toml:2: unknown key network.naming_port; naming_port stands above",
        ),
        ("[install_directory]\nserver = 'C:\\CE'", "site.toml:2: unknown key install_directory.server"),
        (
            "[install_directory]\ncore_server = 'CE'",
            "site.toml:2: install_directory.core_server must be a full path",
        ),
        ('[install_directory]\ncore_server = "C:\\temp"', "must be a full path in single quotes"),
        (
            "[network]\nclients = ['10.0.0.1',\n'10.0.0.256']",
            'site.toml:3: network.clients: "10.0.0.256" is not an',
        ),
        (
            "[network]\nclients = ['LocalSubnet']",
            'network.clients: "LocalSubnet" is not an IPv4 or IPv6 address',
        ),
        ("[network]\nclients = ['10.0.0.0/33']", 'site.toml:2: network.clients: "10.0.0.0/33" is not'),
        ("[network]\nclients = ['10.0.0.9-10.0.0.1']", "ends before it begins"),
        ("[severity]\nrestart-pendng = 'low'", "site.toml:2: severity: no check is called"),
        ("[severity]\nrestart-pendng = 'low'", "did you mean restart-pending?"),
        ("[severity]\nx = 'low'", "`ce-audit checks` lists them"),
        ("[severity]\nrestart-pending = 'lo'", 'site.toml:2: severity.restart-pending: "lo" is not allowed'),
        (
            "[[check_off]]\ncheck = 'restart-pending'",
            "site.toml:1: check_off[1] has no reason, which is mandatory",
        ),
        (
            "[[check_off]]\ncheck = 'restart-pending'\nreason = ' '",
            "site.toml:3: check_off[1].reason must be a text that is not empty",
        ),
        ("[[check_off]]\ncheck = 'restart'\nreason = 'x'", "site.toml:2: check_off: no check is called"),
        (
            "[[check_off]]\ncheck = 'restart-pending'\nreason = 'x'\n" * 2,
            "site.toml:5: check_off: restart-pending is stated twice",
        ),
        (
            "[[port_location]]\ncomponent = 'TelephonyRecorder'\nxpath = '//a'",
            '"TelephonyRecorder"; there are telephony-recorder-cmapi and telephony-recorder-sip and',
        ),
        (
            "[[port_location]]\ncomponent = 'Server Agnt'\nxpath = '//a'",
            'site.toml:2: port_location: no component is called "Server Agnt"; did you mean server-agent?',
        ),
        ("[[port_location]]\ncomponent = '?'\nxpath = '//a'", "`ce-audit catalogue` lists them"),
        (
            "[[port_location]]\ncomponent = 'naming-service'\nxpath = '//a'",
            "site.toml:2: port_location: the port of naming-service does not stand in an XML or ini file",
        ),
        (
            "[[port_location]]\ncomponent = 'server-agent'\nsection = 'a'\nkey = 'b'",
            "site.toml:1: port_location: the port of server-agent stands in an XML file: state xpath, and",
        ),
        (
            "[[port_location]]\ncomponent = 'sms-delivery-service'\nkey = 'b'",
            "stands in an ini file: state section and key, and nothing else",
        ),
        (
            "[[port_location]]\ncomponent = 'server-agent'\nxpath = '//a['",
            'site.toml:3: port_location.xpath "//a[": not an XPath',
        ),
        (
            "[[port_location]]\ncomponent = 'server-agent'\nxpath = '//a'\n" * 2,
            "site.toml:5: port_location: server-agent is stated twice",
        ),
        (
            "[[recording_channel]]\nchannel='a'\nrecorder='sip'\nmedia_port=1\ncontrol_port=2\n" * 2,
            'site.toml:7: recording_channel "a" is stated twice',
        ),
        (
            "[[recording_channel]]\nchannel='a'\nrecorder='asterisk'\nmedia_port=1\ncontrol_port=2",
            'site.toml:3: recording_channel[1].recorder: "asterisk" is not allowed; allowed: cmapi, sip',
        ),
        ("[[endpoint]]\nid = 'license-server'", "site.toml:1: endpoint license-server overrides nothing"),
        (
            "[[endpoint]]\nid = 'license-server'\nports = []\nsection = 'core-server'",
            "site.toml:4: endpoint license-server is in the catalogue: its section cannot be overridden",
        ),
        (
            "[[endpoint]]\nid = 'license-sever'\nports = []",
            "site.toml:2: endpoint license-sever is not in the catalogue, and a new one needs component,",
        ),
        (
            "[[endpoint]]\nid = 'license-sever'\nports = []",
            "section, executable, sources; did you mean license-server?",
        ),
        (f"[[endpoint]]\n{NEW}[[endpoint]]\n{NEW}", "site.toml:9: endpoint x is stated twice"),
        (
            "[[endpoint]]\nid='license-server'\nports=[{port=1},{port=1}]",
            "site.toml:3: endpoint license-server names TCP 1 2 times",
        ),
        (
            "\n[[endpoint]]\nid = 'license-server'\nports = [{ port = 9998 }]",
            "site.toml:2: server-agent and license-server share a port and are not alternatives",
        ),
        (
            "[[endpoint]]\nid='license-server'\nports=[{port=70000}]",
            "ports[1].port must be a whole number from 1",
        ),
        ("[[endpoint]]\nid='license-server'\nexecutable='C:\\x.exe'", "the executable is not a .exe below"),
        (f"[[endpoint]]\n{NEW}".replace("'x'", "'X y'"), "the id is not in kebab-case"),
        (
            "[[endpoint]]\nid='license-server'\nsources=[]",
            "site.toml:1: license-server: no source may ever connect",
        ),
    ],
)
def test_what_means_nothing_is_refused_by_line_and_key(tmp_path: Path, text: str, told: str) -> None:
    assert told in refused(tmp_path, text)


def test_mistakes_of_meaning_are_told_together(tmp_path: Path) -> None:
    found = refused(tmp_path, "tomcat_version = '8'\n[severity]\nx = 'low'\n[network]\nclients = ['y']")
    assert found.count("site.toml:") == 3


def test_the_schema_is_published_and_describes_every_key() -> None:
    assert "site-v1" in NAMES
    published = ROOT / "docs" / "schemas" / "site-v1.schema.json"
    assert published.read_bytes() == render("site-v1")
    for name, definition in json.loads(render("site-v1"))["$defs"].items():
        assert "description" in definition or "enum" in definition, name
        for key, shape in definition.get("properties", {}).items():
            assert shape.get("description"), f"{name}.{key}"


def test_a_whole_file_follows_the_schema_and_a_wrong_key_does_not() -> None:
    schema = json.loads(render("site-v1"))
    document = tomllib.loads(WHOLE.replace("Domain", "domain"))
    jsonschema.validate(document, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**document, "rol": "core-server"}, schema)


def test_every_key_is_documented() -> None:
    text = (ROOT / "docs" / "site-file.md").read_text(encoding="utf-8")
    for definition in json.loads(render("site-v1"))["$defs"].values():
        for key in definition.get("properties", {}):
            assert re.search(rf"`\[*{key}\]*`", text), key


def test_no_other_schema_is_made_up() -> None:
    with pytest.raises(ConfigError, match=r"there are .*site-v1"):
        render("site-v9")
