"""What tests of jobs share: an archive filled with reports, and what it holds after a job."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from archive_reader import report_text
from fakes import CARD
from sqlalchemy import func, select

from service.archive.jobs import Selection, create_job
from service.archive.models import model_key
from service.archive.opening import Archive
from service.archive.reports import add_report
from service.archive.tables import extractions, items, observations, reports

# By report: the answer, and its rows of observations.
Kept = dict[str, tuple[bytes, list[dict[str, Any]]]]

MINUTE = timedelta(minutes=1)


def fill(archive: Archive, texts: Iterable[str]) -> int:
    """Add the reports; the key of the fake model."""
    with archive.writing() as connection:
        for text in texts:
            add_report(connection, text)
        return model_key(connection, CARD)


def job_over(archive: Archive, texts: Iterable[str]) -> int:
    """A job that reads all these."""
    model = fill(archive, texts)
    with archive.writing() as connection:
        return create_job(connection, model, Selection(), engine="local")


def job_of(archive: Archive, count: int, marks: dict[int, str] | None = None) -> int:
    """A job of so many reports, some of which are marked."""
    return job_over(archive, [report_text(number, (marks or {}).get(number, "")) for number in range(count)])


def states(archive: Archive, job: int) -> dict[str, int]:
    """The job's items by state."""
    with archive.reading() as connection:
        query = select(items.c.state, func.count()).where(items.c.job == job).group_by(items.c.state)
        return {row[0]: row[1] for row in connection.execute(query)}


def attempts(archive: Archive, job: int) -> Counter[int]:
    """How many items were leased how often."""
    with archive.reading() as connection:
        return Counter(connection.execute(select(items.c.attempts).where(items.c.job == job)).scalars())


def kept(archive: Archive) -> Kept:
    """What is kept of each report, without what differs from archive to archive.

    Fails where a report has more than one extraction, or an observation has none.
    """
    keys = {"key", "extraction", "report", "model"}
    found: Kept = {}
    by_key: dict[int, list[dict[str, Any]]] = {}
    with archive.reading() as connection:
        query = select(reports.c.id, extractions.c.key, extractions.c.body).join_from(extractions, reports)
        for report, key, body in connection.execute(query):
            assert report not in found
            by_key[key] = []
            found[report] = (zlib.decompress(body), by_key[key])
        rows = connection.execute(select(observations).order_by(observations.c.extraction, observations.c.number))
        for row in rows.mappings():
            by_key[row["extraction"]].append({name: value for name, value in row.items() if name not in keys})
    return found
