"""What Windows' own programs answer becomes evidence; what they keep to themselves becomes a gap."""

from collections.abc import Callable, Iterable, Iterator, Mapping

import pytest

from scanner.collect import Collection
from scanner.errors import SourceError
from scanner.live import FACTS, ReadFacts, collect_host_evidence
from scanner.live_answers import PROFILES_FILE, RANGES_FILE, connection_profiles, port_ranges
from scanner.model import DynamicRange, EvidenceKind, Gap, Origin, Problem, Profile, Service, Snapshot
from scanner.registry_key import RegistryKey
from scanner.registry_paths import FIREWALL_POLICY, POLICIES
from scanner.sources.document import Document
from scanner.sources.live_commands import CONNECTION_PROFILES, Command

HERE = Origin(source="live registry")
DYNAMIC = (
    "\r\n协议 {} 动态端口范围\r\n---------------------------------\r\n"
    "启动端口        : {}\r\n端口数          : 1000\r\n\r\n"
)
EXCLUDED = (
    "\r\nStart Port    End Port\r\n----------    --------\r\n"
    "     50000       50059     *\r\n\r\n* - Administered port exclusions.\r\n"
)
STARTS = {("ipv4", "tcp"): 1025, ("ipv4", "udp"): 2000, ("ipv6", "tcp"): 3000, ("ipv6", "udp"): 4000}


def answer(command: Command) -> bytes:
    if command is CONNECTION_PROFILES:
        return b'\xef\xbb\xbf{"InterfaceAlias": "Ethernet", "InterfaceIndex": 7, "NetworkCategory": 1}\r\n'
    _, family, _, what, protocol = command.arguments
    if what == "dynamicport":
        return DYNAMIC.format(protocol, STARTS[family, protocol]).encode("gbk")
    return EXCLUDED.encode()


def silent(command: Command) -> bytes:
    raise SourceError("it answered with nothing")


def told(items: Iterable[object]) -> Snapshot:
    collection = Collection(())
    for item in items:
        collection.add(item)
    return collection.snapshot()


def test_every_range_comes_with_its_protocol_and_its_ip_version() -> None:
    (document,) = port_ranges(answer)
    assert isinstance(document, Document)
    assert document.source == RANGES_FILE
    snapshot = told([document])
    assert snapshot.problems == ()
    found = {(each.family, each.protocol): each.start for each in snapshot.port_ranges.dynamic}
    assert found == STARTS
    excluded = [(each.family, each.protocol, each.start) for each in snapshot.port_ranges.excluded]
    assert excluded == [(family, protocol, 50000) for family, protocol in STARTS]
    assert all(each.administered for each in snapshot.port_ranges.excluded)


def test_a_question_without_an_answer_leaves_the_ranges_that_were_told_and_a_doubt() -> None:
    def old_windows(command: Command) -> bytes:
        return silent(command) if "ipv6" in command.arguments else answer(command)

    document, problem = port_ranges(old_windows)
    snapshot = told([document, problem])
    assert [found.family for found in snapshot.port_ranges.dynamic] == ["ipv4", "ipv4"]
    assert isinstance(problem, Problem)
    assert problem.text == "netsh int ipv6 show dynamicport tcp and 3 more like it"
    (gap,) = gaps(snapshot, EvidenceKind.PORT_RANGES)
    assert gap.partial
    assert "it answered with nothing" in gap.reason


@pytest.mark.parametrize("said", [b"The following command was not found.\r\n", b"\0\1\0\0\2"])
def test_an_answer_without_a_range_is_none(said: bytes) -> None:
    items = list(port_ranges(lambda _: said))
    assert [type(item) for item in items] == [Problem]
    assert [gap.partial for gap in gaps(told(items), EvidenceKind.PORT_RANGES)] == [False]


def test_the_profile_of_an_interface_is_what_powershell_says() -> None:
    (document,) = connection_profiles(answer)
    assert isinstance(document, Document)
    assert document.source == PROFILES_FILE
    (interface,) = told([document]).interfaces
    assert (interface.alias, interface.index, interface.profile) == ("Ethernet", 7, Profile.PRIVATE)


