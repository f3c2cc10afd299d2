"""A kill at any moment leaves the last complete report: runs are killed at random, what is left is read."""

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ce_audit.delivery.dated import LATEST
from ce_audit.delivery.deliver import occupied
from reports.results_json import parse
from scanner.sources.folder import LOCK_FILE
from tests.ce_audit.command import CORE, ROOT, SAMPLES, run_process, started

# Writes the reports of two hosts by turns for ever, from saved results: nearly all its time goes there.
WRITER = """
import datetime, itertools, pathlib, sys
from ce_audit.delivery.deliver import Destination, deliver, occupied
from ce_audit.output import Format, Renderings
from ce_audit.progress import Progress
from reports import results_json
saved = [results_json.parse(pathlib.Path(path).read_bytes()) for path in sys.argv[3:]]
keep = int(sys.argv[2]) or None
folder = pathlib.Path(sys.argv[1])
destination = Destination(folder=folder, formats=(Format.CSV, Format.HTML, Format.JSON), keep=keep)
for results in itertools.cycle(saved):
    now = datetime.datetime.now(datetime.UTC)
    with occupied(folder, now):
        deliver(results, Renderings(results, None), destination, now, Progress(sys.stderr, quiet=True))
"""
SETS = {"report.html", "results.json", "findings.csv"}
KILLS, LONGEST = 25, 0.3
CHANCE = random.Random(20261123)  # noqa: S311 - moments, not secrets


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("saved")
    for sample in ("compliant-core", "drifted-core"):
        run_process("scan", SAMPLES / sample, "-q", "-o", folder / sample, "-f", "json")
    return [folder / sample / "results.json" for sample in ("compliant-core", "drifted-core")]


def killed_writers(folder: Path, keep: int, saved: list[Path]) -> Iterator[None]:
    """Yields after each kill, once the writer has written something at all."""
    command = [sys.executable, "-c", WRITER, str(folder), str(keep), *map(str, saved)]
    for _ in range(KILLS):
        with subprocess.Popen(command, cwd=ROOT) as writer:
            while not (folder / LOCK_FILE).exists() and writer.poll() is None:
                time.sleep(0.005)
            time.sleep(CHANCE.uniform(0, LONGEST))
            assert writer.poll() is None
            writer.kill()
        yield


def assert_belong_together(folder: Path) -> None:
    """The results parse, and the page and the table beside them are of the same host."""
    host = parse((folder / "results.json").read_bytes()).host.name
    page, table = (folder / "report.html").read_text(), (folder / "findings.csv").read_text("utf-8-sig")
    (other,) = {"CE-CORE01", "SRV-CE-02"} - {host}
    assert host in page
    assert other not in page
    assert page.rstrip().endswith("</html>")
    assert other not in table


def mended(folder: Path) -> None:
    with occupied(folder, datetime.now(UTC)):
        pass


def test_a_plain_folder_holds_one_whole_set_or_the_rest_of_it_to_be_moved(
    tmp_path: Path, saved: list[Path]
) -> None:
    caught = 0
    for _ in killed_writers(tmp_path, 0, saved):
        caught += bool(list(tmp_path.glob(".ce-audit-*")))
        if not (tmp_path / ".ce-audit-ready").exists() and (tmp_path / "results.json").exists():
            assert_belong_together(tmp_path)
        mended(tmp_path)
        if (tmp_path / "results.json").exists():
            assert_belong_together(tmp_path)
            assert {path.name for path in tmp_path.iterdir()} == SETS
    assert caught > KILLS / 2  # in the middle of the writing, most of the time
    assert (tmp_path / "results.json").exists()


def test_dated_folders_are_each_a_whole_set_and_latest_names_one(tmp_path: Path, saved: list[Path]) -> None:
    caught = 0
    for _ in killed_writers(tmp_path, 3, saved):
        caught += bool(list(tmp_path.glob(".ce-audit-*")))
        made = [path for path in tmp_path.iterdir() if path.is_dir() and path.name.startswith("20")]
        for folder in made:
            assert {path.name for path in folder.iterdir()} == SETS
            assert_belong_together(folder)
        if made and (tmp_path / LATEST).exists():
            assert (tmp_path / LATEST).read_text().strip() in {path.name for path in made}
        mended(tmp_path)
        assert not list(tmp_path.glob(".ce-audit*"))
    assert caught > KILLS / 2
    assert made


@pytest.mark.parametrize("keep", [(), ("--keep", "20")])
def test_a_killed_scan_leaves_the_last_report(tmp_path: Path, keep: tuple[str, ...]) -> None:
    scan = ("scan", CORE, "-q", "-o", tmp_path, "-f", "json", "-f", "html", *keep)
    began = time.monotonic()
    assert run_process(*scan).code == 0
    whole = time.monotonic() - began
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    reports = {path: data for path, data in before.items() if path.name != LATEST}
    for _ in range(5):
        with started(*scan) as process:
            time.sleep(CHANCE.uniform(whole / 4, whole))
            process.kill()
        assert {path: path.read_bytes() for path in before if path.name != LATEST} == reports
    assert run_process(*scan).code == 0
    assert not list(tmp_path.glob(".ce-audit*"))
