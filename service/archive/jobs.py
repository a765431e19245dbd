"""Jobs: one model reading a selection of reports.

In: what is to be read (`Selection`).  Out: a job, its progress, what failed; and its end.  Who reads, and how readers
share the work, stands in `leases`, whose names are to be had here as well.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    case,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    true,
    update,
)

from service.archive.leases import (
    MAX_ATTEMPTS,
    OPEN_JOBS,
    WORKER_LOST,
    Claimed,
    claim,
    claim_one,
    claimable,
    fail,
    finish,
    heartbeat,
    instant,
    release,
    release_crew,
    state_of,
)
from service.archive.opening import Archive
from service.archive.paging import Page, check_limit, key_of, page
from service.archive.search import matching
from service.archive.tables import extractions, items, jobs, models, reports
from service.errors import NotFound

__all__ = [
    "MAX_ATTEMPTS",
    "WORKER_LOST",
    "Claimed",
    "Failure",
    "Progress",
    "Selection",
    "cancel",
    "claim",
    "claim_one",
    "claimable",
    "create_job",
    "fail",
    "failures",
    "finish",
    "heartbeat",
    "list_jobs",
    "progress",
    "release",
    "release_crew",
    "settle",
]

# Over this time is the rate of a running job taken: long enough for reports of unlike lengths, short enough to show
# that a worker was added.
RATE_WINDOW = timedelta(seconds=60)

OPEN_ITEMS = ("waiting", "leased")

# Names that one question holds; SQLite takes some thirty thousand, PostgreSQL twice that.
NAMES_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Selection:
    """Which reports of the archive; each condition narrows it, none at all means every report.

    `reports`: their ids.  `q`: found by the full-text search.  `missing_only`: not yet read by the job's model.
    `area`: of that region, by name or code, as whoever added it said or as any model has read.  `added_since`: added
    then or later.
    """

    reports: tuple[str, ...] | None = None
    q: str | None = None
    missing_only: bool = False
    area: str | None = None
    added_since: datetime | None = None

    def as_json(self) -> dict[str, Any]:
        """The conditions that there are."""
        said: dict[str, Any] = {"missing_only": True} if self.missing_only else {}
        if self.reports is not None:
            said["reports"] = list(self.reports)
        if self.added_since is not None:
            said["added_since"] = self.added_since.isoformat()
        return said | {name: value for name in ("q", "area") if (value := getattr(self, name)) is not None}


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is.  `total` counts the items, the rest of the counts add up to it.

    `rate`: items brought to an end in a second, over the last `RATE_WINDOW`, or over the whole run where the job is
    over; None while that cannot be told.  `seconds_left`: at that rate.
    """

    id: int
    model: str
    engine: str
    state: str
    selection: dict[str, Any]
    total: int
    done: int
    failed: int
    waiting: int
    leased: int
    cancelled: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    rate: float | None
    seconds_left: float | None

    @property
    def over(self) -> bool:
        """Whether nothing will change any more."""
        return self.state not in OPEN_JOBS


@dataclass(frozen=True, slots=True)
class Failure:
    """A report that could not be read, and why.  `detail` is Chinese."""

    report_id: str
    source: str | None
    code: str
    detail: str
    attempts: int
    failed_at: datetime


def create_job(connection: Connection, model_key: int, selection: Selection, *, engine: str) -> int:
    """A job of the reports that `selection` means at this moment; its id.  Raises NotFound for an id that is none.

    What the model has read already is done from the start.
    """
    values = {"model": model_key, "engine": engine, "selection": selection.as_json(), "state": "queued", "total": 0}
    made = insert(jobs).values(**values, created_at=instant(connection)).returning(jobs.c.id)
    job: int = connection.execute(made).scalar_one()
    read = exists().where(extractions.c.report == reports.c.key, extractions.c.model == model_key)
    state = case((read, "done"), else_="waiting")
    wanted = select(literal(job), reports.c.key, state, literal(0)).where(*_conditions(connection, selection))
    # A report that is deleted at this moment is passed over, not stumbled upon.
    wanted = wanted.with_for_update(read=True, key_share=True, of=reports)
    if selection.missing_only:
        wanted = wanted.where(~read)
    for some in _chosen(connection, selection):
        columns = (items.c.job, items.c.report, items.c.state, items.c.attempts)
        connection.execute(insert(items).from_select(columns, wanted.where(some)))
    count = select(func.count()).select_from(items).where(items.c.job == job).scalar_subquery()
    connection.execute(update(jobs).where(jobs.c.id == job).values(total=count))
    return job


def _conditions(connection: Connection, selection: Selection) -> Iterator[ColumnElement[bool]]:
    """What must hold of a report, its id apart."""
    if selection.q is not None:
        yield reports.c.key.in_(matching(connection, selection.q))
    if selection.added_since is not None:
        yield reports.c.added_at >= selection.added_since
    if selection.area is not None:
        named = or_(extractions.c.area == selection.area, extractions.c.area_code == selection.area)
        read = exists().where(extractions.c.report == reports.c.key, named)
        yield or_(reports.c.hint_area == selection.area, read)


def _chosen(connection: Connection, selection: Selection) -> Iterator[ColumnElement[bool]]:
    """The ids asked for, some at a time; one condition that always holds where none were."""
    if selection.reports is None:
        yield true()
        return
    ids = list(dict.fromkeys(selection.reports))
    for at in range(0, len(ids), NAMES_AT_ONCE):
        some = ids[at : at + NAMES_AT_ONCE]
        known = set(connection.execute(select(reports.c.id).where(reports.c.id.in_(some))).scalars())
        if unknown := [id_ for id_ in some if id_ not in known]:
            raise NotFound(f"没有编号为 {unknown[0]} 的报告。")
        yield reports.c.id.in_(some)


