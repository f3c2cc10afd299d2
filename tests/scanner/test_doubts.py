"""Evidence with a problem keeps its facts and proves nothing: a gap says why, and no check can pass on it."""

import lzma
from collections.abc import Callable
from pathlib import Path

import pytest

from ce_audit.assess import assess
from rules.catalogue.loader import load_catalogue, port_locations
from rules.model import Status
from rules.site import Site
from scanner.collect import Collection
from scanner.model import EvidenceKind, Origin, PortState, Problem, Snapshot
from scanner.registry_paths import CONTROL_SET, FIREWALL_POLICY, GPO_FIREWALL_POLICY, SERVICES
from scanner.sources.document import Document
from tests.corpus import CORPUS, needs_corpus
from tests.scanner.sources.regf import Key, hive

RULES, SETTINGS, GPO = EvidenceKind.FIREWALL_RULES, EvidenceKind.PROFILE_SETTINGS, EvidenceKind.GPO_POLICY
SAMPLES = Path(__file__).resolve().parents[2] / "samples"
TEXT = "v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=80|Name=x|"
HEAD = "Windows Registry Editor Version 5.00\r\n"
POLICY = Key(
    children={"FirewallRules": Key({"a": TEXT, "b": TEXT}), "DomainProfile": Key({"EnableFirewall": 1})}
)


def nested(path: str, key: Key) -> dict[str, Key]:
    name, _, rest = path.partition("\\")
    return {name: Key(children=nested(rest, key)) if rest else key}


def system(key: Key = POLICY, **how: object) -> bytes:
    below = FIREWALL_POLICY.removeprefix(f"{CONTROL_SET}\\")
    return hive(
        Key(children={"Select": Key({"Current": 1}), **nested(f"ControlSet001\\{below}", key)}), **how
    )  # type: ignore[arg-type]


def software(**how: object) -> bytes:
    tree = nested("Policies\\Microsoft\\Windows", Key())
    return hive(Key(children={"Microsoft": Key(), **tree}), **how)  # type: ignore[arg-type]


def collected(*items: object) -> Snapshot:
    collection = Collection(())
    for name, item in zip("xyz", items, strict=False):
        collection.add(Document(source=name, data=item) if isinstance(item, bytes) else item)
    return collection.snapshot()


def reasons(snapshot: Snapshot) -> dict[EvidenceKind, str]:
    return {gap.kind: gap.reason for gap in snapshot.gaps if gap.kind in (RULES, SETTINGS, GPO)}


def doubted(snapshot: Snapshot) -> set[EvidenceKind]:
    return {kind for kind, reason in reasons(snapshot).items() if "perhaps not all of it" in reason}


def test_whole_hives_prove_what_they_show() -> None:
    snapshot = collected(system(), software())
    assert reasons(snapshot) == {}
    assert len(snapshot.firewall_rules) == 2


def test_a_hive_not_closed_cleanly_keeps_its_rules_and_proves_none() -> None:
    snapshot = collected(system(sequences=(2, 1)))
    assert len(snapshot.firewall_rules) == 2
    assert doubted(snapshot) == {RULES, SETTINGS}
    assert "x: the hive was not closed cleanly" in reasons(snapshot)[RULES]
    assert not next(gap for gap in snapshot.gaps if gap.kind is RULES).partial
    assert EvidenceKind.CHANGE_TIMES in {gap.kind for gap in snapshot.gaps}


def test_a_software_hive_not_closed_cleanly_does_not_prove_that_there_is_no_group_policy() -> None:
    assert doubted(collected(system(), software(sequences=(2, 1)))) == {GPO}


def test_a_cut_off_hive_proves_nothing() -> None:
    rest = Key(children={"FirewallRules": Key({"a": TEXT}), "Zeros": Key({"b": "x" * 9000})})
    whole = system(rest)
    lengthened = whole + bytes(4096)
    promised = bytearray(lengthened)
    promised[40:44] = len(lengthened).to_bytes(4, "little")  # says more than there is
    snapshot = collected(bytes(promised))
    assert doubted(snapshot) == {RULES, SETTINGS}
    assert "cut off" in reasons(snapshot)[RULES]
    assert len(snapshot.firewall_rules) == 1


