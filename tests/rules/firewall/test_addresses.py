"""Address conditions: forms, the family rule, keywords (windows-firewall.md 2.4)."""

import pytest

from rules.firewall.addresses import is_backward, is_local, on_link, read_address, read_addresses
from rules.firewall.truth import FALSE, TRUE, UNKNOWN, Truth
from tests.rules.firewall.policies import interface


def truth(entries: tuple[str, ...], address: str, *own: str) -> Truth:
    """Whether the condition `entries` admits `address` on a host with the addresses `own`."""
    asked = read_address(address)
    assert asked is not None
    return read_addresses(entries, on_link([interface("LAN", *own)] if own else [])).holds(asked)


@pytest.mark.parametrize(
    ("entry", "address", "expected"),
    [
        ("10.1.2.3", "10.1.2.3", TRUE),
        ("10.1.2.3", "10.1.2.4", FALSE),
        ("10.1.2.99/24", "10.1.2.4", TRUE),
        ("10.1.2.0/255.255.255.0", "10.1.3.1", FALSE),
        ("10.1.2.1-10.1.2.9", "10.1.2.9", TRUE),
        ("10.1.2.1-10.1.2.9", "10.1.2.10", FALSE),
        ("0.0.0.0/0", "8.8.8.8", TRUE),
        ("0.0.0.0/0", "2001:db8::1", FALSE),
        ("fe80::/64", "fe80::1%12", TRUE),
        ("2001:db8::1-2001:db8::f", "2001:db8::a", TRUE),
        ("10.0.0.5", "::ffff:10.0.0.5", TRUE),
        ("SomeNovelty", "10.0.0.5", UNKNOWN),
        ("10.0.0.0/255.0.255.0", "10.0.0.5", UNKNOWN),
        ("10.0.0.1-fe80::1", "10.0.0.5", UNKNOWN),
        ("DNS", "10.0.0.5", UNKNOWN),
        ("DNS4", "fe80::1", FALSE),
        ("Internet6", "fe80::1", UNKNOWN),
    ],
)
def test_an_entry_admits(entry: str, address: str, expected: Truth) -> None:
    assert truth((entry,), address) == expected


@pytest.mark.parametrize(
    ("entry", "address", "expected"),
    [
        ("LocalSubnet4", "192.168.1.77", TRUE),
        ("LocalSubnet4", "192.168.2.1", FALSE),
        ("LocalSubnet", "fe80::9", TRUE),
        ("LocalSubnet6", "2001:db8:1::5", TRUE),
        ("LocalSubnet6", "2001:db8:2::5", FALSE),
        ("LocalSubnet6", "192.168.1.77", FALSE),
    ],
)
def test_local_subnet_means_the_on_link_prefixes(entry: str, address: str, expected: Truth) -> None:
    assert truth((entry,), address, "192.168.1.5/24", "2001:db8:1::7/64", "fe80::7%4/64", "127.0.0.1/8") == (
        expected
    )


def test_local_subnet_is_unknown_without_interfaces_or_prefix_lengths() -> None:
    assert truth(("LocalSubnet4",), "192.168.1.77") == UNKNOWN
    assert truth(("LocalSubnet4",), "192.168.1.77", "192.168.1.5") == UNKNOWN


def test_an_empty_local_subnet_admits_nobody() -> None:
    admitted = read_addresses(("LocalSubnet4",), on_link([interface("LAN", "2001:db8::1/64", "nonsense")]))

    assert admitted.may_hold((4, 6)) == FALSE


def test_an_unknown_address_matches_only_where_its_family_may() -> None:
    admitted = read_addresses(("10.0.0.0/8",), on_link([]))

    assert admitted.may_hold((4,)) == UNKNOWN
    assert admitted.may_hold((6,)) == FALSE


@pytest.mark.parametrize(
    ("text", "expected"), [("10.0.0.9-10.0.0.1", True), ("10.0.0.1-10.0.0.9", False), ("x-y", False)]
)
def test_a_backward_range_is_recognised(text: str, expected: bool) -> None:
    assert is_backward(text) is expected


@pytest.mark.parametrize(
    ("text", "local"),
    [
        ("127.0.0.1", True),
        ("127.8.0.1", True),
        ("::1", True),
        ("[::1]", True),
        ("::ffff:127.0.0.1", True),
        ("LocalHost", True),
        ("0.0.0.0", False),  # noqa: S104
        ("10.1.0.5", False),
        ("ce01.example.test", False),
        ("", False),
    ],
)
def test_a_bind_address_of_this_host_alone_is_recognised(text: str, local: bool) -> None:
    assert is_local(text) is local
