"""Older word processors' files, where LibreOffice is installed; and what is said where it is not."""

from __future__ import annotations

import subprocess
from pathlib import Path

import docx
import pytest

from service.errors import BaoshuError, UnsupportedFile
from service.files import read_document
from service.files.limits import Limits
from service.files.office import find_program, read_with_office

PROGRAM = find_program()
LIMITS = Limits(seconds=120)

with_office = pytest.mark.skipif(PROGRAM is None, reason="LibreOffice is not installed")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same report as a .doc, an .rtf and an .odt."""
    folder = tmp_path_factory.mktemp("office")
    document = docx.Document()
    document.add_paragraph("新增高企12家")
    grid = document.add_table(2, 2)
    for cell, text in zip(
        [cell for row in grid.rows for cell in row.cells], ("指标", "数值", "产值", "1.5"), strict=True
    ):
        cell.text = text
    document.add_paragraph("以上。")
    document.save(str(folder / "a.docx"))
    for form in ("doc", "rtf", "odt"):
        command = [str(PROGRAM), f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless"]
        command += ["--convert-to", form, "--outdir", str(folder), str(folder / "a.docx")]
        subprocess.run(command, check=True, capture_output=True)
    return folder


@with_office
@pytest.mark.parametrize(
    ("file", "name"), [("a.doc", "a.doc"), ("a.doc", "a.wps"), ("a.rtf", "a.doc"), ("a.odt", "a.odt")]
)
def test_what_older_files_show(made: Path, file: str, name: str) -> None:
    found = read_document((made / file).read_bytes(), name=name, limits=LIMITS)
    assert found.text.splitlines() == ["新增高企12家", "| 指标 | 数值 |", "| 产值 | 1.5 |", "以上。"]
    assert [place.paragraph for place in found.places] == [1, 2, 2, 3]


@with_office
def test_a_doc_that_is_none_is_damaged(made: Path) -> None:
    data = (made / "a.doc").read_bytes()
    with pytest.raises(BaoshuError) as caught:
        read_document(data[:600] + "WordDocument".encode("utf-16-le"), name="a.doc", limits=LIMITS)
    assert caught.value.code == "damaged-file"


def test_without_libreoffice_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.files.office.shutil.which", lambda *_, **__: None)
    with pytest.raises(UnsupportedFile, match=r"LibreOffice.*另存为 \.docx"):
        read_with_office(b"", LIMITS, ".doc")
