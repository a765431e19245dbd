"""`baoshu targets`, `conflicts` and `series`, in the process."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from archive_commands import OLD, Run
from archive_sentences import Report, fig, grown, keep, plan

from service.across_table import CONFLICTS, SERIES, TARGETS
from service.archive.opening import Archive
from service.records import ModelCard

SALES = "技术合同成交额"
NAME, _, VERSION = OLD.partition("-")


@pytest.fixture
def read(store: Archive) -> Archive:
    """An archive that the current model has read."""
    keep(
        store,
        Report(
            "2023年总结",
            "2024-01-10",
            [
                ("2023年，技术合同成交额34.2亿元，同比增长14.7%。", [fig("34.2亿元", SALES), grown("14.7%", SALES)]),
                ("力争技术合同成交额达到40亿元。", [plan("40亿元", SALES)]),
                ("力争新增企业20家。", [plan("20家", "企业", measure="increment")]),
            ],
        ),
        Report("2021年总结", "2022-01-10", [("技术合同成交额28亿元。", [fig("28亿元", SALES, "2021")])]),
        Report(
            "2024年总结",
            "2025-01-10",
            [("2024年，成交额38亿元，上年为34.5亿元。", [fig("38亿元", SALES, "2024"), fig("34.5亿元", SALES)])],
        ),
        card=ModelCard(NAME, VERSION, "0" * 64),
    )
    return store


@pytest.mark.usefixtures("read")
def test_targets(run: Run) -> None:
    code, out, _ = run("targets")
    lines = out.splitlines()
    assert code == 0
    assert lines[0].split()[:3] == ["状态", "指标", "地区"]
    assert lines[1].split()[:8] == ["未完成", SALES, "青岚区", "2024", "40亿元", "38亿元", "95.0%", "-2亿元"]
    assert lines[2].split()[:5] == ["暂无结果", "企业", "青岚区", "2024", "20家"]
    assert len(run("targets", "--state", "no_result")[1].splitlines()) == 2
    found = [json.loads(line) for line in run("targets", "--format", "jsonl")[1].splitlines()]
    assert [one["state"] for one in found] == ["missed", "no_result"]


@pytest.mark.usefixtures("read")
def test_conflicts(run: Run) -> None:
    code, out, _ = run("conflicts")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()[1:]] == ["后出的报告作了修订", SALES]
    code, out, told = run("conflicts", "--kind", "growth")
    assert (code, "没有不一致" in told) == (0, True)


@pytest.mark.usefixtures("read")
def test_series(run: Run) -> None:
    code, out, _ = run("series", "--indicator", SALES, "--area", "青岚区")
    lines = out.splitlines()
    assert code == 0
    assert lines[:2] == ["青岚区 技术合同成交额（元，年度，口径：未注明）", "缺：2022"]
    assert [line.split()[:2] for line in lines[3:]] == [["2021", "28亿元"], ["2023", "34.5亿元"], ["2024", "38亿元"]]
    code, out, told = run("series", "--indicator", SALES)
    assert (code, "area" in told) == (2, True)
    assert "没有读出" in run("series", "--indicator", "没有", "--area", "青岚区")[2]


@pytest.mark.parametrize(
    ("command", "head", "many"),
    [
        (["targets"], TARGETS, 2),
        (["conflicts"], CONFLICTS, 2),
        (["series", "--indicator", SALES, "--area", "青岚区"], SERIES, 4),
    ],
)
@pytest.mark.usefixtures("read")
def test_each_as_a_table(run: Run, tmp_path: Path, command: list[str], head: tuple[str, ...], many: int) -> None:
    out = run(*command, "--format", "csv")[1]
    rows = list(csv.DictReader(io.StringIO(out, newline="")))
    assert (tuple(rows[0]), len(rows)) == (head, many)
    file = tmp_path / "out.csv"
    assert run(*command, "--format", "csv", "--output", str(file))[0] == 0
    assert file.read_bytes().decode("utf-8-sig") == out
    assert file.read_bytes().startswith(b"\xef\xbb\xbf")


@pytest.mark.usefixtures("read")
def test_a_long_list_says_that_there_is_more(run: Run) -> None:
    _, out, told = run("targets", "--limit", "1")
    assert (len(out.splitlines()), "--limit 0" in told) == (2, True)
