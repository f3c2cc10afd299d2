"""Dated folders: named by the clock, the newest kept, nothing of others touched."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ce_audit.delivery.dated import LATEST, prune, publish, reports, saved_results
from ce_audit.delivery.staging import staged
from reports import results_json
from rules.model import Results, Verdict

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
SAVED = results_json.render(Results(verdict=Verdict.COMPLIANT))


def report(folder: Path, name: str, **files: str) -> Path:
    made = folder / name
    made.mkdir(parents=True)
    (made / "results.json").write_bytes(SAVED)
    for file, text in files.items():
        (made / file.replace("_", ".")).write_text(text)
    return made


def published(folder: Path, now: datetime) -> Path:
    with staged(folder) as made:
        (made / "results.json").write_bytes(SAVED)
        return publish(made, folder, now)


def names(paths: list[Path]) -> list[str]:
    return [path.name for path in paths]


def test_a_report_is_named_by_when_the_scan_began_and_latest_names_it(tmp_path: Path) -> None:
    assert published(tmp_path, NOW) == tmp_path / "2026-11-23T020000Z"
    assert (tmp_path / LATEST).read_text() == "2026-11-23T020000Z\n"
    assert {path.name for path in tmp_path.iterdir()} == {"2026-11-23T020000Z", LATEST}


def test_two_within_a_second_have_two_names_in_their_order(tmp_path: Path) -> None:
    made = [published(tmp_path, NOW).name for _ in range(11)]
    assert made[:2] == ["2026-11-23T020000Z", "2026-11-23T020000Z-2"]
    assert names(reports(tmp_path)) == made[::-1]


def test_the_newest_are_kept(tmp_path: Path) -> None:
    made = [published(tmp_path, NOW + timedelta(days=day)) for day in range(5)]
    assert prune(tmp_path, 2, made[-1]) == []
    assert names(reports(tmp_path)) == [made[4].name, made[3].name]
    assert {path.name for path in tmp_path.iterdir()} == {made[4].name, made[3].name, LATEST}


def test_the_report_just_made_stays_though_the_clock_was_set_back(tmp_path: Path) -> None:
    later = [published(tmp_path, NOW + timedelta(days=day)) for day in (1, 2)]
    now = published(tmp_path, NOW)
    prune(tmp_path, 2, now)
    assert set(reports(tmp_path)) == {*later, now}


def test_nothing_is_removed_that_no_scan_made(tmp_path: Path) -> None:
    mine = [
        report(tmp_path, "2020-01-01", results="x"),
        report(tmp_path, "2020-01-01T000000Z-x"),
        report(tmp_path, "x2020-01-01T000000Z"),
        tmp_path / "2020-01-01T000000Z",
        tmp_path / "2020-01-02T000000Z",
        tmp_path / "2020-01-03T000000Z",
    ]
    mine[3].mkdir()
    mine[4].mkdir()
    (mine[4] / "results.json").write_text('{"schema": "of somebody else"}')
    mine[5].write_text("a file")
    annotated = report(tmp_path, "2020-01-04T000000Z", notes_txt="read this")
    ours = report(tmp_path, "2020-01-05T000000Z", report_html="x")
    new = published(tmp_path, NOW)
    assert prune(tmp_path, 1, new) == [annotated]
    assert not ours.exists()
    assert all(path.exists() for path in (*mine, annotated, new))


@pytest.mark.skipif(os.name != "posix", reason="ordinary users make no links on Windows")
def test_links_are_not_followed(tmp_path: Path) -> None:
    outside = report(tmp_path / "outside", "2019-01-01T000000Z")
    folder = tmp_path / "reports"
    folder.mkdir()
    (folder / "2020-01-01T000000Z").symlink_to(outside)
    (folder / "2020-01-02T000000Z").mkdir()
    (folder / "2020-01-02T000000Z" / "results.json").symlink_to(outside / "results.json")
    new = published(folder, NOW)
    assert reports(folder) == [new]
    assert prune(folder, 1, new) == []
    assert (outside / "results.json").is_file()
    assert len(list(folder.iterdir())) == 4
    assert saved_results(folder / "2020-01-02T000000Z" / "results.json") is None


def test_results_that_cannot_be_read_are_none(tmp_path: Path) -> None:
    assert saved_results(tmp_path / "results.json") is None
    (tmp_path / "results.json").write_text("{")
    assert saved_results(tmp_path / "results.json") is None
