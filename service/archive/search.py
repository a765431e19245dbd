"""Full-text search over reports, alike in SQLite (FTS5) and PostgreSQL (tsvector).

A report is indexed normalised, passage by passage, in the unit that the archive was made with: words where the
segmenter was installed then, else characters.  It is found where each term of a question stands in it, token after
token (`tokens`).  What is found has the term in it letter for letter; by characters all that has it is found, by words
not what begins in one word and ends in another.

In an archive of words a report is indexed by characters all the same where the segmenter is not installed or the text
is very long; every question looks for those too.  A machine without the segmenter asks an archive of words by looking
through the texts as they were posted: slower, and blind to what a blank parts.

The newest reports come first; there is no ranking.  Knows nothing of what a report says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    case,
    cast,
    column,
    false,
    func,
    insert,
    intersect,
    literal,
    literal_column,
    select,
    table,
)
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR

from service.archive.opening import CHARACTERS, SEARCH_UNIT, WORDS
from service.archive.paging import Page, check_limit, key_of, page
from service.archive.tables import extractions, passages, reports, settings
from service.archive.tokens import Term, Token, by_characters, by_words, indexed, passages_of, terms_of, tokens
from service.normalise import normalise
from service.records import Clean, Span

BEFORE, AFTER = 40, 80  # characters of a snippet around its first match
# The segmenter takes a second for 40,000 characters, during which others may wait to write.
LONGEST_CUT = 100_000
PAUSE = "."  # stands in FTS5 for what ends a phrase; PostgreSQL counts a place for it

_vectors = table("passages", column("report"), column("start"), column("end"), column("words", TSVECTOR))
_fts = table("passage_words", column("rowid"), column("words"))


@dataclass(frozen=True, slots=True)
class Hit:
    """A report that was found.

    `report` is its id; `title` the one it came with, else the one last read in it.  `snippet` is `text[start:end]` of
    the report's text and `matches` where it has the terms, counted in the report's text too.
    """

    report: str
    source: str | None
    title: str | None
    added_at: datetime
    snippet: str
    start: int
    end: int
    matches: tuple[Span, ...]


def index_report(connection: Connection, key: int, text: str) -> None:
    """Index the text of the report `key`, which must not be indexed yet."""
    clean = normalise(text)
    cut = by_words if _unit(connection) == WORDS and len(text) <= LONGEST_CUT else by_characters
    found = list(passages_of(tokens(clean.text, cut)))
    if not found:
        return
    rows = [{"report": key, **_posted(clean, passage)} for passage in found]
    if connection.dialect.name == "postgresql":
        vectors = [{**row, "words": _vector(passage)} for row, passage in zip(rows, found, strict=True)]
        connection.execute(insert(_vectors), vectors)
        return
    keys = connection.scalars(insert(passages).returning(passages.c.key, sort_by_parameter_order=True), rows).all()
    lines = [{"rowid": row, "words": _line(passage)} for row, passage in zip(keys, found, strict=True)]
    connection.execute(insert(_fts), lines)


def remove(connection: Connection, key: int) -> None:
    """Take the report `key` out of the index; one that is deleted goes by itself."""
    connection.execute(passages.delete().where(passages.c.report == key))


def matching(connection: Connection, q: str) -> Select[Any]:
    """A query for the keys of the reports that have every term of `q`; none where `q` has no letter and no digit.

    Raises InvalidRequest where `q` is too long.
    """
    terms = terms_of(q)
    if not terms:
        return select(reports.c.key).where(false())
    unit = _unit(connection)
    found = [_with_term(connection, term, unit) for term in terms]
    # PostgreSQL takes reading the words of a passage for cheap: it is to look them up, whatever stands around this.
    alone = (found[0] if len(found) == 1 else intersect(*found)).cte("found")
    return select(alone.prefix_with("MATERIALIZED", dialect="postgresql").c[0])


def search(connection: Connection, q: str, *, limit: int, after: str | None = None) -> Page[Hit]:
    """A page of the reports that have every term of `q`, newest first.  Raises InvalidRequest."""
    check_limit(limit)
    before = key_of("hits", after)
    wanted = (
        select(reports.c.key, reports.c.id, reports.c.source, title_of(), reports.c.added_at)
        .where(reports.c.key.in_(matching(connection, q)))
        .order_by(reports.c.key.desc())
        .limit(limit + 1)
    )
    if before is not None:
        wanted = wanted.where(reports.c.key < before)
    rows = connection.execute(wanted).all()
    terms = terms_of(q)
    shown = _stretches(connection, [row.key for row in rows[:limit]], terms[0]) if rows else {}
    return page("hits", ((row.key, _hit(row, *shown.get(row.key, (0, "")), terms)) for row in rows), limit)


def title_of() -> ColumnElement[str | None]:
    """The title that a report came with, else the one last read in it; a column of any query over reports."""
    last = (
        select(extractions.c.title)
        .where(extractions.c.report == reports.c.key)
        .order_by(extractions.c.key.desc())
        .limit(1)
        .scalar_subquery()
    )
    return func.coalesce(reports.c.hint_title, last).label("title")


def _posted(clean: Clean, passage: Sequence[Token]) -> dict[str, int]:
    span = clean.to_original(Span(passage[0].start, passage[-1].end))
    return {"start": span.start, "end": span.end}


def _unit(connection: Connection) -> str:
    unit = connection.scalar(select(settings.c.value).where(settings.c.name == SEARCH_UNIT))
    return unit if unit is not None else CHARACTERS


def _line(passage: Sequence[Token]) -> str:
    """A passage for FTS5, whose tokenizer keeps letters, digits and points together and parts at blanks."""
    return " ".join(f"{PAUSE} {word}" if fresh else word for word, fresh in indexed(passage))


def _vector(passage: Sequence[Token]) -> str:
    """A passage for PostgreSQL: each word with its places."""
    places: dict[str, list[int]] = {}
    at = 0
    for word, fresh in indexed(passage):
        at += 2 if fresh else 1
        places.setdefault(word, []).append(at)
    return " ".join(f"'{word}':{','.join(map(str, where))}" for word, where in places.items())


def _with_term(connection: Connection, term: Term, unit: str) -> Select[Any]:
    """The reports that have `term`."""
    if unit == WORDS and term.words is None:
        return select(reports.c.key).where(reports.c.text.icontains(term.text, autoescape=True))
    return _passages_with(connection, term, unit, passages.c.report)


def _passages_with(connection: Connection, term: Term, unit: str, what: ColumnElement[int]) -> Select[Any]:
    """The passages that have `term`, by words or (also in an archive of words) by characters."""
    ways = [*(term.ways if unit == WORDS else ()), (term.characters, False)]
    if connection.dialect.name == "postgresql":
        phrases = (" <-> ".join(f"'{word}'" for word in words) + (":*" if more else "") for words, more in ways)
        query = cast(literal(" | ".join(f"({phrase})" for phrase in phrases)), TSQUERY)
        return select(what).where(literal_column("passages.words", TSVECTOR).bool_op("@@")(query))
    phrases = (f'"{" ".join(words)}"' + (" *" if more else "") for words, more in ways)
    matched = literal_column("passage_words").bool_op("MATCH")(" OR ".join(phrases))
    return select(what).join_from(passages, _fts, _fts.c.rowid == passages.c.key).where(matched)


def _stretches(connection: Connection, keys: Sequence[int], term: Term) -> Mapping[int, tuple[int, str]]:
    """For each report a stretch of its text that has `term`, and where it begins."""
    unit = _unit(connection)
    if unit == WORDS and term.words is None:
        position = func.strpos if connection.dialect.name == "postgresql" else func.instr
        start = position(func.lower(reports.c.text), term.text.lower()) - 1
        places = select(reports.c.key, start.label("start"), (start + len(term.text)).label("end"))
        places = places.where(reports.c.key.in_(keys))
    else:
        firsts = (
            _passages_with(connection, term, unit, func.min(passages.c.key))
            .where(passages.c.report.in_(keys))
            .group_by(passages.c.report)
        )
        places = select(passages.c.report, passages.c.start, passages.c.end).where(passages.c.key.in_(firsts))
    key, start, end = places.subquery().c
    begin = case((start > BEFORE, start - BEFORE), else_=0)
    stretch = func.substr(reports.c.text, begin + 1, end + AFTER - begin)
    rows = connection.execute(select(key, begin, stretch).join(reports, reports.c.key == key))
    return {row[0]: (row[1], row[2]) for row in rows}


def _hit(row: Row[Any], begin: int, stretch: str, terms: Sequence[Term]) -> Hit:
    found = _places(stretch, terms)
    first = found[0] if found else Span(0, 0)
    start = max(0, first.start - BEFORE)
    end = min(len(stretch), max(first.end, first.start + AFTER))
    return Hit(
        report=row.id,
        source=row.source,
        title=row.title,
        added_at=row.added_at,
        snippet=stretch[start:end],
        start=begin + start,
        end=begin + end,
        matches=tuple(Span(begin + s.start, begin + s.end) for s in found if s.end <= end),
    )


def _places(stretch: str, terms: Sequence[Term]) -> list[Span]:
    """Where posted text has the terms; what is written in another way than asked for is found once it is normalised."""
    as_posted = [[*term.places(stretch)] for term in terms]
    if as_posted and as_posted[0]:
        return sorted(span for spans in as_posted for span in spans)
    clean = normalise(stretch)
    return sorted(clean.to_original(span) for term in terms for span in term.places(clean.text))
