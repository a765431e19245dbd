"""Jobs and leases, in both stores; everything within this process, but for those who are killed."""

from __future__ import annotations

import hashlib
import os
import signal
import warnings
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from archive_jobs import MINUTE, attempts, fill, job_of, kept, states
from archive_reader import report_text
from fakes import CARD, extraction_of
from sqlalchemy import delete, event, select, update

from service.archive import leases
from service.archive.extractions import store_extraction
from service.archive.jobs import (
    MAX_ATTEMPTS,
    WORKER_LOST,
    Claimed,
    Selection,
    cancel,
    claim,
    claim_one,
    claimable,
    create_job,
    fail,
    failures,
    finish,
    heartbeat,
    list_jobs,
    progress,
    release,
    release_crew,
    settle,
)
from service.archive.models import model_key
from service.archive.opening import Archive, open_archive
from service.archive.reports import add_report
from service.archive.tables import extractions, items, jobs, reports
from service.errors import InvalidRequest, NotFound
from service.records import Hints
from service.response import to_json

on_a_server = pytest.mark.parametrize("archive_url", ["postgresql"], indirect=True)

OVER = timedelta(seconds=-1)  # a lease that ends before it begins


def read(archive: Archive, job: int, worker: str, report: Claimed) -> bool:
    """Read and store, as a worker does."""
    answer = to_json(extraction_of(report.text, report.hints))
    with archive.reading() as connection:
        model = connection.execute(select(jobs.c.model).where(jobs.c.id == job)).scalar_one()
    return finish(archive, job, worker, report.report_key, model, answer, 0.5)


def read_all(archive: Archive, job: int, worker: str = "w") -> int:
    """Read until there is nothing left; how many."""
    for number in count():
        found = claim(archive, job, worker, many=1, lease=MINUTE)
        if not found:
            return number
        assert read(archive, job, worker, found[0])
    raise AssertionError


def keys(found: list[Claimed]) -> set[int]:
    return {report.report_key for report in found}


def test_a_job_from_beginning_to_end(archive: Archive) -> None:
    with archive.writing() as connection:
        for number in range(5):
            add_report(connection, report_text(number), hints=Hints(area="青岚区"))
        model = model_key(connection, CARD)
        job = create_job(connection, model, Selection(), engine="local")
    with archive.reading() as connection:
        begun = progress(connection, job)
    assert (begun.state, begun.total, begun.waiting, begun.over) == ("queued", 5, 5, False)
    assert (begun.model, begun.engine, begun.selection) == ("fake-1.2.3", "local", {})
    assert (begun.rate, begun.seconds_left, begun.started_at) == (None, None, None)

    found = claim(archive, job, "a", many=2, lease=MINUTE)
    assert [report.text for report in found] == [report_text(0), report_text(1)]
    assert {report.hints for report in found} == {Hints(area="青岚区")}
    assert {report.attempts for report in found} == {1}
    assert not settle(archive, job)
    assert all(read(archive, job, "a", report) for report in found)
    with archive.reading() as connection:
        half = progress(connection, job)
    assert (half.state, half.done, half.waiting, half.leased) == ("running", 2, 3, 0)
    assert half.rate is not None
    assert half.rate > 0
    assert half.seconds_left == pytest.approx(3 / half.rate)

    assert read_all(archive, job) == 3
    assert settle(archive, job)
    assert settle(archive, job)
    with archive.reading() as connection:
        end = progress(connection, job)
    assert (end.state, end.done, end.seconds_left, end.over) == ("done", 5, None, True)
    assert end.started_at is not None
    assert end.finished_at is not None
    assert end.created_at <= end.started_at <= end.finished_at
    assert len(kept(archive)) == 5
    assert claim(archive, job, "late", many=1, lease=MINUTE) == []


def test_no_two_hold_one_report(archive: Archive) -> None:
    job = job_of(archive, 5)
    first = claim(archive, job, "a", many=3, lease=MINUTE)
    second = claim(archive, job, "b", many=3, lease=MINUTE)
    assert keys(first) | keys(second) == set(range(1, 6))
    assert (len(first), len(second)) == (3, 2)
    assert claim(archive, job, "c", many=3, lease=MINUTE) == []


