"""The reader of PDFs: bytes to text with places.

In: the bytes of a PDF, limits.  Out: a `Document`: paragraphs made whole over lines, columns and pages, tables as
rows of cells, without headers, footers, page numbers and watermarks; the page and box of each printed line and each
cell; notes on what could not be read.  Knows nothing of what the text says.

    pdf_source      what stands on a page: characters, straight lines, pictures
    pdf_grids       straight lines to ruled tables
    pdf_lines       characters to pieces of lines
    pdf_furniture   headers, footers, page numbers, watermarks set aside
    pdf_columns     pieces to blocks in reading order; pdf_aligned: tables without lines
    pdf_paragraphs  lines to paragraphs, over columns and pages
    pdf_tables      grids to tables, over pages
    pdf_text        all of it to text with places

No characters are recognised in pictures: a scanned file is refused, a scanned page is a note.
"""

from __future__ import annotations

from service.errors import FileTooLarge
from service.files.limits import Limits
from service.files.pdf_columns import blocks
from service.files.pdf_furniture import without_furniture
from service.files.pdf_grids import grids
from service.files.pdf_legible import check_legible
from service.files.pdf_lines import pieces
from service.files.pdf_page import Grid, PageContent, PageLayout, Piece
from service.files.pdf_paragraphs import body_size, paragraphs, with_notes_apart
from service.files.pdf_source import open_pdf
from service.files.pdf_text import PdfText
from service.records import Document

FORM = ".pdf"


def read_pdf(data: bytes, limits: Limits) -> Document:
    """The text of a PDF.

    Raises `EncryptedFile` where a password is needed to open it, `DamagedFile`, `FileTooLarge` for more pages than
    `limits.pages`, `NoTextInFile` for scanned pages, `UndecodableInput` for fonts that do not say which characters they
    hold, `TextTooLong`.
    """
    pages: list[PageContent] = []
    lost: list[int] = []
    with open_pdf(data) as source:
        if source.pages > limits.pages:
            raise FileTooLarge(f"PDF 有 {source.pages} 页，最多 {limits.pages} 页；请拆分后分次提交。")
        for number in range(1, source.pages + 1):
            page = source.page(number)
            if page is None:
                lost.append(number)
            else:
                pages.append(page)
    notes = check_legible(pages, lost)
    text = PdfText(limits.characters)
    text.add(paragraphs(_laid_out(pages)))
    return Document(text.text, FORM, tuple(text.places), notes)


def _laid_out(pages: list[PageContent]) -> list[PageLayout]:
    """The pages in reading order, furniture left out, footnotes apart."""
    tables: list[list[Grid]] = []
    found: list[list[Piece]] = []
    for page in pages:
        ruled, characters = grids(page)
        tables.append(ruled)
        found.append(pieces(characters))
    layouts = [
        PageLayout(page, tuple(blocks(held, ruled, page.width)))
        for page, ruled, held in zip(pages, tables, without_furniture(pages, found), strict=True)
    ]
    size = body_size(layouts)
    return [with_notes_apart(layout, size) for layout in layouts]
