"""What people say of reports: revisions, only ever added, each made from another or from a model's proposal.

A report's revisions are numbered from 1, whoever made them.  They stand in lines: one that all annotators share, and
one of each annotator's own, for a second reading or where two saved at once.  A save names the revision that it was
made from.  Where its line has a newer one, nothing is lost and nothing overwritten: what was sent is kept in the
annotator's own line, and both sides are told (`Saved.conflict`).

A revision knows which model's proposal it goes back to, so that corrections can be counted against it.  Knows nothing
of what makes an annotation right.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row, Select, func, insert, select

from service.annotations.difference import difference
from service.annotations.document import Document
from service.annotations.form import document_json, read_document
from service.annotations.proposal import proposal
from service.archive.extractions import get_extraction
from service.archive.models import known_key
from service.archive.reports import StoredReport
from service.archive.tables import annotation_revisions, annotation_tasks, models, now, reports
from service.archive.tasks import UNBEGUN, locked, set_state
from service.errors import NotExtracted, NotFound

SHARED = ""  # the line of all annotators
State = Literal["in_work", "done", "reviewed"]

_revisions = annotation_revisions.c


@dataclass(frozen=True, slots=True)
class Revision:
    """One state of a report's annotation, without what it says.

    `line`: `SHARED`, or the annotator whose own it is; `base`: the revision that it was made from; `model`: whose
    proposal it goes back to; `state`: of the task after it; `corrections`: acts of correction since its base, or since
    the proposal where it has none.
    """

    number: int
    line: str
    annotator: str
    at: datetime
    base: int | None
    model: str | None
    state: str
    note: str | None
    corrections: int


@dataclass(frozen=True, slots=True)
class Saved:
    """`revision`: what was kept; `conflict`: the newer revision that stood in its way, so that it was kept aside."""

    revision: Revision
    conflict: Revision | None = None


def save(
    connection: Connection,
    report: StoredReport,
    document: Document,
    *,
    annotator: str,
    state: State,
    base: int | None = None,
    model: str | None = None,
    own: bool = False,
    note: str | None = None,
) -> Saved:
    """Add a revision to the shared line, or to the annotator's own.

    `base`: the revision that it was made from, None for a proposal; `model`: whose, where it was a model's.  The same
    sent again, as after a lost connection, is no new revision; a document without `meta` keeps that of its source.
    In the caller's transaction, which is to be kept even where there is a conflict.  Raises NotFound for a base or a
    model that the archive does not know.
    """
    task = locked(connection, report.key)
    before = _row(connection, report, base) if base is not None else None
    origin = known_key(connection, model) if before is None and model is not None else None
    if before is not None:
        origin = before.model_key
    source = _source(connection, report, before, origin)
    document = document if document.meta else replace(document, meta=source.meta)
    made = _Made(annotator, base, origin, note, _pack(document))
    line = annotator if own else SHARED
    last = _last(connection, report.key, line)
    if last is not None and made.is_kept_as(last, state):
        return Saved(_revision(last))
    clash = last if last is not None and last.number > (base or 0) else None
    if clash is None and not own:
        set_state(connection, report.key, state)
        return Saved(_add(connection, report, difference(source, document).corrections, made, line, state))
    # In a line of one's own, or kept aside in it: what the others have reached stays reached.
    after = task.state
    if clash is not None:
        mine = _last(connection, report.key, annotator)
        if mine is not None and made.is_kept_as(mine, after):
            return Saved(_revision(mine), _revision(clash))
    elif after in UNBEGUN:
        after = "in_work"
        set_state(connection, report.key, after)
    kept = _add(connection, report, difference(source, document).corrections, made, annotator, after)
    return Saved(kept, None if clash is None else _revision(clash))


def latest(connection: Connection, report: StoredReport, annotator: str | None = None) -> Revision | None:
    """The last revision of the shared line, or the last by an annotator in whichever line; None where there is none."""
    where = _revisions.line == SHARED if annotator is None else _revisions.annotator == annotator
    row = connection.execute(
        _select().where(_revisions.report == report.key, where).order_by(_revisions.number.desc()).limit(1)
    ).one_or_none()
    return _revision(row) if row is not None else None


def get_revision(connection: Connection, report: StoredReport, number: int) -> tuple[Revision, Document]:
    """A revision of a report, which comes with its text, and what it says.  Raises NotFound."""
    row = _row(connection, report, number)
    return _revision(row), _document(row.body, report)


def proposed(connection: Connection, report: StoredReport, model: str) -> Document:
    """What a model has read in the report, as a document.  Raises NotExtracted where it has not."""
    return proposal(get_extraction(connection, report.id, model), report.text or "")


def history(connection: Connection, report: StoredReport) -> list[Revision]:
    """All revisions of a report, the newest first."""
    rows = connection.execute(_select().where(_revisions.report == report.key).order_by(_revisions.number.desc()))
    return [_revision(row) for row in rows]


def annotated(connection: Connection, states: Sequence[str] = ()) -> Iterator[tuple[str, int]]:
    """The reports whose shared line has a revision: their ids, and the number of its last, the oldest report first.

    `states`: only those whose task is in one of them.
    """
    last = func.max(_revisions.number).label("last")
    wanted = (
        select(reports.c.id, last)
        .join(annotation_revisions, _revisions.report == reports.c.key)
        .where(_revisions.line == SHARED)
        .group_by(reports.c.key, reports.c.id)
        .order_by(reports.c.key)
    )
    if states:
        chosen = select(annotation_tasks.c.report).where(annotation_tasks.c.state.in_(states))
        wanted = wanted.where(reports.c.key.in_(chosen))
    yield from ((row.id, int(row.last)) for row in connection.execute(wanted))


@dataclass(frozen=True, slots=True)
class _Made:
    """What was sent."""

    annotator: str
    base: int | None
    origin: int | None
    note: str | None
    body: bytes

    def is_kept_as(self, row: Row[Any], state: str) -> bool:
        """Whether that revision is this one, sent before."""
        told = (row.annotator, row.state, row.note)
        return told == (self.annotator, state, self.note) and _unpack(row.body) == _unpack(self.body)


def _add(
    connection: Connection,
    report: StoredReport,
    corrections: int,
    made: _Made,
    line: str,
    state: str,
) -> Revision:
    number = connection.scalar(select(func.max(_revisions.number)).where(_revisions.report == report.key)) or 0
    values = {
        "report": report.key,
        "number": number + 1,
        "line": line,
        "annotator": made.annotator,
        "at": now(),
        "base": made.base,
        "model": made.origin,
        "state": state,
        "note": made.note,
        "corrections": corrections,
        "body": made.body,
    }
    connection.execute(insert(annotation_revisions).values(values))
    return _revision(_row(connection, report, number + 1))


def _source(connection: Connection, report: StoredReport, base: Row[Any] | None, origin: int | None) -> Document:
    """What a revision was made from: its base, else the model's proposal, else nothing."""
    if base is not None:
        return _document(base.body, report)
    if origin is not None:
        with suppress(NotExtracted):
            id_ = connection.scalar(select(models.c.id).where(models.c.key == origin))
            return proposed(connection, report, id_ or "")
    return Document(report.id, report.text or "", (), ())


