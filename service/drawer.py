"""The archive, as commands ask it: opened for one command, a page at a time.

In: settings.  Out: the open archive; the items of as many pages as are wanted.  What `shelf` is to routes; knows
nothing of what is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import TypeVar

from sqlalchemy import Connection

from service.archive.opening import Archive, open_archive
from service.archive.paging import MOST_ITEMS, Page, every
from service.settings import Settings
from service.terminal import tell

T = TypeVar("T")

# Enough of a report's id to know it by.
ID_SHOWN = 12


@contextmanager
def opened(settings: Settings) -> Iterator[Archive]:
    """The archive, made where there is none.  Raises `ArchiveUnavailable`."""
    archive = open_archive(settings.archive)
    try:
        yield archive
    finally:
        archive.close()


def items(archive: Archive, ask: Callable[[Connection, str | None, int], Page[T]], *, most: int | None) -> Iterator[T]:
    """Up to `most` items, all for None; where there are more it is told.

    `ask` gives the page after a cursor with so many items at most.  Each page is asked for when it is needed, by a
    connection of its own: whoever looks at a long answer does not keep the store from tidying up.
    """
    size = MOST_ITEMS if most is None else min(most + 1, MOST_ITEMS)

    def page(after: str | None) -> Page[T]:
        with archive.reading() as connection:
            return ask(connection, after, size)

    found = every(page)
    if most is None:
        yield from found
        return
    yield from islice(found, most)
    if next(found, None) is not None:
        tell(f"只显示前 {most} 条；--limit 0 显示全部。")
