"""Where reports stand: folders looked into, files of lines read one line at a time."""

from __future__ import annotations

import io
import json
import zipfile
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from service.errors import InvalidRequest, TextTooLong
from service.files import SUFFIXES, Limits
from service.files.bundle import unpack
from service.records import Hints
from service.sources import Reading, Unread, look_up, read, sources


def test_a_folder_gives_its_reports_and_those_within(tmp_path: Path) -> None:
    inner = tmp_path / "2023" / "第一季度"
    inner.mkdir(parents=True)
    (tmp_path / ".git").mkdir()
    names = ("乙.txt", "甲.docx", "丙.JSONL", "2023/丁.TXT", "2023/第一季度/戊.htm")
    for name in (
        *names,
        "README.md",
        "2023/readme.txt",
        ".hidden.txt",
        ".git/己.txt",
        "a.xlsx",
        "2023/b.xlsx",
        "Makefile",
    ):
        (tmp_path / name).write_text("x")
    failures: list[str] = []
    found = look_up([str(tmp_path), "-", "elsewhere.doc"], failures)
    root = str(tmp_path)
    expected = sorted(names[:3]) + list(names[3:])
    assert found.files == (*(f"{root}/{name}" for name in expected), "-", "elsewhere.doc")
    assert found.passed_over == Counter({".xlsx": 2, "": 1})
    assert failures == []


def test_each_line_is_a_report(tmp_path: Path) -> None:
    file = tmp_path / "many.jsonl"
    lines = [{"text": "甲", "id": "a", "area": "小河县"}, {"text": "乙", "published": "2024-01-02"}]
    file.write_bytes(b"\r\n".join(json.dumps(line).encode() for line in lines) + b"\n\n \n{}\n")
    failures: list[str] = []
    found = list(sources([str(file), "x.txt", str(tmp_path / "no.jsonl")], failures))
    assert [str(source) for source in found] == [f"{file}:1", f"{file}:2", f"{file}:5", "x.txt"]
    assert [failure.partition("：")[0] for failure in failures] == [str(tmp_path / "no.jsonl")]
    hints = Hints(date(2023, 3, 4), "大河县", "题")
    first, second = (one for source in found[:2] for one in read(source, hints, Limits()))
    assert isinstance(first, Reading)
    assert isinstance(second, Reading)
    assert (first.id, first.source, first.text, first.from_file) == ("a", f"{file}:1#a", "甲", False)
    assert first.hints == Hints(date(2023, 3, 4), "小河县", "题")
    assert (second.id, second.source) == ("many-2", f"{file}:2")
    assert second.hints == Hints(date(2024, 1, 2), "大河县", "题")
    with pytest.raises(InvalidRequest, match="该行的 text"):
        list(read(found[2], Hints(), Limits()))
    with pytest.raises(TextTooLong):
        list(read(found[0], Hints(), Limits(characters=0)))


def test_a_folder_that_cannot_be_looked_into_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: str) -> object:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr("os.scandir", refuse)
    failures: list[str] = []
    assert look_up([str(tmp_path)], failures).files == ()
    assert failures == [f"{tmp_path}：Permission denied"]


def test_a_zip_gives_as_many_reports_as_stand_in_it(tmp_path: Path) -> None:
    file = tmp_path / "季报.zip"
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("一季度/甲.txt", "甲")
        packed.writestr("一季度/乙.txt", b"\xff\xfe\x00\xd8")
        packed.writestr("丙.md", "丙")
    (source,) = sources([str(file)], [])
    first, unread, last = read(source, Hints(area="小河县"), Limits())
    assert isinstance(first, Reading)
    assert (first.id, first.text, first.source, first.file) == ("甲", "甲", *[f"{file}/一季度/甲.txt"] * 2)
    assert (first.hints, first.from_file) == (Hints(area="小河县"), True)
    assert isinstance(unread, Unread)
    assert (unread.source, unread.problem.code) == (f"{file}/一季度/乙.txt", "undecodable-input")
    assert isinstance(last, Reading)
    assert last.id == "丙"


@pytest.mark.parametrize("suffix", sorted(SUFFIXES))
def test_a_folder_takes_what_a_zip_takes(tmp_path: Path, suffix: str) -> None:
    (tmp_path / f"甲{suffix.upper()}").write_bytes(b"x")
    assert look_up([str(tmp_path)], []).files == (f"{tmp_path}/甲{suffix.upper()}",)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr(f"甲{suffix}", "x")
        file.writestr("乙.xlsx", "x")
    header, _ = unpack(packed.getvalue(), Limits())
    assert ([member["name"] for member in header["members"]], header["passed_over"]) == ([f"甲{suffix}"], ["乙.xlsx"])
