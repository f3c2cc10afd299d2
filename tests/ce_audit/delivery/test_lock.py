"""One run at a time in a folder, and no lock that outlives its holder."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ce_audit.delivery.lock import locked
from scanner.errors import SourceError
from scanner.sources.folder import LOCK_FILE
from tests.ce_audit.command import ROOT

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)

HOLDER = """
import sys, datetime, pathlib
from ce_audit.delivery.lock import locked
with locked(pathlib.Path(sys.argv[1]), datetime.datetime(2026, 11, 23, 2, tzinfo=datetime.UTC)):
    print("held", flush=True)
    sys.stdin.read()
"""
# Takes the lock as often as it can, and within it a mark that nobody else may hold then.
RIVAL = """
import sys, datetime, pathlib
from ce_audit.delivery.lock import locked
from scanner.errors import SourceError
folder, now, held = pathlib.Path(sys.argv[1]), datetime.datetime.now(datetime.UTC), 0
while held < 150:
    try:
        with locked(folder / "shared", now):
            (folder / "mark").touch(exist_ok=False)
            (folder / "mark").unlink()
            held += 1
    except SourceError as error:
        assert "another run writes there" in str(error) or "too fast" in str(error), error
"""


def start(script: str, folder: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", script, str(folder)]
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def test_a_second_run_is_told_who_holds_the_folder_and_since_when(tmp_path: Path) -> None:
    with locked(tmp_path, NOW), pytest.raises(SourceError) as told, locked(tmp_path, NOW):
        pass
    holder = f"pid {os.getpid()}, since 2026-11-23T02:00:00Z"
    assert str(told.value) == f"{tmp_path}: another run writes there ({holder})"


def test_the_end_of_a_run_leaves_nothing_behind(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    with locked(folder, NOW):
        assert [path.name for path in folder.iterdir()] == [LOCK_FILE]
    assert list(tmp_path.iterdir()) == []
    with locked(folder, NOW):
        (folder / "report").touch()
    assert [path.name for path in folder.iterdir()] == ["report"]
    (tmp_path / "empty").mkdir()
    with locked(tmp_path / "empty", NOW):
        pass
    assert (tmp_path / "empty").is_dir()  # it was there before


def test_a_failure_within_frees_the_folder(tmp_path: Path) -> None:
    with pytest.raises(KeyError), locked(tmp_path, NOW):
        raise KeyError
    with locked(tmp_path, NOW):
        pass


def test_a_killed_run_holds_nothing(tmp_path: Path) -> None:
    with start(HOLDER, tmp_path) as holder:
        assert holder.stdout
        assert holder.stdout.readline().strip() == b"held"
        with pytest.raises(SourceError, match=f"pid {holder.pid}, since"), locked(tmp_path, NOW):
            pass
        holder.kill()
    assert (tmp_path / LOCK_FILE).exists()
    with locked(tmp_path, NOW):
        assert f"pid {os.getpid()}," in (tmp_path / LOCK_FILE).read_bytes().decode()
    assert not (tmp_path / LOCK_FILE).exists()


def test_never_two_at_once_however_they_come_and_go(tmp_path: Path) -> None:
    rivals = [start(RIVAL, tmp_path) for _ in range(3)]
    for rival in rivals:
        rival.communicate(timeout=60)
    assert [rival.returncode for rival in rivals] == [0, 0, 0]


@pytest.mark.skipif(os.name != "posix", reason="ordinary users make no links on Windows")
def test_a_link_in_place_of_the_lock_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    (tmp_path / LOCK_FILE).symlink_to("precious")
    with pytest.raises(SourceError, match="cannot be written"), locked(tmp_path, NOW):
        pass
    assert (tmp_path / "precious").read_text() == "mine"


def test_a_holder_that_has_not_said_its_name_yet(tmp_path: Path) -> None:
    with locked(tmp_path, NOW):
        (tmp_path / LOCK_FILE).write_bytes(b"")
        with pytest.raises(SourceError, match="only just begun"), locked(tmp_path, NOW):
            pass