def settle(archive: Archive, job: int) -> bool:
    """Mark the job done where nothing waits and nothing is leased; whether it is over.  Raises NotFound."""
    with archive.reading() as connection:
        if state_of(connection, job) not in OPEN_JOBS:
            return True
        is_open = and_(items.c.job == job, items.c.state.in_(OPEN_ITEMS))
        if connection.execute(select(items.c.report).where(is_open).limit(1)).first() is not None:
            return False
    # No item is ever opened again, so that what was seen above still holds.
    with archive.writing() as connection:
        at = instant(connection)
        ended = update(jobs).where(jobs.c.id == job, jobs.c.state.in_(OPEN_JOBS))
        connection.execute(ended.values(state="done", finished_at=at, started_at=func.coalesce(jobs.c.started_at, at)))
    return True


def cancel(connection: Connection, job: int) -> bool:
    """End the job and all its items that are open; False where it was over.  Raises NotFound.

    Who reads a report at this moment may still finish it, and then it is done.
    """
    state_of(connection, job)
    ended = update(jobs).where(jobs.c.id == job, jobs.c.state.in_(OPEN_JOBS))
    if not connection.execute(ended.values(state="cancelled", finished_at=instant(connection))).rowcount:
        return False
    is_open = and_(items.c.job == job, items.c.state.in_(OPEN_ITEMS))
    connection.execute(update(items).where(is_open).values(state="cancelled", worker=None, lease_until=None))
    return True


def progress(connection: Connection, job: int) -> Progress:
    """How far the job is.  Raises NotFound."""
    found = _progress(connection, jobs.c.id == job, 1)
    if not found:
        raise NotFound(f"没有编号为 {job} 的任务。")
    return found[0]


def list_jobs(
    connection: Connection, *, states: Collection[str] = (), after: str | None = None, limit: int = 50
) -> Page[Progress]:
    """Jobs, the newest first; `states` leaves out those in any other.  Raises InvalidRequest for a broken cursor."""
    condition: ColumnElement[bool] = jobs.c.state.in_(states) if states else true()
    if (key := key_of("jobs", after)) is not None:
        condition = and_(condition, jobs.c.id < key)
    return page("jobs", [(job.id, job) for job in _progress(connection, condition, check_limit(limit) + 1)], limit)


def failures(connection: Connection, job: int, *, after: str | None = None, limit: int = 50) -> Page[Failure]:
    """The job's reports that could not be read.  Raises NotFound, InvalidRequest for a broken cursor."""
    state_of(connection, job)
    condition = and_(items.c.job == job, items.c.state == "failed")
    if (key := key_of("failures", after)) is not None:
        condition = and_(condition, items.c.report > key)
    wanted = (items.c.report, reports.c.id, reports.c.source, items.c.error_code, items.c.error_detail)
    query = select(*wanted, items.c.attempts, items.c.finished_at).join_from(items, reports).where(condition)
    rows = connection.execute(query.order_by(items.c.report).limit(check_limit(limit) + 1))
    return page("failures", [(row.report, Failure(*row[1:])) for row in rows], limit)


def _progress(connection: Connection, condition: ColumnElement[bool], limit: int) -> list[Progress]:
    """Progress of the newest `limit` jobs of which `condition` holds."""
    query = select(jobs, models.c.id.label("model_id")).join_from(jobs, models).where(condition)
    found = connection.execute(query.order_by(jobs.c.id.desc()).limit(limit)).all()
    at = instant(connection)
    recent = items.c.finished_at > at - RATE_WINDOW
    at_all = items.c.finished_at
    counts = (func.count(), func.count(at_all), func.count().filter(recent), func.min(at_all).filter(recent))
    of_all = select(items.c.job, items.c.state, *counts).where(items.c.job.in_([row.id for row in found]))
    counted: dict[int, dict[str, _Count]] = {}
    for job, state, *count in connection.execute(of_all.group_by(items.c.job, items.c.state)):
        counted.setdefault(job, {})[state] = _Count(*count)
    return [_told(row, counted.get(row.id, {}), at) for row in found]


@dataclass(frozen=True, slots=True)
class _Count:
    """Items in one state: all, those brought there by this job, those lately, and when the first of these came."""

    items: int = 0
    own: int = 0
    recent: int = 0
    since: datetime | None = None


def _told(row: Row[Any], counts: dict[str, _Count], at: datetime) -> Progress:
    states = ("done", "failed", "waiting", "leased", "cancelled")
    done, failed, waiting, leased, cancelled = (counts.get(state, _Count()) for state in states)
    is_over = row.finished_at is not None
    if is_over:
        ended, since, until = done.own + failed.own, row.started_at, row.finished_at
    else:
        begun = [count.since for count in (done, failed) if count.since is not None]
        ended, since, until = done.recent + failed.recent, min(begun, default=None), at
    seconds = (until - since).total_seconds() if since is not None else 0
    # One alone has no time between it and the next.
    rate = ended / seconds if seconds > 0 and ended > 1 else None
    left = waiting.items + leased.items
    return Progress(
        id=row.id,
        model=row.model_id,
        engine=row.engine,
        state=row.state,
        selection=row.selection,
        total=done.items + failed.items + left + cancelled.items,
        done=done.items,
        failed=failed.items,
        waiting=waiting.items,
        leased=leased.items,
        cancelled=cancelled.items,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        rate=rate,
        seconds_left=left / rate if rate and left and not is_over else None,
    )
