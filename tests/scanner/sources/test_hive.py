"""Registry hives: whole ones give everything of interest, broken ones what is left, neither an exception."""

import lzma
import random
import struct
import time
from collections import Counter
from datetime import UTC, datetime

import pytest

from scanner.errors import ParseError
from scanner.model import FirewallRule, Host, Problem, Profile, ProfileSettings, Service, Store
from scanner.parsers.registry_firewall import firewall_changed_at, firewall_facts, gpo_was_looked_at
from scanner.parsers.registry_host import host_facts
from scanner.registry_key import AbsentKey, RegistryData, RegistryKey
from scanner.registry_paths import CONTROL_SET, FIREWALL_POLICY, GPO_FIREWALL_POLICY, HKLM, SERVICES
from scanner.sources.document import Document
from scanner.sources.hive import is_hive, read_hive
from tests.corpus import CORPUS, needs_corpus
from tests.scanner.sources.regf import BIG_NUMBER, BINARY, LIST, STRING, Key, hive

TEXT = "v2.30|Action=Allow|Active=TRUE|Dir=In|Name=x|"
EXPORT = Key(children={"FirewallRules": Key({"a": TEXT, "b": TEXT, "c": TEXT}), "DomainProfile": Key()})


def read(data: bytes) -> list[RegistryKey | Problem]:
    return list(read_hive(Document(source="evidence/x", data=data)))


def keys(data: bytes) -> dict[str, RegistryKey]:
    return {key.path: key for key in read(data) if isinstance(key, RegistryKey)}


def reasons(data: bytes) -> list[str]:
    return [problem.reason for problem in read(data) if isinstance(problem, Problem)]


def nested(path: str, key: Key) -> dict[str, Key]:
    """`path` as children of the root, `key` at its end."""
    name, _, rest = path.partition("\\")
    return {name: Key(children=nested(rest, key)) if rest else key}


def policy(values: dict[str, tuple[int, bytes] | str | int]) -> dict[str, RegistryData]:
    return dict(
        keys(hive(Key(children={"FirewallRules": Key(values)})))[rf"{FIREWALL_POLICY}\FirewallRules"].values
    )


def test_a_hive_is_known_by_its_header_and_its_logs_are_not_hives() -> None:
    assert is_hive(hive(EXPORT))
    assert not is_hive(hive(EXPORT, file_type=6))
    assert not is_hive(b"regf")
    assert not is_hive(b"PK\x03\x04" + bytes(40))


def test_a_policy_export_is_read_as_the_local_store() -> None:
    found = keys(hive(EXPORT, name="{08DBE27E-F20E-40CD-8DCE-EFC96FBB7E39}"))
    assert list(found) == [
        FIREWALL_POLICY,
        rf"{FIREWALL_POLICY}\FirewallRules",
        rf"{FIREWALL_POLICY}\DomainProfile",
    ]
    rules_key = found[rf"{FIREWALL_POLICY}\FirewallRules"]
    assert rules_key.values == (("a", TEXT), ("b", TEXT), ("c", TEXT))
    assert (rules_key.origin.source, rules_key.origin.locator) == ("evidence/x", rules_key.path)
    assert not gpo_was_looked_at(found.values())


def test_a_saved_group_policy_key_is_read_as_group_policy() -> None:
    found = keys(hive(Key(children={"PrivateProfile": Key({"EnableFirewall": 1})}), name="WindowsFirewall"))
    assert found[rf"{GPO_FIREWALL_POLICY}\PrivateProfile"].value("EnableFirewall") == 1


def test_every_kind_of_data_is_read() -> None:
    long = "x" * 30_000
    assert policy(
        {
            "text": "a\u0151",
            "junk after its end": (STRING, "a\0junk".encode("utf-16-le")),
            "odd bytes": (STRING, b"a\0b\0c"),
            "empty": (STRING, b""),
            "long": long,
            "number": 7,
            "big": (BIG_NUMBER, (1 << 40).to_bytes(8, "little")),
            "short number": (4, b"\x01\x02"),
            "list": (LIST, "a\0b\0\0".encode("utf-16-le")),
            "bytes": (BINARY, b"12345"),
            "": "default",
        }
    ) == {
        "text": "a\u0151",
        "junk after its end": "a",
        "odd bytes": "ab\ufffd",
        "empty": "",
        "long": long,
        "number": 7,
        "big": 1 << 40,
        "short number": b"\x01\x02",
        "list": ("a", "b"),
        "bytes": b"12345",
        "": "default",
    }


