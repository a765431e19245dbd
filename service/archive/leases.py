"""Leases: how any number of processes share the reports of a job.

In: an open archive.  Out: reports to read (`claim`; `claim_one` where it is chosen elsewhere which), and what became of
them (`finish`, `fail`).  How a report is read is not known here, nor how many read.

A job's item is one report: `waiting`, `leased` to a worker until some instant, or at its end (`done`, `failed`,
`cancelled`), which it never leaves, but for a `done` that comes after all.  Who dies loses his lease when its time is
over, and the item is anyone's again.  So that nothing is lost and nothing doubled:

- `finish` stores the extraction and ends the item in one transaction: there is no instant between them;
- a report has one extraction by a model, by the store's own constraint: of two who read the same, the second writes
  nothing.

A machine that loses its power may take back the last transactions (SQLite), but whole ones only, the last first.

Leases thus save work and no more; no answer depends on a clock.  They are measured by the store's clock alone
(`instant`), so that workers whose own clocks are wrong neither lose theirs early nor hold them for ever; where that
clock is set forward a report may be read twice and is stored once, where it is set back a dead worker's reports wait
that much longer.

An item is counted an attempt when it is leased.  One that was leased before is leased alone from then on, so that the
report that killed a worker takes no others with it; after `MAX_ATTEMPTS` it has failed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, func, or_, select, update

from service.archive.documents import unpack_document
from service.archive.extractions import store_extraction
from service.archive.opening import Archive
from service.archive.tables import Utc, extractions, items, jobs, now, reports
from service.errors import NotFound
from service.records import Document, Hints
from service.schema import ExtractionJson

# Twice may be another's fault (no memory left, a machine switched off); three times is the report's.
MAX_ATTEMPTS = 3
WORKER_LOST = "worker-lost"

OPEN_JOBS = ("queued", "running")


@dataclass(frozen=True, slots=True)
class Claimed:
    """A report to be read, leased.  `attempts` counts this one; `document`: the file that it came from, if it did."""

    report_key: int
    report_id: str
    text: str
    hints: Hints
    attempts: int
    document: Document | None = None


def instant(connection: Connection) -> datetime:
    """The store's clock.  SQLite is a file of this machine and has no other than ours."""
    if connection.dialect.name == "postgresql":
        return connection.execute(select(func.clock_timestamp(type_=Utc()))).scalar_one()
    return now()


def claim(
    archive: Archive, job: int, worker: str, *, many: int, lease: timedelta, attempts: int = MAX_ATTEMPTS
) -> list[Claimed]:
    """Up to `many` reports, now leased to `worker`; none where there is nothing to read (yet), or the job is over.

    `worker` must be the name of one life of one process: who comes again under an old name would keep the leases that
    he has forgotten.  Ends what needs no reading: reports that the model has read meanwhile, and those leased
    `attempts` times for nothing.
    """
    while True:
        with archive.writing() as connection:
            if not _begun(connection, job):
                return []
            at = instant(connection)
            found = _claimable(connection, job, at, many)
            if not found:
                return []
            if chosen := _lease(connection, job, worker, found, at, lease=lease, attempts=attempts):
                return chosen


def claim_one(
    archive: Archive, job: int, worker: str, report_key: int, *, crew: str, lease: timedelta, attempts: int
) -> Claimed | None:
    """That report, now leased to `worker`; None where it is not to be read, or not now, or the job is over.

    What a worker holds whose name begins with `crew` is taken over: the caller knows that it lives no more.  Ends what
    needs no reading, as `claim` does.
    """
    with archive.writing() as connection:
        if not _begun(connection, job):
            return None
        at = instant(connection)
        free = and_(items.c.report == report_key, or_(*_open(job, at), _held_by_crew(job, crew)))
        found = _first(connection, job, [free], 1)
        chosen = _lease(connection, job, worker, found, at, lease=lease, attempts=attempts)
        return chosen[0] if chosen else None


