"""The Ray engine: a job read by Ray Data, on a cluster or on a Ray that is started on this machine for the while.

In: as for `local`, with the address of the cluster.  Out: the job's progress, at its end.

1. The keys of reports that are open are a Dataset, a few in each block.
2. `map_batches` hands the blocks to actors, each of which has loaded the model once (`_Reader`).
3. For each key an actor leases that very report from the archive, reads it and stores what it read; what is not to be
   read any more, or is another's, it leaves.  No report and no answer passes through Ray.
4. That was a pass.  What is open after it is the next one, until nothing is.

Ray Data hands out a block again whose actor died, alone or with its node, as often as that happens.  The archive knows
which of its reports are done, counts the attempts at the one that was in hand, and gives that up after the last.  So
what holds for `local` holds here: each report is read and stored once, since the store says so.

A pass has a conductor, an actor beside the coordinator, whose end is that of all its readers: so a pass can be ended at
any instant, and ends with the coordinator.  Every node needs this program, the model at the same path, and a way to the
archive.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from service.archive import crew
from service.archive.cluster import check_one_machine, connected, last_line
from service.archive.crew import GRACE, LEASE, LONGEST, MOST_FRUITLESS, POLL_SECONDS, Crew, pause_after
from service.archive.jobs import MAX_ATTEMPTS, Progress, claim_one, claimable, release, release_crew
from service.archive.opening import Archive, open_archive
from service.archive.worker import PIPELINE, Reading, Task
from service.errors import ArchiveUnavailable, BaoshuError, WorkersLost

# Reports of a pass, for each reader: minutes, beside which the seconds until all have loaded the model are few.
PASS_SHARE = 1000
# Reports of a block.  Handing one out costs some milliseconds; one that is handed out again is looked through again.
BLOCK = 16
# Blocks for each reader, where there are few reports: so that none is without one while another has many.
BLOCKS_EACH = 8
# So often does the coordinator look how nodes and readers are, and a reader ask whether to go on.
LOOK_SECONDS = 2.0
ASK_SECONDS = 1.0

_log = logging.getLogger("baoshu")


def run_job_on_ray(
    archive_url: str,
    job: int,
    model: Path,
    *,
    address: str | None = None,
    actors: int | None = None,
    threads: int = 1,
    lease: timedelta = LEASE,
    on_progress: Callable[[Progress], None] | None = None,
    stop: threading.Event | None = None,
    reader: str = PIPELINE,
    attempts: int = MAX_ATTEMPTS,
    longest: timedelta = LONGEST,
    grace: timedelta = GRACE,
) -> Progress:
    """Read what is left of the job with `actors` actors, each with a model and `threads` processors of its own.

    `address`: of a running cluster (`host:6379`, or `auto` for the one that this machine belongs to); without, Ray is
    started here and ended afterwards, and leaves nothing behind.  `actors`: without, as many as the nodes have room
    for, more when nodes come.  Ends, and raises, as `local.run_job` does; besides raises ClusterUnavailable where
    there is no Ray or no cluster, and ArchiveNotShared for an archive in SQLite and nodes on other machines.
    """
    archive = open_archive(archive_url)
    task = Task(archive.url, job, model.absolute(), threads, lease, attempts, longest, reader)
    # With 0 threads the model's runtime chooses; it still needs a processor.
    processors = max(1, threads)
    try:
        with connected(address, actors * processors if actors else None) as ray:
            passes = _Passes(ray, archive, task, actors, processors)
            return crew.run(archive, job, passes, on_progress=on_progress, stop=stop, grace=grace)
    finally:
        archive.close()


class _Reader:
    """What Ray Data makes once in an actor's process, and then hands blocks of keys."""

    def __init__(self, conductor: Any, crew: str, task: Task) -> None:
        import ray

        self._get, self._conductor, self._crew, self._task = ray.get, conductor, crew, task
        self._reading: Reading | None = None
        self._begun = self._unfinished = False
        conductor.came.remote(ray.get_runtime_context().get_actor_id())
        self._answer: bool = self._get(conductor.goes_on.remote(begun=False))
        self._asked_at = time.monotonic()
        if self._answer:
            self._take(self._load)

    def __call__(self, block: Mapping[str, Any]) -> Mapping[str, Any]:
        for report in block["report"].tolist():
            if self._reading is not None and self._goes_on():
                self._take(partial(self._read, self._reading, report))
        return {"report": block["report"][:0]}

    def _load(self) -> None:
        self._reading = Reading(f"{self._crew}-{uuid.uuid4().hex[:16]}", self._task)

    def _read(self, reading: Reading, report: int) -> None:
        archive, task = reading.archive, self._task
        if self._unfinished:  # the store was away, which is not the report's fault
            release(archive, task.job, reading.name, blameless=True)
        self._unfinished = True
        claimed = claim_one(
            archive, task.job, reading.name, report, crew=self._crew, lease=task.lease, attempts=task.attempts
        )
        if claimed is not None:
            self._begun = True
            reading.read(claimed)
        self._unfinished = False

    def _goes_on(self) -> bool:
        """What the conductor says now, or said a moment ago."""
        if self._answer and time.monotonic() - self._asked_at >= ASK_SECONDS:
            self._answer = self._get(self._conductor.goes_on.remote(begun=self._begun))
            self._asked_at, self._begun = time.monotonic(), False
        return self._answer

    def _take(self, step: Callable[[], None]) -> None:
        """Take a step, again and again while the store is away; the conductor is told what that does not mend."""
        for failures in range(1, MOST_FRUITLESS + 1):
            try:
                step()
                return
            except ArchiveUnavailable as error:
                trouble: BaoshuError = error
                _log.warning("the archive does not answer: %s", error.detail)
                time.sleep(pause_after(failures))
            except BaoshuError as error:
                trouble = error
                break
        self._get(self._conductor.refuse.remote(trouble))


