"""The commands of the archive, in the process: reports and figures; one run with the real model."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

import openpyxl
import pyarrow.parquet as pq
import pytest
from archive_commands import NEW, OLD, TEXTS, Run

from service import archive_cli, commands_reports
from service.archive.keys import Scope
from service.archive.opening import Archive
from service.archive.reports import add_report, get_report, list_reports, report_id
from service.cli import main
from service.exports.figures import NAMES
from service.records import Hints
from service.settings import DEFAULT_MODEL

ROOT = Path(__file__).resolve().parent.parent


def kept(archive: Archive) -> dict[str | None, tuple[str | None, Hints]]:
    with archive.reading() as connection:
        found = [get_report(connection, report.id) for report in list_reports(connection).items]
    return {report.source: (report.text, report.hints) for report in found}


# Reports.


def test_a_folder_is_added_once(store: Archive, run: Run) -> None:
    Path("reports", "inner").mkdir()
    Path("reports", "inner", "many.jsonl").write_text(
        '{"text": "共5家。", "id": "a", "area": "小河县"}\n{"text": "共12家。"}\n', encoding="utf-8"
    )
    Path("reports", "说明.xlsx").write_text("x")
    code, out, err = run("archive", "add", "--area", "大河县", "--published", "2024-01-02", "reports")
    assert (code, out) == (0, "存入 4 份，已有 1 份，未能存入 0 份。\n")
    assert ".xlsx 1 个" in err
    found = kept(store)
    assert {source: text for source, (text, _) in found.items()} == {
        **{f"reports/{name}.txt": text for name, text in TEXTS.items()},
        "reports/inner/many.jsonl:1#a": "共5家。",
    }
    assert {hints.area for _, hints in found.values()} == {"大河县", "小河县"}
    assert {str(hints.published) for _, hints in found.values()} == {"2024-01-02"}
    assert run("archive", "add", "reports")[:2] == (0, "存入 0 份，已有 5 份，未能存入 0 份。\n")
    assert kept(store) == found


def test_what_cannot_be_kept_is_named_and_the_rest_is(
    store: Archive, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BAOSHU_MAX_CHARACTERS", "20")
    for name, content in {"空.txt": b"", "长.txt": b"5" * 21, "断.txt": b"a\0b", "表.pdf": b"%PDF-1.4"}.items():
        Path(name).write_bytes(content)
    names = ["空.txt", "长.txt", "断.txt", "表.pdf", "无.txt", "lines.jsonl"]
    Path("lines.jsonl").write_text('{"text": ""}\n{"text": "共7家。"}\n{', encoding="utf-8")
    code, out, err = run("archive", "add", *names, "reports/甲.txt")
    assert (code, out) == (1, "存入 2 份，已有 0 份，未能存入 7 份。\n")
    told = [
        line.removeprefix("baoshu: ").partition("：")[0] for line in err.splitlines() if line.startswith("baoshu: ")
    ]
    assert told == [*names[:5], "lines.jsonl:1", "lines.jsonl:3"]
    assert set(kept(store)) == {"reports/甲.txt", "lines.jsonl:2"}


def test_standard_input(store: Archive, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO("共12家。".encode("gb18030"))))
    assert run("archive", "add", "-")[0] == 0
    assert kept(store) == {"stdin": ("共12家。", Hints())}


def test_who_interrupts_has_kept_what_was_read_and_goes_on(
    store: Archive, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep, left = add_report, iter(range(2))

    def interrupted(*given: Any, **named: Any) -> Any:
        added = keep(*given, **named)
        if next(left, None) is None:
            raise KeyboardInterrupt
        return added

    monkeypatch.setattr(commands_reports, "add_report", interrupted)
    code, out, err = run("archive", "add", "reports")
    assert (code, out) == (1, "存入 2 份，已有 0 份，未能存入 0 份。\n")
    assert "再次运行同一命令即继续" in err
    assert len(kept(store)) == 2
    monkeypatch.setattr(commands_reports, "add_report", keep)
    assert run("archive", "add", "reports")[:2] == (0, "存入 1 份，已有 2 份，未能存入 0 份。\n")
    assert len(kept(store)) == 3


def test_a_fault_of_ours_costs_one_report(store: Archive, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    keep = add_report

    def faulty(connection: Any, text: str, **named: Any) -> Any:
        added = keep(connection, text, **named)
        if text == TEXTS["乙"]:
            raise RuntimeError("a slip")
        return added

    monkeypatch.setattr(commands_reports, "add_report", faulty)
    code, out, err = run("archive", "add", "reports")
    assert (code, out) == (1, "存入 2 份，已有 0 份，未能存入 1 份。\n")
    assert "baoshu: reports/乙.txt：内部错误" in err
    assert set(kept(store)) == {"reports/甲.txt", "reports/丙.txt"}


def test_no_archive(place: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / "other.db").write_text("this is no archive, and long enough to be told from one" * 9)
    monkeypatch.setenv("BAOSHU_ARCHIVE", "sqlite:///other.db")
    for command in (["archive", "add", "reports"], ["archive", "list"], ["jobs"], ["keys", "list"], ["models"]):
        code, out, err = run(*command)
        assert (code, out) == (1, "")
        assert "档案无法使用" in err


@pytest.mark.usefixtures("store")
def test_reports_are_listed_newest_first(run: Run) -> None:
    for name in TEXTS:
        run("archive", "add", f"reports/{name}.txt")
    code, out, err = run("archive", "list", "--limit", "2")
    lines = out.splitlines()
    assert (code, len(lines)) == (0, 3)
    assert [line.split()[0] for line in lines[1:]] == [report_id(TEXTS[name])[:12] for name in ("丙", "乙")]
    assert [line.split()[-1] for line in lines[1:]] == ["reports/丙.txt", "reports/乙.txt"]
    assert "只显示前 2 条" in err
    code, out, err = run("archive", "list", "--format", "jsonl")
    told = [json.loads(line) for line in out.splitlines()]
    assert [report["id"] for report in told] == [report_id(TEXTS[name]) for name in ("丙", "乙", "甲")]
    assert told[0]["characters"] == len(TEXTS["丙"])
    assert err == ""


@pytest.mark.usefixtures("store")
def test_reports_are_found_by_their_words(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run("archive", "add", "reports")
    code, out, err = run("archive", "search", "营收", "增长")
    assert (code, err) == (0, "")
    assert out == f"{report_id(TEXTS['甲'])[:12]}  （无标题）  reports/甲.txt\n    营收3.2亿元，增长5%。\n"
    code, out, _ = run("archive", "search", "营收", "--format", "jsonl", "--limit", "1")
    (hit,) = (json.loads(line) for line in out.splitlines())
    assert hit["snippet"]["matches"] == [{"start": 0, "end": 2}]
    code, out, err = run("archive", "search", "天宫", "(")
    assert (code, out) == (0, "")
    assert "天宫" in err
    monkeypatch.setattr("service.terminal.sys.stdout.isatty", lambda: True)
    assert "\033[1m营收\033[0m3.2亿元，\033[1m增长\033[0m5%。" in run("archive", "search", "增长 营收")[1]


# Figures.


@pytest.mark.usefixtures("figures")
def test_figures_as_a_table(run: Run) -> None:
    code, out, err = run("observations", "--report", report_id(TEXTS["甲"])[:9])
    assert (code, err) == (0, "")
    lines = [line.split() for line in out.splitlines()]
    assert lines[0] == ["指标", "地区", "时期", "口径", "状态", "数值", "报告", "观测", "依据"]
    of_report = report_id(TEXTS["甲"])[:12]
    assert lines[1:] == [
        ["营", "青岚区", "2023", "level", "actual", "3.2亿元", of_report, "o1", "营收3.2亿元，增长5%。"],
        ["营", "青岚区", "2023", "level", "actual", "5%", of_report, "o2", "营收3.2亿元，增长5%。"],
    ]
    code, out, err = run("observations", "--limit", "1")
    assert (code, len(out.splitlines())) == (0, 2)
    assert "只显示前 1 条" in err
    code, out, err = run("observations", "--area", "大河县")
    assert (code, len(out.splitlines())) == (0, 1)
    assert f"模型 {OLD} 没有读出" in err


@pytest.mark.usefixtures("figures")
def test_figures_for_spreadsheets_and_programs(run: Run) -> None:
    code, out, _ = run("observations", "--q", "营收", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert code == 0
    assert tuple(rows[0]) == NAMES
    assert sorted(row["value"] for row in rows) == ["3.2亿元", "4亿元", "5%"]
    code, out, _ = run("observations", "--model", NEW, "--format", "jsonl")
    told = [json.loads(line) for line in out.splitlines()]
    assert (code, len(told)) == (0, 4)
    assert {(figure["model"], figure["scope"]) for figure in told} == {(NEW, NEW)}
    code, out, _ = run("observations", "--status", "plan", "--format", "csv", "--output", "plan.csv")
    assert (code, out) == (0, "")
    assert Path("plan.csv").read_bytes().decode("utf-8-sig") == ",".join(NAMES) + "\r\n"


@pytest.mark.usefixtures("figures")
def test_figures_as_files(run: Run) -> None:
    code, out, _ = run("observations", "--q", "营收", "--format", "xlsx", "--output", "营收.xlsx")
    assert (code, out) == (0, "")
    book = openpyxl.load_workbook("营收.xlsx")
    assert book.sheetnames == ["观测"]
    assert sorted(row[8] for row in book["观测"].iter_rows(min_row=2, values_only=True)) == ["3.2亿元", "4亿元", "5%"]
    assert run("observations", "--q", "营收", "--format", "parquet", "--output", "营收.parquet")[0] == 0
    assert sorted(pq.read_table("营收.parquet")["value"].to_pylist()) == ["3.2亿元", "4亿元", "5%"]
    code, out, _ = run("observations", "--q", "营收", "--format", "sdmx-csv")
    assert sorted(row["VALUE_TEXT"] for row in csv.DictReader(io.StringIO(out))) == ["3.2亿元", "4亿元", "5%"]
    code, _, err = run("observations", "--panel", "--indicator", "营", "--format", "xlsx")
    assert code == 2
    assert "table、csv、jsonl" in err


@pytest.mark.usefixtures("figures")
def test_the_current_model_answers(run: Run) -> None:
    assert run("promote", NEW)[0] == 0
    _, out, _ = run("observations", "--format", "jsonl", "--limit", "1")
    assert json.loads(out)["model"] == NEW


@pytest.mark.usefixtures("figures")
def test_a_panel(run: Run) -> None:
    code, out, err = run("observations", "--panel", "--area", "青岚区", "--indicator", "营*")
    assert code == 0
    assert [line.split() for line in out.splitlines()] == [
        ["指标", "地区", "范围", "单位", "2023"],
        ["营", "青岚区", OLD, "%", "5"],
        ["营", "青岚区", OLD, "元", "3.2亿", "*"],
    ]
    assert "带 * 的" in err
    _, out, _ = run("observations", "--panel", "--indicator", "营", "--format", "jsonl")
    whole = [json.loads(line) for line in out.splitlines()]
    assert [[value["low"] for value in row["cells"]["2023"]] for row in whole] == [[5], [320_000_000, 400_000_000]]
    _, out, _ = run("observations", "--panel", "--indicator", "营", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [row["2023"] for row in rows] == ["5", "320000000"]
    assert rows[0]["2023 evidence"] == f"/reports/{report_id(TEXTS['甲'])}/observations/o2?model={OLD}"
    code, out, err = run("observations", "--panel", "--indicator", "营", "--measure", "rank")
    assert (code, out) == (0, "")
    assert "没有读出" in err


@pytest.mark.usefixtures("figures")
@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--period", "今年"], "今年"),
        (["--panel"], "--indicator"),
        (["--panel", "--area", "青岚区", "--limit", "3"], "--limit"),
    ],
)
def test_a_wrong_question(arguments: list[str], named: str, run: Run) -> None:
    code, out, err = run("observations", *arguments)
    assert (code, out) == (2, "")
    assert named in err


@pytest.mark.usefixtures("figures")
def test_a_report_that_is_not_there(run: Run) -> None:
    for beginning in ("0" * 64, "zz", "%"):
        code, _, err = run("observations", "--report", beginning)
        assert code == 1
        assert f"档案中没有报告 {beginning}" in err


# The commands themselves.


@pytest.mark.parametrize(
    "command",
    [
        *("archive add", "archive list", "archive search", "observations", "reextract", "jobs", "models", "diff"),
        *("promote", "rollback", "keys add", "keys list", "keys revoke"),
    ],
)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main([*command.split(), "--help"])
    assert stop.value.code == 0
    assert f"baoshu {command}" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        ["archive"],
        ["archive", "add"],
        ["archive", "search"],
        ["archive", "list", "--limit", "-1"],
        ["archive", "add", "x", "--published", "today"],
        ["observations", "--status", "done"],
        ["observations", "--format", "xml"],
        ["reextract", "--where", "colour=red"],
        ["reextract", "--where", "q"],
        ["reextract", "--workers", "0"],
        ["reextract", "--engine", "spark"],
        ["jobs", "first"],
        ["diff"],
        ["promote"],
        ["keys"],
        ["keys", "add", "x", "--scope", "root"],
    ],
)
def test_a_wrong_call(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    assert capsys.readouterr().err


def test_the_scopes_are_those_of_keys() -> None:
    assert tuple(Scope) == archive_cli.SCOPES


def test_help_needs_neither_store_nor_model() -> None:
    """What is slow to import is imported when it is needed."""
    asked = "import sys, service.cli; service.cli._parser(); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True, cwd=ROOT)
    heavy = {"sqlalchemy", "alembic", "numpy", "onnxruntime", "fastapi", "pydantic", "tqdm", "ray"}
    assert heavy & set(done.stdout.split()) == set()


@pytest.mark.usefixtures("store")
def test_an_interrupted_command_ends_without_a_trace(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: Any, **__: Any) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr("service.commands_reports.list_reports", interrupt)
    code, out, err = run("archive", "list")
    assert (code, out, err) == (1, "", "baoshu: 已中断。\n")


@pytest.mark.skipif(not (DEFAULT_MODEL / "manifest.json").exists(), reason="no model in this checkout")
def test_with_the_real_model(tmp_path: Path) -> None:
    """Every command in a process of its own, as it is called."""
    (tmp_path / "report.txt").write_text(
        "青岚区科技局2023年工作总结\n\n2023年，全区技术合同成交额达5.6亿元，同比增长8.5%。\n", encoding="utf-8"
    )
    environ = {name: value for name, value in os.environ.items() if not name.startswith("BAOSHU_")}
    environ |= {"BAOSHU_ARCHIVE": "sqlite:///var/a.db", "PYTHONPATH": str(ROOT)}

    def baoshu(*arguments: str) -> str:
        command = [sys.executable, "-m", "service.cli", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, env=environ, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout

    baoshu("archive", "add", "report.txt")
    assert "已读 1 份，共 1 份" in baoshu("reextract")
    told = [json.loads(line) for line in baoshu("observations", "--q", "技术合同", "--format", "jsonl").splitlines()]
    assert [(figure["indicator"], figure["low"], figure["period"]) for figure in told] == [
        ("技术合同成交额", 560_000_000, "2023"),
        ("技术合同成交额", 8.5, "2023"),
    ]
