"""Files that are broken, locked, too much, or made to harm: each with the exact error; and zips, hostile and not."""

from __future__ import annotations

import io
import zipfile

import pytest
from word_files import paragraph, row, table, word_file

from service.errors import BaoshuError
from service.files import read_document, read_documents
from service.files.limits import MEBIBYTE, Limits
from service.records import Document

LIMITS = Limits(seconds=20, memory=512 * MEBIBYTE, unpacked=8 * MEBIBYTE, members=5, characters=100_000)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
ENTITIES = '<!DOCTYPE w:document [<!ENTITY a "产产产产产产产产产产">' + "".join(
    f'<!ENTITY {after} "{f"&{before};" * 10}">' for before, after in zip("abcdefgh", "bcdefghi", strict=True)
)
EXTERNAL = (
    '<Relationship Id="x" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{}"'
    ' Target="http://127.0.0.1:9/x" TargetMode="External"/>'
)
GOOD = word_file(paragraph("新增高企12家"))


def packed(*files: tuple[str, bytes | str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as file:
        for name, data in files:
            file.writestr(name, data)
    return out.getvalue()


def locked(data: bytes) -> bytes:
    """The zip with every member marked as encrypted."""
    return data.replace(b"PK\x03\x04\x14\x00\x00", b"PK\x03\x04\x14\x00\x01").replace(
        b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01"
    )


def in_gbk(name: str, data: bytes) -> bytes:
    """A zip of a file whose name is in GBK, as archivers in Chinese Windows write it."""
    stand_in = "x" * len(name.encode("gbk"))
    return packed((stand_in, data)).replace(stand_in.encode(), name.encode("gbk"))


HOSTILE = {
    "a truncated docx": ("a.docx", GOOD[: len(GOOD) // 2], "damaged-file"),
    "a docx without its end": ("a.docx", GOOD[:-30], "damaged-file"),
    "bytes that call themselves docx": ("a.docx", b"not a zip at all", "damaged-file"),
    "a docx with a broken part": (
        "a.docx",
        packed(("[Content_Types].xml", "<Types"), ("word/document.xml", "<")),
        "damaged-file",
    ),
    "an encrypted docx": ("a.docx", OLE + "EncryptedPackage".encode("utf-16-le"), "encrypted-file"),
    "a docx with encrypted members": ("a.docx", locked(GOOD), "encrypted-file"),
    "an entity bomb": (
        "a.docx",
        word_file(paragraph("&i;").replace("&amp;", "&"), prolog=ENTITIES + "]>"),
        "damaged-file",
    ),
    "an entity that names a file": (
        "a.docx",
        word_file(
            paragraph("&x;").replace("&amp;", "&"), prolog='<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
        ),
        "damaged-file",
    ),
    "a docx that unpacks to too much": (
        "a.docx",
        word_file(paragraph("甲"), more={"word/media/x": bytes(9 * MEBIBYTE)}),
        "file-too-large",
    ),
    "a docx of a million cells": (
        "a.docx",
        word_file(table(*[row(*["<w:tc></w:tc>"] * 1000)] * 401)),
        "file-too-large",
    ),
    "a docx nested too deep": ("a.docx", word_file("<w:sdt>" * 3000 + "</w:sdt>" * 3000), "damaged-file"),
    "a docx of too many characters": ("a.docx", word_file(paragraph("甲" * 1000) * 101), "text-too-long"),
    "a page of 10 MB with 100,000 nested tags": (
        "a.html",
        b"<html><body>" + b"<div>" * 100_000 + b"x" * 9_000_000 + b"</div>" * 100_000,
        "file-too-large",
    ),
    "a page of a million cells": (
        "a.html",
        b"<html><body><table>" + (b"<tr>" + b"<td>1" * 1000) * 401,
        "file-too-large",
    ),
    "a page whose cells span everything": (
        "a.html",
        b"<html><body><table>" + b"<tr><td rowspan=65534 colspan=1000>x<td>1" * 5000,
        "file-too-large",
    ),
    "a spreadsheet": ("a.xlsx", packed(("[Content_Types].xml", ""), ("xl/workbook.xml", "")), "unsupported-file"),
    "a picture": ("a.docx", b"\x89PNG\r\n\x1a\n" + bytes(100), "unsupported-file"),
    "an empty zip": ("a.zip", packed(), "nothing-in-zip"),
    "a zip without a report": ("a.zip", packed(("a.xlsx", b"x"), ("b.png", b"y")), "nothing-in-zip"),
    "a zip of litter": (
        "a.zip",
        packed(("__MACOSX/a.docx", b"x"), (".b.txt", b"y"), ("~$c.docx", b"z")),
        "nothing-in-zip",
    ),
    "a truncated zip": ("a.zip", packed(("a.txt", "甲" * 100), ("b.txt", "乙"))[:-40], "damaged-file"),
    "a zip bomb": ("a.zip", packed(*((f"{n}.txt", bytes(3 * MEBIBYTE)) for n in range(4))), "file-too-large"),
    "a zip bomb within a zip": ("a.zip", packed(("b.zip", packed(("c.txt", bytes(9 * MEBIBYTE))))), "file-too-large"),
    "a zip of too many files": ("a.zip", packed(*((f"{n}.txt", "甲") for n in range(6))), "file-too-large"),
    "a zip of one encrypted file": ("a.zip", locked(packed(("a.txt", "甲"))), "encrypted-file"),
    "a zip of one damaged file": ("a.zip", packed(("a.docx", GOOD[:500])), "damaged-file"),
    "zips too deep": ("a.zip", packed(("b.zip", packed(("c.zip", packed(("d.txt", "甲")))))), "unsupported-file"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_refused(name: str) -> None:
    file, data, code = HOSTILE[name]
    with pytest.raises(BaoshuError) as caught:
        read_documents(data, name=file, limits=LIMITS)
    assert caught.value.code == code, caught.value.detail


def test_nothing_that_a_docx_points_to_is_fetched() -> None:
    relations = [EXTERNAL.format(kind) for kind in ("image", "attachedTemplate", "oleObject")]
    body = paragraph("新增高企12家", inner='<w:r><w:drawing><pic:pic r:link="x"/></w:drawing></w:r>')
    found = read_document(word_file(body, relations=relations), limits=LIMITS)
    assert found.text == "新增高企12家\n"


def read(*files: tuple[str, bytes | str]) -> list[tuple[str, str]]:
    """The files of a zip, each with its text or the code of its problem."""
    return told(packed(*files))


def told(data: bytes) -> list[tuple[str, str]]:
    members = read_documents(data, limits=LIMITS)
    return [
        (member.name, member.document.text if member.document else member.problem.code if member.problem else "")
        for member in members
    ]


def test_the_reports_of_a_zip_in_its_order() -> None:
    files = (("乙/b.docx", GOOD), ("a.txt", "甲"), ("c.html", "<html><body><p>丙</p></body></html>"))
    assert read(*files) == [("乙/b.docx", "新增高企12家\n"), ("a.txt", "甲"), ("c.html", "丙\n")]


def test_what_cannot_be_read_costs_no_other() -> None:
    files = (("a.docx", GOOD[:300]), ("b.txt", b"\xff\xfe\x00\xd8"), ("c.txt", "丙"), ("d.docx", OLE + b"x"))
    assert read(*files) == [
        ("a.docx", "damaged-file"),
        ("b.txt", "undecodable-input"),
        ("c.txt", "丙"),
        ("d.docx", "encrypted-file"),
    ]


def test_a_zip_within_a_zip_is_a_folder_of_it() -> None:
    inner = packed(("丙.txt", "丙"), ("更深.zip", packed(("丁.txt", "丁"))))
    assert read(("甲.txt", "甲"), ("乙.zip", inner), ("坏.zip", b"PK\x03\x04broken")) == [
        ("甲.txt", "甲"),
        ("乙.zip/丙.txt", "丙"),
        ("乙.zip/更深.zip", "unsupported-file"),
        ("坏.zip", "damaged-file"),
    ]


def test_names_are_names_and_lead_nowhere() -> None:
    files = (("../../etc/甲.txt", "甲"), ("/root/乙.txt", "乙"), ("C:\\x\\丙.txt", "丙"))
    assert read(*files) == [("etc/甲.txt", "甲"), ("root/乙.txt", "乙"), ("x/丙.txt", "丙")]


def test_names_in_gbk() -> None:
    assert told(in_gbk("总结/报告.txt", "甲".encode())) == [("总结/报告.txt", "甲")]


def test_a_page_saved_whole_is_one_report() -> None:
    files = (
        ("总结.html", "<html><body><p>丙</p></body></html>"),
        ("总结_files/ad.html", "<p>广告</p>"),
        ("总结_files/a.css", ""),
    )
    assert read(*files) == [("总结.html", "丙\n")]


def test_what_is_no_report_is_named() -> None:
    (member,) = read_documents(packed(("a.txt", "甲"), ("附图.png", b"x"), ("附表.xlsx", b"y")), limits=LIMITS)
    assert isinstance(member.document, Document)
    (note,) = member.document.notes
    assert (note.code, note.message) == ("files-passed-over", "压缩包中的 附图.png、附表.xlsx 不是报告，没有读取")


def test_a_member_that_is_locked_is_named_and_the_rest_is_read() -> None:
    data = locked(packed(("a.txt", "甲"))) + b""
    both = packed(("x.zip", data), ("b.txt", "乙"))
    assert told(both) == [("x.zip/a.txt", "encrypted-file"), ("b.txt", "乙")]