@pytest.mark.parametrize("said", [b"[]", b"Get-NetConnectionProfile : Access is denied", b'{"a": 1}'])
def test_an_answer_without_a_profile_is_none(said: bytes) -> None:
    (problem,) = connection_profiles(lambda _: said)
    assert isinstance(problem, Problem)
    assert "holds no connection profile" in problem.reason
    (gap,) = gaps(told([problem]), EvidenceKind.INTERFACES)
    assert problem.reason in gap.reason


def gaps(snapshot: Snapshot, kind: EvidenceKind) -> list[Gap]:
    return [gap for gap in snapshot.gaps if gap.kind is kind]


# the lists of facts of a live host, as far as another system has them


def registry() -> Iterator[RegistryKey | Problem]:
    yield RegistryKey(path=FIREWALL_POLICY, origin=HERE)
    yield RegistryKey(path=POLICIES, origin=HERE)


def services() -> list[Service]:
    return [Service(name="Dhcp", path=r"C:\Windows\system32\svchost.exe -k netsvcs", origin=HERE)]


def host(facts: Mapping[str, ReadFacts], ask: Callable[[Command], bytes] = answer) -> list[object]:
    return list(collect_host_evidence((), (), registry, ask, {**FACTS, "services.json": services, **facts}))


def test_a_system_that_does_not_answer_leaves_gaps_that_say_so() -> None:
    snapshot = told(host({}, silent))
    for kind in (EvidenceKind.INTERFACES, EvidenceKind.PORT_RANGES):
        (gap,) = gaps(snapshot, kind)
        assert "it answered with nothing" in gap.reason
        assert not gap.partial


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("network/listeners.json", EvidenceKind.LISTENERS),
        ("processes.json", EvidenceKind.PROCESSES),
        ("services.json", EvidenceKind.SERVICES),
    ],
)
def test_a_list_that_comes_empty_was_not_read(name: str, kind: EvidenceKind) -> None:
    items = host({name: list})
    assert name not in [item.source for item in items if isinstance(item, Document)]
    (gap,) = gaps(told(items), kind)
    assert "the system lists none, which no Windows does" in gap.reason


def test_a_list_that_is_not_whole_is_read_and_doubted() -> None:
    unread = Problem(origin=Origin(source="this machine", locator="services.json"), text="", reason="2 fail")
    snapshot = told(host({"services.json": lambda: [*services(), unread]}))
    assert [service.name for service in snapshot.services] == ["Dhcp"]
    (gap,) = gaps(snapshot, EvidenceKind.SERVICES)
    assert (gap.reason, gap.partial) == ("perhaps not all of it was read (this machine: 2 fail)", True)


def test_a_host_whose_programs_are_unknown_was_not_searched_for_files() -> None:
    items = host({"processes.json": list, "services.json": list})
    assert "files.json" not in [item.source for item in items if isinstance(item, Document)]
    assert gaps(told(items), EvidenceKind.EXECUTABLES)


def test_where_no_program_shows_a_directory_of_ce_it_is_not_known_whether_it_is_installed() -> None:
    items = host({})
    assert "files.json" not in [item.source for item in items if isinstance(item, Document)]
    (gap,) = gaps(told(items), EvidenceKind.EXECUTABLES)
    assert "no service or process shows a Contact Expert directory" in gap.reason
    assert not gap.partial


@pytest.mark.parametrize("step", [RANGES_FILE, "netsh int ipv6 show dynamicport udp"])
def test_a_failed_step_of_a_collector_is_the_same_doubt(step: str) -> None:
    failed = f'{{"steps": [{{"name": "{step}", "ms": null, "error": "netsh is silent"}}]}}'
    document = Document(source="manifest.json", data=failed.encode())
    known = DynamicRange(protocol="tcp", start=49152, count=16384, origin=HERE)
    (gap,) = gaps(told([document, known]), EvidenceKind.PORT_RANGES)
    assert "netsh is silent" in gap.reason
    assert gap.partial
