"""The commands of the archive, in the process, with models that cost nothing; one of them with the real one."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

import pytest
from archive_reader import Reader
from model_folders import ToyReader, load_toy, make_model

from service import archive_cli, commands_reports
from service.archive import local
from service.archive.extractions import store_extraction
from service.archive.jobs import Progress, Selection, create_job, list_jobs
from service.archive.keys import Scope, active_keys, hash_of
from service.archive.local import run_job
from service.archive.models import current, history, model_key
from service.archive.observations import CSV_COLUMNS
from service.archive.opening import Archive, open_archive
from service.archive.reports import add_report, get_report, list_reports, report_id
from service.cli import main
from service.errors import ClusterUnavailable
from service.extractor import Extractor
from service.manifest import read_manifest, verify
from service.records import Hints
from service.response import to_json
from service.settings import DEFAULT_MODEL

ROOT = Path(__file__).resolve().parent.parent
TEXTS = {"甲": "营收3.2亿元，增长5%。", "乙": "共12家。", "丙": "营收4亿元。"}
OLD, NEW = "toy-1", "toy-2"

Run = Callable[..., tuple[int, str, str]]


def load_slow(model: Path, threads: int) -> Extractor:  # noqa: ARG001
    """A reader whose reports say how long they take."""
    return Reader(verify(model).card)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that commands are run in: two models, three reports, and no archive yet."""
    for version in ("1", "2"):
        make_model(tmp_path / "models" / version, version)
    (tmp_path / "reports").mkdir()
    for name, text in TEXTS.items():
        (tmp_path / "reports" / f"{name}.txt").write_text(text, encoding="gb18030")
    for name in [name for name in os.environ if name.startswith("BAOSHU_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("BAOSHU_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("BAOSHU_MODEL", str(tmp_path / "models" / "1"))
    monkeypatch.setattr("service.registry._load", load_toy)
    monkeypatch.setattr(local, "run_job", partial(run_job, reader="model_folders:load_toy"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def store(place: Path, migrated_file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Archive]:
    """The archive that commands use, empty."""
    shutil.copy(migrated_file, place / "archive.db")
    monkeypatch.setenv("BAOSHU_ARCHIVE", "sqlite:///archive.db")
    opened = open_archive("sqlite:///archive.db")
    yield opened
    opened.close()


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command: its exit code, what it says, what it tells beside that."""

    def run(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(arguments)
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


def read_all(archive: Archive, *versions: str) -> None:
    """All reports of the archive, read by the toys of these versions, here and now."""
    with archive.writing() as connection:
        for version in versions:
            toy = ToyReader(read_manifest(Path("models") / version).card)
            key = model_key(connection, toy.model)
            for listed in list_reports(connection).items:
                report = get_report(connection, listed.id)
                answer = to_json(toy.extract(report.text or "", report.hints))
                store_extraction(connection, report.key, key, answer, seconds=0.1)


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
    Path("reports", "说明.docx").write_text("x")
    code, out, err = run("archive", "add", "--area", "大河县", "--published", "2024-01-02", "reports")
    assert (code, out) == (0, "存入 4 份，已有 1 份，未能存入 0 份。\n")
    assert ".docx 1 个" in err
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


@pytest.fixture
def figures(store: Archive, run: Run) -> Archive:
    """The archive with three reports, read by both models."""
    run("archive", "add", "reports")
    read_all(store, "1", "2")
    return store


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
    assert tuple(rows[0]) == CSV_COLUMNS
    assert sorted(row["value"] for row in rows) == ["3.2亿元", "4亿元", "5%"]
    code, out, _ = run("observations", "--model", NEW, "--format", "jsonl")
    told = [json.loads(line) for line in out.splitlines()]
    assert (code, len(told)) == (0, 4)
    assert {(figure["model"], figure["scope"]) for figure in told} == {(NEW, NEW)}
    code, out, _ = run("observations", "--status", "plan", "--format", "csv", "--output", "plan.csv")
    assert (code, out) == (0, "")
    assert Path("plan.csv").read_bytes().decode("utf-8-sig") == ",".join(CSV_COLUMNS) + "\r\n"


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
    assert (code, out) == (0, "\n")
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


# Jobs.


@pytest.mark.usefixtures("place")
def test_the_whole_way(archive_url: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Add, read, read again with another model, compare, promote, roll back, in either store."""
    monkeypatch.setenv("BAOSHU_ARCHIVE", archive_url)
    monkeypatch.setenv("BAOSHU_WORKERS", "2")
    assert run("archive", "add", "reports")[0] == 0
    code, out, err = run("reextract", "--missing-only")
    assert (code, out) == (0, f"任务 1（{OLD}，完成）：已读 3 份，共 3 份。\n")
    assert f"任务 1：模型 {OLD} 读取 3 份报告，其中 0 份已读。" in err
    assert run("reextract", "--missing-only")[:2] == (0, f"任务 2（{OLD}，完成）：已读 0 份，共 0 份。\n")
    assert run("reextract", "--model", NEW)[:2] == (0, f"任务 3（{NEW}，完成）：已读 3 份，共 3 份。\n")
    assert run("reextract", "--model", NEW)[:2] == (0, f"任务 4（{NEW}，完成）：已读 3 份，共 3 份。\n")
    code, out, _ = run("diff", "--to", NEW)
    assert code == 0
    assert out.splitlines()[:2] == [
        f"{OLD} → {NEW}：两者都读过 3 份报告，其中 3 份有不同。",
        "观测 4 → 4 条：相同 0，改动 4，消失 0，新增 0。",
    ]
    assert ["scope", "4"] in [line.split() for line in out.splitlines()]
    assert f"    scope：{OLD} → {NEW}\n    营收【3.2亿元】，增长5%。" in out
    assert run("promote", NEW)[:2] == (0, f"当前模型：{OLD} → {NEW}\n")
    assert run("promote", NEW)[:2] == (0, f"{NEW} 已是当前模型。\n")
    marks = [line.split()[:3] for line in run("models")[1].splitlines()]
    assert marks == [["模型", "状态", "已读报告"], [OLD, "前一个", "3"], [NEW, "当前", "3"]]
    assert run("rollback")[:2] == (0, f"当前模型：{NEW} → {OLD}\n")
    code, _, err = run("rollback")
    assert code == 1
    assert "没有更早的模型" in err
    archive = open_archive(archive_url)
    with archive.reading() as connection:
        assert current(connection) == OLD
        assert all(one.by for one in history(connection)[:-1])
    archive.close()


@pytest.mark.usefixtures("store")
def test_what_cannot_be_read_is_told(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "run_job", partial(run_job, reader="test_archive_cli:load_slow"))
    Path("坏.txt").write_text("坏", encoding="utf-8")
    run("archive", "add", "坏.txt", "reports/甲.txt")
    code, out, err = run("reextract")
    assert (code, out) == (1, f"任务 1（{OLD}，完成）：已读 1 份，未能读取 1 份，共 2 份。\n")
    assert "baoshu: 坏.txt：文本为空" in err
    code, out, _ = run("jobs", "1")
    assert code == 0
    assert "  坏.txt：文本为空" in out
    failure = json.loads(run("jobs", "1", "--format", "jsonl")[1])["failures"]["items"][0]
    assert (failure["source"], failure["code"]) == ("坏.txt", "empty-text")


def test_who_interrupts_a_job_goes_on_with_it(store: Archive, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "run_job", partial(run_job, reader="test_archive_cli:load_slow"))
    Path("lines.jsonl").write_text("".join(f'{{"text": "慢2：{number}家。"}}\n' for number in range(20)))
    run("archive", "add", "lines.jsonl")

    def interrupt() -> None:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            with store.reading() as connection:
                if any(job.done >= 2 for job in list_jobs(connection).items):
                    break
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    code, out, err = run("reextract", "--where", "q=慢")
    thread.join()
    assert code == 1
    assert "，未读 " in out
    assert "再次运行同一命令即继续" in err
    assert "进行中" in run("jobs")[1]
    code, out, err = run("reextract", "--where", "q=慢")
    assert (code, out) == (0, f"任务 1（{OLD}，完成）：已读 20 份，共 20 份。\n")
    assert "此后存入的报告须再运行一次" in err
    with store.reading() as connection:
        assert len(list_jobs(connection).items) == 1


class Recorded:
    """In the place of an engine: reads nothing, says how it was called."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self.given: dict[str, Any] = {}
        self.job: Progress | None = None

    def __call__(self, url: str, job: int, model: Path, **named: Any) -> Progress:
        assert url == self._archive.url
        self.given = {"model": model.name, **named}
        with self._archive.reading() as connection:
            (self.job, *_) = list_jobs(connection).items
        assert self.job.id == job
        return self.job


@pytest.fixture
def engine(figures: Archive, monkeypatch: pytest.MonkeyPatch) -> Recorded:
    recorded = Recorded(figures)
    monkeypatch.setattr(local, "run_job", recorded)
    return recorded


def test_a_selection(engine: Recorded, place: Path, run: Run) -> None:
    make_model(place / "models" / "3", "3")
    ids = [report_id(TEXTS[name]) for name in ("甲", "丙")]
    conditions = ["q=营收", f"report={ids[0]}", f"report={ids[1][:8]}", "area=青岚区", "added_since=2024-01-02T00:00Z"]
    where = [argument for condition in conditions for argument in ("--where", condition)]
    code, out, _ = run("reextract", "--model", "toy-3", "--missing-only", "--workers", "5", *where)
    assert code == 1
    assert "未读 2 份" in out
    assert engine.job is not None
    assert engine.job.selection == {
        "q": "营收", "reports": ids, "area": "青岚区", "missing_only": True,
        "added_since": engine.job.selection["added_since"],
    }  # fmt: skip
    assert engine.job.selection["added_since"][:4] in ("2024", "2023")
    assert (engine.given["model"], engine.given["workers"]) == ("3", 5)


@pytest.mark.parametrize(
    ("condition", "code"),
    [("report=ffffffff", 1), ("added_since=gestern", 2), ("report=zz", 1)],
)
def test_a_wrong_selection(condition: str, code: int, engine: Recorded, run: Run) -> None:
    given, out, err = run("reextract", "--where", condition)
    assert (given, out) == (code, "")
    assert condition.partition("=")[2] in err
    assert engine.job is None


def test_a_condition_stands_once(engine: Recorded, run: Run) -> None:
    assert run("reextract", "--where", "q=甲", "--where", "q=乙")[0] == 2
    assert engine.job is None


def test_a_model_that_is_none(engine: Recorded, figures: Archive, place: Path, run: Run) -> None:
    make_model(place / "models" / "3", "3")
    (place / "models" / "3" / "reader.onnx").write_text("other")
    for name, named in (("toy-9", "toy-9"), ("toy-3", "reader.onnx")):
        for command in (["reextract", "--model", name], ["promote", name]):
            code, out, err = run(*command)
            assert (code, out) == (1, "")
            assert named in err
    assert engine.job is None
    with figures.reading() as connection:
        assert history(connection) == []


def test_ray(engine: Recorded, place: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    make_model(place / "models" / "3", "3")
    cluster = SimpleNamespace(run_job_on_ray=engine)
    monkeypatch.setitem(sys.modules, "service.archive.cluster", cluster)
    run("reextract", "--model", "toy-3", "--engine", "ray", "--workers", "3", "--address", "head:6379")
    assert engine.job is not None
    assert engine.job.engine == "ray"
    assert (engine.given["address"], engine.given["actors"]) == ("head:6379", 3)

    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise ClusterUnavailable("没有安装 Ray。")

    cluster.run_job_on_ray = refuse
    code, _, err = run("reextract", "--model", "toy-3", "--engine", "ray")
    assert code == 1
    assert "没有安装 Ray" in err
    assert run("reextract", "--address", "head:6379")[0] == 2


def test_a_job_is_cancelled(figures: Archive, place: Path, run: Run) -> None:
    make_model(place / "models" / "3", "3")
    with figures.writing() as connection:
        key = model_key(connection, read_manifest(place / "models" / "3").card)
        create_job(connection, key, Selection(q="营收"), engine="local")
    code, out, _ = run("jobs", "1", "--cancel")
    assert (code, out) == (0, "任务 1（toy-3，已取消）：已读 0 份，取消 2 份，共 2 份。\n")
    code, _, err = run("jobs", "1", "--cancel")
    assert code == 1
    assert "已经结束" in err
    assert run("jobs", "--cancel")[0] == 2
    assert run("jobs", "2")[0] == 1
    (row,) = [line.split() for line in run("jobs")[1].splitlines()[1:]]
    assert row[:7] == ["1", "已取消", "toy-3", "local", "0", "0", "2"]
    assert row[-1] == "q=营收"
    assert json.loads(run("jobs", "--format", "jsonl")[1])["state"] == "cancelled"


# Models and keys.


def test_a_model_that_has_read_less(figures: Archive, run: Run) -> None:
    Path("丁.txt").write_text("共9家。", encoding="utf-8")
    run("archive", "add", "丁.txt")
    read_all(figures, "1")
    code, out, err = run("promote", NEW)
    assert (code, out) == (0, f"当前模型：{OLD} → {NEW}\n")
    assert f"{NEW} 少读了 1 份报告" in err
    assert f"另有 1 份只有 {OLD} 读过" in run("diff", "--from", OLD, "--to", NEW)[1]


@pytest.mark.usefixtures("figures")
def test_folders_that_are_none_are_named(place: Path, run: Run) -> None:
    (place / "models" / "broken").mkdir()
    (place / "models" / "broken" / "manifest.json").write_text("{}")
    shutil.rmtree(place / "models" / "2")
    code, out, err = run("models")
    assert code == 1
    assert "broken" in err
    assert [line.split()[:2] for line in out.splitlines()[1:]] == [[OLD, "当前"], [NEW, "3"]]
    assert "（没有文件夹）" in out


@pytest.mark.usefixtures("figures")
def test_a_diff_of_some(run: Run) -> None:
    code, out, _ = run("diff", "--from", NEW, "--to", OLD, "--indicator", "共", "--samples", "0")
    assert code == 0
    assert "观测 1 → 1 条：相同 0，改动 1，消失 0，新增 0。" in out
    assert "样例" not in out
    for arguments, expected in ((["--to", OLD], 2), (["--to", "toy-9"], 1)):
        assert run("diff", *arguments)[0] == expected


def test_keys(store: Archive, run: Run) -> None:
    code, out, err = run("keys", "add", "办公室", "--scope", "write")
    assert code == 0
    assert "只显示这一次" in err
    with store.reading() as connection:
        assert active_keys(connection)[hash_of(out.strip())].scopes == {Scope.READ, Scope.WRITE}
    assert run("keys", "add", "办公室")[0] == 2
    assert run("keys", "add", "访客")[0] == 0
    assert [line.split()[:2] for line in run("keys", "list")[1].splitlines()] == [
        ["名称", "权限"],
        ["办公室", "read、write"],
        ["访客", "read"],
    ]
    assert run("keys", "revoke", "办公室")[0] == 0
    with store.reading() as connection:
        assert [key.name for key in active_keys(connection).values()] == ["访客"]
    assert len(run("keys", "list")[1].splitlines()[1].split()) == 4
    assert run("keys", "revoke", "谁")[0] == 1


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
