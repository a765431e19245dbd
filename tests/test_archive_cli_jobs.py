"""The commands that read, compare and promote, and those of keys, in the process."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import threading
import time
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

import pytest
from archive_commands import NEW, OLD, SLOW, TEXTS, Run, read_all
from model_folders import make_model

from service.archive import local
from service.archive.jobs import Progress, Selection, create_job, list_jobs
from service.archive.keys import Scope, active_keys, hash_of
from service.archive.local import run_job
from service.archive.models import current, history, model_key
from service.archive.opening import Archive, open_archive
from service.archive.reports import report_id
from service.errors import ClusterUnavailable
from service.manifest import read_manifest

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
    monkeypatch.setattr(local, "run_job", partial(run_job, reader=SLOW))
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
    monkeypatch.setattr(local, "run_job", partial(run_job, reader=SLOW))
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
    passes = SimpleNamespace(run_job_on_ray=engine)
    monkeypatch.setitem(sys.modules, "service.archive.passes", passes)
    run("reextract", "--model", "toy-3", "--engine", "ray", "--workers", "3", "--address", "head:6379")
    assert engine.job is not None
    assert engine.job.engine == "ray"
    assert (engine.given["address"], engine.given["actors"]) == ("head:6379", 3)

    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise ClusterUnavailable("没有安装 Ray。")

    passes.run_job_on_ray = refuse
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
    assert "（无）" in out
    assert f"{NEW}：模型目录不在此处" in err


@pytest.mark.usefixtures("figures")
def test_a_diff_of_some(run: Run) -> None:
    code, out, _ = run("diff", "--from", NEW, "--to", OLD, "--indicator", "共", "--samples", "0")
    assert code == 0
    assert "观测 1 → 1 条：相同 0，改动 1，消失 0，新增 0。" in out
    assert "样例" not in out
    told = json.loads(run("diff", "--to", NEW, "--area", "青岚区", "--format", "json")[1])
    assert (told["from"], told["to"], told["observations"]["changed"]) == (OLD, NEW, 4)
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
