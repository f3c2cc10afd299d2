"""The site file to start from: it loads, it changes nothing, and what it offers can be uncommented."""

import re
import tomllib
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ce_audit.evidence import load_snapshot
from ce_audit.site.file import load_site_file
from ce_audit.site.first_file import first_site_file
from ce_audit.site.model import SiteFile
from ce_audit.site.terms import read_terms
from reports import results_json
from rules.case import Case
from rules.check_list import CHECKS
from rules.engine import run
from rules.site import Site
from scanner.model import ConfiguredPorts, Origin, PortState, Snapshot
from tests.ce_audit.command import SAMPLES
from tests.rules.generated_hosts import Built, hosts
from tests.rules.hosts import CATALOGUE, core_server, interface, operator_pc

_STRANGE = "a\"'\\#\n\r\x00\x7f\u2028\u202e\ud800é[]="


def case_of(snapshot: Snapshot) -> Case:
    return Case(snapshot, CATALOGUE, Site())


def uncommented(text: str) -> str:
    """The file with every setting that it offers switched on."""
    return re.sub(r"^#(?! |$)", "", text, flags=re.MULTILINE)


def loaded(text: str) -> SiteFile:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "site.toml"
        path.write_text(text, encoding="utf-8")
        return load_site_file(path)


def results_with(snapshot: Snapshot, text: str) -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "site.toml"
        path.write_text(text, encoding="utf-8")
        terms = read_terms(path)
    return results_json.render(run(CHECKS, Case(snapshot, terms.catalogue, terms.site), "test"))


@pytest.mark.parametrize(
    "sample", sorted(path.name for path in SAMPLES.iterdir() if (path / "host.json").is_file())
)
def test_every_setting_that_it_offers_can_be_uncommented(sample: str) -> None:
    snapshot = load_snapshot(SAMPLES / sample, read_terms())
    text = first_site_file(case_of(snapshot))
    assert loaded(text).role is not None
    whole = loaded(uncommented(text))
    assert whole.network.clients
    assert whole.port_location
    assert whole.recording_channel
    assert whole.endpoint
    assert whole.severity
    assert whole.check_off


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(hosts())
def test_it_changes_no_result(built: Built) -> None:
    plain = results_json.render(run(CHECKS, case_of(built.snapshot), "test"))
    assert results_with(built.snapshot, first_site_file(case_of(built.snapshot))) == plain


def test_it_states_role_and_directory_and_offers_the_addresses_of_the_host() -> None:
    host = msgspec.structs.replace(
        core_server(), interfaces=(interface("LAN", None, "10.1.0.10/24", "fe80::1%5/64", "fd00::9/64"),)
    )
    text = first_site_file(case_of(host))
    assert 'role = "core-server"' in text.splitlines()
    assert r"core_server = 'D:\Contact Expert'" in text.splitlines()
    assert '#ce_servers = ["10.1.0.10", "fd00::9"]' in text.splitlines()
    assert "#   license-server: LicenseServer" in text.splitlines()


def test_an_operator_pc_states_its_own_directory() -> None:
    stated = loaded(first_site_file(case_of(operator_pc())))
    assert stated.role == "operator-pc"
    assert stated.install_directory.core_server is None
    assert stated.install_directory.operator_pc


def test_the_addresses_of_an_operator_pc_are_offered_as_those_of_a_client() -> None:
    host = msgspec.structs.replace(operator_pc(), interfaces=(interface("LAN", None, "10.9.0.7/24"),))
    lines = first_site_file(case_of(host)).splitlines()
    assert '#clients = ["10.9.0.7"]' in lines
    assert '#ce_servers = ["10.1.0.10"]' in lines


def test_a_port_that_cannot_be_read_gets_a_stub_to_fill_in_with_the_reason() -> None:
    unclear = ConfiguredPorts(
        component="license-server",
        location="x",
        state=PortState.NOT_DETERMINABLE,
        reason="the file states no port",
        origin=Origin(source="x"),
    )
    host = core_server()
    others = [found for found in host.configured_ports if found.component != "license-server"]
    text = first_site_file(case_of(msgspec.structs.replace(host, configured_ports=(*others, unclear))))
    at = text.splitlines().index("# LicenseServer: the file states no port")
    assert text.splitlines()[at + 1 : at + 3] == ["#[[port_location]]", '#component = "license-server"']


def test_of_a_host_without_anything_it_states_nothing() -> None:
    text = first_site_file(case_of(Snapshot()))
    assert loaded(text) == SiteFile()
    assert "no Contact Expert component" in text


@given(st.text(_STRANGE, max_size=12), st.text(_STRANGE, max_size=12))
def test_no_name_breaks_out_of_its_comment(name: str, alias: str) -> None:
    host = core_server()
    hostile = msgspec.structs.replace(
        host,
        host=msgspec.structs.replace(host.host, name=name),
        interfaces=(interface(alias, None, f"10.0.0.1{alias}"),),
    )
    text = first_site_file(case_of(hostile))
    assert text.encode()
    plain = first_site_file(case_of(host))
    assert tomllib.loads(text) == tomllib.loads(plain)
    tomllib.loads(uncommented(text))


@pytest.mark.parametrize("directory", ["D:\\it's CE", "D:\\a/b", "\\\\srv\\share\\CE", "D:\\x\ud800"])
def test_a_directory_that_cannot_be_stated_stays_a_comment(directory: str) -> None:
    host = core_server()
    files = tuple(
        msgspec.structs.replace(found, path=found.path.replace("D:\\Contact Expert", directory))
        for found in host.executables
    )
    moved = msgspec.structs.replace(host, executables=files, processes=(), services=(), listeners=())
    assert loaded(first_site_file(case_of(moved))).install_directory.core_server is None
