"""Pages of a long answer, each with a cursor to the next.

A cursor is opaque to whoever holds it: URL-safe base64 of a JSON list, which begins with the name of what is paged
through, so that the cursor of one list is refused by another.  It says after which row to go on, never how many to
skip.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from service.errors import InvalidRequest

T = TypeVar("T")
V = TypeVar("V")

MOST_ITEMS = 1000
# What any cursor made here fits into; a longer one is none.
_LONGEST = 400


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """`next` is the cursor of the page after this one, None on the last."""

    items: tuple[T, ...]
    next: str | None

    def map(self, change: Callable[[T], V]) -> Page[V]:
        """The same page of what `change` makes of its items."""
        return Page(tuple(change(item) for item in self.items), self.next)


def to_cursor(what: str, key: int) -> str:
    """The cursor that goes on after row `key` of the list `what`."""
    return urlsafe_b64encode(json.dumps([what, key], separators=(",", ":")).encode()).decode().rstrip("=")


def key_of(what: str, cursor: str | None) -> int | None:
    """The row that `cursor` goes on after, None for the first page.  Raises InvalidRequest where it is not ours."""
    if cursor is None:
        return None
    try:
        if len(cursor) > _LONGEST:
            raise ValueError
        given = json.loads(urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)))
    except ValueError:
        given = None
    match given:
        case [str(name), int(key)] if name == what and type(key) is int and abs(key) < 1 << 63:
            return key
    raise InvalidRequest(f"翻页标记 {cursor[:40]} 不可用；请原样使用上一页给出的标记，或从第一页开始。")


def page(what: str, items: Iterable[tuple[int, T]], limit: int) -> Page[T]:
    """The page of up to `limit` of `items` (row key and item), which were asked for with `limit + 1`."""
    found = list(items)
    more = len(found) > limit
    return Page(tuple(item for _, item in found[:limit]), to_cursor(what, found[limit - 1][0]) if more else None)


def check_limit(limit: int) -> int:
    """`limit`, from 1 to `MOST_ITEMS`.  Raises InvalidRequest."""
    if not 1 <= limit <= MOST_ITEMS:
        raise InvalidRequest(f"每页条数 {limit} 不可用；应为 1 到 {MOST_ITEMS} 之间的整数。")
    return limit


def every(ask: Callable[[str | None], Page[T]]) -> Iterator[T]:
    """The items of all pages; `ask` gives the page after a cursor, and is asked for it when it is needed."""
    after: str | None = None
    while True:
        found = ask(after)
        yield from found.items
        if found.next is None:
            return
        after = found.next
