"""What a person sees at a terminal: lines, tables, files to write to.

In: text.  Out: standard output for results, standard error for all else.  A table is as wide as its cells, where a
Chinese character takes two columns (Unicode Annex 11); what a report says moves no cursor and colours nothing.
"""

from __future__ import annotations

import shutil
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, TextIO

from service.errors import InvalidRequest

GAP = "  "
MORE = "…"
# A cell that is no wider than this is never cut.
NARROW = 8


def say(text: str) -> None:
    """A line of the result."""
    print(text)  # noqa: T201


def tell(text: str) -> None:
    """A line beside the result."""
    print(f"baoshu: {text}", file=sys.stderr)  # noqa: T201


@contextmanager
def written(output: Path | None) -> Iterator[TextIO]:
    """Where a result is written to: a file, standard output for None.  Line ends are written as they are given."""
    if output is None:
        yield sys.stdout
        sys.stdout.flush()
        return
    with output.open("w", encoding="utf-8", newline="") as out:
        yield out


@contextmanager
def written_bytes(output: Path | None, form: str, *, binary: bool) -> Iterator[BinaryIO]:
    """The same for bytes of `form`; of a binary one, which is of use only whole, nothing is left after an error.

    Raises `InvalidRequest` where it would go to a terminal, which cannot show it.
    """
    if output is None:
        if binary and sys.stdout.isatty():
            raise InvalidRequest(f"{form} 不能显示在终端；请以 --output 写入文件，例如 --output 观测.{form}。")
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    with output.open("wb") as out:
        try:
            yield out
        except BaseException:
            if binary:
                output.unlink(missing_ok=True)
            raise


def columns() -> int | None:
    """How wide the terminal is that the result goes to; None where it goes elsewhere."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def flat(text: str) -> str:
    """`text` without what a terminal would obey: a blank for each control character and line end."""
    kinds = ((c, unicodedata.category(c)) for c in text)
    return "".join(" " if kind in ("Cc", "Zl", "Zp") else c for c, kind in kinds if kind != "Cf")


def plain(text: str) -> str:
    """The same in one line, without needless blanks."""
    return " ".join(flat(text).split())


def bold(text: str) -> str:
    """In bold, on a terminal."""
    return f"\033[1m{text}\033[0m" if sys.stdout.isatty() else text


def day(at: datetime | None) -> str:
    """The day of an instant, here; nothing for none."""
    return at.astimezone().date().isoformat() if at is not None else ""


def minute(at: datetime) -> str:
    """The minute of an instant, here."""
    return at.astimezone().strftime("%Y-%m-%d %H:%M")


def width(text: str) -> int:
    """How many columns `text` takes."""
    return sum(_columns_of(c) for c in text)


def clip(text: str, most: int) -> str:
    """`text`, or as much of its beginning as takes `most` columns with `MORE` after it."""
    if width(text) <= most:
        return text
    kept, left = [], most - width(MORE)
    for c in text:
        left -= _columns_of(c)
        if left < 0:
            break
        kept.append(c)
    return "".join(kept) + MORE


def table(head: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[str] = ()) -> list[str]:
    """The lines of a table.  Columns whose head is in `right` stand to the right.

    On a terminal the widest columns are cut until a line fits; the last column is cut first.
    """
    cells = [list(head), *([plain(cell) for cell in row] for row in rows)]
    widths = [max(width(row[at]) for row in cells) for at in range(len(head))]
    most = columns()
    if most is not None:
        widths = _fitted(widths, most - len(GAP) * (len(head) - 1))
    return [_line(row, head, widths, right) for row in cells]


def _columns_of(c: str) -> int:
    if unicodedata.combining(c):
        return 0
    return 2 if unicodedata.east_asian_width(c) in "WF" else 1


def _line(row: Sequence[str], head: Sequence[str], widths: Sequence[int], right: Sequence[str]) -> str:
    cells = zip(row, head, widths, strict=True)
    return GAP.join(_set(clip(cell, wide), wide, to_right=name in right) for cell, name, wide in cells).rstrip()


def _set(cell: str, wide: int, *, to_right: bool) -> str:
    blanks = " " * (wide - width(cell))
    return blanks + cell if to_right else cell + blanks


def _fitted(widths: Sequence[int], most: int) -> list[int]:
    """The widths, the last and then the widest made narrower until they fit, or until all are `NARROW`."""
    fitted = list(widths)
    half = max(NARROW, most // 2)
    fitted[-1] = max(min(fitted[-1], half), min(fitted[-1], most - sum(fitted[:-1])))
    while sum(fitted) > most and max(fitted) > NARROW:
        fitted[fitted.index(max(fitted))] -= 1
    return fitted
