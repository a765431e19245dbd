"""Measuring an engine, with the real model and few reports."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from service.archive import throughput
from service.settings import DEFAULT_MODEL

SEED = "全区共有高新技术企业120家，比上年增加15家。\n"


def test_reports_are_read_from_files(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(SEED, encoding="utf-8")
    lines = [json.dumps({"id": number, "text": f"第{number}份"}, ensure_ascii=False) for number in range(2)]
    (tmp_path / "b.jsonl").write_text("\n".join(lines) + "\n\n", encoding="utf-8")
    assert list(throughput.texts_of([tmp_path / "a.txt", tmp_path / "b.jsonl"])) == [SEED, "第0份", "第1份"]


@pytest.mark.skipif(not (DEFAULT_MODEL / "manifest.json").exists(), reason="no model in this checkout")
def test_a_line_for_each_number_of_workers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "a.txt"
    file.write_text(SEED, encoding="utf-8")
    throughput.main([str(file), "--workers", "1", "--copies", "3"])
    (line,) = capsys.readouterr().out.splitlines()
    rates = r"[\d.]+ reports/s, \d+ characters/s, 100% of the first per worker"
    assert re.fullmatch(rf"local, 1 workers: 3 reports of 3 in [\d.]+ s, {rates}", line)
