"""A report printed by Chromium: fonts in the file, coded by glyph, with a mapping; words in the margins."""

from __future__ import annotations

import html
import shutil
import subprocess
from itertools import groupby
from pathlib import Path

import pytest

from service.files.limits import Limits
from service.files.pdf import read_pdf

CHROMIUM = shutil.which("chromium")
FONTS = shutil.which("fc-list")
STYLE = """
@page { size: A4; margin: 2.5cm 2cm; @top-left { content: "盐湾市统计局" } }
@page { @bottom-center { content: "— " counter(page) " —" } }
body { font: 10.5pt/1.8 serif; text-align: justify }
h1 { font-size: 22pt; text-align: center }
div { column-count: 2; column-gap: 2em }
p { text-indent: 2em; margin: 0 }
table { border-collapse: collapse; width: 100%; font-size: 9pt }
td { border: 1px solid; padding: 2px }
"""


def _has_chinese_font() -> bool:
    if FONTS is None:
        return False
    return bool(subprocess.run([FONTS, ":lang=zh-cn"], capture_output=True, check=True, timeout=60).stdout.strip())


@pytest.mark.skipif(CHROMIUM is None or not _has_chinese_font(), reason="no Chromium, or no Chinese font")
@pytest.mark.parametrize("seed", ["tj-gongbao-2023", "jy-wunian-2025"])
def test_what_chromium_prints_in_two_columns(seed: str, root: Path, tmp_path: Path) -> None:
    title, *paragraphs = (root / "seeds" / f"{seed}.txt").read_text(encoding="utf-8").split("\n")
    paragraphs = [line for line in paragraphs if line.strip()]
    page, printed = tmp_path / "report.html", tmp_path / "report.pdf"
    body = "".join(
        f"<table>{''.join(map(_row, lines))}</table>"
        if is_table
        else "".join(f"<p>{html.escape(p)}</p>" for p in lines)
        for is_table, lines in groupby(paragraphs, key=lambda line: "|" in line)
    )
    page.write_text(
        f"<!doctype html><html lang=zh-CN><meta charset=utf-8><style>{STYLE}</style>"
        f"<h1>{html.escape(title)}</h1><div>{body}</div>",
        encoding="utf-8",
    )
    subprocess.run(
        [
            str(CHROMIUM),
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            f"--user-data-dir={tmp_path / 'profile'}",
            "--no-pdf-header-footer",
            f"--print-to-pdf={printed}",
            page.as_uri(),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    read = read_pdf(printed.read_bytes(), Limits()).text.splitlines()
    wanted = [title, *(f"| {line}" if "|" in line else line for line in paragraphs)]
    assert ["".join(line.split()) for line in read] == ["".join(line.split()) for line in wanted]


def _row(line: str) -> str:
    cells = "".join(f"<td>{html.escape(cell.strip())}</td>" for cell in line.strip().rstrip("|").split("|"))
    return f"<tr>{cells}</tr>"
