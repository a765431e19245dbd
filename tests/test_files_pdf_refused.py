"""PDFs that cannot be read, or not whole: a clear answer for each, and none that costs more than it may."""

from __future__ import annotations

import zlib
from io import BytesIO

import pytest
from pdf_press import Press, page_number
from PIL import Image
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.utils import ImageReader

from service.errors import (
    BaoshuError,
    DamagedFile,
    EncryptedFile,
    FileTooLarge,
    NoTextInFile,
    TextTooLong,
    UndecodableInput,
)
from service.files import read_document
from service.files.limits import MEBIBYTE, Limits
from service.files.pdf import read_pdf

TEXT = "全年实现地区生产总值1862.35亿元，按可比价格计算，比上年增长5.8%。"


def sheet(**settings: object) -> Press:
    press = Press(**settings)  # type: ignore[arg-type]
    press.paragraph(TEXT)
    return press


def picture(press: Press) -> None:
    """A scanned page."""
    held = BytesIO()
    Image.new("L", (60, 85), 200).save(held, "png")
    held.seek(0)
    press.canvas.drawImage(ImageReader(held), 0, 0, 595, 842)


def raw(*objects: bytes) -> bytes:
    """A file of these objects, the first of them its catalogue, the second its pages."""
    out, places = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    count = len(objects) + 1
    tail = b"trailer <</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (count, len(out))
    return out + b"xref\n0 %d\n0000000000 65535 f \n" % count + table + tail


def one_page(content: bytes, *, box: bytes = b"0 0 595 842", resources: bytes = b"", packed: bool = False) -> bytes:
    stream = b"<</Length %d%s>>stream\n%s\nendstream" % (
        len(content),
        b"/Filter/FlateDecode" if packed else b"",
        content,
    )
    return raw(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[%s]/Contents 4 0 R/Resources<<%s>>>>" % (box, resources),
        stream,
    )


def read(data: bytes, limits: Limits | None = None) -> str:
    return read_pdf(data, limits or Limits()).text


def test_a_file_that_opens_without_a_password_is_read() -> None:
    lock = StandardEncryption("", ownerPassword="secret", strength=128)
    assert read(sheet(encrypt=lock).done()) == f"{TEXT}\n"


def test_a_password_is_asked_for() -> None:
    lock = StandardEncryption("open", ownerPassword="secret", strength=128)
    with pytest.raises(EncryptedFile, match="密码"):
        read(sheet(encrypt=lock).done())


def test_a_broken_cross_reference_is_repaired() -> None:
    data = sheet().done()
    place = data.rindex(b"startxref")
    assert read(data[:place] + b"startxref\n99999999\n%%EOF") == f"{TEXT}\n"


def test_junk_around_a_file_is_passed_over() -> None:
    assert read(b"\r\n\x00junk" + sheet().done() + b"\n<html>") == f"{TEXT}\n"


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_half_a_file_is_damaged(share: float) -> None:
    data = sheet().done()
    with pytest.raises(DamagedFile, match="PDF"):
        read(data[: int(len(data) * share)])


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7\n", b"%PDF-1.4\n%%EOF", bytes(range(256)) * 8])
def test_what_is_no_pdf_is_damaged(data: bytes) -> None:
    with pytest.raises(DamagedFile):
        read(data)


