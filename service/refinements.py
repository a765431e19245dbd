"""Refinements: each a run of a program of its own that makes a better model of one and of what people corrected.

In: a model folder and corrected documents.  Out: a numbered folder with all that is known of the run, of which this
module and the program (`training.refine`, or what stands in for it) each write their own files:

    asked.json, corrected.jsonl, log.txt, cancelled      written here
    progress.json, result.json, checkpoint.pt            written by the program

One runs at a time, whoever began it: the program inherits an open file that is locked, and the lock is gone when the
program is, however it ended.  So a server that is started anew finds a run that goes on, and a run that was killed is
said to be interrupted and goes on from its last checkpoint when asked to.  Knows nothing of how a model is trained.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from service.errors import NotFound, RefinementRefused, TrainingMissing

State = Literal["running", "interrupted", "cancelled", "candidate", "refused", "failed"]
OVER: tuple[State, ...] = ("candidate", "refused", "failed", "cancelled")

PROGRAM = (sys.executable, "-m", "training.refine")
# What the program imports and the service does not.
NEEDED = ("torch", "transformers", "onnx")
ASKED, CORRECTED, LOG, CANCELLED = "asked.json", "corrected.jsonl", "log.txt", "cancelled"
PROGRESS, RESULT, LOCK = "progress.json", "result.json", "running.lock"
# Texts are read beside it; they go first.
NICENESS = 5


@dataclass(frozen=True, slots=True)
class Refinement:
    """`parent`: id of the model that it starts from; `by`: who asked; `documents`: how many were corrected.

    `stage` (read, train, measure, calibrate), `done` of `total`: how far it is, None before that is known.  `result`:
    what the program says of the end (`training.refine`), empty before.
    """

    id: int
    state: State
    parent: str
    by: str | None
    at: datetime
    documents: int
    stage: str | None
    done: int
    total: int
    result: Mapping[str, Any]

    @property
    def over(self) -> bool:
        return self.state in OVER

    @property
    def reasons(self) -> list[str]:
        """Why there is no new model, in Chinese."""
        return [str(reason) for reason in self.result.get("reasons", ())]

    @property
    def candidate(self) -> str | None:
        """The id of the new model, where there is one."""
        return str(self.result["model"]) if self.state == "candidate" else None


class Refinements:
    """`folder`: where the runs stand; `models`: where a new model goes; `threads`: of the program, 0 for all cores.

    Safe to use from several threads and processes.
    """

    def __init__(self, folder: Path, models: Path, *, threads: int, program: Sequence[str] = PROGRAM) -> None:
        self._folder, self._models, self._threads, self._program = folder, models, threads, tuple(program)

    def begin(
        self, parent: str, model: Path, corrected: bytes, *, documents: int, by: str | None, version: str | None = None
    ) -> Refinement:
        """Start a new one from `corrected`, JSONL of `documents` annotated reports.

        Raises `TrainingMissing`, and `RefinementRefused` where there is nothing to learn from or another runs.
        """
        self.check()
        if not documents:
            raise RefinementRefused("还没有完成（done）或审定（reviewed）的标注，无可学习；请先在标注中校正报告。")
        with self._locked() as lock:
            number = max(self._numbers(), default=0) + 1
            path = self._folder / str(number)
            path.mkdir()
            (path / CORRECTED).write_bytes(corrected)
            asked = {
                "parent": parent,
                "model": str(model.resolve()),
                "by": by,
                "at": datetime.now(UTC).isoformat(),
                "documents": documents,
                "version": version,
            }
            (path / ASKED).write_text(json.dumps(asked, ensure_ascii=False), encoding="utf-8")
            self._start(number, asked, lock)
        return self.get(number)

    def resume(self, number: int) -> Refinement:
        """Go on with one that was interrupted.  Raises `NotFound`, and as `begin` does; one that is over is."""
        self.check()
        found = self.get(number)
        if found.over:
            raise RefinementRefused(f"训练 {number} 已经结束，不能继续；请开始新的训练。")
        with self._locked() as lock:
            self._start(number, self._asked(number), lock)
        return self.get(number)

    def cancel(self, number: int) -> Refinement:
        """End one; one that is over stays as it is.  Raises `NotFound`."""
        if not self.get(number).over:
            (self._folder / str(number) / CANCELLED).touch()
            self.interrupt(number)
        return self.get(number)

    def interrupt(self, number: int) -> None:
        """Stop the program of one that runs; it can go on."""
        running = self._running()
        if running is not None and running[0] == number:
            with suppress(ProcessLookupError):
                os.killpg(running[1], signal.SIGTERM)

    def get(self, number: int) -> Refinement:
        """Raises `NotFound`."""
        path = self._folder / str(number)
        # Who runs is looked for first: a program that ends between the two has left its result by then.
        running = self._running()
        asked, result, progress = self._asked(number), _read(path / RESULT), _read(path / PROGRESS)
        state: State = "interrupted"
        if running is not None and running[0] == number:
            state = "cancelled" if (path / CANCELLED).exists() else "running"
        elif result:
            state = result["state"]
        elif (path / CANCELLED).exists():
            state = "cancelled"
        return Refinement(
            id=number,
            state=state,
            parent=asked["parent"],
            by=asked["by"],
            at=datetime.fromisoformat(asked["at"]),
            documents=asked["documents"],
            stage=progress.get("stage"),
            done=progress.get("done", 0),
            total=progress.get("total", 0),
            result=result if state in ("candidate", "refused", "failed") else {},
        )

    def all(self) -> list[Refinement]:
        """The newest first."""
        return [self.get(number) for number in sorted(self._numbers(), reverse=True)]

    def log(self, number: int) -> Path:
        """What the program has said."""
        return self._folder / str(number) / LOG

    def check(self) -> None:
        """Raises `TrainingMissing` where the program could not run."""
        missing = [name for name in NEEDED if find_spec(name) is None] if self._program == PROGRAM else []
        if missing:
            raise TrainingMissing(missing)

    def _start(self, number: int, asked: Mapping[str, Any], lock: int) -> None:
        """Run the program, which holds `lock` from then on, whatever becomes of this process."""
        path = self._folder / str(number)
        call = [*self._program, "--corrected", str(path / CORRECTED), "--model", asked["model"]]
        call += ["--models", str(self._models.resolve()), "--out", str(path)]
        call += ["--threads", str(self._threads), "--nice", str(NICENESS)]
        if asked["version"] is not None:
            call += ["--version", asked["version"]]
        (path / RESULT).unlink(missing_ok=True)
        with (path / LOG).open("ab") as log:
            process = subprocess.Popen(
                call, stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=(lock,), start_new_session=True
            )
        # Somebody has to take note of its end; whether anybody does makes no difference to the run.
        threading.Thread(target=process.wait, name=f"refinement {number}", daemon=True).start()
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"{number} {process.pid}".encode(), 0)

    def _locked(self) -> _Lock:
        self._folder.mkdir(parents=True, exist_ok=True)
        return _Lock(self._folder / LOCK)

    def _running(self) -> tuple[int, int] | None:
        """Which one runs, and its process; None where none does."""
        try:
            with (self._folder / LOCK).open("rb") as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
                except BlockingIOError:
                    number, _, process_id = file.read().decode().partition(" ")
                    return (int(number), int(process_id)) if number and process_id else None
        except FileNotFoundError:
            pass
        return None

    def _numbers(self) -> list[int]:
        if not self._folder.is_dir():
            return []
        return [int(path.name) for path in self._folder.iterdir() if path.name.isdigit() and (path / ASKED).exists()]

    def _asked(self, number: int) -> dict[str, Any]:
        found = _read(self._folder / str(number) / ASKED)
        if not found:
            raise NotFound(f"没有训练 {number}；全部训练见 /refinements。")
        return found


class _Lock:
    """The lock that who runs holds; left, it is the program's alone, or nobody's.  Raises `RefinementRefused`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> int:
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._file)
            raise RefinementRefused("另一次训练正在进行，一次只能进行一次；请待其结束，或先取消。") from None
        os.ftruncate(self._file, 0)
        return self._file

    def __exit__(self, *_: object) -> None:
        os.close(self._file)


def _read(path: Path) -> dict[str, Any]:
    """What a file says; nothing where there is none."""
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return said if isinstance(said, dict) else {}
