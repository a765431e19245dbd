"""Cells that no spreadsheet runs as a formula.

In: a value.  Out: the value as a cell of a text table (CSV), and the way back.  A spreadsheet takes a cell for a
formula by its first character, quoted or not (OWASP, CSV Injection); an apostrophe before it makes it text.  A text
that has such an apostrophe of its own gets another, so that `restored_cell` finds every text again.
"""

from __future__ import annotations

import re
from datetime import date

# In full width as well: some spreadsheets fold it.  Blanks before them hide nothing.
FORMULA_STARTS = frozenset("=+-@＝＋－＠\t\r\n")
APOSTROPHE = "'"

_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?%?")

Value = str | float | int | date | None


def is_formula(text: str) -> bool:
    """Whether a spreadsheet would run `text`, or does not because of an apostrophe before it.  A number is none."""
    bare = text.lstrip(APOSTROPHE)
    begins = bare.lstrip()
    if bare[:1] not in FORMULA_STARTS and begins[:1] not in FORMULA_STARTS:
        return False
    return _NUMBER.fullmatch(bare) is None


def safe_cell(value: Value) -> str | float | int:
    """A cell that no spreadsheet runs: nothing for None, `true` and `false`, days as ISO 8601."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return APOSTROPHE + value if is_formula(value) else value
        case date():
            return value.isoformat()
        case _:
            return value


def restored_cell(cell: str) -> str:
    """The text that `safe_cell` made `cell` of."""
    return cell.removeprefix(APOSTROPHE) if is_formula(cell) else cell
