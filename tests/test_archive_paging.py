"""Cursors and pages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.archive.paging import MOST_ITEMS, Page, check_limit, key_of, page, to_cursor
from service.errors import InvalidRequest


@given(st.integers(0, 2**63 - 1))
def test_a_cursor_gives_its_key_back(key: int) -> None:
    assert key_of("reports", to_cursor("reports", key)) == key


def test_the_first_page_has_no_cursor() -> None:
    assert key_of("reports", None) is None


@given(st.text(max_size=60))
def test_a_broken_cursor_is_a_wrong_request(cursor: str) -> None:
    with pytest.raises(InvalidRequest):
        key_of("reports", cursor)


@pytest.mark.parametrize(
    "cursor",
    [to_cursor("jobs", 3), "W10", "WyJyZXBvcnRzIiwidHJ1ZSJd", "WyJyZXBvcnRzIix0cnVlXQ", "A" * 10_000, "W1tbW1t"],
)
def test_a_cursor_of_something_else_is_a_wrong_request(cursor: str) -> None:
    with pytest.raises(InvalidRequest, match="翻页标记"):
        key_of("reports", cursor)


def test_a_page_knows_whether_there_is_another() -> None:
    rows = [(4, "a"), (7, "b"), (9, "c")]
    assert page("x", rows, 3) == Page(("a", "b", "c"), None)
    assert page("x", rows, 2) == Page(("a", "b"), to_cursor("x", 7))
    assert page("x", [], 2) == Page((), None)
    assert page("x", rows, 2).map(str.upper) == Page(("A", "B"), to_cursor("x", 7))


@pytest.mark.parametrize("limit", [0, -1, MOST_ITEMS + 1])
def test_a_page_has_a_sensible_size(limit: int) -> None:
    with pytest.raises(InvalidRequest):
        check_limit(limit)
    assert check_limit(MOST_ITEMS) == MOST_ITEMS
