"""Which components are on a host, and where the product is installed."""

import pytest

from rules.presence import Installed, Presence, Sightings, install_directory, installed
from rules.site import Site
from scanner.model import EvidenceKind, Snapshot
from tests.rules.changes import changed, dropped, with_file, with_gap, with_process, with_service
from tests.rules.hosts import CATALOGUE, DB, INSTALL, core_server, file, process, program, service
from tests.rules.judging import case_of

BARE = Snapshot()
DIALER = program("dialer-server")


def seen(snapshot: Snapshot, row_id: str = "dialer-server") -> Installed:
    row = CATALOGUE.by_id(row_id)
    assert row is not None
    sightings = Sightings(snapshot, CATALOGUE)
    return installed(row, sightings, install_directory(sightings, Site()))


@pytest.mark.parametrize(
    "snapshot",
    [
        with_file(BARE, file(DIALER)),
        with_file(BARE, file(DIALER.upper())),
        with_process(BARE, process(5, DIALER)),
        with_process(BARE, process(5, None, name="DialerServer.exe")),
        with_service(BARE, service("D", path=f'"{DIALER}" -service')),
        with_service(BARE, service("D", path=DIALER + " -k run")),
        with_service(BARE, service("D", path=DIALER.replace("\\", "/"))),
    ],
)
def test_a_file_a_process_or_a_service_shows_a_component(snapshot: Snapshot) -> None:
    assert seen(snapshot).presence is Presence.PRESENT


@pytest.mark.parametrize(
    "snapshot",
    [
        BARE,
        with_file(BARE, file(DIALER, None)),
        with_file(BARE, file(r"C:\Other\DialerServer.exe")),
        with_process(BARE, process(5, r"C:\DialerServer.exe.old")),
        with_service(BARE, service("D", path=None), service("E", path="not a program")),
    ],
)
def test_what_nobody_saw_though_they_looked_is_absent(snapshot: Snapshot) -> None:
    assert seen(snapshot).presence is Presence.ABSENT


def test_what_nobody_looked_for_is_unknown() -> None:
    assert seen(with_gap(BARE, EvidenceKind.EXECUTABLES)).presence is Presence.UNKNOWN
    assert seen(with_gap(BARE, EvidenceKind.PROCESSES)).presence is Presence.ABSENT


def test_a_bare_process_name_that_several_components_share_shows_none_of_them() -> None:
    loader = with_process(BARE, process(5, None, name="TelephonyRecorderLoader.exe"))
    assert seen(loader, "telephony-recorder-sip").presence is Presence.ABSENT
    connector = with_process(BARE, process(5, None, name="TelephonyConnectorServer.exe"))
    assert seen(connector, "telephony-connector-tsapi").presence is Presence.ABSENT


def test_the_directory_is_read_off_most_of_the_paths() -> None:
    assert case_of(core_server()).install_directory == INSTALL
    mixed = with_file(core_server(), file(program(DB).replace("D:", "C:")))
    assert case_of(mixed).install_directory == INSTALL
    assert case_of(BARE).install_directory is None


def test_the_sites_word_on_the_directory_comes_first() -> None:
    assert (
        case_of(core_server(), Site(install_directories={"core-server": "X:\\CE"})).install_directory
        == "X:\\CE"
    )


def test_a_component_that_runs_elsewhere_is_there_and_a_mere_file_elsewhere_is_not() -> None:
    elsewhere = DIALER.replace("D:", "E:")
    running = seen(with_process(core_server(), process(5, elsewhere)))
    assert (running.presence, running.program) == (Presence.PRESENT, elsewhere)
    registered = seen(with_service(core_server(), service("D", path=f'"{elsewhere}"')))
    assert (registered.presence, registered.program) == (Presence.PRESENT, elsewhere)
    left = seen(with_file(core_server(), file(elsewhere)))
    assert (left.presence, left.program) == (Presence.ABSENT, DIALER)


def test_the_one_at_its_place_comes_before_one_elsewhere() -> None:
    both = with_process(with_file(core_server(), file(DIALER)), process(5, DIALER.replace("D:", "E:")))
    assert seen(both).program == DIALER
    assert seen(both).processes == ()


def test_without_any_path_the_program_is_not_known() -> None:
    assert seen(with_process(BARE, process(5, None, name="DialerServer.exe"))).program is None


def test_the_role_is_what_is_installed_unless_the_site_says() -> None:
    assert case_of(core_server()).role == "core-server"
    assert case_of(BARE).role == ""
    assert case_of(BARE, Site(role="operator-pc")).role == "operator-pc"
    both = with_file(core_server(), file(program("agent-client-app")))
    assert case_of(both).role == "core-server"


def test_files_looked_for_and_absent_are_a_look() -> None:
    gone = changed(core_server(), executables=(file(DIALER, None),), processes=(), services=())
    assert seen(gone).presence is Presence.ABSENT
    assert seen(dropped(gone, EvidenceKind.EXECUTABLES)).presence is Presence.UNKNOWN