def test_names_are_latin_1_or_utf_16() -> None:
    assert list(policy({"TCP Query User{1}C:\\Users\\József\\a.exe": TEXT, "név\u0151": TEXT})) == [
        "TCP Query User{1}C:\\Users\\József\\a.exe",
        "név\u0151",
    ]


@pytest.mark.parametrize("index", ["lf", "lh", "li", "ri"])
def test_every_kind_of_subkey_list_is_read(index: str) -> None:
    profiles = {name: Key() for name in ("DomainProfile", "PublicProfile", "StandardProfile")}
    assert len(keys(hive(Key(children=profiles, index=index)))) == 4


def test_the_last_write_is_a_utc_time_or_unknown() -> None:
    when = 132_320_299_293_150_370  # 100 ns since 1601
    export = Key(children={"FirewallRules": Key(filetime=when), "DomainProfile": Key(filetime=(1 << 64) - 1)})
    found = keys(hive(export))
    assert firewall_changed_at(found.values()) == datetime(2020, 4, 22, 11, 52, 9, 315037, tzinfo=UTC)
    assert found[rf"{FIREWALL_POLICY}\DomainProfile"].last_write is None


def test_the_control_set_that_select_names_is_the_current_one() -> None:
    def control_set(name: str) -> Key:
        return Key(children=nested(r"Control\ComputerName\ComputerName", Key({"ComputerName": name})))

    sets = {"ControlSet001": control_set("OLD"), "ControlSet002": control_set("NEW")}
    path = rf"{CONTROL_SET}\Control\ComputerName\ComputerName"
    for select, name in (
        ({"current": 2}, "NEW"),
        ({"Current": 9}, "OLD"),
        ({"Current": "x"}, "OLD"),
        ({}, "OLD"),
    ):
        found = keys(hive(Key(children={**sets, "Select": Key(dict(select))})))
        assert found[path].value("ComputerName") == name


def test_a_system_hive_gives_services_with_the_needed_values_only() -> None:
    naming = Key({"ImagePath": "x.exe", "Start": 2, "ObjectName": "secret"}, {"Parameters": Key({"a": 1})})
    found = keys(hive(Key(children=nested(r"ControlSet001\Services\Naming", naming))))
    assert found[rf"{SERVICES}\Naming"].values == (("ImagePath", "x.exe"), ("Start", 2))
    assert rf"{SERVICES}\Naming\Parameters" not in found
    assert [fact.name for fact in host_facts(found.values()) if isinstance(fact, Service)] == ["Naming"]


def test_a_software_hive_proves_which_keys_do_not_exist() -> None:
    tao = nested(r"WOW6432Node\ACE\TAO", Key({"TaoNamingServiceOptions": "-ORBEndpoint iiop://:9999"}))
    data = hive(Key(children={"Microsoft": Key(), "Policies": Key({"a": 1}, {"Microsoft": Key()}), **tao}))
    found = keys(data)
    assert list(found) == [rf"{HKLM}\SOFTWARE\WOW6432Node\ACE\TAO"]
    assert found[rf"{HKLM}\SOFTWARE\WOW6432Node\ACE\TAO"].value("taonamingserviceoptions") is not None
    absent = [item for item in read(data) if isinstance(item, AbsentKey)]
    assert gpo_was_looked_at(tuple(found.values()), absent)
    assert [item.path.removeprefix(rf"{HKLM}\SOFTWARE") for item in absent] == [
        r"\Policies\Microsoft\WindowsFirewall",
        r"\ACE",
        r"\Geomant Call Center Solutions",
        r"\WOW6432Node\Geomant Call Center Solutions",
        r"\WOW6432Node\Apache Software Foundation",
        r"\Microsoft\Windows NT",
    ]


def test_another_hive_is_told_and_gives_nothing() -> None:
    (problem,) = read(hive(Key(children={"SAM": Key()}), name="SAM"))
    assert isinstance(problem, Problem)
    assert "neither SYSTEM nor SOFTWARE" in problem.reason


def test_a_hive_that_was_not_closed_cleanly_is_read_with_a_warning() -> None:
    data = hive(EXPORT, sequences=(5, 4))
    assert len(keys(data)) == 3
    assert len(reasons(data)) == 1
    assert "transaction logs" in reasons(data)[0]


