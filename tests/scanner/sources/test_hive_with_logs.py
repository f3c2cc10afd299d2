"""Hives and the logs that lie beside them find each other, whatever they are wrapped in."""

import gzip
from pathlib import Path

import pytest

from scanner.collect import collect_evidence
from scanner.errors import SourceError
from scanner.model import EvidenceKind, Origin, Problem
from scanner.sources.document import Document
from scanner.sources.folder import read_evidence
from scanner.sources.hive_with_logs import with_logs_replayed
from tests.scanner.sources.hive_logs import DATA, entry, log, primary
from tests.scanner.sources.regf import Key, hive

CLEAN = hive(Key())
LOG = log(entry(7, (0, b"\x01" * 512)))
STALE = log(entry(3, (0, b"\x01" * 512)))


def doc(source: str, data: bytes) -> Document:
    return Document(source=source, data=data)


def joined(*items: Document | Problem) -> list[Document | Problem]:
    return list(with_logs_replayed(items))


def documents(*items: Document | Problem) -> dict[str, Document]:
    return {item.source: item for item in joined(*items) if isinstance(item, Document)}


@pytest.mark.parametrize(
    ("name", "log_name"),
    [
        ("SYSTEM", "SYSTEM.LOG1"),
        ("a/SYSTEM", "a/system.log2"),
        ("SYSTEM.xz", "SYSTEM.LOG1.xz"),
        ("SYSTEM", "SYSTEM.LOG"),
        ("x.zip/SOFTWARE.gz", "x.zip/SOFTWARE.LOG2"),
    ],
)
def test_a_dirty_hive_is_completed_and_keeps_its_delivered_bytes(name: str, log_name: str) -> None:
    for order in (1, -1):
        found = documents(*[doc(name, primary()), doc(log_name, LOG)][::order])
        assert found[name].data[4096:4608] == b"\x01" * 512
        assert found[name].raw == primary()
        assert found[log_name].belongs_to == name


def test_a_clean_hive_is_left_alone_and_in_its_place() -> None:
    other = doc("z.txt", b"x")
    items = joined(doc("SYSTEM", CLEAN), doc("SYSTEM.LOG1", LOG), other)
    assert [item.source for item in items if isinstance(item, Document)] == ["SYSTEM", "z.txt", "SYSTEM.LOG1"]
    assert items[0] == doc("SYSTEM", CLEAN)


def test_a_hive_without_logs_and_one_of_another_folder_stay_dirty() -> None:
    found = documents(doc("SYSTEM", primary()), doc("a/SYSTEM.LOG1", LOG))
    assert found["SYSTEM"].data == primary()
    assert found["a/SYSTEM.LOG1"].belongs_to is None


def test_logs_that_do_not_continue_the_hive_are_a_problem() -> None:
    problem, found, _ = joined(doc("SYSTEM", primary()), doc("SYSTEM.LOG1", STALE))
    assert isinstance(problem, Problem)
    assert problem.origin == Origin(source="SYSTEM")
    assert "no change that continues it" in problem.reason
    assert found == doc("SYSTEM", primary())


def test_problems_pass_through() -> None:
    problem = Problem(origin=Origin(source="x"), text="", reason="y")
    assert joined(problem) == [problem]


def test_a_lone_log_is_named_for_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "SYSTEM.LOG1").write_bytes(LOG)
    with pytest.raises(SourceError, match="transaction log without its hive"):
        collect_evidence(tmp_path, ())


def policy(enabled: int, sequences: tuple[int, int]) -> bytes:
    """A policy export of a whole page, with the domain profile on or off."""
    raw = hive(Key(children={"DomainProfile": Key({"EnableFirewall": enabled})}), sequences=sequences)
    return (raw[:40] + DATA.to_bytes(4, "little") + raw[44:]).ljust(4096 + DATA, b"\0")


def test_the_evidence_shows_what_the_log_holds(tmp_path: Path) -> None:
    before, after = policy(1, (8, 7)), policy(0, (8, 8))
    (tmp_path / "fw.wfw").write_bytes(before)
    doubted = collect_evidence(tmp_path, ())
    assert [found.enabled for found in doubted.profile_settings] == [True]
    assert any("not closed cleanly" in problem.reason for problem in doubted.problems)
    (tmp_path / "fw.wfw.LOG1.gz").write_bytes(gzip.compress(log(entry(7, (0, after[4096:])))))
    snapshot = collect_evidence(tmp_path, ())
    assert [found.enabled for found in snapshot.profile_settings] == [False]
    assert not snapshot.problems
    assert EvidenceKind.PROFILE_SETTINGS not in {gap.kind for gap in snapshot.gaps}
    assert {found.source: found.kind for found in snapshot.evidence} == {
        "fw.wfw": "registry-hive",
        "fw.wfw.LOG1.gz": "registry-hive-log",
    }
    assert {item.source: item.raw for item in read_evidence(tmp_path) if isinstance(item, Document)}[
        "fw.wfw"
    ] == before
