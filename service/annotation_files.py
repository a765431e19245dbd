"""Annotations out of the archive and into it, as documents: what files are made of, and what becomes of one.

Out: the last revision that all share of each report, its `meta` saying what it is of (title, area, period), whose, of
which state, and its number.  In: the same, corrected elsewhere: a document that says which revision it was made from
goes on from there, any other is new, and where the archive has a newer revision it is kept aside (`archive.revisions`).
A report is known by its text; one that the archive does not have is added.  Knows nothing of the forms of files.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Literal

from sqlalchemy import Connection

from service import ingest
from service.annotations.difference import difference
from service.annotations.document import Document, hints_in
from service.annotations.faults import errors, faults
from service.archive.keys import LONGEST_NAME
from service.archive.models import known_key
from service.archive.reports import StoredReport, add_report, get_report
from service.archive.revisions import Revision, Saved, annotated, get_revision, latest, save
from service.archive.tasks import get_task
from service.errors import InvalidRequest, NotFound

# What `meta` says of the annotation, where all else in it is of the report.
REVISION, ANNOTATOR, STATE, MODEL, SOURCE = "revision", "annotator", "state", "model", "source"


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a document.

    `added`: the archive did not have its report; `saved.revision` is one that was there where nothing differs from it;
    `errors`: faults that keep it from being finished.
    """

    report: str
    saved: Saved
    added: bool
    errors: int


def documents(connection: Connection, states: Sequence[str] = ()) -> Iterator[Document]:
    """The annotated documents of the archive, the oldest report first; `states`: only those of tasks in these."""
    for id_, number in list(annotated(connection, states)):
        report = get_report(connection, id_)
        revision, document = get_revision(connection, report, number)
        said = {
            REVISION: str(revision.number),
            ANNOTATOR: revision.annotator,
            STATE: get_task(connection, id_).state,
            MODEL: revision.model,
            SOURCE: report.source,
        }
        yield replace(document, meta={**document.meta, **{name: value for name, value in said.items() if value}})


def take_in(
    connection: Connection,
    document: Document,
    *,
    annotator: str | None,
    state: Literal["in_work", "done"],
    max_characters: int,
    note: str | None = None,
) -> Imported:
    """Keep a document of a file, with a note.  In the caller's transaction.

    `annotator`: who answers for it where its `meta` names nobody; one with errors is kept as `in_work`.  Raises
    InvalidRequest where nobody is named, and what `ingest.check` raises for a text.
    """
    who = (document.meta.get(ANNOTATOR) or annotator or "").strip()[:LONGEST_NAME]
    if not who:
        raise InvalidRequest("文件中没有标注者的姓名；请以 annotator 注明由谁负责。")
    ingest.check(document.text, max_characters)
    report, added = add_report(
        connection, document.text, source=document.meta.get(SOURCE), hints=hints_in(document.meta)
    )
    said = {k: v for k, v in document.meta.items() if k not in (REVISION, ANNOTATOR, STATE, MODEL, SOURCE)}
    # What a model doubted, a person has said now.
    kept = replace(document, id=report.id, meta=said).as_said()
    wrong = len(errors(faults(kept)))
    last = latest(connection, report)
    if last is not None and _is(connection, report, last, kept):
        return Imported(report.id, Saved(last), added, wrong)
    saved = save(
        connection,
        report,
        kept,
        annotator=who,
        state="in_work" if wrong else state,
        base=_base(connection, report, document.meta),
        model=_model(connection, document.meta),
        note=note,
    )
    return Imported(report.id, saved, added, wrong)


def _is(connection: Connection, report: StoredReport, revision: Revision, document: Document) -> bool:
    _, there = get_revision(connection, report, revision.number)
    return difference(there, document).corrections == 0


def _base(connection: Connection, report: StoredReport, meta: Mapping[str, str]) -> int | None:
    """The revision that a document says it was made from, where there is one."""
    number = meta.get(REVISION, "")
    if number.isascii() and number.isdigit() and len(number) < 10:
        with suppress(NotFound):
            return get_revision(connection, report, int(number))[0].number
    return None


def _model(connection: Connection, meta: Mapping[str, str]) -> str | None:
    """The model that a document says it goes back to, where the archive knows it."""
    with suppress(NotFound):
        known_key(connection, meta.get(MODEL, ""))
        return meta[MODEL]
    return None
