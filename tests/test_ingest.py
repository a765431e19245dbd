"""Encodings of plain texts, and the forms of files."""

from __future__ import annotations

import codecs
import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import EmptyText, InvalidRequest, TextTooLong, UndecodableInput
from service.ingest import PLAIN, check, decode, form_of

TEXT = "东湖区科技局2023年工作总结\r\n全年规上工业企业研发费用12.6亿元，同比增长8.4%。\n新增省级研发中心3家。\r"
TRADITIONAL = "東湖區科技局2023年工作總結\n全年規模以上工業企業研發費用12.6億元，同比增長8.4%。\n"


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16-le", "utf-16-be", "utf-16", "utf-8-sig"])
@pytest.mark.parametrize("text", [TEXT, TRADITIONAL, "仅有汉字没有标点也没有换行的一段文字"])
def test_encodings_round_trip_with_line_ends_untouched(encoding: str, text: str) -> None:
    assert decode(text.encode(encoding)) == text


def test_utf16_big_endian_with_a_mark() -> None:
    assert decode(codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be")) == TEXT


def test_gb18030_with_a_mark_and_four_byte_characters() -> None:
    text = "𠮷村新增企业5家。"
    assert decode(b"\x84\x31\x95\x33" + text.encode("gb18030")) == text
    assert decode(("全市新增企业共计五家，其中" + text).encode("gb18030")) == "全市新增企业共计五家，其中" + text


def test_only_the_mark_goes_not_a_later_one() -> None:
    assert decode("\ufeff甲\ufeff乙".encode()) == "甲\ufeff乙"


@pytest.mark.parametrize("name", ["a.txt", "a.TXT", "a.md", "报告.markdown", "noend", None, "C:\\x\\a.txt"])
def test_names_of_plain_texts(name: str | None) -> None:
    assert form_of(TEXT.encode(), name) in PLAIN


def packed(*names: str) -> bytes:
    """A zip of files with these names."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name in names:
            file.writestr(name, "x")
    return out.getvalue()


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)


@pytest.mark.parametrize(
    ("data", "name", "content_type", "form"),
    [
        (b"%PDF-1.7\n%\xe2\xe3", "a.pdf", None, ".pdf"),
        (b"%PDF-1.7\n%\xe2\xe3", "a.txt", "text/plain", ".pdf"),
        (packed("[Content_Types].xml", "word/document.xml"), "a.txt", None, ".docx"),
        (packed("docProps/app.xml", "word/document.xml", "[Content_Types].xml"), None, None, ".docx"),
        (packed("[Content_Types].xml", "word/document.xml")[:120], None, None, ".docx"),
        (packed("[Content_Types].xml", "xl/workbook.xml"), "a.docx", None, ".xlsx"),
        (packed("[Content_Types].xml", "ppt/presentation.xml"), None, None, ".pptx"),
        (packed("word/报告.txt"), None, None, ".zip"),
        (packed("报告.docx", "其他.docx"), "a.docx", None, ".zip"),
        (packed(), None, None, ".zip"),
        (b"PK\x03\x04\x14\0\x06\0other", None, None, ".zip"),
        (OLE + "WordDocument".encode("utf-16-le"), "a.txt", None, ".doc"),
        (OLE + "WordDocument".encode("utf-16-le"), "a.wps", None, ".wps"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "a.docx", None, ".docx"),
        (OLE + "Workbook".encode("utf-16-le"), "a.doc", None, ".xls"),
        (OLE, "a.wps", None, ".wps"),
        (OLE, None, None, ".doc"),
        (b"{\\rtf1\\ansi", "a.doc", None, ".rtf"),
        ("\n<!DOCTYPE html><p>文</p>".encode(), None, None, ".html"),
        ("\ufeff<html lang='zh'>文".encode(), "a.txt", None, ".html"),
        ("文".encode(), "a.htm", None, ".html"),
        ("文".encode(), "a.xlsx", None, ".xlsx"),
        ("文".encode(), None, "text/html; charset=utf-8", ".html"),
        ("文".encode(), None, None, ".txt"),
    ],
)
def test_the_form_of_a_file(data: bytes, name: str | None, content_type: str | None, form: str) -> None:
    assert form_of(data, name, content_type) == form


@pytest.mark.parametrize(
    "data",
    [
        bytes(range(256)) * 4,
        b"\0\0\0\0",
        "新增企业5家\0".encode(),
        b"caf\xe9 au lait",
        b"\xef\xbb\xbf\xff\xfe",
        b"\xff\xfe\x00\xd8",  # a lone surrogate in UTF-16
        b"\xed\xa0\x80" * 3 + b"abc",  # lone surrogates in UTF-8
        "文".encode() + b"\x01\x02\x03\x04" * 20,
        "全市新增企业五家".encode()[:-1] + b"A",
    ],
)
def test_binary_and_broken_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(UndecodableInput):
        decode(data)


@pytest.mark.parametrize("data", [b"", b" \r\n\t", "\u3000\u200b\n".encode(), b"\xef\xbb\xbf"])
def test_blank_files_are_empty_texts(data: bytes) -> None:
    with pytest.raises(EmptyText):
        check(decode(data))


def test_check_returns_the_very_text_or_says_why_not() -> None:
    assert check("甲乙", 2) == "甲乙"
    with pytest.raises(TextTooLong) as long:
        check("甲乙丙", 2)
    assert (long.value.limit, long.value.length) == (2, 3)
    with pytest.raises(InvalidRequest, match="D800"):
        check("甲\ud800乙")


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), min_size=1))
def test_utf8_always_comes_back(text: str) -> None:
    body = "报告：" + text
    assert decode(body.encode()) == body


@given(st.binary(max_size=200))
def test_any_bytes_give_text_that_can_be_encoded_or_a_known_error(data: bytes) -> None:
    try:
        text = check(decode(data))
    except (EmptyText, UndecodableInput):
        return
    assert text.encode().decode() == text
    assert "\0" not in text
