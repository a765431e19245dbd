"""First and last days of EDTF times."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.edtf import days
from service.periods import is_edtf


@pytest.mark.parametrize(
    ("edtf", "first", "last"),
    [
        ("2023", "2023-01-01", "2023-12-31"),
        ("2023-02", "2023-02-01", "2023-02-28"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2024-09-06", "2024-09-06", "2024-09-06"),
        ("2023-01/2023-09", "2023-01-01", "2023-09-30"),
        ("2021/2025", "2021-01-01", "2025-12-31"),
        ("2023-12-30/2024", "2023-12-30", "2024-12-31"),
        ("../2022-12-31", None, "2022-12-31"),
        ("../2023-06", None, "2023-06-30"),
        ("2012-11/..", "2012-11-01", None),
        ("2023-XX", "2023-01-01", "2023-12-31"),
        ("2023-02-XX", "2023-02-01", "2023-02-28"),
        ("2023-XX-XX", "2023-01-01", "2023-12-31"),
        ("2023-01/2023-XX", "2023-01-01", "2023-12-31"),
        ("20XX", None, None),
        ("20XX-01/20XX-06", None, None),
        ("../20XX-12-31", None, None),
        ("2023/20XX", None, None),
        ("XXXX-05", None, None),
    ],
)
def test_days(edtf: str, first: str | None, last: str | None) -> None:
    assert is_edtf(edtf)
    assert days(edtf) == tuple(date.fromisoformat(d) if d else None for d in (first, last))


@given(st.dates(date(1900, 1, 1), date(2100, 12, 31)), st.dates(date(1900, 1, 1), date(2100, 12, 31)))
def test_an_interval_of_days_is_itself(one: date, other: date) -> None:
    first, last = sorted((one, other))
    assert days(f"{first}/{last}") == (first, last)
    assert days(f"{first:%Y-%m}")[0] == first.replace(day=1)