def claimable(archive: Archive, job: int, many: int) -> list[int]:
    """The keys of up to `many` reports that `claim` would give now: those that wait, else those whose lease is over."""
    with archive.reading() as connection:
        for condition in _open(job, instant(connection)):
            query = select(items.c.report).where(condition).order_by(items.c.lease_until, items.c.report).limit(many)
            if found := connection.execute(query).scalars().all():
                return list(found)
    return []


def heartbeat(archive: Archive, job: int, worker: str, *, lease: timedelta) -> int:
    """Lease what `worker` holds for `lease` from now; how many items that is."""
    with archive.writing() as connection:
        held = _held(job, worker)
        return connection.execute(update(items).where(held).values(lease_until=instant(connection) + lease)).rowcount


def finish(
    archive: Archive, job: int, worker: str, report_key: int, model_key: int, answer: ExtractionJson, seconds: float
) -> bool:
    """Store what `worker` read and end the item; whether it was this call that stored it.

    It does not matter whether the lease still holds: an answer is an answer, and the first one stands.  Nothing happens
    where the report was deleted meanwhile.
    """
    with archive.writing() as connection:
        # In this order, report and then item, so that it cannot lock itself up with the deletion of a report.
        present = select(reports.c.key).where(reports.c.key == report_key).with_for_update(read=True, key_share=True)
        if connection.execute(present).first() is None:
            return False
        ended = update(items).where(items.c.job == job, items.c.report == report_key, items.c.state != "done")
        values = {"state": "done", "worker": worker, "lease_until": None, "error_code": None, "error_detail": None}
        if not connection.execute(ended.values(**values, finished_at=instant(connection))).rowcount:
            return False
        return store_extraction(connection, report_key, model_key, answer, seconds=seconds)


def fail(archive: Archive, job: int, worker: str, report_key: int, code: str, detail: str) -> bool:
    """End the item as failed; False where `worker` holds it no more, whose word then counts for nothing."""
    with archive.writing() as connection:
        values = {"state": "failed", "lease_until": None, "error_code": code, "error_detail": detail}
        ended = update(items).where(_held(job, worker), items.c.report == report_key)
        return connection.execute(ended.values(**values, finished_at=instant(connection))).rowcount > 0


def release(archive: Archive, job: int, worker: str, *, blameless: bool = False) -> int:
    """Give back all that `worker` holds, at once; how many items that is.

    `blameless`: the attempt does not count, since it was not the report that ended it.
    """
    return _give_back(archive, _held(job, worker), blameless=blameless)


def release_crew(archive: Archive, job: int, crew: str) -> int:
    """Give back, blameless, all that workers hold whose names begin with `crew`; how many items that is."""
    return _give_back(archive, _held_by_crew(job, crew), blameless=True)


def _give_back(archive: Archive, held: ColumnElement[bool], *, blameless: bool) -> int:
    values = {"state": "waiting", "worker": None, "lease_until": None}
    attempts = items.c.attempts - (1 if blameless else 0)
    with archive.writing() as connection:
        return connection.execute(update(items).where(held).values(**values, attempts=attempts)).rowcount


def state_of(connection: Connection, job: int) -> str:
    """The state of the job.  Raises NotFound."""
    state: str | None = connection.execute(select(jobs.c.state).where(jobs.c.id == job)).scalar_one_or_none()
    if state is None:
        raise NotFound(f"没有编号为 {job} 的任务。")
    return state


def _begun(connection: Connection, job: int) -> bool:
    """Whether the job is running, as it is from now on where it was queued."""
    state = state_of(connection, job)
    if state == "queued":
        begun = update(jobs).where(jobs.c.id == job, jobs.c.state == "queued")
        connection.execute(begun.values(state="running", started_at=instant(connection)))
    return state in OPEN_JOBS