def test_a_file_without_a_page() -> None:
    with pytest.raises(DamagedFile):
        read(raw(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[]/Count 0>>"))


def test_a_page_that_is_damaged_is_named() -> None:
    document = read_pdf(
        raw(
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[3 0 R 9 0 R]/Count 2>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
            b"<</Length 44>>stream\nBT /F 12 Tf 90 700 Td (GDP 1862.35, 5.8%) Tj ET\nendstream",
            b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        ),
        Limits(),
    )
    assert document.text == "GDP 1862.35, 5.8%\n"
    assert [note.code for note in document.notes] == ["pages-damaged"]
    assert "第 2 页" in document.notes[0].message


def test_a_scanned_file_needs_ocr() -> None:
    press = Press()
    picture(press)
    with pytest.raises(NoTextInFile, match="OCR"):
        read(press.done())


def test_a_scanned_file_with_page_numbers_needs_ocr() -> None:
    press = Press(furniture=page_number)
    for _ in range(3):
        picture(press)
        press.next_page()
    picture(press)
    with pytest.raises(NoTextInFile, match="扫描"):
        read(press.done())


def test_scanned_pages_among_others_are_named() -> None:
    press = sheet(furniture=page_number)
    for _ in range(3):
        press.next_page()
        picture(press)
    press.next_page()
    press.paragraph(TEXT)
    document = read_pdf(press.done(), Limits())
    assert document.text == f"{TEXT}\n{TEXT}\n"
    assert [note.code for note in document.notes] == ["pages-without-text"]
    assert "第 2-4 页" in document.notes[0].message


def test_the_text_behind_a_scanned_page_is_read_and_said_to_be_recognised() -> None:
    press = Press()
    picture(press)
    words = press.canvas.beginText(90, 700)
    words.setFont("STSong-Light", 16)
    words.setTextRenderMode(3)
    words.textOut(TEXT[:22])
    press.canvas.drawText(words)
    document = read_pdf(press.done(), Limits())
    assert document.text == f"{TEXT[:22]}\n"
    assert [note.code for note in document.notes] == ["recognised-text"]


def test_an_empty_page_is_no_text() -> None:
    with pytest.raises(NoTextInFile):
        read(Press().done())


def test_a_font_that_does_not_say_what_its_characters_are() -> None:
    font = (
        b"/Font<</F<</Type/Font/Subtype/Type0/BaseFont/Song/Encoding/Identity-H/DescendantFonts[<</Type/Font"
        b"/Subtype/CIDFontType2/BaseFont/Song/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>>>]>>>>"
    )
    codes = b"".join(b"%04x" % code for code in range(0x0200, 0x0240))
    with pytest.raises(UndecodableInput, match="对照"):
        read(one_page(b"BT /F 12 Tf 50 700 Td <" + codes + b"> Tj ET", resources=font))


def test_single_characters_without_a_mapping_are_marked_and_named() -> None:
    press = sheet()
    press.paragraph("专用字\ue123号楼投资88亿元。")
    document = read_pdf(press.done(), Limits())
    assert document.text.splitlines()[1].startswith("专用字")
    assert "\ue123" not in document.text


def test_more_pages_than_may_be() -> None:
    press = sheet()
    for _ in range(3):
        press.next_page()
    with pytest.raises(FileTooLarge, match="4 页，最多 3 页"):
        read(press.done(), Limits(pages=3))


def test_more_text_than_may_be() -> None:
    with pytest.raises(TextTooLong):
        read(sheet().done(), Limits(characters=20))


# ---------------------------------------------------------------------------------------------------------- hostile


SMALL = Limits(seconds=20, memory=256 * MEBIBYTE)


def refused(data: bytes, limits: Limits = SMALL) -> BaoshuError | str:
    """What a file gives when it is read where readers run: its text, or why there is none."""
    try:
        return read_document(data, name="a.pdf", limits=limits).text
    except BaoshuError as error:
        return error


def test_objects_within_objects() -> None:
    data = one_page(b"q", resources=b"/A" + b"[" * 100_000 + b"]" * 100_000)
    assert isinstance(refused(data), BaoshuError)


def test_a_drawing_that_draws_itself() -> None:
    form = b"<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X 5 0 R>>>>/Length 5>>"
    data = raw(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</XObject<</X 5 0 R>>>>>>",
        b"<</Length 5>>stream\n/X Do\nendstream",
        form + b"stream\n/X Do\nendstream",
    )
    assert isinstance(refused(data), NoTextInFile)


def test_pages_that_have_themselves_as_pages() -> None:
    data = raw(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[2 0 R]/Count 9>>")
    assert isinstance(refused(data), BaoshuError)


@pytest.mark.parametrize("box", [b"0 0 1e9 1e9", b"-9e30 -9e30 9e30 9e30", b"0 0 0 0", b"5 5 1 1", b"nan 0 1 1"])
def test_page_boxes_that_no_page_has(box: bytes) -> None:
    data = one_page(
        b"BT /F 12 Tf 90 700 Td (GDP 1862.35, 5.8%) Tj ET",
        box=box,
        resources=b"/Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>",
    )
    assert isinstance(refused(data), NoTextInFile) or refused(data) == "GDP 1862.35, 5.8%\n"


def test_a_hundred_thousand_rectangles() -> None:
    drawn = b"".join(b"%d %d 3 3 re S " % (x, y) for x in range(0, 590, 2) for y in range(0, 840, 2))[:2_000_000]
    data = one_page(
        drawn[: drawn.rindex(b"S ") + 2] + b"BT /F 12 Tf 90 700 Td (GDP 1862.35, 5.8%) Tj ET",
        resources=b"/Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>",
    )
    document = read_document(data, name="a.pdf", limits=SMALL)
    assert document.text == "GDP 1862.35, 5.8%\n"
    assert [note.code for note in document.notes] == ["drawing-too-large"]


def test_a_stream_that_becomes_gigabytes() -> None:
    packing = zlib.compressobj(1)
    bomb = b"".join(packing.compress(bytes(MEBIBYTE)) for _ in range(1024)) + packing.flush()
    assert isinstance(refused(one_page(bomb, packed=True)), BaoshuError)


def test_a_page_of_a_million_characters_is_cut() -> None:
    data = one_page(
        b"BT /F 1 Tf 90 700 Td " + b"(1862.35 5.8 ) Tj " * 80_000 + b"ET",
        resources=b"/Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>",
    )
    text = refused(data)
    assert isinstance(text, BaoshuError) or len(text) < 100_000