@on_a_server
def test_what_another_is_about_to_claim_is_passed_over(archive: Archive) -> None:
    job = job_of(archive, 2)
    with archive.writing() as connection:
        (held,) = leases._claimable(connection, job, datetime.now(UTC), 1)
        (other,) = claim(archive, job, "b", many=2, lease=MINUTE)
    assert other.report_key != held.report


def test_a_lease_that_is_over_is_anyones_and_the_first_answer_stands(archive: Archive) -> None:
    job = job_of(archive, 1)
    (slow,) = claim(archive, job, "slow", many=1, lease=OVER)
    (quick,) = claim(archive, job, "quick", many=1, lease=MINUTE)
    assert quick.report_key == slow.report_key
    assert quick.attempts == 2
    assert heartbeat(archive, job, "slow", lease=MINUTE) == 0
    assert not fail(archive, job, "slow", slow.report_key, "empty-text", "文本为空")
    assert read(archive, job, "quick", quick)
    assert not read(archive, job, "slow", slow)
    assert states(archive, job) == {"done": 1}
    assert len(kept(archive)) == 1


def test_a_late_answer_is_an_answer(archive: Archive) -> None:
    job = job_of(archive, 1)
    (slow,) = claim(archive, job, "slow", many=1, lease=OVER)
    claim(archive, job, "quick", many=1, lease=MINUTE)
    assert read(archive, job, "slow", slow)
    assert not fail(archive, job, "quick", slow.report_key, "empty-text", "文本为空")
    assert states(archive, job) == {"done": 1}


def test_a_heartbeat_holds_all_that_a_worker_has(archive: Archive) -> None:
    job = job_of(archive, 3)
    claim(archive, job, "a", many=2, lease=OVER)
    assert heartbeat(archive, job, "a", lease=MINUTE) == 2
    (left,) = claim(archive, job, "b", many=3, lease=MINUTE)
    assert left.report_key == 3
    assert heartbeat(archive, job, "nobody", lease=MINUTE) == 0


