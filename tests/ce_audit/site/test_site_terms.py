"""From the site file to the terms: the overlay on the catalogue, where ports stand, what the report says."""

from pathlib import Path

import msgspec
import pytest

from ce_audit.site.terms import Terms, read_terms
from rules.case import Case
from rules.catalogue.lint import lint
from rules.catalogue.loader import load_catalogue, port_locations
from rules.catalogue.model import PortKind, Section, Source
from rules.check_list import CHECKS
from rules.engine import run
from rules.model import Finding, Results, Severity, Status
from rules.site import Site
from scanner.model import Origin, Profile
from tests.ce_audit.site.whole_site import WHOLE
from tests.rules.hosts import core_server, file, fw_rule, listener, process

CATALOGUE = load_catalogue()


def terms_of(tmp_path: Path, text: str, role: str | None = None) -> Terms:
    path = tmp_path / "site.toml"
    path.write_text(text, encoding="utf-8")
    return read_terms(path, role)


def test_without_a_site_file_nothing_is_different() -> None:
    assert read_terms() == Terms(catalogue=CATALOGUE, locations=port_locations(CATALOGUE))
    assert read_terms(role="operator-pc").site == Site(role="operator-pc")


def test_an_empty_site_file_says_nothing(tmp_path: Path) -> None:
    assert terms_of(tmp_path, "") == read_terms()


def test_the_site_is_what_the_file_states(tmp_path: Path) -> None:
    site = terms_of(tmp_path, WHOLE).site
    assert dict(site.install_directories) == {"core-server": r"D:\Contact Expert", "operator-pc": r"C:\CE"}
    assert (site.role, site.expected_profile, site.naming_port) == ("core-server", Profile.DOMAIN, 9999)
    assert site.servers == ("10.1.0.10", "10.2.0.0/16", "fd00::/8", "10.3.0.1-10.3.0.9")
    assert (site.clients, site.front_ends, site.proxies) == (("10.9.0.0/16",), ("10.1.0.20",), ("192.0.2.1",))
    assert site.severities == {"restart-pending": Severity.INFO}
    assert site.off == {"cmdlets-not-rerun": "Group Policy writes our rules."}


def test_the_role_of_the_command_line_comes_first(tmp_path: Path) -> None:
    assert terms_of(tmp_path, WHOLE, "operator-pc").site.role == "operator-pc"


def test_the_report_is_told_what_only_the_site_says(tmp_path: Path) -> None:
    assert terms_of(tmp_path, WHOLE).site.statements == (
        "The site states the CE servers: 10.1.0.10, 10.2.0.0/16, fd00::/8, 10.3.0.1-10.3.0.9.",
        "The site states the clients: 10.9.0.0/16.",
        "The site states the Skype for Business Front Ends: 10.1.0.20.",
        "The site states the DMZ proxies: 192.0.2.1.",
        "The site expects CE's network on the domain profile.",
        "The site states 9999 as the Server Port in the CE portal.",
        "The site states version 8.5.40 of Tomcat.",
        "The site states the list of recording channels (1).",
        "The site says where the port of Server Agent stands: //Listener[@name='main']/@port",
        "The site says where the port of SMS Delivery Service stands: [Listener] Port",
        "The site overrides the ports of LicenseServer (TCP 9950).",
        r"The site adds the endpoint Our Recorder (UDP 9990), Ours\Recorder.exe.",
    )


def test_role_and_directory_stand_in_every_report_and_are_not_repeated(tmp_path: Path) -> None:
    text = "role = 'core-server'\n[install_directory]\ncore_server = 'C:\\CE'"
    assert terms_of(tmp_path, text).site.statements == ()


def test_the_overlay_overrides_only_what_it_states(tmp_path: Path) -> None:
    row = terms_of(tmp_path, WHOLE).catalogue.by_id("license-server")
    usual = CATALOGUE.by_id("license-server")
    assert row is not None
    assert usual is not None
    assert [port.port for port in row.ports] == [9950]
    assert msgspec.structs.replace(row, ports=usual.ports) == usual


def test_a_new_endpoint_is_the_last_row(tmp_path: Path) -> None:
    catalogue = terms_of(tmp_path, WHOLE).catalogue
    row = catalogue.rows[-1]
    assert (row.row, row.id, row.component) == (36, "our-recorder", "Our Recorder")
    assert (row.section, row.kind, row.defined_in) == (Section.CORE_SERVER, PortKind.STATIC, None)
    assert (row.sources, row.impact) == ((Source.SERVER, Source.CLIENT), "Calls are not recorded.")
    assert lint(catalogue, stated=("license-server", "our-recorder")) == ()


def test_ports_may_be_taken_away(tmp_path: Path) -> None:
    ours = "ports = []\nsources = ['client']\nexecutable = 'a\\b.exe'\nimpact = 'x'"
    terms = terms_of(tmp_path, f"[[endpoint]]\nid = 'license-server'\n{ours}")
    row = terms.catalogue.by_id("license-server")
    assert row is not None
    assert (row.kind, row.ports, row.sources) == (PortKind.UNLISTED, (), (Source.CLIENT,))
    assert (row.executable, row.impact) == ("a\\b.exe", "x")
    assert terms.site.statements == (
        "The site overrides the ports, sources, executable, impact of LicenseServer (no port to demand).",
    )


