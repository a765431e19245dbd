"""`baoshu refine` with a fake trainer: what is told of its end, and how it is gone on with."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from annotated import sample
from archive_commands import Run
from test_refinements import FAKE

from service import commands_refine, refinements
from service.annotations import jsonl
from service.archive.opening import Archive
from service.refinements import Refinements


@pytest.fixture
def runs(store: Archive, place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the runs; the trainer ends at once, as the file `go` in it says."""
    assert store.url

    def faked(folder: Path, models: Path, *, threads: int) -> Refinements:
        return Refinements(folder, models, threads=threads, program=(sys.executable, str(FAKE)))

    monkeypatch.setattr(commands_refine, "Refinements", faked)
    monkeypatch.setattr(commands_refine, "POLL_SECONDS", 0.02)
    monkeypatch.setenv("BAOSHU_REFINEMENTS", str(place / "runs"))
    (place / "corrected.jsonl").write_bytes(jsonl.write([sample()]).data)
    return place / "runs"


def _told_to(monkeypatch: pytest.MonkeyPatch, plan: str) -> None:
    """Each run finds its plan as soon as it has begun."""
    start = Refinements._start

    def started(self: Refinements, number: int, *given: object) -> None:
        (self._folder / str(number) / "go").write_text(plan)
        start(self, number, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(Refinements, "_start", started)


def test_a_new_model_comes_with_what_to_do_next(run: Run, runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _told_to(monkeypatch, "candidate")
    code, said, told = run("refine", "--corrected", "corrected.jsonl")
    assert code == 0
    assert said.splitlines() == [
        "新模型 toy-9 已放入模型目录，尚未启用。先看档案会有哪些变化，再启用：",
        "  baoshu reextract --model toy-9",
        "  baoshu diff --to toy-9",
        "  baoshu promote toy-9",
    ]
    assert "训练 1：从 toy-1 出发，1 份校正过的报告" in told
    assert (runs / "1" / "result.json").exists()


def test_a_refusal_says_what_got_worse(run: Run, runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not runs.exists()
    _told_to(monkeypatch, "refused")
    code, said, _ = run("refine", "--corrected", "corrected.jsonl")
    assert code == 1
    assert said.splitlines() == [
        "留出的报告（2 份）：",
        "指标  原模型  新模型    变化",
        "link   0.900   0.800  -0.100  降低",
        "新模型有所变差，不予采用：",
        "  指标链接变差",
    ]


def test_what_was_interrupted_goes_on(run: Run, runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _told_to(monkeypatch, "break")
    code, _, told = run("refine", "--corrected", "corrected.jsonl")
    assert code == 1
    assert "--resume 1" in told
    assert str(runs / "1" / "log.txt") in told


def test_what_cannot_be_begun(run: Run, runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code, _, told = run("refine")
    assert (code, "还没有完成" in told) == (1, True)
    assert run("refine", "--resume", "4")[0] == 1
    assert run("refine", "--model", "toy-7", "--corrected", "corrected.jsonl")[0] == 1
    monkeypatch.setattr(commands_refine, "Refinements", Refinements)
    monkeypatch.setattr(refinements, "NEEDED", ("no_such_package",))
    code, _, told = run("refine", "--corrected", "corrected.jsonl")
    assert (code, "baoshu[training]" in told, runs.exists()) == (1, True, False)