def broken(data: bytes, name: bytes, offset: int, value: int) -> bytes:
    """The hive with a number in the key called `name` changed, at `offset` from its signature."""
    at = data.rindex(name) - 76  # the name stands behind the fixed part of an "nk" cell
    assert data[at : at + 2] == b"nk"
    return data[: at + offset] + value.to_bytes(4, "little") + data[at + offset + 4 :]


@pytest.mark.parametrize(
    ("name", "kinds"), [(b"FirewallRules", {RULES, SETTINGS}), (b"DomainProfile", {RULES, SETTINGS})]
)
def test_a_firewall_key_with_a_broken_value_proves_nothing(name: bytes, kinds: set[EvidenceKind]) -> None:
    snapshot = collected(broken(system(), name, 36, 9))  # more values than its list has
    assert doubted(snapshot) == kinds
    assert snapshot.firewall_rules


def test_a_broken_key_elsewhere_takes_nothing_from_the_firewall() -> None:
    below = FIREWALL_POLICY.removeprefix(f"{SERVICES}\\")
    services = {**nested(below, POLICY), "Zed": Key({"ImagePath": "C:\\zed.exe"})}
    tree = {
        "Select": Key({"Current": 1}),
        "ControlSet001": Key(children={"Services": Key(children=services)}),
    }
    snapshot = collected(broken(hive(Key(children=tree)), b"Zed", 36, 9))
    assert [problem.origin.locator for problem in snapshot.problems] == [rf"{SERVICES}\Zed"]
    assert doubted(snapshot) == set()


@needs_corpus
@pytest.mark.parametrize(
    ("name", "count"), [("regipy_SYSTEM_2.xz", 400), ("regipy_SYSTEM_WIN_10_1709.xz", 480)]
)
def test_real_hives_of_a_running_machine_are_dirty(name: str, count: int) -> None:
    snapshot = collected(lzma.decompress((CORPUS / "hive" / name).read_bytes()))
    assert sum(fw_rule.store == "local" for fw_rule in snapshot.firewall_rules) == count
    assert doubted(snapshot) == {RULES, SETTINGS}


@needs_corpus
@pytest.mark.parametrize("name", ["luthfina16_firewall.wfw", "oxide_firewall_rules_1.wfw"])
def test_real_policy_exports_are_whole(name: str) -> None:
    snapshot = collected((CORPUS / "wfw" / name).read_bytes())
    assert {RULES, SETTINGS} & reasons(snapshot).keys() == set()


def reg(*lines: str) -> bytes:
    return (HEAD + "\r\n".join(lines) + "\r\n\r\n").encode("utf-16")


RULES_SECTION = rf"[{FIREWALL_POLICY}\FirewallRules]"
EXPORT = (f"[{FIREWALL_POLICY}]", RULES_SECTION, f'"a"="{TEXT}"', f"[{GPO_FIREWALL_POLICY}]")


def test_a_whole_export_proves_what_it_shows() -> None:
    assert reasons(collected(reg(*EXPORT))) == {}


@pytest.mark.parametrize(
    ("lines", "kinds"),
    [
        ((*EXPORT, RULES_SECTION, '"b"="v2.30|Action=Block|Dir='), {RULES, SETTINGS}),
        ((*EXPORT, RULES_SECTION, '"b"=hex(2):zz'), {RULES, SETTINGS}),
        ((*EXPORT, '"EnableFirewall"=dword:'), {GPO}),
        ((*EXPORT, '"EnableFirewall"=hex(4):01'), {GPO}),
        ((*EXPORT, r"[HKEY_LOCAL_MACHINE\SOFTWARE\X]", "garbage"), set()),
        ((*EXPORT, r"[HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Serv"), {RULES, SETTINGS, GPO}),
        (("garbage before any key", *EXPORT), set()),
        ((*EXPORT, "HKEY_LOCAL_MACHINE\\SOFTWARE\\X is what this line says"), {GPO}),
    ],
)
def test_a_line_nobody_can_read_takes_the_proof_from_the_section_it_stands_in(
    lines: tuple[str, ...], kinds: set[EvidenceKind]
) -> None:
    snapshot = collected(reg(*lines))
    assert doubted(snapshot) == kinds
    assert len(snapshot.firewall_rules) == 1
    assert snapshot.problems


