"""The open archive, as routes ask it: in threads, a bounded number at a time, and told apart from one that is away.

An archive that cannot be opened stops nothing but its own routes: they raise `ArchiveUnavailable` until a later `open`
succeeds.  Knows nothing of what is asked.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from time import monotonic
from typing import TypeVar

import anyio
from anyio import CapacityLimiter, to_thread
from sqlalchemy import Connection, text

from service.archive.opening import Archive, open_archive
from service.errors import ArchiveUnavailable, Busy

T = TypeVar("T")

# Questions are short; more threads than this only wait for the same disk.
THREADS = 8
# Whoever waits holds what he has posted; more than so many are sent away.
MOST_WAITING = 64
# Whoever asks whether it answers is told what was found within the last moment, so that asking often costs nothing.
PROBE_SECONDS = 3.0
PROBED_SECONDS = 1.0

_log = logging.getLogger("baoshu")


class Shelf:
    """`url`: where the archive is."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._archive: Archive | None = None
        self._limiter = CapacityLimiter(THREADS)
        self._held = 0
        self._probed: tuple[float, bool] = (float("-inf"), False)

    @property
    def is_open(self) -> bool:
        return self._archive is not None

    async def open(self) -> bool:
        """Try once; whether the archive is open now."""
        if self._archive is None:
            try:
                self._archive = await to_thread.run_sync(open_archive, self.url)
            except ArchiveUnavailable as error:
                _log.warning("the archive cannot be opened: %s", error.detail)
        return self._archive is not None

    def close(self) -> None:
        if self._archive is not None:
            self._archive.close()
            self._archive = None

    def archive(self) -> Archive:
        """Raises `ArchiveUnavailable` while it is not open."""
        if self._archive is None:
            raise ArchiveUnavailable("档案库无法打开；请稍后重试，并检查 BAOSHU_ARCHIVE。")
        return self._archive

    async def read(self, question: Callable[[Connection], T]) -> T:
        """What `question` finds.  Raises `ArchiveUnavailable`, `Busy`."""
        return await self._run(lambda archive: _asked(archive, question), abandon=True)

    async def write(self, change: Callable[[Connection], T]) -> T:
        """`change` in a transaction of its own.  Raises `ArchiveUnavailable`, `Busy`."""
        return await self._run(lambda archive: _changed(archive, change))

    async def answers(self) -> bool:
        """Whether the archive answers a question, within `PROBE_SECONDS`."""
        at, answered = self._probed
        if monotonic() - at < PROBED_SECONDS:
            return answered
        answered = False
        try:
            with anyio.fail_after(PROBE_SECONDS):
                await self.read(lambda connection: connection.execute(text("SELECT 1")).scalar_one())
                answered = True
        except Busy:
            answered = True
        except (ArchiveUnavailable, TimeoutError):
            pass
        self._probed = monotonic(), answered
        return answered

    async def _run(self, work: Callable[[Archive], T], *, abandon: bool = False) -> T:
        archive = self.archive()
        if self._held >= THREADS + MOST_WAITING:
            raise Busy("等待档案库的请求已满；请稍后重试。")
        self._held += 1
        try:
            return await to_thread.run_sync(lambda: work(archive), limiter=self._limiter, abandon_on_cancel=abandon)
        except ArchiveUnavailable as error:
            # The reason names hosts and folders: for the log, not for callers.
            _log.warning("the archive does not answer: %s", error.detail)
            raise ArchiveUnavailable("档案库没有应答；请稍后重试。") from error
        finally:
            self._held -= 1


def _asked(archive: Archive, question: Callable[[Connection], T]) -> T:
    with archive.reading() as connection:
        return question(connection)


def _changed(archive: Archive, change: Callable[[Connection], T]) -> T:
    with archive.writing() as connection:
        return change(connection)
