"""Revisions of annotations and the queue, in both stores."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from annotated import MONEY, TEXT, sample
from fakes import extraction_of
from sqlalchemy import Connection, insert, text

from service.annotations.document import Document
from service.archive import revisions, tasks
from service.archive.extractions import store_extraction
from service.archive.migrations import revisions as steps
from service.archive.models import model_key
from service.archive.opening import Archive
from service.archive.reports import StoredReport, add_report, delete_report
from service.archive.revisions import SHARED, save
from service.archive.tables import now, reports
from service.errors import InvalidRequest, NotFound
from service.records import ModelCard
from service.response import to_json

CARD = ModelCard("m", "1", "0" * 64)


def keep(connection: Connection, said: str = TEXT, *, read: bool = False) -> StoredReport:
    report, _ = add_report(connection, said)
    if read:
        store_extraction(connection, report.key, model_key(connection, CARD), to_json(extraction_of(said)), seconds=0.1)
    return report


def without_money() -> Document:
    said = sample()
    return replace(said, observations=tuple(o for o in said.observations if o.value != MONEY))


def test_a_revision_is_given_back_as_it_was(archive: Archive) -> None:
    said = sample(title="通报")
    with archive.writing() as connection:
        report = keep(connection)
        saved = save(connection, report, said, annotator="甲", state="in_work", note="初标")
    assert saved.conflict is None
    with archive.reading() as connection:
        revision, document = revisions.get_revision(connection, report, 1)
        assert (revision, document) == (saved.revision, said.in_order())
        told = (revision.number, revision.line, revision.annotator, revision.base, revision.model, revision.state)
        assert told == (1, SHARED, "甲", None, None, "in_work")
        assert (revision.note, revision.corrections) == ("初标", len(said.entities) + len(said.observations))
        assert revisions.latest(connection, report) == revision
        with pytest.raises(NotFound):
            revisions.get_revision(connection, report, 2)


def test_corrections_are_counted_from_what_a_revision_was_made_from(archive: Archive) -> None:
    with archive.writing() as connection:
        report = keep(connection, read=True)
        proposed = revisions.proposed(connection, report, CARD.id)
        same = save(connection, report, proposed, annotator="甲", state="in_work", model=CARD.id).revision
        assert (same.corrections, same.model) == (0, CARD.id)
        second = save(connection, report, sample(), annotator="甲", state="in_work", base=1).revision
        third = save(connection, report, without_money(), annotator="乙", state="done", base=2).revision
    assert second.corrections > 0
    assert (third.base, third.model, third.corrections) == (2, CARD.id, 1)


def test_a_save_on_an_older_revision_is_kept_aside_and_told(archive: Archive) -> None:
    with archive.writing() as connection:
        report = keep(connection)
        save(connection, report, sample(), annotator="甲", state="in_work")
        theirs = save(connection, report, without_money(), annotator="甲", state="done", base=1).revision
        mine = save(connection, report, sample(title="乙的"), annotator="乙", state="in_work", base=1)
    assert mine.conflict == theirs
    assert (mine.revision.line, mine.revision.base, mine.revision.number) == ("乙", 1, 3)
    with archive.writing() as connection:
        assert revisions.latest(connection, report) == theirs
        assert revisions.latest(connection, report, "乙") == mine.revision
        assert revisions.get_revision(connection, report, 3)[1].meta == {"title": "乙的"}
        assert tasks.get_task(connection, report.id).state == "done"
        # Sent again, it is not kept again; settled on theirs, it goes on.
        again = save(connection, report, sample(title="乙的"), annotator="乙", state="in_work", base=1)
        assert again == mine
        settled = save(connection, report, sample(title="合并"), annotator="乙", state="reviewed", base=2)
        assert (settled.conflict, settled.revision.number, settled.revision.line) == (None, 4, SHARED)
        # What was made from another line's newer revision has seen all that is older.
        save(connection, report, without_money(), annotator="丙", state="in_work", base=4, own=True)
        adopted = save(connection, report, without_money(), annotator="丁", state="reviewed", base=5)
        assert (adopted.conflict, adopted.revision.line) == (None, SHARED)


def test_the_same_sent_twice_is_one_revision(archive: Archive) -> None:
    with archive.writing() as connection:
        report = keep(connection)
        first = save(connection, report, sample(), annotator="甲", state="in_work")
        assert save(connection, report, sample(), annotator="甲", state="in_work") == first
        assert save(connection, report, sample(), annotator="甲", state="in_work", base=1) == first
        finished = save(connection, report, sample(), annotator="甲", state="done", base=1)
        assert finished.revision.number == 2
        assert [r.number for r in revisions.history(connection, report)] == [2, 1]


def test_a_line_of_ones_own_is_apart(archive: Archive) -> None:
    with archive.writing() as connection:
        report = keep(connection)
        save(connection, report, sample(), annotator="甲", state="done")
        own = save(connection, report, without_money(), annotator="乙", state="in_work", own=True)
        assert (own.conflict, own.revision.line, own.revision.state) == (None, "乙", "done")
        later = save(connection, report, sample(), annotator="乙", state="in_work", base=own.revision.number, own=True)
        assert (later.conflict, later.revision.number) == (None, 3)
        stale = save(connection, report, sample(title="x"), annotator="乙", state="in_work", own=True)
        assert stale.conflict == later.revision
        assert stale.revision.number == 4
        assert tasks.get_task(connection, report.id).state == "done"


def test_nobody_overwrites_anybody_at_once(archive: Archive) -> None:
    with archive.writing() as connection:
        report = keep(connection)

    def one(n: int) -> revisions.Saved:
        with archive.writing() as connection:
            return save(connection, report, sample(title=str(n)), annotator=f"甲{n}", state="in_work")

    with ThreadPoolExecutor(8) as pool:
        saved = list(pool.map(one, range(8)))
    assert sorted(s.revision.number for s in saved) == list(range(1, 9))
    assert sum(s.conflict is None for s in saved) == 1
    with archive.reading() as connection:
        titles = {revisions.get_revision(connection, report, n)[1].meta["title"] for n in range(1, 9)}
    assert titles == {str(n) for n in range(8)}


def test_a_base_or_model_that_is_not_there_is_refused(archive: Archive) -> None:
    with archive.writing() as connection:
        report = keep(connection)
        with pytest.raises(NotFound):
            save(connection, report, sample(), annotator="甲", state="in_work", base=1)
        with pytest.raises(NotFound):
            save(connection, report, sample(), annotator="甲", state="in_work", model="none-1")


def test_a_task_goes_from_new_to_reviewed(archive: Archive) -> None:
    with archive.writing() as connection:
        report = keep(connection)
        seen = [tasks.get_task(connection, report.id).state]
        keep(connection, read=True)
        seen.append(tasks.get_task(connection, report.id).state)
        for base, state in ((None, "in_work"), (1, "done"), (2, "reviewed")):
            save(connection, report, sample(), annotator="甲", state=state, base=base)  # type: ignore[arg-type]
            seen.append(tasks.get_task(connection, report.id).state)
        other = ModelCard("m", "2", "1" * 64)
        answer = to_json(extraction_of(TEXT))
        store_extraction(connection, report.key, model_key(connection, other), answer, seconds=0.1)
        seen.append(tasks.get_task(connection, report.id).state)
    assert seen == ["new", "pre_annotated", "in_work", "done", "reviewed", "reviewed"]


def test_the_queue_is_in_order_of_what_teaches_most(archive: Archive) -> None:
    texts = [f"青岚区第{n}号通报，共{n}家。" for n in range(1, 8)]
    with archive.writing() as connection:
        ids = [keep(connection, said, read=said == texts[0]).id for said in texts]
        tasks.prioritise(connection, [(ids[2], 0.9, "标签不确定"), (ids[5], 0.9, "少见的句式"), (ids[0], -1, "重复")])
        tasks.assign(connection, ids[3], "甲")
    expected = [ids[n] for n in (5, 2, 6, 4, 3, 1, 0)]
    with archive.reading() as connection:
        found: list[tasks.Task] = []
        after = None
        while True:
            page = tasks.list_tasks(connection, after=after, limit=2)
            found += page.items
            if (after := page.next) is None:
                break
        assert [task.report for task in found] == expected
        assert (found[0].reason, found[0].priority, found[0].characters) == ("少见的句式", 0.9, len(texts[5]))
        assert [t.report for t in tasks.list_tasks(connection, assignee="甲").items] == [ids[3]]
        assert [t.report for t in tasks.list_tasks(connection, state="pre_annotated").items] == [ids[0]]
        assert [t.report for t in tasks.list_tasks(connection, q="第3号").items] == [ids[2]]
        assert tasks.counts(connection) == {"new": 6, "pre_annotated": 1, "in_work": 0, "done": 0, "reviewed": 0}
        with pytest.raises(InvalidRequest):
            tasks.list_tasks(connection, after="abc")
        with pytest.raises(NotFound):
            tasks.get_task(connection, "0" * 64)


def test_annotated_reports_are_listed_by_state(archive: Archive) -> None:
    with archive.writing() as connection:
        first, second, third = (keep(connection, said) for said in (TEXT, TEXT + "一", TEXT + "二"))
        save(connection, first, sample(), annotator="甲", state="in_work")
        save(connection, first, without_money(), annotator="甲", state="done", base=1)
        save(
            connection, second, replace(sample(), id=second.id, text=second.text or ""), annotator="甲", state="in_work"
        )
        own = replace(sample(), id=third.id, text=third.text or "")
        save(connection, third, own, annotator="甲", state="in_work", own=True)
        assert list(revisions.annotated(connection)) == [(first.id, 2), (second.id, 1)]
        assert list(revisions.annotated(connection, ("done", "reviewed"))) == [(first.id, 2)]


def test_annotations_go_with_their_report(archive: Archive) -> None:
    with archive.writing() as connection:
        report = keep(connection)
        save(connection, report, sample(), annotator="甲", state="done")
        delete_report(connection, report.id)
        for table in ("annotation_tasks", "annotation_revisions"):
            assert connection.scalar(text(f"SELECT count(*) FROM {table}")) == 0


def test_an_older_archive_gets_a_task_for_each_report(archive: Archive) -> None:
    """As the step does it, for reports that were there before it."""
    from importlib import import_module

    from alembic.migration import MigrationContext
    from alembic.operations import Operations

    step = import_module("service.archive.migrations.versions.0003_annotations")
    assert step.revision in steps()
    with archive.writing() as connection:
        connection.execute(text("DROP TABLE annotation_revisions"))
        connection.execute(text("DROP TABLE annotation_tasks"))
        values = {"id": "0" * 64, "text": "x", "characters": 1, "added_at": now()}
        connection.execute(insert(reports).values(values))
        with Operations.context(MigrationContext.configure(connection)):
            step.upgrade()
        assert tasks.counts(connection)["new"] == 1
        assert tasks.get_task(connection, "0" * 64).priority == 0
