"""What is to be annotated: one task for each report, with its state, who has it, and how much it would teach.

A task is `new` until a model has read its report, then `pre_annotated`; people make it `in_work`, `done` and
`reviewed`.  The queue has those of the highest priority first, of those with the same the newest report.  Knows nothing
of what is said in an annotation (`revisions`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from service.archive.paging import Page, check_limit, key_of, page
from service.archive.search import matching, title_of
from service.archive.tables import TASK_STATES, annotation_revisions, annotation_tasks, now, reports
from service.errors import NotFound

# The states of a task that no person has begun.
UNBEGUN = ("new", "pre_annotated")

_tasks = annotation_tasks.c


@dataclass(frozen=True, slots=True)
class Task:
    """`reason` says in Chinese why it has its priority; `revision` is the number of its last revision, 0 for none."""

    report: str
    title: str | None
    source: str | None
    characters: int
    state: str
    assignee: str | None
    priority: float
    reason: str | None
    changed_at: datetime
    revision: int


def begin(connection: Connection, report: int) -> None:
    """Make the task of a report (its key) that has none."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    values = {"report": report, "state": "new", "priority": 0.0, "changed_at": now()}
    connection.execute(
        dialect.insert(annotation_tasks).values(values).on_conflict_do_nothing(index_elements=["report"])
    )


def was_read(connection: Connection, report: int, priority: float, reason: str) -> None:
    """A model has read the report: a task that was new is pre-annotated, and has its priority and why."""
    fresh = (_tasks.report == report) & (_tasks.state == "new")
    values = {"state": "pre_annotated", "priority": priority, "reason": reason, "changed_at": now()}
    connection.execute(update(annotation_tasks).where(fresh).values(values))


def list_tasks(
    connection: Connection,
    *,
    state: str | None = None,
    assignee: str | None = None,
    q: str | None = None,
    after: str | None = None,
    limit: int = 100,
) -> Page[Task]:
    """A page of the queue, narrowed by state, by who has it, and by words of the report.  Raises InvalidRequest.

    A task whose priority changes while someone pages through may be met twice or not at all.
    """
    check_limit(limit)
    wanted = _select().order_by(_tasks.priority.desc(), _tasks.report.desc()).limit(limit + 1)
    last = key_of("tasks", after)
    if last is not None:
        at = select(_tasks.priority).where(_tasks.report == last).scalar_subquery()
        wanted = wanted.where(or_(_tasks.priority < at, and_(_tasks.priority == at, _tasks.report < last)))
    if state is not None:
        wanted = wanted.where(_tasks.state == state)
    if assignee is not None:
        wanted = wanted.where(_tasks.assignee == assignee)
    if q is not None and q.strip():
        wanted = wanted.where(_tasks.report.in_(matching(connection, q)))
    return page("tasks", ((row.key, _task(row)) for row in connection.execute(wanted)), limit)


def counts(connection: Connection) -> dict[str, int]:
    """How many tasks there are in each state."""
    found = connection.execute(select(_tasks.state, func.count()).group_by(_tasks.state))
    return dict.fromkeys(TASK_STATES, 0) | {str(state): int(number) for state, number in found}


def get_task(connection: Connection, id: str) -> Task:  # noqa: A002
    """The task of the report with this id.  Raises NotFound."""
    row = connection.execute(_select().where(reports.c.id == id)).one_or_none()
    if row is None:
        raise NotFound(f"档案中没有报告 {id[:64]}。")
    return _task(row)


def assign(connection: Connection, id: str, assignee: str | None) -> Task:  # noqa: A002
    """Give a task to someone, to nobody for None.  Raises NotFound."""
    _change(connection, id, {"assignee": assignee})
    return get_task(connection, id)


def prioritise(connection: Connection, ranked: Iterable[tuple[str, float, str]]) -> None:
    """Set the priority of reports: their ids, how much there is to learn, and why, in Chinese.  Raises NotFound."""
    for id_, priority, reason in ranked:
        _change(connection, id_, {"priority": float(priority), "reason": reason})


def locked(connection: Connection, report: int) -> Row[Any]:
    """The task of a report (its key), made where there is none, which is this transaction's until it ends."""
    asked = select(annotation_tasks).where(_tasks.report == report).with_for_update()
    row = connection.execute(asked).one_or_none()
    if row is None:
        begin(connection, report)
        row = connection.execute(asked).one()
    return row


def set_state(connection: Connection, report: int, state: str) -> None:
    """The state of a report's task (its key)."""
    connection.execute(update(annotation_tasks).where(_tasks.report == report).values(state=state, changed_at=now()))


def _change(connection: Connection, id_: str, values: Mapping[str, Any]) -> None:
    key = connection.scalar(select(reports.c.key).where(reports.c.id == id_))
    if key is None:
        raise NotFound(f"档案中没有报告 {id_[:64]}。")
    begin(connection, key)
    connection.execute(update(annotation_tasks).where(_tasks.report == key).values({**values, "changed_at": now()}))


def _select() -> Select[Any]:
    c = reports.c
    last = (
        select(func.max(annotation_revisions.c.number))
        .where(annotation_revisions.c.report == c.key)
        .correlate(reports)
        .scalar_subquery()
    )
    fields = (_tasks.state, _tasks.assignee, _tasks.priority, _tasks.reason, _tasks.changed_at)
    return select(
        c.key,
        c.id,
        title_of().label("title"),
        c.source,
        c.characters,
        *fields,
        func.coalesce(last, 0).label("revision"),
    ).join(annotation_tasks, _tasks.report == c.key)


def _task(row: Row[Any]) -> Task:
    return Task(
        report=row.id,
        title=row.title,
        source=row.source,
        characters=row.characters,
        state=row.state,
        assignee=row.assignee,
        priority=row.priority,
        reason=row.reason,
        changed_at=row.changed_at,
        revision=row.revision,
    )