@pytest.mark.parametrize("end", [4, 5, 6, 8])
def test_an_export_that_ends_too_early_proves_nothing_of_what_it_shows(end: int) -> None:
    whole = reg(*EXPORT)
    snapshot = collected(whole[:-end])
    assert doubted(snapshot) == {RULES, SETTINGS, GPO}
    assert any("it may be cut off" in problem.reason for problem in snapshot.problems)


TAO_KEY = r"[HKEY_LOCAL_MACHINE\SOFTWARE\WOW6432Node\ACE\TAO]"


@pytest.mark.parametrize(
    "value", ['"TaoNamingServiceOptions"=hex(2):2d,00,4f,00,', '"TaoNamingServiceOptions"="-ORB']
)
def test_a_value_that_could_not_be_read_is_not_taken_for_one_that_is_not_set(value: str) -> None:
    def state(*lines: str) -> PortState:
        collection = Collection(port_locations(load_catalogue()))
        collection.add(Document(source="x", data=reg(*lines)))
        configured = collection.snapshot().configured_ports
        (found,) = (each for each in configured if each.component == "naming-service")
        return found.state

    assert state(TAO_KEY) is PortState.DYNAMIC
    assert state(TAO_KEY, value) is PortState.NOT_DETERMINABLE


def unreadable(path: str, source: str = "live registry") -> Problem:
    origin = Origin(source=source, locator=path)
    return Problem(origin=origin, text=path, reason="it cannot be read: Access is denied")


@pytest.mark.parametrize(
    ("path", "kinds"),
    [
        (rf"{FIREWALL_POLICY}\FirewallRules", {RULES, SETTINGS}),
        (rf"{FIREWALL_POLICY}\RestrictedServices\AppIso".upper(), {RULES, SETTINGS}),
        (rf"{GPO_FIREWALL_POLICY}\DomainProfile", {GPO}),
        (rf"{SERVICES}\Other", set()),
        (rf"{FIREWALL_POLICY}X", set()),
    ],
)
@pytest.mark.parametrize(
    "said",
    [unreadable, lambda path: unreadable(f"step {path}", "manifest.json")],
    ids=["live", "bundle"],
)
def test_a_key_that_may_not_be_read_is_no_proof(
    path: str, kinds: set[EvidenceKind], said: Callable[[str], Problem]
) -> None:
    assert doubted(collected(reg(*EXPORT), said(path))) == kinds


def test_what_was_not_shown_at_all_says_why() -> None:
    snapshot = collected(reg(f"[{GPO_FIREWALL_POLICY}]"), unreadable(FIREWALL_POLICY))
    assert reasons(snapshot)[RULES] == (
        "the host's own firewall rules were not collected"
        " (live registry: it cannot be read: Access is denied)"
    )


def sample(*changes: tuple[str, bytes, bytes]) -> tuple[Snapshot, dict[str, Status]]:
    """compliant-core with some bytes of some files changed: the snapshot, and how each check ended."""
    folder = SAMPLES / "compliant-core"
    catalogue = load_catalogue()
    collection = Collection(port_locations(catalogue))
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name, data = path.relative_to(folder).as_posix(), path.read_bytes()
        for changed, old, new in changes:
            if name == changed:
                assert old in data
                data = data.replace(old, new, 1)
        host_path = "C:\\x" if name.startswith("config/") else None
        collection.add(Document(source=name, data=data, host_path=host_path))
    snapshot = collection.snapshot()
    results = assess(snapshot, catalogue, Site())
    return snapshot, {result.check: result.status for result in results.results}


