"""Port proxies through every source: what is forwarded, that nothing is, and that nobody looked."""

import msgspec
import pytest

from scanner.collect import Collection
from scanner.model import EvidenceKind, Gap, Origin, PortProxy, Problem, Snapshot
from scanner.registry_paths import PORT_PROXY, SERVICES
from scanner.sources.document import Document
from tests.scanner.sources.regf import Key, hive

HEAD = "Windows Registry Editor Version 5.00\r\n\r\n"
TCP = rf"[{PORT_PROXY}\v4tov4\tcp]"
VALUE = '"192.168.1.7/9999"="10.20.0.5/9998"'
NETSH = """
Listen on ipv4:             Connect to ipv4:

Address         Port        Address         Port
--------------- ----------  --------------- ----------
192.168.1.7     9999        10.20.0.5       9998

"""


def reg(*lines: str) -> bytes:
    return (HEAD + "\r\n".join(lines) + "\r\n\r\n").encode("utf-16")


def collected(*files: bytes) -> Snapshot:
    collection = Collection(())
    for number, data in enumerate(files):
        collection.add(Document(source=f"file-{number}", data=data))
    return collection.snapshot()


def shown(snapshot: Snapshot) -> list[tuple[str, str, int, str, int]] | None:
    if snapshot.port_proxies is None:
        return None
    return [
        (
            found.family,
            found.listen_address,
            found.listen_port,
            found.connect_address,
            found.connect_port,
        )
        for found in snapshot.port_proxies
    ]


def gap(snapshot: Snapshot) -> Gap | None:
    return next((found for found in snapshot.gaps if found.kind is EvidenceKind.PORT_PROXIES), None)


ONE = [("v4tov4", "192.168.1.7", 9999, "10.20.0.5", 9998)]
EXPORT = reg(f"[{PORT_PROXY}]", "", rf"[{PORT_PROXY}\v4tov4]", "", TCP, VALUE)


def system(services: dict[str, Key], control_set: str = "ControlSet001", current: int = 1) -> bytes:
    tree = {"Services": Key(children=services)}
    return hive(Key(children={"Select": Key({"Current": current}), control_set: Key(children=tree)}))


def forwarding(value: str = "10.20.0.5/9998") -> Key:
    return Key(children={"v4tov4": Key(children={"tcp": Key({"192.168.1.7/9999": value})})})


def test_a_registry_export_gives_them() -> None:
    snapshot = collected(EXPORT)
    assert (shown(snapshot), gap(snapshot)) == (ONE, None)
    (found,) = snapshot.port_proxies or ()
    assert found.origin.source == "file-0"


def test_a_hive_gives_those_of_the_control_set_in_use() -> None:
    stale = Key(children={"Services": Key(children={"PortProxy": forwarding("stale/1")})})
    data = hive(
        Key(
            children={
                "Select": Key({"Current": 2}),
                "ControlSet001": stale,
                "ControlSet002": Key(children={"Services": Key(children={"PortProxy": forwarding()})}),
            }
        )
    )
    snapshot = collected(data)
    assert (shown(snapshot), gap(snapshot)) == (ONE, None)


@pytest.mark.parametrize("data", [reg(f"[{PORT_PROXY}]"), reg(f"[{SERVICES}]"), system({"Dnscache": Key()})])
def test_the_key_without_forwardings_or_a_parent_without_the_key_shows_that_there_are_none(
    data: bytes,
) -> None:
    snapshot = collected(data)
    assert (shown(snapshot), gap(snapshot)) == ([], None)


def test_nothing_is_known_where_nobody_looked() -> None:
    snapshot = collected(reg(rf"[{SERVICES}\SharedAccess\Parameters\FirewallPolicy]"))
    assert shown(snapshot) is None
    missing = gap(snapshot)
    assert missing is not None
    assert missing.fetch == r'reg export "HKLM\SYSTEM\CurrentControlSet\Services" services.reg /y'
    assert not missing.partial


def test_one_family_alone_leaves_open_the_others() -> None:
    snapshot = collected(reg(TCP, VALUE))
    assert shown(snapshot) == ONE
    assert gap(snapshot)


def test_netshs_listing_gives_them_and_does_not_show_that_there_are_no_others() -> None:
    snapshot = collected(NETSH.replace("\n", "\r\n").encode("utf-16"))
    assert shown(snapshot) == ONE
    assert gap(snapshot)
    assert [source.kind for source in snapshot.evidence] == ["netsh-port-proxies"]


def test_one_forwarding_from_two_sources_is_one() -> None:
    snapshot = collected(EXPORT, NETSH.encode())
    assert (shown(snapshot), gap(snapshot)) == (ONE, None)


def test_a_value_that_cannot_be_read_leaves_open_what_is_forwarded() -> None:
    snapshot = collected(reg(f"[{PORT_PROXY}]", "", TCP, VALUE, '"0.0.0.0/http"="10.20.0.5/80"'))
    assert shown(snapshot) == ONE
    assert [problem.text for problem in snapshot.problems] == ["0.0.0.0/http = '10.20.0.5/80'"]
    found = gap(snapshot)
    assert found is not None
    assert found.partial
    assert "perhaps not all of it was read (file-0: not a port proxy" in found.reason


@pytest.mark.parametrize("key", [PORT_PROXY, SERVICES])
def test_an_export_that_is_cut_off_does_not_show_that_there_are_none(key: str) -> None:
    snapshot = collected((HEAD + f"[{key}]\r\n").encode("utf-16"))
    assert shown(snapshot) is None
    found = gap(snapshot)
    assert found is not None
    assert "cut off" in found.reason


def test_a_key_that_may_not_be_read_does_not_show_that_there_are_none() -> None:
    collection = Collection(())
    collection.add(Document(source="live.reg", data=reg(f"[{SERVICES}]")))
    origin = Origin(source="live.reg", locator=PORT_PROXY)
    collection.add(Problem(origin=origin, text="", reason="access denied"))
    assert collection.snapshot().port_proxies is None


def test_they_survive_a_saved_snapshot() -> None:
    snapshot = collected(EXPORT)
    again = msgspec.json.decode(msgspec.json.encode(snapshot), type=Snapshot)
    assert again.port_proxies == snapshot.port_proxies
    assert isinstance(again.port_proxies, tuple)
    assert all(isinstance(found, PortProxy) for found in again.port_proxies)