@pytest.mark.parametrize("length", [4, 100, 4096, 4097, 4100])
def test_a_hive_without_its_root_is_refused_by_name(length: int) -> None:
    with pytest.raises(ParseError, match="evidence/x: the registry hive cannot be read"):
        read(hive(EXPORT)[:length].ljust(4, b"f"))


def test_a_root_that_is_no_key_is_refused() -> None:
    with pytest.raises(ParseError, match="a key is not where it should be"):
        read(hive(EXPORT).replace(b"nk", b"xx"))


def test_one_broken_value_costs_no_other() -> None:
    data = hive(EXPORT)
    at = data.index(b"vk", data.index(b"vk") + 1)
    data = data[:at] + b"xx" + data[at + 2 :]
    assert len(keys(data)[rf"{FIREWALL_POLICY}\FirewallRules"].values) == 2
    assert reasons(data) == ["only 2 of 3 values could be read: a structure is broken (ConstError)"]


def test_one_broken_key_costs_no_other() -> None:
    data = hive(EXPORT)
    at = data.index(b"FirewallRules") - 76
    assert data[at : at + 2] == b"nk"
    data = data[:at] + b"xx" + data[at + 2 :]
    assert list(keys(data)) == [FIREWALL_POLICY, rf"{FIREWALL_POLICY}\DomainProfile"]
    assert reasons(data).count("only 1 of 2 subkeys could be read: a key is not where it should be") == 2


def test_a_key_that_may_be_among_the_broken_ones_is_not_called_absent() -> None:
    data = hive(Key(children={"Microsoft": Key(), "Policies": Key(), "WOW6432Node": Key()}))
    at = data.index(b"Policies") - 76
    data = data[:at] + b"xx" + data[at + 2 :]
    assert not gpo_was_looked_at(keys(data).values())
    assert any("subkeys could be read" in reason for reason in reasons(data))


def test_data_that_are_cut_off_are_no_data() -> None:
    data = hive(Key(children={"FirewallRules": Key({"a": (BINARY, b"0123456789")})}))
    at = data.index(b"vk") + 4
    data = data[:at] + struct.pack("<I", 5000) + data[at + 4 :]
    assert reasons(data) == ["only 0 of 1 values could be read: the data of a value are cut off"]


def test_a_name_longer_than_windows_allows_is_not_believed() -> None:
    data = hive(Key(children={"DomainProfile": Key(), "x" * 600: Key()}))
    assert any("longer than Windows allows" in reason for reason in reasons(data))


def test_an_index_of_unknown_kind_is_told() -> None:
    data = hive(EXPORT)
    at = data.rindex(b"lh\x02\x00")
    assert "its index of subkeys is broken" in reasons(data[:at] + b"zz" + data[at + 2 :])[0]


def test_a_short_list_is_told() -> None:
    data = hive(EXPORT)
    at = data.rindex(b"lh\x02\x00")
    data = data[:at] + b"lh\x01\x00" + data[at + 4 :]
    assert "only 1 of 2 subkeys could be read: its list ends early" in reasons(data)


def test_keys_that_contain_themselves_end() -> None:
    data = hive(Key(children={"DomainProfile": Key(children={"Below": Key()})}))
    below, profile = (
        struct.pack("<I", data.index(name) - 76 - 4 - 4096) for name in (b"Below", b"DomainProfile")
    )
    begun = time.process_time()
    found = read(data.replace(b"lh\x01\x00" + below, b"lh\x01\x00" + profile))
    assert 10 < len(found) < 50
    assert time.process_time() - begun < 5


def test_a_value_list_that_names_one_large_value_over_and_over_ends() -> None:
    values: dict[str, tuple[int, bytes] | str | int] = {f"v{number}": "x" for number in range(5000)}
    data = hive(Key(children={"FirewallRules": Key({"large": (BINARY, bytes(16_000)), **values})}))
    large = struct.pack("<I", data.index(b"vk") - 4 - 4096)
    at = data.index(large)
    data = data[: at + 4] + large * 5000 + data[at + 4 + 4 * 5000 :]
    found = keys(data).get(rf"{FIREWALL_POLICY}\FirewallRules")
    assert found is not None
    assert len(found.values) < 500
    assert any("refer to each other without end" in reason for reason in reasons(data))