@on_a_server  # an archive in SQLite has no other clock than this machine's
def test_leases_go_by_the_clock_of_the_store(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    job = job_of(archive, 2)
    monkeypatch.setattr(leases, "now", lambda: datetime(2000, 1, 1, tzinfo=UTC))
    (first,) = claim(archive, job, "slow clock", many=1, lease=MINUTE)
    monkeypatch.setattr(leases, "now", lambda: datetime(2100, 1, 1, tzinfo=UTC))
    (second,) = claim(archive, job, "quick clock", many=1, lease=MINUTE)
    assert first.report_key != second.report_key
    assert claim(archive, job, "quick clock", many=1, lease=MINUTE) == []


def test_a_report_that_kills_its_workers_fails_alone(archive: Archive) -> None:
    job = job_of(archive, 6)
    poison = min(keys(claim(archive, job, "dead", many=3, lease=OVER)))
    number = 0
    while found := claim(archive, job, f"w{number}", many=3, lease=OVER):
        number += 1
        # What was leased before is leased alone.
        assert len(found) == 1 or {report.attempts for report in found} == {1}
        for report in found:
            if report.report_key == poison:
                break
            read(archive, job, f"w{number}", report)
    assert states(archive, job) == {"done": 5, "failed": 1}
    assert settle(archive, job)
    with archive.reading() as connection:
        (failure,) = failures(connection, job).items
        end = progress(connection, job)
    assert (failure.code, failure.attempts) == (WORKER_LOST, MAX_ATTEMPTS)
    assert "3 次" in failure.detail
    assert (end.state, end.done, end.failed) == ("done", 5, 1)


def test_what_is_given_back_is_had_at_once(archive: Archive) -> None:
    job = job_of(archive, 4)
    claim(archive, job, "a", many=1, lease=MINUTE)
    claim(archive, job, "b", many=1, lease=MINUTE)
    assert release(archive, job, "a") == 1
    assert release(archive, job, "a") == 0
    assert release(archive, job, "b", blameless=True) == 1
    assert attempts(archive, job) == Counter({0: 3, 1: 1})
    assert read_all(archive, job) == 4


def test_a_chosen_report_is_taken_over_within_a_crew_alone(archive: Archive) -> None:
    job = job_of(archive, 3)

    def take(worker: str, crew: str, *, attempts: int = 2) -> Claimed | None:
        return claim_one(archive, job, worker, 2, crew=crew, lease=MINUTE, attempts=attempts)

    assert claimable(archive, job, 9) == [1, 2, 3]
    first = take("a-1", "a-")
    assert first is not None
    assert (first.report_key, first.attempts) == (2, 1)
    assert claimable(archive, job, 1) == [1]
    assert claimable(archive, job, 9) == [1, 3]
    assert take("b-1", "b-") is None
    again = take("a-2", "a-")
    assert again is not None
    assert (again.report_key, again.attempts) == (2, 2)
    # Once more than it may be tried: given up, and not leased any more.
    assert take("a-3", "a-") is None
    assert states(archive, job) == {"waiting": 2, "failed": 1}
    assert take("a-4", "a-") is None


def test_a_chosen_report_that_is_read_or_whose_job_is_over(archive: Archive) -> None:
    job, other = job_of(archive, 2), job_of(archive, 2)
    read_all(archive, other)
    assert claim_one(archive, job, "a-1", 1, crew="a-", lease=MINUTE, attempts=3) is None
    assert states(archive, job) == {"done": 1, "waiting": 1}
    with archive.writing() as connection:
        assert cancel(connection, job)
    assert claim_one(archive, job, "a-1", 2, crew="a-", lease=MINUTE, attempts=3) is None


def test_what_a_crew_held_is_given_back(archive: Archive) -> None:
    job = job_of(archive, 4)
    for worker in ("a-1", "a-2", "b-1"):
        claim(archive, job, worker, many=1, lease=timedelta(0) if worker == "b-1" else MINUTE)
    assert release_crew(archive, job, "a-") == 2
    assert attempts(archive, job) == Counter({0: 3, 1: 1})
    assert release_crew(archive, job, "a_") == 0
    # Those whose lease is over come when none waits.
    assert claimable(archive, job, 9) == [1, 2, 4]
    claim(archive, job, "c-1", many=3, lease=MINUTE)
    assert claimable(archive, job, 9) == [3]


def test_a_report_that_cannot_be_read(archive: Archive) -> None:
    job = job_of(archive, 3)
    for report in claim(archive, job, "a", many=3, lease=MINUTE):
        assert fail(archive, job, "a", report.report_key, "empty-text", "文本为空：没有可读的字符。")
    assert settle(archive, job)
    with archive.reading() as connection:
        first = failures(connection, job, limit=2)
        second = failures(connection, job, after=first.next, limit=2)
        with pytest.raises(InvalidRequest):
            failures(connection, job, after="???")
    assert (len(first.items), len(second.items), second.next) == (2, 1, None)
    assert {failure.detail for failure in (*first.items, *second.items)} == {"文本为空：没有可读的字符。"}
    with archive.reading() as connection:
        ids = set(connection.execute(select(reports.c.id)).scalars())
    assert {failure.report_id for failure in (*first.items, *second.items)} == ids


def test_cancelling(archive: Archive) -> None:
    job = job_of(archive, 4)
    (done,) = claim(archive, job, "a", many=1, lease=MINUTE)
    assert read(archive, job, "a", done)
    (hand,) = claim(archive, job, "a", many=1, lease=MINUTE)
    with archive.writing() as connection:
        assert cancel(connection, job)
        assert not cancel(connection, job)
    assert states(archive, job) == {"done": 1, "cancelled": 3}
    assert claim(archive, job, "b", many=1, lease=MINUTE) == []
    assert heartbeat(archive, job, "a", lease=MINUTE) == 0
    assert settle(archive, job)
    # What was in hand may be finished, and then it is done.
    assert read(archive, job, "a", hand)
    assert states(archive, job) == {"done": 2, "cancelled": 2}
    with archive.reading() as connection:
        assert progress(connection, job).state == "cancelled"


def test_what_the_model_has_read_is_not_read_again(archive: Archive) -> None:
    assert read_all(archive, job_of(archive, 2)) == 2
    model = fill(archive, [report_text(number) for number in range(5)])
    with archive.writing() as connection:
        every = create_job(connection, model, Selection(), engine="local")
        missing = create_job(connection, model, Selection(missing_only=True), engine="local")
    with archive.reading() as connection:
        assert [(p.total, p.done) for p in (progress(connection, every), progress(connection, missing))] == [
            (5, 2),
            (3, 0),
        ]
    assert read_all(archive, missing) == 3
    # The other job has nothing left to read, and claiming finds that out.
    assert claim(archive, every, "w", many=2, lease=MINUTE) == []
    assert states(archive, every) == {"done": 5}
    assert settle(archive, every)


def test_a_report_deleted_meanwhile(archive: Archive) -> None:
    job = job_of(archive, 2)
    gone, stays = claim(archive, job, "a", many=2, lease=MINUTE)
    with archive.writing() as connection:
        connection.execute(delete(reports).where(reports.c.key == gone.report_key))
    assert not read(archive, job, "a", gone)
    assert not fail(archive, job, "a", gone.report_key, "empty-text", "文本为空")
    assert read(archive, job, "a", stays)
    assert settle(archive, job)
    with archive.reading() as connection:
        end = progress(connection, job)
    assert (end.total, end.done) == (1, 1)


def test_selections(archive: Archive) -> None:
    model = fill(archive, [])
    with archive.writing() as connection:
        one, _ = add_report(connection, report_text(1), hints=Hints(area="青岚区"))
        two, _ = add_report(connection, report_text(2, "机器人"))
        three, _ = add_report(connection, report_text(3, "机器人"), hints=Hints(area="临江区"))
        connection.execute(
            update(reports).where(reports.c.key == one.key).values(added_at=datetime(2020, 1, 1, tzinfo=UTC))
        )
        # Read by some model as of 青岚区 (330499).
        store_extraction(connection, two.key, model, to_json(extraction_of(two.text or "")), seconds=1)

    def chosen(selection: Selection) -> set[int]:
        with archive.writing() as connection:
            job = create_job(connection, model, selection, engine="local")
        with archive.reading() as connection:
            assert progress(connection, job).selection == selection.as_json()
            return set(connection.execute(select(items.c.report).where(items.c.job == job)).scalars())

    assert chosen(Selection()) == {one.key, two.key, three.key}
    assert chosen(Selection(reports=(three.id, one.id, one.id))) == {one.key, three.key}
    assert chosen(Selection(reports=())) == set()
    assert chosen(Selection(q="机器人")) == {two.key, three.key}
    assert chosen(Selection(missing_only=True)) == {one.key, three.key}
    assert chosen(Selection(area="青岚区")) == {one.key, two.key}
    assert chosen(Selection(area="330499")) == {two.key}
    assert chosen(Selection(added_since=datetime(2021, 1, 1, tzinfo=UTC))) == {two.key, three.key}
    assert chosen(Selection(q="机器人", area="临江区", missing_only=True)) == {three.key}
    with pytest.raises(NotFound, match="0000"), archive.writing() as connection:
        create_job(connection, model, Selection(reports=(one.id, "0" * 64)), engine="local")


def test_more_names_than_one_question_holds(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.archive.jobs.NAMES_AT_ONCE", 2)
    model = fill(archive, [report_text(number) for number in range(6)])
    with archive.writing() as connection:
        ids = tuple(connection.execute(select(reports.c.id)).scalars())
        job = create_job(connection, model, Selection(reports=ids[:5]), engine="local")
        assert progress(connection, job).total == 5


def test_a_job_of_nothing_is_done(archive: Archive) -> None:
    job = job_of(archive, 0)
    assert claim(archive, job, "a", many=1, lease=MINUTE) == []
    assert settle(archive, job)
    with archive.reading() as connection:
        end = progress(connection, job)
    assert (end.state, end.total, end.rate) == ("done", 0, None)


def test_jobs_that_are_none(archive: Archive) -> None:
    with archive.writing() as connection:
        for ask in (progress, failures, cancel):
            with pytest.raises(NotFound, match="7"):
                ask(connection, 7)
    for act in (settle, lambda a, j: claim(a, j, "w", many=1, lease=MINUTE)):
        with pytest.raises(NotFound):
            act(archive, 7)


def test_the_list_of_jobs(archive: Archive) -> None:
    numbers = [job_of(archive, size) for size in (1, 2, 3)]
    read_all(archive, numbers[1])
    settle(archive, numbers[1])
    with archive.reading() as connection:
        first = list_jobs(connection, limit=2)
        second = list_jobs(connection, limit=2, after=first.next)
        unfinished = list_jobs(connection, states=("queued", "running"))
        with pytest.raises(InvalidRequest):
            list_jobs(connection, limit=0)
    assert [job.id for job in first.items] == [numbers[2], numbers[1]]
    assert [(job.id, job.total) for job in second.items] == [(numbers[0], 1)]
    assert second.next is None
    assert {job.id for job in unfinished.items} == {numbers[0], numbers[2]}


def test_a_rate_is_that_of_the_last_minute(archive: Archive) -> None:
    job = job_of(archive, 40)
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    found = claim(archive, job, "a", many=30, lease=MINUTE)
    with archive.writing() as connection:
        done = update(items).where(items.c.job == job, items.c.report.in_(keys(found)))
        connection.execute(done.values(state="done", finished_at=long_ago))
        ten = [report.report_key for report in found[:10]]
        before = datetime.now(UTC) - timedelta(seconds=20)
        connection.execute(done.where(items.c.report.in_(ten)).values(finished_at=before))
        connection.execute(update(jobs).where(jobs.c.id == job).values(started_at=long_ago))
    with archive.reading() as connection:
        now = progress(connection, job)
    assert now.rate == pytest.approx(10 / 20, rel=0.2)
    assert now.seconds_left == pytest.approx(20, rel=0.3)


def die_at(archive: Archive, job: int, step: int) -> bool:
    """Claim and finish one report in a process that is killed before its statement number `step`; whether it was.

    The end of a transaction counts as a statement.
    """
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", DeprecationWarning
        )  # a process with threads should not fork; this one execs not
        child = os.fork()
    if child == 0:
        try:
            steps = count()

            def kill(*_: object) -> None:
                if next(steps) == step:
                    os.kill(os.getpid(), signal.SIGKILL)

            own = open_archive(archive.url, migrate=False)
            for name in ("before_cursor_execute", "after_cursor_execute", "commit"):
                event.listen(own.engine, name, kill)
            (report,) = claim(own, job, f"dies {step}", many=1, lease=OVER)
            read(own, job, f"dies {step}", report)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def test_death_at_each_statement_leaves_no_half(archive: Archive) -> None:
    job = job_of(archive, 100)
    expected = {}
    for number in range(100):
        text = report_text(number)
        expected[hashlib.sha256(text.encode()).hexdigest()] = len(extraction_of(text).observations)
    archive.close()
    for step in count():
        died = die_at(archive, job, step)
        with archive.reading() as connection:
            done = set(connection.execute(select(items.c.report).where(items.c.state == "done")).scalars())
            stored = set(connection.execute(select(extractions.c.report)).scalars())
        assert done == stored
        assert all(len(rows) == expected[report] for report, (_, rows) in kept(archive).items())
        archive.close()  # a connection must not be shared with the next child
        if not died:
            break
    assert step > 20
