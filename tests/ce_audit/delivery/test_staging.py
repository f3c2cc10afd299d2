"""A set of files appears whole; whatever a killed run left, the next one mends."""

import os
from pathlib import Path

import pytest

from ce_audit.delivery.staging import (
    FILES,
    discard,
    is_real_folder,
    mend,
    move,
    put_in_place,
    staged,
    write_synced,
)
from scanner.errors import SourceError

OLD = dict.fromkeys(FILES, "old")


def written(folder: Path, files: dict[str, str]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


def content(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_a_set_takes_the_place_of_the_last_and_leaves_the_rest(tmp_path: Path) -> None:
    written(tmp_path, {**OLD, "notes.txt": "mine"})
    with staged(tmp_path) as made:
        written(made, {"results.json": "new", "report.html": "new"})
        put_in_place(made, tmp_path)
    assert content(tmp_path) == {**OLD, "notes.txt": "mine", "results.json": "new", "report.html": "new"}


def test_what_fails_while_it_is_made_changes_nothing(tmp_path: Path) -> None:
    written(tmp_path, OLD)
    with pytest.raises(KeyError), staged(tmp_path) as made:
        written(made, {"results.json": "half"})
        raise KeyError
    assert content(tmp_path) == OLD


@pytest.mark.parametrize("moved", range(len(FILES) + 1))
def test_a_kill_between_two_moves_is_made_good_by_the_next_run(tmp_path: Path, moved: int) -> None:
    written(tmp_path, {**OLD, **dict.fromkeys(FILES[:moved], "new")})
    written(tmp_path / ".ce-audit-ready", dict.fromkeys(FILES[moved:], "new"))
    mend(tmp_path)
    assert content(tmp_path) == dict.fromkeys(FILES, "new")


def test_a_kill_before_the_set_was_ready_leaves_the_last_one(tmp_path: Path) -> None:
    written(tmp_path, OLD)
    written(tmp_path / ".ce-audit-scan-0123", {"results.json": "half"})
    mend(tmp_path)
    assert content(tmp_path) == OLD


@pytest.mark.skipif(os.name != "posix", reason="ordinary users make no links on Windows")
@pytest.mark.parametrize("name", [".ce-audit-scan-0123", ".ce-audit-ready"])
def test_links_are_neither_followed_nor_taken_for_our_own(tmp_path: Path, name: str) -> None:
    outside = written(tmp_path / "outside", {"results.json": "mine"})
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / name).symlink_to(outside)
    mend(folder)
    assert content(outside) == {"results.json": "mine"}
    assert (folder / name).is_symlink()
    assert not is_real_folder(folder / name)


def test_a_removed_folder_is_gone_at_once(tmp_path: Path) -> None:
    written(tmp_path / "x", OLD)
    discard(tmp_path / "x")
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_moved_or_written_says_so(tmp_path: Path) -> None:
    written(tmp_path / "results.json", {"x": "in the way"})
    (tmp_path / "new").write_text("new")
    with pytest.raises(SourceError, match=r"results\.json: cannot be written: "):
        move(tmp_path / "new", tmp_path / "results.json")
    with pytest.raises(SourceError, match=r"x\.json: cannot be written: "):
        write_synced(tmp_path / "missing" / "x.json", b"")


@pytest.mark.skipif(os.name != "posix", reason="Windows knows no such bits")
def test_what_is_staged_is_as_open_to_others_as_the_folder_it_goes_to(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    with staged(tmp_path) as made:
        assert made.stat().st_mode == (tmp_path / "plain").stat().st_mode