@pytest.mark.parametrize("seed", range(200))
def test_no_damage_raises_anything_but_a_parse_error(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    data = bytearray(
        hive(Key(children={**EXPORT.children, "PublicProfile": Key({"x" * 9000: "y" * 40_000})}))
    )
    for _ in range(chance.choice([1, 4, 40, 400])):
        at = chance.randrange(len(data))
        data[at] = chance.choice([0, 1, 127, 128, 255, chance.randrange(256)])
    try:
        found = read(bytes(data[: chance.randrange(len(data))] if seed % 3 == 0 else data))
    except ParseError:
        return
    assert list(firewall_facts(key for key in found if isinstance(key, RegistryKey))) is not None


STORES = {
    r"Services\SharedAccess\Parameters\FirewallPolicy\FirewallRules": Store.LOCAL,
    r"Services\SharedAccess\Defaults\FirewallPolicy\FirewallRules": Store.DEFAULTS,
    r"RestrictedServices\Static\System": Store.WSH_STATIC,
    r"RestrictedServices\Configurable\System": Store.WSH_CONFIGURABLE,
    r"RestrictedServices\AppIso\FirewallRules": Store.APPISO,
}


def corpus_hive(file: str) -> bytes:
    data = (CORPUS / file).read_bytes()
    return lzma.decompress(data) if file.endswith(".xz") else data


def expected(file: str) -> Counter[tuple[Store, str, str]]:
    """Store, id and string of every rule that an independent reader (dissect.regf) found."""
    lines = (CORPUS / f"{file}.rules.tsv").read_text(encoding="utf-8").split("\n")[1:]
    rows = [line.split("\t", 2) for line in lines if line and not line.startswith("ConSecRules")]
    return Counter(
        (next((store for end, store in STORES.items() if key.endswith(end)), Store.LOCAL), rule_id, text)
        for key, rule_id, text in rows
    )


@needs_corpus
@pytest.mark.parametrize(
    "file",
    [
        "hive/regipy_SYSTEM_2.xz",
        "hive/regipy_SYSTEM_WIN_10_1709.xz",
        "wfw/luthfina16_firewall.wfw",
        "wfw/oxide_firewall_rules_1.wfw",
    ],
)
def test_real_hives_give_exactly_what_an_independent_reader_finds(file: str) -> None:
    found = keys(corpus_hive(file))
    facts = [fact for fact in firewall_facts(found.values()) if isinstance(fact, FirewallRule)]
    texts = {
        (fact.store, rule_id): text
        for key in found.values()
        for fact in firewall_facts([key])
        if isinstance(fact, FirewallRule)
        for rule_id, text in key.values
        if rule_id == fact.id
    }
    assert Counter((fact.store, fact.id, texts[fact.store, fact.id]) for fact in facts) == expected(file)


@needs_corpus
def test_a_real_export_without_rules_gives_its_three_profiles() -> None:
    found = keys(corpus_hive("wfw/cooper_firewall.wfw"))
    facts = list(firewall_facts(found.values()))
    assert all(isinstance(fact, ProfileSettings) for fact in facts)
    settings = {fact.profile: fact for fact in facts if isinstance(fact, ProfileSettings)}
    assert set(settings) == {Profile.DOMAIN, Profile.PRIVATE, Profile.PUBLIC}
    assert settings[Profile.PUBLIC].allow_local_rules is False
    assert settings[Profile.PRIVATE].log_size_kb == 16384


@needs_corpus
def test_a_real_system_hive_names_its_host_and_services() -> None:
    facts = list(host_facts(keys(corpus_hive("hive/regipy_SYSTEM_2.xz")).values()))
    assert [fact for fact in facts if isinstance(fact, Host)] == [
        Host(name="SENSEI", time_zone="Pacific Standard Time")
    ]
    services = {fact.name: fact for fact in facts if isinstance(fact, Service)}
    assert services["MpsSvc"].start_mode == "auto"
    assert services["MpsSvc"].sid_type == "restricted"
    assert "Tcpip" not in services


@needs_corpus
@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9])
def test_a_truncated_real_hive_gives_what_is_left(kept: float) -> None:
    data = corpus_hive("hive/regipy_SYSTEM_WIN_10_1709.xz")
    assert any("cut off" in reason for reason in reasons(data[: int(len(data) * kept)]))
