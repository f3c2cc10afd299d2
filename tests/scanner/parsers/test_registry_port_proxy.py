"""Forwardings as Windows keeps them in its registry."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.model import Origin, PortProxy, Problem
from scanner.parsers.registry_port_proxy import FAMILIES, port_proxies
from scanner.registry_key import RegistryData, RegistryKey
from scanner.registry_paths import PORT_PROXY


def key(path: str, *values: tuple[str, RegistryData], one_gpo: bool = False) -> RegistryKey:
    return RegistryKey(path=path, values=values, one_gpo=one_gpo, origin=Origin(source="p.reg", locator="x"))


def tcp(*values: tuple[str, RegistryData], family: str = "v4tov4") -> RegistryKey:
    return key(rf"{PORT_PROXY}\{family}\tcp", *values)


def shown(proxy: PortProxy) -> tuple[str, str, int, str, int]:
    return (
        proxy.family,
        proxy.listen_address,
        proxy.listen_port,
        proxy.connect_address,
        proxy.connect_port,
    )


def read(*keys: RegistryKey) -> list[tuple[str, str, int, str, int]]:
    return [shown(found) for found in port_proxies(keys) if isinstance(found, PortProxy)]


def test_a_forwarding_is_read_with_the_place_of_its_value() -> None:
    (found,) = port_proxies((tcp(("192.168.1.7/9999", "10.20.0.5/9998")),))
    assert found == PortProxy(
        family="v4tov4",
        listen_address="192.168.1.7",
        listen_port=9999,
        connect_address="10.20.0.5",
        connect_port=9998,
        origin=Origin(source="p.reg", locator=rf"{PORT_PROXY}\v4tov4\tcp : 192.168.1.7/9999"),
    )


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_is_read_in_any_case(family: str) -> None:
    path = rf"{PORT_PROXY}\{family}\TCP".upper()
    assert read(key(path, ("*/8080", "fe80::1%4/80"), ("::/443", "ce01.example.test/8443"))) == [
        (family, "*", 8080, "fe80::1%4", 80),
        (family, "::", 443, "ce01.example.test", 8443),
    ]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("10.0.0.1", "10.0.0.5/80"),
        ("0.0.0.0/http", "10.0.0.5/80"),
        ("0.0.0.0/0", "10.0.0.5/80"),
        ("0.0.0.0/70000", "10.0.0.5/80"),
        ("/80", "10.0.0.5/80"),
        ("0.0.0.0/80", "10.0.0.5"),
        ("0.0.0.0/80", ""),
        ("0.0.0.0/80", 80),
        ("0.0.0.0/80", b"\x01"),
        ("a/b/80", "10.0.0.5/80"),
        ("", "10.0.0.5/80"),
    ],
)
def test_a_value_that_states_no_forwarding_is_a_problem_and_the_rest_is_read(
    name: str, data: RegistryData
) -> None:
    bad, good = port_proxies((tcp((name, data), ("*/1", "h/2")),))
    assert isinstance(bad, Problem)
    assert bad.text.startswith(f"{name} = ")
    assert isinstance(good, PortProxy)


def test_an_empty_default_value_and_other_keys_say_nothing() -> None:
    elsewhere = (key(PORT_PROXY, ("x", "y")), key(rf"{PORT_PROXY}\v4tov4"), key(r"HKEY_LOCAL_MACHINE\x\tcp"))
    assert list(port_proxies((tcp(("", "")), *elsewhere))) == []


@given(st.text(), st.text() | st.integers() | st.binary())
def test_no_value_breaks_it(name: str, data: RegistryData) -> None:
    for found in port_proxies((tcp((name, data)),)):
        assert isinstance(found, Problem) or 0 < found.listen_port < 65536
