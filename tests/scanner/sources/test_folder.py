"""Evidence on disk: every file is delivered or named as unreadable, in an order that does not change."""

import gzip
import io
import os
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scanner.errors import SourceError
from scanner.model import Problem
from scanner.sources import folder
from scanner.sources.document import Document
from scanner.sources.folder import host_path, read_evidence

TEXT = b"Windows Registry Editor Version 5.00\r\n"


def zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as target:
        for name, data in files.items():
            target.writestr(name, data)
    return buffer.getvalue()


def delivered(path: Path) -> dict[str, bytes]:
    return {item.source: item.data for item in read_evidence(path) if isinstance(item, Document)}


def problems(path: Path) -> dict[str, str]:
    return {item.origin.source: item.reason for item in read_evidence(path) if isinstance(item, Problem)}


def test_a_folder_gives_its_files_by_their_path_in_a_stable_order(tmp_path: Path) -> None:
    for name in ("registry/b.reg", "registry/a.reg", "host.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(TEXT)
    assert list(delivered(tmp_path)) == ["host.json", "registry/a.reg", "registry/b.reg"]


def test_a_file_carries_its_time_of_change(tmp_path: Path) -> None:
    (tmp_path / "a.reg").write_bytes(TEXT)
    os.utime(tmp_path / "a.reg", (1_700_000_000, 1_700_000_000))
    (found,) = read_evidence(tmp_path / "a.reg")
    assert isinstance(found, Document)
    assert (found.source, found.modified_at) == ("a.reg", datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC))


def test_a_zip_is_the_folder_it_holds(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(zipped({"registry/a.reg": TEXT, "host.json": b"{}"}))
    assert delivered(tmp_path / "x.zip") == {"host.json": b"{}", "registry/a.reg": TEXT}


def test_the_files_of_two_archives_in_one_folder_do_not_mix(tmp_path: Path) -> None:
    for name in ("one.zip", "two.zip"):
        (tmp_path / name).write_bytes(zipped({"host.json": name.encode()}))
    assert delivered(tmp_path) == {"one.zip/host.json": b"one.zip", "two.zip/host.json": b"two.zip"}


def test_compressed_files_are_opened_wherever_they_lie(tmp_path: Path) -> None:
    (tmp_path / "a.reg.gz").write_bytes(gzip.compress(TEXT))
    (tmp_path / "x.zip").write_bytes(zipped({"b.reg.gz": gzip.compress(TEXT)}))
    assert delivered(tmp_path) == {"a.reg.gz": TEXT, "x.zip/b.reg.gz": TEXT}


def test_an_archive_in_an_archive_is_named_and_the_rest_read(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(zipped({"inner.zip": zipped({"a.reg": TEXT}), "host.json": b"{}"}))
    assert delivered(tmp_path / "x.zip") == {"host.json": b"{}"}
    assert problems(tmp_path / "x.zip") == {
        "inner.zip": "inner.zip: an archive within an archive is not opened: unpack it first"
    }


def test_a_damaged_member_does_not_cost_the_others(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(zipped({"a.reg.gz": gzip.compress(TEXT)[:12], "host.json": b"{}"}))
    assert delivered(tmp_path / "x.zip") == {"host.json": b"{}"}
    assert "damaged" in problems(tmp_path / "x.zip")["a.reg.gz"]


def test_a_damaged_archive_in_a_folder_does_not_cost_the_others(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(zipped({"a.reg": TEXT})[:40])
    (tmp_path / "host.json").write_bytes(b"{}")
    assert delivered(tmp_path) == {"host.json": b"{}"}
    assert "cannot be read" in problems(tmp_path)["x.zip"]


def test_a_link_to_nowhere_is_named_and_the_rest_read(tmp_path: Path) -> None:
    (tmp_path / "host.json").write_bytes(b"{}")
    _link(tmp_path / "gone.reg", tmp_path / "nowhere")
    assert delivered(tmp_path) == {"host.json": b"{}"}
    assert problems(tmp_path) == {"gone.reg": "gone.reg: neither a file nor a link to one"}


def _link(path: Path, target: Path) -> None:
    try:
        path.symlink_to(target)
    except OSError:
        pytest.skip("this system lets ordinary users make no links")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert list(problems(tmp_path)) == ["pipe"]


def test_a_name_that_no_text_stands_for_can_still_be_written(tmp_path: Path) -> None:
    try:
        (tmp_path / os.fsdecode(b"a\xff.reg")).write_bytes(TEXT)
    except (OSError, UnicodeError):
        pytest.skip("this file system takes only names that are text")
    assert delivered(tmp_path) == {"a?.reg": TEXT}


def test_what_cannot_be_read_at_all_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such file or folder"):
        list(read_evidence(tmp_path / "missing"))
    with pytest.raises(SourceError, match="the folder is empty"):
        list(read_evidence(tmp_path))
    (tmp_path / "below" / "nothing").mkdir(parents=True)
    with pytest.raises(SourceError, match="the folder is empty"):
        list(read_evidence(tmp_path))


def test_a_file_that_is_no_evidence_by_its_size_is_an_error(tmp_path: Path) -> None:
    huge = tmp_path / "huge.bin"
    with huge.open("wb") as stream:
        stream.truncate(folder.MAX_FILE_BYTES + 1)
    with pytest.raises(SourceError, match="larger than 1024 MiB"):
        list(read_evidence(huge))


@pytest.mark.skipif(os.name != "posix", reason="needs a file that is there and cannot be read")
def test_a_file_that_cannot_be_read_is_an_error() -> None:
    with pytest.raises(SourceError, match=r"^/proc/self/mem: the file cannot be read: "):
        list(read_evidence(Path("/proc/self/mem")))


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ("config/C/CE/Tomcat/conf/server.xml", r"C:\CE\Tomcat\conf\server.xml"),
        ("config/d/x.ini", r"D:\x.ini"),
        ("bundle/config/E/x.ini", r"E:\x.ini"),
        ("config/x.ini", None),
        ("registry/config.reg", None),
    ],
)
def test_a_configuration_file_keeps_its_path_on_the_host(source: str, path: str | None) -> None:
    assert host_path(source) == path
