"""What a figure is compared by: columns of the archive that are worked out when a reading is stored.

In: the rows of one reading and the text that they stand in.  Out: for each row what it measures (`subject`), where
(`place`), its 口径 (`definition`), all amounts that it may stand for (`worth_low`, `worth_high`), and `cell`, which is
the same number for two figures exactly where they speak of the same thing: subject, place, time, measure, unit, status,
base, scope, 口径.  Pure; knows nothing of the store.

Rows stored by an older program have what that program made of them: a new model's readings are made anew.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from hashlib import blake2b
from typing import Any

from service.checks.figures import key_of
from service.checks.precision import worth
from service.definitions import definition, is_stock, without_definition
from service.records import Bound, Measure, Quantity

# Between words of 口径; no word has one.
BETWEEN = " "

_SENTENCE_END = re.compile(r"[。；;！？!?\n]")
# (按可比价计算), not (其中规上26家): figures in brackets are others.
_BRACKETS_AFTER = re.compile(r"\s?[(（](?!其中)[^()（）\n\d]{1,24}[)）]")


def compared_by(rows: Sequence[Mapping[str, Any]], text: str) -> list[dict[str, Any]]:
    """The columns of each of `rows`, in their order; `text` is the report's."""
    clauses = _clauses(rows, text)
    return [_columns(row, clause) for row, clause in zip(rows, clauses, strict=True)]


def subject(name: str, code: str | None) -> str | None:
    """What is measured: the code, else the name in the form in which names are compared, without its 口径.

    None where there is no name.  No code is a name: codes have small letters, names in that form have none.
    """
    return code or without_definition(key_of(name)) or None


def time_of(
    start: date | None, end: date | None, code: str | None, measure: str
) -> tuple[date | None, date | None] | None:
    """The time by which figures are compared: for a stock its last day alone.  None for no time."""
    if start is None and end is None:
        return None
    stock = measure == Measure.LEVEL and end is not None and is_stock(code)
    return (None, end) if stock else (start, end)


def _columns(row: Mapping[str, Any], clause: str) -> dict[str, Any]:
    start, end = row["period_start"], row["period_end"]
    words = definition(row["indicator"], row["indicator_code"], clause, start, end)
    what = subject(row["indicator"], row["indicator_code"])
    place = row["area_code"] or row["area"]
    quantity = Quantity(row["low"], row["high"], row["unit"], Bound(row["bound"]), row["masked"])
    amounts = worth(row["value_text"], quantity)
    when = time_of(start, end, row["indicator_code"], row["measure"])
    cell = None
    if what is not None and place is not None and when is not None:
        told = (row["measure"], row["unit"], row["status"], row["base"], row["scope"])
        cell = _number(what, place, *when, *told, BETWEEN.join(words))
    return {
        "subject": what,
        "place": place,
        "definition": BETWEEN.join(words),
        "worth_low": amounts.low if amounts is not None and math.isfinite(amounts.low) else None,
        "worth_high": amounts.high if amounts is not None and math.isfinite(amounts.high) else None,
        "cell": cell,
    }


def _number(*parts: object) -> int:
    """63 bits: among 10⁸ cells two have the same by a chance of 1 in 2,000, and whoever reads them looks again."""
    said = "\0".join("" if part is None else str(part) for part in parts)
    return int.from_bytes(blake2b(said.encode(errors="replace"), digest_size=8).digest()) >> 1


def _clauses(rows: Sequence[Mapping[str, Any]], text: str) -> Iterator[str]:
    """The text before each value, back to the value or sentence before it, and brackets that follow it."""
    ends = sorted(row["end"] for row in rows)
    before: dict[int, int] = {}
    last = 0
    at = 0
    for start in sorted(row["start"] for row in rows):
        while at < len(ends) and ends[at] <= start:
            last = ends[at]
            at += 1
        before[start] = last
    for row in rows:
        first = max(row["evidence_start"], before[row["start"]])
        clause = text[first : row["start"]]
        for mark in _SENTENCE_END.finditer(clause):
            first = max(first, row["start"] - len(clause) + mark.end())
        after = _BRACKETS_AFTER.match(text, row["end"])
        yield text[first : after.end() if after else row["end"]]