def test_a_damaged_export_of_a_host_in_order_is_not_proven() -> None:
    broken_line = ("registry/firewall.reg", '"="v2'.encode("utf-16-le"), '"v2'.encode("utf-16-le"))
    _, statuses = sample(broken_line)
    assert statuses["missing-firewall-rule"] is Status.NOT_PROVEN
    assert statuses["blocked-by-firewall-rule"] is Status.NOT_PROVEN


def test_a_bad_row_leaves_the_others_to_be_judged_and_lets_nothing_pass() -> None:
    snapshot, statuses = sample(("network/listeners.json", b'"tcp"', b'"tpc"'))
    (gap,) = (gap for gap in snapshot.gaps if gap.kind is EvidenceKind.LISTENERS)
    assert gap.partial
    assert gap.reason.startswith("perhaps not all of it was read (network/listeners.json: not a row of ")
    assert statuses["foreign-listener"] is Status.NOT_PROVEN
    assert statuses["missing-firewall-rule"] is not Status.FAIL


def test_a_bad_row_of_a_kind_that_is_shown_by_its_facts_is_doubted_too() -> None:
    good = b'{"LocalAddress": "::", "LocalPort": 135, "State": 2, "OwningProcess": 4}'
    bad = b'{"LocalAddress": "x", "LocalPort": 135, "State": 2, "OwningProcess": 4}'
    snapshot = collected(b"[" + good + b"," + bad + b"]")
    assert len(snapshot.listeners) == 1
    assert [gap.partial for gap in snapshot.gaps if gap.kind is EvidenceKind.LISTENERS] == [True]


def test_a_line_that_cannot_be_read_does_not_hide_what_the_others_show() -> None:
    listing = (SAMPLES / "drifted-core" / "network" / "netstat.txt").read_bytes()
    catalogue = load_catalogue()
    collection = Collection(port_locations(catalogue))
    for path in sorted(path for path in (SAMPLES / "drifted-core").rglob("*.json") if path.is_file()):
        name = path.relative_to(SAMPLES / "drifted-core").as_posix()
        collection.add(Document(source=name, data=path.read_bytes()))
    broken_line = b"  TCP    0.0.0.0:99999          0.0.0.0:0              LISTENING       4\r\n"
    collection.add(Document(source="network/netstat.txt", data=listing + broken_line))
    snapshot = collection.snapshot()
    assert [gap.partial for gap in snapshot.gaps if gap.kind is EvidenceKind.LISTENERS] == [True]
    results = {result.check: result for result in assess(snapshot, catalogue, Site()).results}
    found = results["foreign-listener"]
    assert found.status is Status.FAIL
    assert "listeners: perhaps not all of it was read (network/netstat.txt: " in found.reason


def listed(**words: str) -> Snapshot:
    """A netsh listing of one rule in which some words are others than netsh's own."""
    usual = {"Enabled": "Yes", "Direction": "In", "RemoteIP": "Any", "Action": "Allow"}
    lines = ["Rule Name:    Printer", "-" * 70]
    for label, value in {**usual, "Profiles": "Domain", "LocalIP": "Any", "Protocol": "TCP"}.items():
        lines.append(f"{label + ':':<38}{words.get(label, value)}")
    lines += [f"{'LocalPort:':<38}515", f"{'RemotePort:':<38}Any", f"{'Edge traversal:':<38}No"]
    return collected(Document(source="rules.txt", data="\r\n".join(["", *lines, ""]).encode()))


@pytest.mark.parametrize("label", ["Enabled", "RemoteIP", "Protocol"])
def test_a_word_that_its_rule_keeps_as_a_condition_leaves_the_other_rules_in_no_doubt(label: str) -> None:
    snapshot = listed(**{label: "Quatsch"})
    assert [found.contained for found in snapshot.problems] == [True]
    assert EvidenceKind.FIREWALL_RULES not in doubted(snapshot)


@pytest.mark.parametrize("label", ["Direction", "Action"])
def test_a_rule_of_which_nobody_knows_what_it_does_leaves_the_listing_in_doubt(label: str) -> None:
    assert EvidenceKind.FIREWALL_RULES in doubted(listed(**{label: "Quatsch"}))