def _open(job: int, at: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Items of the job that wait; those whose lease is over.

    Apart from each other, so that no plan goes over the items that are done.
    """
    of_job = items.c.job == job
    return (
        and_(of_job, items.c.state == "waiting"),
        and_(of_job, items.c.state == "leased", items.c.lease_until <= at),
    )


def _claimable(connection: Connection, job: int, at: datetime, many: int) -> Sequence[Row[Any]]:
    """Of up to `many` items that wait, else of those whose lease is over, what `_first` says."""
    return _first(connection, job, _open(job, at), many)


def _first(
    connection: Connection, job: int, conditions: Iterable[ColumnElement[bool]], many: int
) -> Sequence[Row[Any]]:
    """Report, attempts, and whether the model has read it, of up to `many` items that meet the first condition, else
    the next.

    Ordered as the index is; what another claims is passed over.
    """
    model = select(jobs.c.model).where(jobs.c.id == job).scalar_subquery()
    is_read = exists().where(extractions.c.report == items.c.report, extractions.c.model == model).label("is_read")
    for condition in conditions:
        query = select(items.c.report, items.c.attempts, is_read).where(condition)
        query = query.order_by(items.c.lease_until).limit(many).with_for_update(skip_locked=True, of=items)
        if found := connection.execute(query).all():
            return found
    return []


def _lease(
    connection: Connection,
    job: int,
    worker: str,
    found: Sequence[Row[Any]],
    at: datetime,
    *,
    lease: timedelta,
    attempts: int,
) -> list[Claimed]:
    """Those of the items that are to be read, now leased to `worker`; the others are ended, or left."""
    read = [item.report for item in found if item.is_read]
    lost = [item for item in found if not item.is_read and item.attempts >= attempts]
    wanted = [item for item in found if not item.is_read and item.attempts < attempts]
    if read:
        _set(connection, job, read, state="done", worker=None, lease_until=None, finished_at=at)
    for item in lost:
        _give_up(connection, job, item, at)
    chosen = [item.report for item in wanted if item.attempts == 0] or [item.report for item in wanted[:1]]
    if not chosen:
        return []
    lease_until, counted = at + lease, items.c.attempts + 1
    _set(connection, job, chosen, state="leased", worker=worker, lease_until=lease_until, attempts=counted)
    return _texts(connection, job, chosen)


def _give_up(connection: Connection, job: int, item: Row[Any], at: datetime) -> None:
    """End as failed what was leased too often."""
    detail = f"读取这份报告的进程已意外终止 {item.attempts} 次，不再重试；请检查报告是否过大，或内存是否不足。"
    ended = {"state": "failed", "worker": None, "lease_until": None, "finished_at": at}
    _set(connection, job, [item.report], **ended, error_code=WORKER_LOST, error_detail=detail)


def _texts(connection: Connection, job: int, keys: Sequence[int]) -> list[Claimed]:
    columns = (reports.c.key, reports.c.id, reports.c.text, reports.c.document, items.c.attempts)
    hints = (reports.c.hint_published, reports.c.hint_area, reports.c.hint_title)
    query = select(*columns, *hints).join_from(items, reports).where(items.c.job == job, items.c.report.in_(keys))
    return [
        Claimed(
            report_key=row.key,
            report_id=row.id,
            text=row.text,
            hints=Hints(row.hint_published, row.hint_area, row.hint_title),
            attempts=row.attempts,
            document=unpack_document(row.document, row.text),
        )
        for row in connection.execute(query.order_by(reports.c.key))
    ]


def _set(connection: Connection, job: int, keys: Sequence[int], **values: Any) -> None:
    connection.execute(update(items).where(items.c.job == job, items.c.report.in_(keys)).values(**values))


def _held(job: int, worker: str) -> ColumnElement[bool]:
    return and_(items.c.job == job, items.c.state == "leased", items.c.worker == worker)


def _held_by_crew(job: int, crew: str) -> ColumnElement[bool]:
    named = items.c.worker.startswith(crew, autoescape=True)
    return and_(items.c.job == job, items.c.state == "leased", named)