class _Conductor:
    """A pass, and what its readers tell of themselves meanwhile; an actor."""

    def __init__(self) -> None:
        # Ray warns here of what it does itself, and shows it at the coordinator's terminal.
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), sys.stderr.fileno())
        self._ends = False
        self._refused: BaoshuError | None = None
        self._births: Counter[str] = Counter()

    def read(
        self, me: Any, crew: str, task: Task, reports: Sequence[int], *, readers: int, most: int | None, processors: int
    ) -> None:
        """Bring the reports to their ends with so many readers, and more when there is room, up to `most`."""
        import ray.data

        logging.getLogger("ray.data").setLevel(logging.CRITICAL)  # what ends a pass, the coordinator tells
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = context.print_on_execution_start = False
        blocks = -(-len(reports) // max(1, min(BLOCK, len(reports) // (readers * BLOCKS_EACH))))
        keys = ray.data.from_items([{"report": report} for report in reports], override_num_blocks=blocks)
        pool = ray.data.ActorPoolStrategy(min_size=1, initial_size=min(readers, blocks), max_size=most)
        read = keys.map_batches(
            _Reader, fn_constructor_args=(me, crew, task), batch_size=None, compute=pool, num_cpus=processors
        )
        for _ in read.iter_batches(batch_size=None):
            pass

    def came(self, reader: str) -> None:
        """An actor that Ray starts again keeps its name."""
        self._births[reader] += 1

    def goes_on(self, *, begun: bool) -> bool:
        if begun:
            self._births.clear()
        return not self._ends

    def refuse(self, error: BaoshuError) -> None:
        self._refused, self._ends = error, True

    def end(self) -> None:
        """Let the readers finish what they have in hand, and leave the rest."""
        self._ends = True

    def look(self) -> tuple[BaoshuError | None, int]:
        """What no other reader can mend; and how often one was started since any had a report in hand."""
        return self._refused, max(self._births.values(), default=0)


class _Passes(Crew):
    def __init__(self, ray: Any, archive: Archive, task: Task, actors: int | None, processors: int) -> None:
        self._ray, self._archive, self._task, self._actors, self._processors = ray, archive, task, actors, processors
        # Each reader's name begins with this one.
        self._name = f"ray-{uuid.uuid4().hex[:16]}"
        self._conductor: Any = None
        self._pass: Any = None
        self._room = 1
        self._look_at = self._not_before = 0.0
        self._tried: list[int] = []
        self._fruitless = 0

    def tend(self) -> None:
        if time.monotonic() >= self._look_at:
            self._look_at = time.monotonic() + LOOK_SECONDS
            self._look()
        if self._pass is not None and self._ray.wait([self._pass], timeout=0)[0]:
            self._end()
        if self._pass is None and time.monotonic() >= self._not_before:
            self._begin()

    def listen(self, seconds: float) -> None:
        if self._pass is not None:
            self._ray.wait([self._pass], timeout=seconds)
        else:
            time.sleep(seconds)

    def dismiss(self, grace: timedelta, hurry: threading.Event) -> None:
        if self._pass is None:
            return
        self._conductor.end.remote()
        until = time.monotonic() + grace.total_seconds()
        while time.monotonic() < until and not hurry.is_set() and not self._ray.wait([self._pass], timeout=0)[0]:
            self.listen(POLL_SECONDS)
        try:
            self._leave()
        except ArchiveUnavailable as error:
            _log.warning("leases of %s are not given back, and end by themselves: %s", self._name, error.detail)

    def _look(self) -> None:
        nodes = [node for node in self._ray.nodes() if node["Alive"]]
        if self._archive.dialect == "sqlite":
            check_one_machine(nodes)
        room = sum(int(node["Resources"].get("CPU", 0)) // self._processors for node in nodes)
        # One at least: where there is no room yet, its waiting is what makes a cluster grow.
        self._room = self._actors or max(1, room)
        if self._pass is not None:
            try:
                self._heed()
            except self._ray.exceptions.RayError as error:  # then the pass ends, too
                _log.warning("a pass does not answer: %s", last_line(error))

    def _heed(self) -> None:
        """Raises what no other reader can mend."""
        refused, births = self._ray.get(self._conductor.look.remote())
        if refused is not None:
            raise refused
        if births > MOST_FRUITLESS:
            raise WorkersLost(f"{births} 个进程接连在着手任何报告之前终止；请查看 Ray 的日志。")

    def _begin(self) -> None:
        reports = claimable(self._archive, self._task.job, PASS_SHARE * self._room)
        if not reports:  # others have what is left
            return
        if reports != self._tried:
            self._tried, self._fruitless = reports, 0
        here = self._ray.get_runtime_context().get_node_id()
        place = self._ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(here, soft=False)
        # One thread reads, the other one answers.
        make = self._ray.remote(num_cpus=0, max_concurrency=2, scheduling_strategy=place)(_Conductor)
        self._conductor = make.remote()
        self._pass = self._conductor.read.remote(
            self._conductor,
            self._name,
            self._task,
            reports,
            readers=self._room,
            most=self._actors,
            processors=self._processors,
        )

    def _end(self) -> None:
        try:
            self._heed()
            self._ray.get(self._pass)
        except self._ray.exceptions.RayError as error:
            self._fruitless += 1
            last = last_line(error)
            _log.warning("a pass ended: %s", last)
            if self._fruitless >= MOST_FRUITLESS:
                raise WorkersLost(f"接连 {self._fruitless} 次没有读完任何报告，最后一次：{last}。") from error
            self._not_before = time.monotonic() + pause_after(self._fruitless)
        self._leave()

    def _leave(self) -> None:
        """End the pass, and give back what its readers held."""
        self._ray.kill(self._conductor)
        self._conductor = self._pass = None
        release_crew(self._archive, self._task.job, self._name)
