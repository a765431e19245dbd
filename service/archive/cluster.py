"""The Ray engine: a job read by actors of a Ray cluster, or of a Ray that is started on this machine for the while.

In: as for `local`, with the address of the cluster.  Out: the job's progress, at its end.

An actor is a worker (`worker`) that has the other end of its pipe in its own process: it leases reports from the
archive, reads them with the model that it has loaded once, and stores what it read.  No report passes through Ray; it
places the actors and says when one has died, alone or with its node; then what it had leased is given back and another
is started where there is room.  So what holds for `local` holds here: each report is read and stored once, since the
store says so.  An actor is never restarted by Ray, nor is anything that it was asked repeated.

Ray Data, which would be the other way, keeps an account of its own of what has been read.  It is not used: the
archive's account is needed anyway, outlives the coordinator, and gives up on a report that kills its reader, which Ray
Data would read again without end (docs/scale.md).

Every node needs this program, the model at the same path, and a way to the archive.  This is the only module that knows
Ray.
"""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import signal
import socket
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from functools import cache
from multiprocessing import Pipe
from pathlib import Path
from typing import Any

from service.archive import crew
from service.archive.crew import GRACE, LEASE, LONGEST, Engine, Hand
from service.archive.jobs import MAX_ATTEMPTS, Progress
from service.archive.opening import open_archive
from service.archive.worker import PIPELINE, Task, Told, Worker
from service.errors import ArchiveNotShared, BaoshuError, ClusterUnavailable

# An actor answers this often where its worker has nothing to tell.
ANSWER_SECONDS = 1.0
# So often is looked what nodes there are.
LOOK_SECONDS = 2.0
CONNECT_SECONDS = 10.0
# Objects are a few words each; Ray takes no less than 75 MiB.
STORE_BYTES = 80 * 1024 * 1024
# Sockets lie there, whose paths may have a hundred characters; Ray adds seventy.
SCRATCH = "/tmp"
# Nothing is reported to Ray's makers; and graphics cards, of which there is no use here, stay as they are.
QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}
# Actors run beside the machine's other processes as those of `local` do, and not behind them all.
EVEN = {"RAY_worker_niceness": "0"}
# Ray lets in only who knows a word, and writes one into the home folder where it is given none.
TOKEN, AUTHENTICATION = "RAY_AUTH_TOKEN", "RAY_AUTH_MODE"


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
        with _connected(address, actors * processors if actors else None) as ray:
            engine = _Actors(ray, actors, processors, one_machine=archive.dialect == "sqlite")
            return crew.run(archive, task, engine, on_progress=on_progress, stop=stop, grace=grace)
    finally:
        archive.close()


class _Host:
    """What runs in an actor's process: a worker in a thread, and whoever listens to it."""

    def __init__(self, name: str, task: Task) -> None:
        self._ours, theirs = Pipe()
        self._thread = threading.Thread(target=Worker(name, task, theirs).attend, daemon=True)
        self._thread.start()

    def listen(self) -> tuple[list[tuple[Told, str | BaoshuError]], bool]:
        """What the worker has told, after a while where that is nothing; and whether it may tell more."""
        working = self._thread.is_alive()
        if self._ours.closed:
            self._thread.join(ANSWER_SECONDS)
            return [], self._thread.is_alive()
        told: list[tuple[Told, str | BaoshuError]] = []
        try:
            while self._ours.poll(ANSWER_SECONDS if working and not told else 0):
                told.append(self._ours.recv())
        except EOFError:
            pass
        return told, working

    def let_go(self) -> None:
        """The worker is to finish what it has in hand, and to end."""
        self._ours.close()


class _Actor(Hand):
    def __init__(self, ray: Any, name: str, actor: Any) -> None:
        super().__init__(name)
        self.asked = actor.listen.remote()
        self._ray, self._actor = ray, actor
        self._alive, self._placed, self._fate = True, False, ""

    @property
    def alive(self) -> bool:
        return self._alive

    @property
    def fate(self) -> str:
        return self._fate

    def listen(self) -> None:
        """Take in the answer, which is here, and ask again."""
        errors = self._ray.exceptions
        try:
            told, self._alive = self._ray.get(self.asked)
        except errors.ActorUnavailableError:  # it may come back
            told = []
        except errors.RayError as error:
            told, self._alive = [], False
            self._fate = _last_line(error)
        else:
            self._placed = True
        for what, text in told:
            self.hear(what, text)
        if self._alive:
            self.asked = self._actor.listen.remote()

    def let_go(self) -> None:
        if self._placed:
            self._actor.let_go.remote()
        else:  # it waits for a place, and has nothing in hand
            self.kill()

    def kill(self) -> None:
        self._ray.kill(self._actor)
        self._alive = False

    def bury(self) -> None:
        self.kill()