def _select() -> Select[Any]:
    return select(annotation_revisions, models.c.id.label("model_id"), _revisions.model.label("model_key")).outerjoin(
        models, models.c.key == _revisions.model
    )


def _row(connection: Connection, report: StoredReport, number: int) -> Row[Any]:
    wanted = _select().where(_revisions.report == report.key, _revisions.number == number)
    row = connection.execute(wanted).one_or_none()
    if row is None:
        raise NotFound(f"报告 {report.id} 没有这个版本的标注；全部版本见 /annotations/{report.id}/history。")
    return row


def _last(connection: Connection, report: int, line: str) -> Row[Any] | None:
    wanted = _select().where(_revisions.report == report, _revisions.line == line)
    return connection.execute(wanted.order_by(_revisions.number.desc()).limit(1)).one_or_none()


def _revision(row: Row[Any]) -> Revision:
    return Revision(
        number=row.number,
        line=row.line,
        annotator=row.annotator,
        at=row.at,
        base=row.base,
        model=row.model_id,
        state=row.state,
        note=row.note,
        corrections=row.corrections,
    )


def _pack(document: Document) -> bytes:
    """A document as kept: JSON without its text, compressed."""
    said = json.dumps(document_json(document), ensure_ascii=False, separators=(",", ":"))
    return zlib.compress(said.encode("utf-8", "surrogatepass"))


def _unpack(body: bytes) -> Any:
    return json.loads(zlib.decompress(body))


def _document(body: bytes, report: StoredReport) -> Document:
    return read_document(_unpack(body), id=report.id, text=report.text or "")
