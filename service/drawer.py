"""The archive, as commands ask it: opened for one command, a page at a time.

In: settings, and what was given at the command line.  Out: the open archive; the question that is meant; the items of
as many pages as are wanted.  What `shelf` is to routes; knows nothing of what is made of an answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from typing import TypeVar

from sqlalchemy import Connection

from service.archive.observations import ObservationQuery
from service.archive.opening import Archive, open_archive
from service.archive.paging import MOST_ITEMS, Page, every
from service.archive.reports import full_id
from service.current import current_id
from service.registry import Registry
from service.settings import Settings
from service.terminal import tell

T = TypeVar("T")

# Enough of a report's id to know it by.
ID_SHOWN = 12
# How many a person looks at, where no number was given.
PAGE = 50


@contextmanager
def opened(settings: Settings) -> Iterator[Archive]:
    """The archive, made where there is none.  Raises `ArchiveUnavailable`."""
    archive = open_archive(settings.archive)
    try:
        yield archive
    finally:
        archive.close()


def meant(connection: Connection, settings: Settings, model: str | None) -> str:
    """The id of the model that is meant: the current one where none is named.  Raises `ModelRefused`, `NotReady`."""
    return model or current_id(connection, Registry(settings.models, settings.threads, default=settings.model))


def understood(connection: Connection, query: ObservationQuery, settings: Settings) -> ObservationQuery:
    """With the model that is meant and the whole id of the report.  Raises as `meant`, and `NotFound`."""
    report = full_id(connection, query.report) if query.report else None
    return replace(query, model=meant(connection, settings, query.model), report=report)


def items(
    archive: Archive,
    ask: Callable[[Connection, str | None, int], Page[T]],
    *,
    form: str,
    limit: int | None,
    page: int = PAGE,
) -> Iterator[T]:
    """Up to `limit` items, all for 0; where there are more it is told.  Without a limit a `table` has a page of them,
    any other form all: programs read to the end, people do not.

    `ask` gives the page after a cursor with so many items at most.  Each page is asked for when it is needed, by a
    connection of its own: whoever looks at a long answer does not keep the store from tidying up.
    """
    most = (page if form == "table" else None) if limit is None else limit or None
    size = MOST_ITEMS if most is None else min(most + 1, MOST_ITEMS)

    def of(after: str | None) -> Page[T]:
        with archive.reading() as connection:
            return ask(connection, after, size)

    found = every(of)
    if most is None:
        yield from found
        return
    yield from islice(found, most)
    if next(found, None) is not None:
        tell(f"只显示前 {most} 条；--limit 0 显示全部。")