class _Actors(Engine[_Actor]):
    def __init__(self, ray: Any, actors: int | None, processors: int, *, one_machine: bool) -> None:
        self._ray, self._given, self._processors, self._one_machine = ray, actors, processors, one_machine
        self._class = ray.remote(num_cpus=processors, max_restarts=0, max_task_retries=0, scheduling_strategy="SPREAD")(
            _Host
        )
        self._look_at = 0.0
        self._wanted = 0

    def wanted(self) -> int:
        if time.monotonic() >= self._look_at:
            nodes = [node for node in self._ray.nodes() if node["Alive"]]
            if self._one_machine:
                check_one_machine(nodes)
            room = sum(int(node["Resources"].get("CPU", 0)) // self._processors for node in nodes)
            # One at least: where there is no room yet, its waiting is what makes a cluster grow.
            self._wanted = self._given or max(1, room)
            self._look_at = time.monotonic() + LOOK_SECONDS
        return self._wanted

    def hire(self, task: Task) -> _Actor:
        name = f"ray-{uuid.uuid4().hex[:16]}"
        return _Actor(self._ray, name, self._class.remote(name, task))

    def listen(self, hands: Sequence[_Actor], seconds: float) -> None:
        asked = {hand.asked: hand for hand in hands if hand.alive}
        if asked:
            answered, _ = self._ray.wait(list(asked), num_returns=len(asked), timeout=seconds)
            for answer in answered:
                asked[answer].listen()


def check_one_machine(nodes: Sequence[Mapping[str, Any]]) -> None:
    """Raises ArchiveNotShared where a node is not on this machine.

    It counts as such by its name; and since machines may share a name, all nodes must have one address as well.
    """
    here = socket.gethostname()
    found = {(node["NodeManagerHostname"], node["NodeManagerAddress"]) for node in nodes}
    if len(found) > 1 or any(name != here for name, _ in found):
        names = "、".join(f"{name}（{address}）" for name, address in sorted(found))
        raise ArchiveNotShared(
            f"SQLite 档案是 {here} 上的一个文件，别的机器无法使用，而集群的节点在 {names}；"
            "请改用 PostgreSQL 档案，或不给出集群地址，只在本机运行。"
        )


@contextmanager
def _connected(address: str | None, processors: int | None) -> Iterator[Any]:
    """Ray, connected to the cluster, or started here with so many processors.  Raises ClusterUnavailable."""
    try:
        import ray
    except ImportError:
        raise ClusterUnavailable("没有安装 Ray；请安装 baoshu[ray]。") from None
    with ExitStack() as undo:
        if address is None:
            arguments = _start_here(undo, processors)
        else:
            _check_there(address)
            undo.enter_context(_changed_back(QUIET))
            arguments = {"address": address}
        undo.callback(ray.shutdown)
        try:
            ray.init(logging_level=logging.ERROR, **arguments)
        except (ConnectionError, RuntimeError, ValueError, OSError) as error:
            raise ClusterUnavailable(f"无法连接或启动 Ray：{_last_line(error)}") from error
        yield ray


def _start_here(undo: ExitStack, processors: int | None) -> dict[str, Any]:
    """How Ray is started on this machine, with a folder and an environment of its own, which `undo` takes back."""
    folder = tempfile.mkdtemp(prefix="baoshu-ray-", dir=SCRATCH)
    undo.callback(shutil.rmtree, folder, ignore_errors=True)
    word = {} if AUTHENTICATION in os.environ else {TOKEN: _token()}
    undo.enter_context(_changed_back(QUIET | EVEN | word))
    return {
        "address": "local",
        "num_cpus": processors,
        "object_store_memory": STORE_BYTES,
        "include_dashboard": False,
        "_temp_dir": folder,
    }


def _check_there(address: str) -> None:
    """Ray itself tries for minutes to reach what is not there.  Raises ClusterUnavailable."""
    host, _, port = address.rpartition(":")
    if not port.isascii() or not port.isdigit():  # `auto`, or `ray://...`
        return
    try:
        socket.create_connection((host.rpartition("/")[2].strip("[]"), int(port)), CONNECT_SECONDS).close()
    except (OSError, OverflowError) as error:
        raise ClusterUnavailable(f"无法连接 Ray 集群 {address}：{error}。") from error


@cache
def _token() -> str:
    """The same for as long as this process lives: Ray reads it once."""
    return secrets.token_hex(32)


@contextmanager
def _changed_back(environment: Mapping[str, str]) -> Iterator[None]:
    """Within, `environment` is set; what Ray itself changes (that, and the handler of SIGTERM) is changed back too."""
    before = {name: os.environ.get(name) for name in (*environment, TOKEN, AUTHENTICATION)}
    in_main = threading.current_thread() is threading.main_thread()
    handler = signal.getsignal(signal.SIGTERM) if in_main else None
    os.environ.update(environment)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
        if handler is not None:
            signal.signal(signal.SIGTERM, handler)


def _last_line(error: Exception) -> str:
    """Ray's errors are whole pages; what happened stands at their end."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1][:300] if lines else repr(error)
