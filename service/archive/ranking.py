"""The order of what is to be annotated, over the whole archive: what teaches most first, nothing twice.

In: what a model has read in the reports that nobody has begun, and what is annotated already.  Out: a priority for each
of them and why.  `tasks.was_read` gives a report a priority by itself as soon as it is read; this one looks at all of
them together, and is asked for (`baoshu annotations rank`).  How worth is counted stands in `annotations.teaching`.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, select

from service.annotations.teaching import known, lessons, rank
from service.archive.extractions import unpack
from service.archive.models import known_key
from service.archive.tables import annotation_tasks, extractions, reports
from service.archive.tasks import UNBEGUN


def ranking(connection: Connection, model: str) -> Iterator[tuple[str, float, str]]:
    """Id, priority and reason (Chinese) of every report that the model has read and nobody has begun, in order.

    A reading is unpacked at a time, and what is kept of it are its doubtful sentences.  Raises NotFound for a model
    that the archive does not know.
    """
    tasks, read = annotation_tasks.c, extractions.c
    key = known_key(connection, model)
    begun = (
        select(reports.c.text).join(annotation_tasks, tasks.report == reports.c.key).where(tasks.state.not_in(UNBEGUN))
    )
    taught = known(connection.scalars(begun))
    found = {}
    waiting = (
        select(reports.c.id, reports.c.text, read.body)
        .join(extractions, read.report == reports.c.key)
        .join(annotation_tasks, tasks.report == reports.c.key)
        .where(read.model == key, tasks.state.in_(UNBEGUN))
    )
    for id_, text, body in connection.execute(waiting):
        found[id_] = len(text), lessons(text, unpack(body))
    for one in rank(found, taught):
        text = connection.scalar(select(reports.c.text).where(reports.c.id == one.id)) if one.first else ""
        yield one.id, one.worth, one.reason(text or "")
