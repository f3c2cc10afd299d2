"""Wrappers around evidence: good ones open, hostile and damaged ones are refused by name."""

import gzip
import io
import lzma
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import SourceError
from scanner.sources import archive
from scanner.sources.archive import MAX_ENTRIES, NO_DATE, is_zip, read_zip, unwrap
from scanner.sources.document import Document

TEXT = b"Windows Registry Editor Version 5.00\r\n"
LINK = 0o120777 << 16


def document(data: bytes, source: str = "bundle.zip") -> Document:
    return Document(source=source, data=data)


def entry(name: str, *, attributes: int = 0o644 << 16, date: tuple[int, ...] = NO_DATE) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, date)  # type: ignore[arg-type]
    info.filename = name  # ZipInfo turns what it is given into a tidy name
    info.external_attr = attributes
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def zipped(*entries: tuple[zipfile.ZipInfo | str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name, data in entries:
            target.writestr(name, data)
    return buffer.getvalue()


def names(data: bytes) -> list[str]:
    return [found.source for found in read_zip(document(data))]


def refusal(data: bytes) -> str:
    with pytest.raises(SourceError) as caught:
        list(read_zip(document(data)))
    return str(caught.value)


def test_files_come_by_name_with_their_bytes_and_date_and_folders_do_not() -> None:
    dated = entry("registry/b.reg", date=(2026, 3, 1, 8, 0, 0))
    found = list(read_zip(document(zipped((dated, TEXT), ("registry/", b""), (entry("a.json"), b"[]")))))
    assert [(each.source, each.data) for each in found] == [("a.json", b"[]"), ("registry/b.reg", TEXT)]
    assert [each.modified_at for each in found] == [None, datetime(2026, 3, 1, 8, tzinfo=UTC)]


def test_a_date_that_no_calendar_has_is_no_date() -> None:
    data = bytearray(zipped((entry("a.json", date=(2026, 3, 1, 8, 0, 0)), b"[]")))
    at = data.index(b"PK\x01\x02")
    data[at + 14 : at + 16] = b"\0\0"  # month and day 0, in the central directory
    (found,) = read_zip(document(bytes(data)))
    assert found.modified_at is None


def test_backslashes_are_separators() -> None:
    assert names(zipped((entry("registry\\a.reg"), TEXT))) == ["registry/a.reg"]


def test_an_empty_archive_is_an_archive() -> None:
    assert is_zip(document(zipped()))
    assert names(zipped()) == []
    assert not is_zip(document(TEXT))


OUTSIDE = (
    "/etc/passwd",
    "\\windows\\x",
    "../up.reg",
    "a/../../up.reg",
    "a\\..\\..\\up.reg",
    "C:/x.reg",
    "C:x.reg",
)


@pytest.mark.parametrize("name", [*OUTSIDE, "a\nb.reg"])
def test_an_entry_that_leads_outside_is_refused(name: str) -> None:
    said = refusal(zipped((entry("good.json"), b"[]"), (entry(name), TEXT)))
    assert said == f"bundle.zip: refused: an entry outside the archive: {name!r}"


def test_a_link_is_refused() -> None:
    assert refusal(zipped((entry("a.reg", attributes=LINK), b"/etc/passwd"))) == (
        "bundle.zip: refused: a link: 'a.reg'"
    )


@pytest.mark.parametrize("twin", ["HOST.JSON", "host.json"])
def test_two_entries_of_one_name_are_refused_whatever_their_case(twin: str) -> None:
    with pytest.warns(UserWarning) if twin == "host.json" else _nothing():
        data = zipped((entry("host.json"), b"{}"), (entry(twin), b"{}"))
    assert "two entries of one name" in refusal(data)


def _nothing() -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(zipped()))  # any context manager that does nothing


def test_a_bomb_is_refused_before_it_goes_off() -> None:
    assert "unpacks more than 200-fold" in refusal(zipped((entry("zeros.txt"), bytes(65 << 20))))


def test_ordinary_text_that_packs_well_is_read() -> None:
    assert len(names(zipped((entry("zeros.txt"), bytes(1 << 20))))) == 1


def test_too_many_entries_are_refused() -> None:
    data = zipped(*((entry(f"{number}"), b"") for number in range(MAX_ENTRIES + 1)))
    assert refusal(data) == "bundle.zip: holds 20001 entries; at most 20000 are read"


def test_more_than_the_limit_in_all_is_refused_by_what_the_entries_declare() -> None:
    data = bytearray(zipped((entry("a"), b"x"), (entry("b"), b"y")))
    for at in (place for place in range(len(data)) if data[place : place + 4] == b"PK\x01\x02"):
        data[at + 24 : at + 28] = (0x7FFFFFFF).to_bytes(4, "little")
    assert "unpacks to more than 2048 MiB" in refusal(bytes(data))


def test_an_encrypted_entry_is_refused() -> None:
    data = bytearray(zipped((entry("a.reg"), TEXT)))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    data[data.index(b"PK\x03\x04") + 6] |= 1
    assert "encrypted" in refusal(bytes(data))


def test_an_unknown_compression_is_refused() -> None:
    data = bytearray(zipped((entry("a.reg"), TEXT)))
    data[data.index(b"PK\x01\x02") + 10] = 99
    assert "cannot be read" in refusal(bytes(data))


def test_a_name_that_is_no_text_is_refused() -> None:
    data = zipped((entry("\u00e9.reg"), TEXT)).replace("\u00e9".encode(), b"\xff\xfe")
    assert "cannot be read" in refusal(data)


@pytest.mark.parametrize("keep", [4, 30, 60, -1, -10, -22, -40])
def test_a_cut_off_archive_is_refused(keep: int) -> None:
    assert "cannot be read" in refusal(zipped((entry("a.reg"), TEXT * 9))[:keep])


def test_damaged_content_is_refused() -> None:
    data = bytearray(zipped((entry("a.reg"), bytes(range(256)))))
    data[60] ^= 0xFF
    assert "cannot be read" in refusal(bytes(data))


@given(st.data())
def test_no_damage_raises_anything_but_a_source_error(data: st.DataObject) -> None:
    raw = bytearray(zipped((entry("registry/a.reg"), TEXT * 3), (entry("host.json"), b"{}")))
    for _ in range(data.draw(st.integers(1, 6))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = list(read_zip(document(bytes(raw))))
    except SourceError:
        return
    assert all(isinstance(each.data, bytes) for each in found)


COMPRESSORS = pytest.mark.parametrize("compress", [gzip.compress, lzma.compress])


@COMPRESSORS
def test_a_compressed_file_is_read_and_known_by_the_bytes_delivered(
    compress: Callable[[bytes], bytes],
) -> None:
    packed = compress(TEXT)
    found = unwrap(document(packed, "firewall.reg.gz"))
    assert (found.data, found.raw, found.size) == (TEXT, packed, len(packed))
    assert found.sha256 == document(packed).sha256


def test_anything_else_stays_as_it_is() -> None:
    assert unwrap(document(TEXT)) == document(TEXT)


@COMPRESSORS
@pytest.mark.parametrize("cut", [7, 20, -5])
def test_a_damaged_wrapper_is_refused(compress: Callable[[bytes], bytes], cut: int) -> None:
    packed = compress(bytes(range(256)))
    with pytest.raises(SourceError, match=r"^x\.gz: the compressed file is damaged"):
        unwrap(document(packed[:cut], "x.gz"))


@COMPRESSORS
def test_a_wrapper_that_is_a_bomb_is_refused(compress: Callable[[bytes], bytes]) -> None:
    bomb = compress(bytes(archive.RATIO_FROM_BYTES + 1))
    with pytest.raises(SourceError, match="unpacks to more than 64 MiB, which no evidence does"):
        unwrap(document(bomb))
