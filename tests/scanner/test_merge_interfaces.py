"""An adapter that ipconfig shows is the interface whose profile PowerShell knows."""

import json

from scanner.collect import Collection
from scanner.merge import merged_interfaces
from scanner.model import EvidenceKind, Interface, Origin, Profile, Snapshot
from scanner.sources.document import Document

PROFILES = json.dumps([{"InterfaceAlias": "Ethernet0", "InterfaceIndex": 12, "NetworkCategory": 2}])
ADDRESSES = json.dumps(
    [
        {"InterfaceAlias": "Ethernet0", "InterfaceIndex": 12, "IPAddress": address, "PrefixLength": prefix}
        for address, prefix in (("10.1.2.3", 24), ("fe80::1%12", 64))
    ]
)
IPCONFIG = """
Ethernet adapter Ethernet0:

   Link-local IPv6 Address . . . . . : fe80::1%12
   IPv4 Address. . . . . . . . . . . : 10.1.2.3
   Subnet Mask . . . . . . . . . . . : 255.255.255.0
"""


def collected(*texts: str) -> Snapshot:
    collection = Collection(())
    for number, text in enumerate(texts):
        collection.add(Document(source=f"{number}.txt", data=text.encode()))
    return collection.snapshot()


def told(*texts: str) -> list[tuple[str, int | None, Profile | None, tuple[str, ...]]]:
    return [
        (found.alias, found.index, found.profile, found.addresses) for found in collected(*texts).interfaces
    ]


def test_the_alias_joins_them() -> None:
    named = IPCONFIG.replace("%12", "")
    assert told(PROFILES, named) == [("Ethernet0", 12, Profile.DOMAIN, ("fe80::1", "10.1.2.3/24"))]


def test_the_index_joins_them_in_a_language_we_do_not_know() -> None:
    foreign = IPCONFIG.replace("Ethernet adapter", "Kohtvõrk")
    for texts in ((PROFILES, foreign), (foreign, PROFILES)):
        assert told(*texts) == [("Ethernet0", 12, Profile.DOMAIN, ("fe80::1", "10.1.2.3/24"))]


def test_an_address_told_with_its_prefix_length_is_told_once() -> None:
    assert told(IPCONFIG, ADDRESSES) == [("Ethernet0", 12, None, ("10.1.2.3/24", "fe80::1/64"))]


def test_addresses_alone_do_not_show_the_profiles() -> None:
    assert EvidenceKind.INTERFACES in {gap.kind for gap in collected(IPCONFIG, ADDRESSES).gaps}
    assert EvidenceKind.INTERFACES not in {gap.kind for gap in collected(IPCONFIG, PROFILES).gaps}


def test_interfaces_that_share_neither_stay_apart() -> None:
    origin = Origin(source="x")
    apart = (
        Interface(alias="Ethernet", addresses=("10.0.0.1/8",), origin=origin),
        Interface(alias="Ethernet 2", index=5, origin=origin),
        Interface(alias="vEthernet", index=6, origin=origin),
    )
    assert merged_interfaces(apart) == apart
