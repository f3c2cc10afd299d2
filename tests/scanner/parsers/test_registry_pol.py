"""registry.pol: every record of a GPO, as its last order leaves it; a broken one costs only itself."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import ParseError
from scanner.model import Origin, Problem, Profile, ProfileSettings, Store
from scanner.parsers.registry_firewall import firewall_facts, gpo_was_looked_at
from scanner.parsers.registry_pol import looks_like_registry_pol, parse_registry_pol
from scanner.registry_key import RegistryData, RegistryKey
from scanner.registry_paths import GPO_FIREWALL_POLICY
from tests.corpus import CORPUS, needs_corpus

HEADER = b"PReg\x01\x00\x00\x00"
FIREWALL = r"SOFTWARE\Policies\Microsoft\WindowsFirewall"
DOMAIN = rf"{FIREWALL}\DomainProfile"
FULL = rf"HKEY_LOCAL_MACHINE\{DOMAIN}"


def utf16(text: str) -> bytes:
    return text.encode("utf-16-le")


def record(key: str, name: str, kind: int, data: bytes) -> bytes:
    head = utf16(f"[{key}\0;{name}\0;") + struct.pack("<I", kind) + utf16(";")
    return head + struct.pack("<I", len(data)) + utf16(";") + data + utf16("]")


def number(name: str, value: int, key: str = DOMAIN) -> bytes:
    return record(key, name, 4, struct.pack("<I", value))


def order(name: str, data: str = " ", key: str = DOMAIN) -> bytes:
    return record(key, name, 1, utf16(f"{data}\0"))


def read(data: bytes, source: str = "gpo/Machine/registry.pol") -> list[RegistryKey | Problem]:
    return list(parse_registry_pol(data, Origin(source=source)))


def values(*records: bytes) -> dict[str, dict[str, RegistryData]]:
    items = read(HEADER + b"".join(records))
    assert not [item for item in items if isinstance(item, Problem)]
    return {item.path: dict(item.values) for item in items if isinstance(item, RegistryKey)}


def test_it_is_known_by_its_header() -> None:
    assert looks_like_registry_pol(HEADER)
    assert not looks_like_registry_pol(b"PReg\x02\x00\x00\x00")
    with pytest.raises(ParseError, match=r"^gpo/Machine/registry\.pol: not a registry policy file"):
        read(b"PReg")


def test_a_gpo_without_settings_has_no_keys() -> None:
    assert values() == {}


def test_every_type_is_read_as_the_registry_reads_it() -> None:
    assert values(
        number("EnableFirewall", 1),
        record(DOMAIN, "LogFilePath", 2, utf16("%systemroot%\\a;[b].log\0")),
        record(DOMAIN, "Many", 7, utf16("a\0b\0\0")),
        record(DOMAIN, "Raw", 3, b"][\0;"),
        record(rf"{DOMAIN}\Logging", "Big", 11, struct.pack("<Q", 5)),
    ) == {
        FULL: {
            "EnableFirewall": 1,
            "LogFilePath": "%systemroot%\\a;[b].log",
            "Many": ("a", "b"),
            "Raw": b"][\0;",
        },
        rf"{FULL}\Logging": {"Big": 5},
    }


def test_the_last_record_of_a_value_counts_in_any_spelling() -> None:
    assert values(number("EnableFirewall", 1), number("ENABLEFIREWALL", 0, DOMAIN.upper())) == {
        FULL: {"ENABLEFIREWALL": 0}
    }


@pytest.mark.parametrize(
    ("orders", "left"),
    [
        ([order("**del.EnableFirewall")], {"Other": 2}),
        ([order("**Del.enablefirewall")], {"Other": 2}),
        ([order("**del.Unknown")], {"EnableFirewall": 1, "Other": 2}),
        ([order("**delvals.")], {}),
        ([order("**DeleteValues", "EnableFirewall;other")], {}),
        ([order("**delvals."), number("EnableFirewall", 0)], {"EnableFirewall": 0}),
        ([number("**SecureKey", 1)], {"EnableFirewall": 1, "Other": 2}),
    ],
)
def test_deletions_take_effect_on_what_was_set_before(
    orders: list[bytes], left: dict[str, RegistryData]
) -> None:
    assert values(number("EnableFirewall", 1), number("Other", 2), *orders) == {FULL: left}


def test_a_deleted_key_takes_what_is_below_it_along_and_spares_its_namesakes() -> None:
    assert set(
        values(
            number("a", 1),
            number("a", 1, rf"{DOMAIN}\Logging"),
            number("a", 1, rf"{DOMAIN}2"),
            order("**DeleteKeys", "DomainProfile;", FIREWALL),
        )
    ) == {rf"{FULL}2", rf"HKEY_LOCAL_MACHINE\{FIREWALL}"}


def test_an_order_we_do_not_know_is_a_problem_and_sets_nothing() -> None:
    key, problem = sorted(
        read(HEADER + number("**soft.EnableFirewall", 0)), key=lambda item: type(item).__name__, reverse=True
    )
    assert isinstance(key, RegistryKey)
    assert isinstance(problem, Problem)
    assert key.values == ()
    assert (problem.origin.locator, problem.reason) == ("byte 8", "an order we do not know")
    assert problem.text == rf"{DOMAIN} : **soft.EnableFirewall"


@pytest.mark.parametrize(
    "broken",
    [
        b"garbage!",
        number("a", 1)[2:],
        number("a", 1).replace(utf16("\0;"), utf16("\0,"), 1),
        utf16("[" + "x" * 2000) + number("a", 1)[2:],
        record(DOMAIN, "a", 4, b"1234").replace(
            struct.pack("<I", 4) + utf16(";") + b"1234", b"\xff\xff\xff\x7f;\0"
        ),
    ],
)
def test_a_broken_record_costs_only_itself(broken: bytes) -> None:
    items = read(HEADER + number("Before", 1) + broken + number("Lost", 2) + number("After", 3))
    (key,) = [item for item in items if isinstance(item, RegistryKey)]
    assert ("Before", 1) in key.values
    assert ("After", 3) in key.values
    assert any(isinstance(item, Problem) and item.reason.startswith("not a record") for item in items)


@pytest.mark.parametrize("end", range(1, 70, 3))
def test_a_file_cut_off_keeps_what_was_whole(end: int) -> None:
    items = read((HEADER + number("a", 1) + number("b", 2))[:-end])
    (key,) = [item for item in items if isinstance(item, RegistryKey)]
    assert key.values == (("a", 1),)
    assert sum(isinstance(item, Problem) for item in items) == 1


@given(st.binary(max_size=300))
def test_no_bytes_are_an_exception(data: bytes) -> None:
    for item in read(HEADER + number("a", 1) + data):
        assert isinstance(item, RegistryKey | Problem)


def test_a_users_policy_is_of_the_user() -> None:
    (key,) = read(HEADER + number("a", 1), "{GUID}/DomainSysvol/GPO/User/registry.pol")
    assert isinstance(key, RegistryKey)
    assert key.path == rf"HKEY_CURRENT_USER\{DOMAIN}"


def test_one_gpo_is_no_proof_of_what_the_others_set() -> None:
    items = read(HEADER + number("EnableFirewall", 1))
    (key,) = items
    assert isinstance(key, RegistryKey)
    assert key.one_gpo
    assert not gpo_was_looked_at([key])


@needs_corpus
def test_the_corpus_gpo_has_24_values_in_7_keys_and_three_profiles() -> None:
    items = read((CORPUS / "gpo" / "nsacyber_firewall_registry.pol").read_bytes())
    found = [item for item in items if isinstance(item, RegistryKey)]
    assert len(found) == len(items) == 7
    assert sum(len(key.values) for key in found) == 24
    assert found[0].value("PolicyVersion") == 538
    settings = {fact.profile: fact for fact in firewall_facts(found) if isinstance(fact, ProfileSettings)}
    assert set(settings) == {Profile.DOMAIN, Profile.PRIVATE, Profile.PUBLIC}
    assert {fact.store for fact in settings.values()} == {Store.GPO}
    assert settings[Profile.PUBLIC].allow_local_rules is False
    assert settings[Profile.DOMAIN].log_size_kb == 16384
    assert found[1].path == rf"{GPO_FIREWALL_POLICY}\DomainProfile"
