"""The reports of an archive: each text once, with what was known of it when it came.

A report is its text: its id is the SHA-256 of the text in UTF-8, as in an answer.  It is indexed for search when it is
added, and all that was read from it goes with it when it is deleted.  Knows nothing of models.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, delete, null, select
from sqlalchemy.dialects import postgresql, sqlite

from service.archive.documents import pack_document, unpack_document
from service.archive.paging import Page, check_limit, key_of, page
from service.archive.search import index_report, matching, title_of
from service.archive.tables import now, reports
from service.archive.tasks import begin
from service.errors import InvalidRequest, NotFound
from service.ingest import check
from service.records import Document, Hints

_BEGINNING = re.compile("[0-9a-f]{1,64}")
NUL = "\0"  # the one character that PostgreSQL cannot keep


@dataclass(frozen=True, slots=True)
class StoredReport:
    """A report as kept.

    `key` is the store's own number; `text` None in a list; `characters` its length in code points; `title` the one it
    came with, else the one last read in it; `document`: the file that it came from, None where it came as text, and in
    a list.
    """

    key: int
    id: str
    text: str | None
    characters: int
    source: str | None
    title: str | None
    hints: Hints
    added_at: datetime
    document: Document | None = None


def report_id(text: str) -> str:
    """The id of a text, as `report.id` of an answer."""
    return hashlib.sha256(text.encode()).hexdigest()


def add_report(
    connection: Connection,
    text: str,
    *,
    source: str | None = None,
    hints: Hints = Hints(),
    document: Document | None = None,
) -> tuple[StoredReport, bool]:
    """The report of this text, and whether it is new; for one that was there already its own source and hints stand.

    `source` says where it came from: a file, an address; `document` is that file as read, whose text this is.  Raises
    what `ingest.check` raises for a text, InvalidRequest for one with NUL characters.
    """
    if NUL in check(text):
        raise InvalidRequest("文本中有空字符（U+0000），无法存档；请确认文件是否为文本，去除后再提交。")
    id_ = report_id(text)
    values = {
        "id": id_,
        "text": text,
        "characters": len(text),
        "source": _kept(source),
        "hint_title": _kept(hints.title),
        "hint_published": hints.published,
        "hint_area": _kept(hints.area),
        "document": pack_document(document) if document is not None else None,
        "added_at": now(),
    }
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    added = dialect.insert(reports).values(values).on_conflict_do_nothing(index_elements=["id"])
    key = connection.scalar(added.returning(reports.c.key))
    if key is not None:
        index_report(connection, key, text)
        begin(connection, key)
    return get_report(connection, id_), key is not None


def get_report(connection: Connection, id: str) -> StoredReport:  # noqa: A002
    """The report with this id, its text included.  Raises NotFound."""
    c = reports.c
    row = connection.execute(_select(c.text, c.document).where(c.id == id)).one_or_none()
    if row is None:
        raise _missing(id)
    return _stored(row, unpack_document(row.document, row.text))


def full_id(connection: Connection, beginning: str) -> str:
    """The id that begins so.  Raises NotFound, and InvalidRequest where several do."""
    beginning = beginning.lower()
    if not _BEGINNING.fullmatch(beginning):
        raise _missing(beginning)
    c = reports.c
    # Past the last digit: a range, so that the index serves.
    found: Sequence[str] = connection.scalars(
        select(c.id).where(c.id >= beginning, c.id < beginning + "g").limit(2)
    ).all()
    if not found:
        raise _missing(beginning)
    if len(found) > 1:
        raise InvalidRequest(f"有几份报告的编号以 {beginning} 开头；请多写几位。")
    return found[0]


def delete_report(connection: Connection, id: str) -> None:  # noqa: A002
    """Delete a report and all that was read from it.  Raises NotFound."""
    if connection.execute(delete(reports).where(reports.c.id == id)).rowcount == 0:
        raise _missing(id)


def list_reports(
    connection: Connection, *, q: str | None = None, after: str | None = None, limit: int = 100
) -> Page[StoredReport]:
    """A page of the reports, or of those that have every term of `q` (`search`), newest first, without their texts.

    Raises InvalidRequest.
    """
    check_limit(limit)
    before = key_of("reports", after)
    wanted = _select(null().label("text"), null().label("document")).order_by(reports.c.key.desc()).limit(limit + 1)
    if before is not None:
        wanted = wanted.where(reports.c.key < before)
    if q is not None and q.strip():
        wanted = wanted.where(reports.c.key.in_(matching(connection, q)))
    return page("reports", ((row.key, _stored(row)) for row in connection.execute(wanted)), limit)


def _select(text: ColumnElement[Any], document: ColumnElement[Any]) -> Select[Any]:
    c = reports.c
    hints = (c.hint_title, c.hint_published, c.hint_area)
    return select(c.key, c.id, text, c.characters, c.source, title_of(), *hints, document, c.added_at)


def _stored(row: Row[Any], document: Document | None = None) -> StoredReport:
    return StoredReport(
        key=row.key,
        id=row.id,
        text=row.text,
        characters=row.characters,
        source=row.source,
        title=row.title,
        hints=Hints(row.hint_published, row.hint_area, row.hint_title),
        added_at=row.added_at,
        document=document,
    )


def _kept(given: str | None) -> str | None:
    """What is said of a report, such as a file's name, in characters that every store keeps."""
    return given.replace(NUL, "").encode(errors="replace").decode() if given is not None else None


def _missing(id: str) -> NotFound:  # noqa: A002
    return NotFound(f"档案中没有报告 {id[:64]}。")
