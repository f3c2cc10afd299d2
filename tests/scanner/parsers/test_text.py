"""Every encoding a Windows console capture comes in is read; binary data is refused."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import ParseError
from scanner.parsers.text import decode
from tests.corpus import CORPUS, needs_corpus

SAMPLE = "Regelname:   Domäne\r\n" + "-" * 40 + "\r\n"


@pytest.mark.parametrize(
    ("bom", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (b"", "utf-8"),
        (b"", "utf-16-le"),
        (b"", "utf-16-be"),
    ],
)
def test_unicode_is_read_with_and_without_its_byte_order_mark(bom: bytes, encoding: str) -> None:
    assert decode(bom + SAMPLE.encode(encoding)) == SAMPLE


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("cp850", "Dirección:  Dentro\nHabilitada: Sí\nPerfiles:   Dominio,Privada,Pública\n"),
        ("cp850", "Profile:  Domäne,Privat,Öffentlich\n"),
        ("cp850", "Habilitado: Sim\nPerfis: Domínio,Particular,Público\nTravessia: Não\n"),
        ("cp1252", "Profile:  Domäne,Privat,Öffentlich\n"),
        ("cp866", "Имя правила: x\nВключено: Да\nНаправление: Входящие\n"),
        ("cp1251", "Имя правила: x\nВключено: Да\nНаправление: Входящие\n"),
        ("cp932", "規則名: x\n有効: はい\n方向: 入力\nプロファイル: ドメイン,プライベート\n操作: 許可\n"),
        ("gbk", "规则名称: x\n已启用: 是\n方向: 入\n配置文件: 域,专用,公用\n操作: 允许\n边缘遍历: 否\n"),
        ("cp949", "활성 연결\n\n  프로토콜  로컬 주소              외부 주소\n"),
        ("cp950", "規則名稱: x\n已啟用: 是\n方向: 輸入\n設定檔: 網域,私人,公用\n動作: 允許\n"),
    ],
)
def test_the_code_page_of_a_console_is_found_from_its_words(page: str, text: str) -> None:
    assert decode(text.encode(page)) == text


def test_a_capture_cut_inside_a_character_keeps_the_rest() -> None:
    assert decode("Domäne".encode()[:4]) == "Dom"


def test_a_capture_of_one_long_line_is_still_told_apart() -> None:
    assert decode("Öffentlich ".encode("cp850") * 3) == "Öffentlich " * 3


def test_a_broken_character_costs_itself_and_no_more() -> None:
    assert decode(codecs.BOM_UTF8 + b"a\xffb") == "a�b"


def test_nothing_is_an_empty_text() -> None:
    assert decode(b"") == ""


@pytest.mark.parametrize(
    "data",
    [b"regf\0\0\0\1\0\0\2\0", b"PK\3\4\x14\0\0\0\x08\0ab", b"\xfd7zXZ\0\0\4", bytes(range(1, 9)) * 4],
    ids=["hive", "zip", "xz", "controls"],
)
def test_binary_data_is_refused(data: bytes) -> None:
    with pytest.raises(ParseError, match="binary"):
        decode(data)


@given(st.binary(max_size=300))
def test_any_bytes_give_text_or_a_parse_error(data: bytes) -> None:
    try:
        text = decode(data)
    except ParseError:
        return
    assert "\0" not in text


@needs_corpus
def test_every_utf_16_capture_of_the_corpus_is_text() -> None:
    captures = sorted(CORPUS.rglob("*utf16*"))
    assert captures
    for path in captures:
        assert decode(path.read_bytes()).isprintable() is False  # line ends, and nothing refused


@needs_corpus
def test_a_hive_of_the_corpus_is_refused() -> None:
    with pytest.raises(ParseError):
        decode((CORPUS / "wfw" / "cooper_firewall.wfw").read_bytes())
