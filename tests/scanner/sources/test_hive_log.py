"""Transaction logs: what Windows would replay is replayed, anything else leaves the hive as it is."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import ParseError
from scanner.sources.hive_log import is_dirty, is_hive_log, marvin32, replayed
from tests.scanner.sources.hive_logs import DATA, WRITTEN, entry, log, primary
from tests.scanner.sources.regf import Key, hive


def old_log(dirty: dict[int, bytes], *, sequences: tuple[int, int] = (8, 8), written: int = WRITTEN) -> bytes:
    """A log of the older kind with those pages of 512 bytes, by their number."""
    header = bytearray(
        struct.pack("<4sIIQIIIIII", b"regf", *sequences, written, 1, 3, 1, 1, 32, DATA).ljust(512, b"\0")
    )
    checksum = 0
    for (word,) in struct.iter_unpack("<I", header[:508]):
        checksum ^= word
    header[508:512] = struct.pack("<I", checksum)
    bitmap = sum(1 << page for page in dirty).to_bytes(DATA // 512 // 8, "little")
    vector = (b"DIRT" + bitmap).ljust(512, b"\0")
    return bytes(header) + vector + b"".join(dirty[page] for page in sorted(dirty))


def data(restored: bytes) -> bytes:
    return restored[4096:]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 0x30ED35C100CD3C7D),
        ("AF", 0x48E73FC77D75DDC1),
        ("E70F", 0xB5F6E1FC485DBFF8),
        ("37F495", 0xF0B07C789B8CF7E8),
        ("8642DC59", 0x7008F2E87E9CF556),
    ],
)
def test_the_hash_is_marvin32(text: str, expected: int) -> None:
    assert marvin32(bytes.fromhex(text), 0x004FB61A001BDBCC) == expected


@pytest.mark.parametrize("file_type", [1, 2, 6])
def test_a_log_is_known_by_its_type_and_a_hive_is_none(file_type: int) -> None:
    assert is_hive_log(log(file_type=file_type))
    assert not is_hive_log(primary())
    assert not is_hive_log(b"regf")
    assert not is_hive_log(log(file_type=0))


def test_a_hive_is_dirty_where_its_numbers_differ() -> None:
    assert is_dirty(primary())
    assert not is_dirty(hive(Key()))


def test_entries_are_applied_from_the_hives_own_number_on() -> None:
    stale = entry(6, (0, b"\x66" * 512))
    first, second = entry(7, (0, b"\x01" * 512), (1024, b"\x02" * 512)), entry(8, (0, b"\x03" * 512))
    restored = replayed(primary(), [log(stale, first, second)])
    assert data(restored)[:512] == b"\x03" * 512
    assert data(restored)[512:1024] == bytes(512)
    assert data(restored)[1024:1536] == b"\x02" * 512
    assert not is_dirty(restored)
    assert len(restored) == len(primary())


@pytest.mark.parametrize("turned", [False, True])
def test_two_logs_go_on_from_one_another_in_either_order(turned: bool) -> None:
    logs = [log(entry(7, (0, b"\x01" * 512))), log(entry(8, (512, b"\x02" * 512)))]
    restored = replayed(primary(), logs[::-1] if turned else logs)
    assert data(restored)[:1024] == b"\x01" * 512 + b"\x02" * 512


def test_a_hive_grows_as_the_entry_says() -> None:
    restored = replayed(primary(), [log(entry(7, (4096, b"\x05" * 4096), data_size=8192))])
    assert data(restored) == bytes(4096) + b"\x05" * 4096
    assert struct.unpack_from("<I", restored, 40) == (8192,)


def test_a_missing_number_ends_the_replay() -> None:
    restored = replayed(primary(), [log(entry(7, (0, b"\x01" * 512)), entry(9, (0, b"\x09" * 512)))])
    assert data(restored)[:512] == b"\x01" * 512


@pytest.mark.parametrize("at", [12, 16, 24, 32, 41, 60, 500])
def test_a_broken_entry_ends_the_replay(at: int) -> None:
    good, bad = entry(7, (0, b"\x01" * 512)), bytearray(entry(8, (0, b"\x02" * 512)))
    bad[at] ^= 0xFF
    restored = replayed(primary(), [log(good, bytes(bad), entry(9, (0, b"\x03" * 512)))])
    assert data(restored)[:512] == b"\x01" * 512


@pytest.mark.parametrize(
    "logs",
    [
        [],
        [log()],
        [log(entry(6, (0, b"\x01" * 512)))],
        [log(entry(8, (0, b"\x01" * 512)))],
        [log(entry(7, (0, b"\x01" * 512), signature=b"HvLX"))],
        [log(entry(7, (0, b"\x01" * 512)))[:-1]],
        [log(entry(7, (0, b"\x01" * 512), data_size=DATA + 1))],
        [log(entry(7, (DATA, b"\x01" * 512)))],
        [log(entry(7, (0xFFFFFE00, b"\x01" * 512)))],
        [log(entry(7, data_size=0xFFFFF000))],
        [old_log({0: b"\x01" * 512}, sequences=(8, 7))],
        [old_log({0: b"\x01" * 512}, written=WRITTEN + 1)],
        [old_log({0: b"\x01" * 512})[:-1]],
        [old_log({0: b"\x01" * 512}).replace(b"DIRT", b"DIRX")],
        [b"regf\xff" + old_log({0: b"\x01" * 512})[5:]],
    ],
)
def test_a_log_that_does_not_continue_the_hive_is_an_error(logs: list[bytes]) -> None:
    with pytest.raises(ParseError, match="no change that continues it"):
        replayed(primary(), logs)


def test_an_older_log_holds_the_pages_behind_its_bitmap() -> None:
    restored = replayed(primary(), [old_log({1: b"\x01" * 512, 7: b"\x07" * 512})])
    assert data(restored) == bytes(512) + b"\x01" * 512 + bytes(5 * 512) + b"\x07" * 512
    assert not is_dirty(restored)


@given(st.binary(max_size=400), st.sampled_from([1, 2, 6]))
def test_no_bytes_are_another_exception(tail: bytes, file_type: int) -> None:
    for text in (log(b"HvLE" + tail, file_type=file_type), log(b"DIRT" + tail, file_type=file_type)):
        with pytest.raises(ParseError):
            replayed(primary(), [text])