def test_the_stated_places_are_read_where_they_are_stated(tmp_path: Path) -> None:
    terms = terms_of(tmp_path, WHOLE)
    stated = {place.component: place for place in terms.locations if place.xpath or place.ini_key}
    assert stated["server-agent"].xpath == "//Listener[@name='main']/@port"
    ini = stated["sms-delivery-service"]
    assert (ini.ini_section, ini.ini_key, ini.xpath) == ("Listener", "Port", "")
    assert len(stated) == 2
    assert len(terms.locations) == len(port_locations(CATALOGUE))


def test_channels_come_with_the_line_they_stand_on(tmp_path: Path) -> None:
    terms = terms_of(tmp_path, WHOLE)
    assert terms.channels is not None
    (channel,) = terms.channels
    line = WHOLE.splitlines().index("[[recording_channel]]") + 1
    assert channel.origin == Origin(source="site.toml", locator=f"line {line}")
    assert (channel.recorder, channel.media_port, channel.control_port) == ("sip", 30000, 30001)
    assert terms.reading == ("port_location", "recording_channel")


@pytest.mark.parametrize(("text", "channels"), [("", None), ("recording_channel = []", ())])
def test_no_channels_and_nothing_said_of_them_are_not_the_same(
    tmp_path: Path, text: str, channels: object
) -> None:
    terms = terms_of(tmp_path, text)
    assert terms.channels == channels
    assert terms.reading == (("recording_channel",) if text else ())


@pytest.mark.parametrize(("port", "found"), [(9990, set()), (9991, {"listener-mismatch"})])
def test_the_port_that_a_site_states_for_its_own_component_is_what_that_is_configured_for(
    tmp_path: Path, port: int, found: set[str]
) -> None:
    text = WHOLE.replace('protocol = "udp", purpose = "media"', 'protocol = "tcp"')
    terms = terms_of(tmp_path, text[text.index('[[endpoint]]\nid = "our') : text.index("[severity]")])
    program = "D:\\Contact Expert\\Ours\\Recorder.exe"
    host = core_server()
    host = msgspec.structs.replace(
        host,
        executables=(*host.executables, file(program)),
        processes=(*host.processes, process(7777, program)),
        listeners=(*host.listeners, listener(port, 7777)),
        firewall_rules=(*host.firewall_rules, fw_rule("ours", program=program, local_ports=("9990",))),
    )
    results = run(CHECKS, Case(host, terms.catalogue, terms.site), "test").results
    assert not [result for result in results if result.status is Status.NOT_PROVEN]
    serious = {
        result.check
        for result in results
        for finding in result.findings
        if finding.severity.at_least(Severity.MEDIUM)
    }
    assert serious == found


_TCP = WHOLE.replace('protocol = "udp", purpose = "media"', 'protocol = "tcp"')
OURS = _TCP[_TCP.index('[[endpoint]]\nid = "our') : _TCP.index("[severity]")]


def test_an_added_endpoint_is_judged_as_the_others_are(tmp_path: Path) -> None:
    terms = terms_of(tmp_path, OURS)
    program = "D:\\Contact Expert\\Ours\\Recorder.exe"
    host = core_server()
    host = msgspec.structs.replace(
        host,
        executables=(*host.executables, file(program)),
        processes=(*host.processes, process(7777, program)),
        listeners=(*host.listeners, listener(9990, 7777)),
    )
    results = run(CHECKS, Case(host, terms.catalogue, terms.site), "test")
    found = {
        (result.check, finding.component, finding.port, finding.impact)
        for result in results.results
        for finding in result.findings
        if finding.severity.at_least(Severity.MEDIUM)
    }
    assert found == {("missing-firewall-rule", "Our Recorder", 9990, "Calls are not recorded.")}
    assert "CEFirewallRules" not in msgspec.json.encode(_of(results, "missing-firewall-rule")).decode()


def test_the_vendors_cmdlets_are_not_asked_to_mend_what_only_the_site_knows(tmp_path: Path) -> None:
    terms = terms_of(tmp_path, OURS)
    program = "D:\\Contact Expert\\Ours\\Recorder.exe"
    host = core_server()
    host = msgspec.structs.replace(
        host,
        executables=(*host.executables, file(program)),
        firewall_rules=(*host.firewall_rules, fw_rule("old", program=program, local_ports=("9880",))),
    )
    results = run(CHECKS, Case(host, terms.catalogue, terms.site), "test")
    assert _of(results, "cmdlets-not-rerun") == ()
    assert [finding.component for finding in _of(results, "missing-firewall-rule")] == ["Our Recorder"]


def _of(results: Results, check: str) -> tuple[Finding, ...]:
    return next(found.findings for found in results.results if found.check == check)
