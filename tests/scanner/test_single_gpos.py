"""What one Group Policy object sets is a hint about the host, never proof of what the others set."""

import struct

from scanner.collect import Collection
from scanner.model import EvidenceKind, Profile, Snapshot, Store
from scanner.sources.document import Document
from tests.corpus import CORPUS, needs_corpus

LOCAL = (
    "Windows Registry Editor Version 5.00\r\n\r\n"
    "[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\SharedAccess\\Parameters\\FirewallPolicy]\r\n\r\n"
)
RESOLVED = (
    "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies]\r\n\r\n"
    "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\Microsoft\\WindowsFirewall\\DomainProfile]\r\n"
    '"EnableFirewall"=dword:00000001\r\n\r\n'
)
REPORT = (
    '<GPO xmlns="http://www.microsoft.com/GroupPolicy/Settings"><Computer><ExtensionData><Extension '
    'xmlns:q1="http://www.microsoft.com/GroupPolicy/Settings/WindowsFirewall"><q1:DomainProfile>'
    "<q1:EnableFirewall><q1:Value>false</q1:Value></q1:EnableFirewall></q1:DomainProfile>"
    "{more}</Extension></ExtensionData></Computer></GPO>"
)


def policy_file(enabled: int) -> bytes:
    key = r"SOFTWARE\Policies\Microsoft\WindowsFirewall\DomainProfile"
    head = f"[{key}\0;EnableFirewall\0;".encode("utf-16-le") + struct.pack("<I", 4)
    tail = (
        ";".encode("utf-16-le") + struct.pack("<I", 4) + ";".encode("utf-16-le") + struct.pack("<I", enabled)
    )
    return b"PReg\x01\x00\x00\x00" + head + tail + "]".encode("utf-16-le")


def collected(**files: bytes) -> Snapshot:
    collection = Collection(())
    for name, data in files.items():
        collection.add(Document(source=name, data=data))
    return collection.snapshot()


def domain(snapshot: Snapshot) -> list[bool | None]:
    return [
        found.enabled
        for found in snapshot.profile_settings
        if (found.store, found.profile) == (Store.GPO, Profile.DOMAIN)
    ]


def kinds(snapshot: Snapshot) -> set[EvidenceKind]:
    return {gap.kind for gap in snapshot.gaps}


def test_one_gpo_counts_while_nothing_better_is_known_and_leaves_the_gap_open() -> None:
    for one in (policy_file(0), REPORT.format(more="").encode()):
        snapshot = collected(local=LOCAL.encode(), one=one)
        assert domain(snapshot) == [False]
        assert EvidenceKind.GPO_POLICY in kinds(snapshot)
        assert EvidenceKind.PROFILE_SETTINGS not in kinds(snapshot)
        assert not snapshot.problems


def test_the_hosts_resolved_policy_sets_single_gpos_aside_and_says_so() -> None:
    snapshot = collected(
        host=(LOCAL + RESOLVED).encode(), one=policy_file(0), report=REPORT.format(more="").encode()
    )
    assert domain(snapshot) == [True]
    assert EvidenceKind.GPO_POLICY not in kinds(snapshot)
    assert [(problem.origin.source, problem.reason[:10]) for problem in snapshot.problems] == [
        ("one", "set aside:"),
        ("report", "set aside:"),
    ]


def test_a_damaged_gpo_file_takes_no_proof_from_the_hosts_own_policy() -> None:
    for broken in (
        policy_file(0) + b"garbage",
        REPORT.format(more="<q1:PublicProfile><q1:X/></q1:PublicProfile>").encode(),
    ):
        snapshot = collected(host=(LOCAL + RESOLVED).encode(), one=broken)
        assert len(snapshot.problems) == 2
        assert EvidenceKind.GPO_POLICY not in kinds(snapshot)


def test_a_gpos_report_does_not_count_its_rules_again() -> None:
    rule = "v2.10|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=9901|App=C:\\CE\\db.exe|Name=DB|"
    key = r"SOFTWARE\Policies\Microsoft\WindowsFirewall\FirewallRules"
    data = f"{rule}\0".encode("utf-16-le")
    mark = ";".encode("utf-16-le")
    record = f"[{key}\0;{{1}}\0;".encode("utf-16-le") + struct.pack("<I", 1) + mark
    record += struct.pack("<I", len(data)) + mark + data + "]".encode("utf-16-le")
    tokens = [token.partition("=") for token in rule.split("|")[1:-1]]
    told = "".join(f"<q1:{name}>{value}</q1:{name}>" for name, _, value in reversed(tokens))
    told = f"<q1:InboundFirewallRules><q1:Version>2.10</q1:Version>{told}</q1:InboundFirewallRules>"
    other = told.replace("9901", "9902")
    report = REPORT.format(more=told.replace("TRUE", "true") + other).encode()
    snapshot = collected(pol=b"PReg\x01\0\0\0" + record, xml=report)
    assert [(found.id, found.local_ports) for found in snapshot.firewall_rules] == [
        ("{1}", ("9901",)),
        ("gpreport-2", ("9902",)),
    ]


@needs_corpus
def test_a_gpos_file_and_its_report_do_not_contradict_each_other() -> None:
    folder = CORPUS / "gpo"
    snapshot = collected(
        pol=(folder / "nsacyber_firewall_registry.pol").read_bytes(),
        xml=(folder / "nsacyber_firewall_gpreport.xml").read_bytes(),
    )
    assert not snapshot.problems
    assert [(found.store, found.profile) for found in snapshot.profile_settings] == [
        (Store.GPO, profile) for profile in (Profile.DOMAIN, Profile.PRIVATE, Profile.PUBLIC)
    ]
    assert [found.kind for found in snapshot.evidence] == ["group-policy-file", "group-policy-report"]
