"""Runs of a training program: one at a time, found again by another process, killed, cancelled, gone on with."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from service import refinements as module
from service.errors import NotFound, RefinementRefused, TrainingMissing
from service.refinements import Refinement, Refinements

FAKE = Path(__file__).resolve().parent / "fake_trainer.py"
# A busy machine may take long for what takes a moment.
PATIENCE = 60


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "runs"
    yield folder
    for run in folder.glob("[0-9]*"):
        (run / "go").write_text("over")
    settle(lambda: manager(folder)._running() is None)


def manager(folder: Path) -> Refinements:
    """As another process would see it."""
    return Refinements(folder, folder.parent / "models", threads=1, program=(sys.executable, str(FAKE)))


def begin(runs: Refinements) -> Refinement:
    return runs.begin("toy-1", Path("models/toy-1"), b"{}\n", documents=3, by="office")


def settle(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_run_from_its_begin_to_its_end(folder: Path) -> None:
    runs = manager(folder)
    made = begin(runs)
    assert (made.id, made.state, made.parent, made.by, made.documents) == (1, "running", "toy-1", "office", 3)
    settle(lambda: runs.get(1).stage == "train")
    assert (runs.get(1).done, runs.get(1).total, runs.get(1).candidate) == (1, 4, None)
    (folder / "1" / "go").write_text("candidate")
    settle(lambda: runs.get(1).state != "running")
    over = runs.get(1)
    assert (over.state, over.candidate, over.reasons, over.over) == ("candidate", "toy-9", [], True)
    with pytest.raises(RefinementRefused, match="已经结束"):
        runs.resume(1)
    assert runs.cancel(1).state == "candidate"


def test_one_at_a_time_whoever_began_it(folder: Path) -> None:
    begin(manager(folder))
    with pytest.raises(RefinementRefused, match="一次只能进行一次"):
        begin(manager(folder))
    assert [one.id for one in manager(folder).all()] == [1]
    (folder / "1" / "go").write_text("refused")
    settle(lambda: manager(folder).get(1).state == "refused")
    assert manager(folder).get(1).reasons == ["指标链接变差"]
    assert begin(manager(folder)).id == 2
    assert [one.id for one in manager(folder).all()] == [2, 1]


def test_a_run_that_was_killed_is_interrupted_and_goes_on(folder: Path) -> None:
    begin(manager(folder))
    settle(lambda: manager(folder).get(1).stage == "train")
    running = manager(folder)._running()
    assert running is not None
    os.killpg(running[1], signal.SIGKILL)
    settle(lambda: manager(folder).get(1).state == "interrupted")
    assert not manager(folder).get(1).over
    assert manager(folder).resume(1).state == "running"
    with pytest.raises(RefinementRefused, match="一次只能进行一次"):
        manager(folder).resume(1)
    settle(lambda: manager(folder).get(1).done == 2)
    (folder / "1" / "go").write_text("candidate")
    settle(lambda: manager(folder).get(1).state == "candidate")


def test_a_cancelled_run_stays_cancelled(folder: Path) -> None:
    begin(manager(folder))
    assert manager(folder).cancel(1).state == "cancelled"
    settle(lambda: manager(folder)._running() is None)
    assert manager(folder).get(1).state == "cancelled"
    with pytest.raises(RefinementRefused, match="已经结束"):
        manager(folder).resume(1)
    begin(manager(folder))  # the place is free


def test_a_program_that_breaks_leaves_its_log(folder: Path) -> None:
    runs = manager(folder)
    begin(runs)
    (folder / "1" / "go").write_text("break")
    settle(lambda: runs.get(1).state == "interrupted")
    assert "as told: break" in runs.log(1).read_text(encoding="utf-8")


def test_what_cannot_be_begun(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = manager(folder)
    with pytest.raises(RefinementRefused, match="还没有完成"):
        runs.begin("toy-1", Path("toy"), b"", documents=0, by=None)
    for ask in (runs.get, runs.resume, runs.cancel):
        with pytest.raises(NotFound, match="没有训练 7"):
            ask(7)
    assert runs.all() == []
    monkeypatch.setattr(module, "NEEDED", ("json", "no_such_package"))
    with pytest.raises(TrainingMissing, match=r"缺少 no_such_package；请先在本机安装 baoshu\[training\]"):
        begin(Refinements(folder, folder, threads=1))
