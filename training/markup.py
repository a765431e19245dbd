"""The inline markup in which reports are annotated as they are written, and its compiler.

In: one `annotations/reports/*.txt` file: head lines `# key: value`, then the text with entities in braces. Out: a
`service.annotations` Document; its JSON line is `service.annotations.jsonl`.  Every error names the file's line.  What
it does not know: whether the annotation is right; `training.validate` asks that.

    {text|I}  {text|I:a}        an INDICATOR, with a name `a` to link to
    {3.2亿元|M}                 a value linked to the INDICATOR before it in the line; `>` the next one, `=a,b` the
                                named ones, `=-` none; `+` increment, `g` growth, `d` diff, `l` level; `p` plan,
                                `f` forecast, `a` actual; `t:2023` period, `a:青山镇` area, `s:全市` scope,
                                `b:2021年` base, `u:亿元` the unit that a table's header gives; `low:` `high:`
                                `unit:` `bound:` overrule the reader; `x` no observation
    {2023年|T}                  a PERIOD; it sets the period of the values after it in its line; `t:2023` says how
                                it reads, `!` that it sets nothing (a base, part of a comparison)
    {青山镇|A}                  an AREA; with `+` it sets the area of the values after it in its line
    % t 2023 / % s plan / % a 青山镇 / % t -    from here on, where the line itself says nothing
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from service.annotations.document import Document, Figure
from service.numbers import base_of, read_quantity, scope_of, sign
from service.periods import read_period
from service.records import Anchor, Entity, Label, Measure, Quantity, Span, Status, last_year

CODES = {
    "O": Label.ORG, "F": Label.PLATFORM, "G": Label.PROGRAM, "L": Label.POLICY, "A": Label.AREA, "T": Label.PERIOD,
    "I": Label.INDICATOR, "M": Label.MONEY, "P": Label.PERCENT, "N": Label.PEOPLE, "C": Label.COUNT, "R": Label.RANK,
}  # fmt: skip
MEASURES = {"+": Measure.INCREMENT, "g": Measure.GROWTH, "d": Measure.DIFF, "l": Measure.LEVEL}
STATUSES = {"p": Status.PLAN, "f": Status.FORECAST, "a": Status.ACTUAL}
HEAD_KEYS = ("id", "bureau", "form", "level", "place", "area", "published", "year", "title")
REQUIRED = ("id", "bureau", "form", "level", "place", "area")
MARK = re.compile(r"\{([^{}|]+)\|([A-Z])(?::(\w+))?((?: [^{}|]+)?)\}")
EDGE = re.compile(r"^[\s,.;:,。;:、!?!?]|[\s,;:,。;:、!?!?]$")
KEYED = ("t", "a", "s", "b", "u", "low", "high", "unit", "bound")


class MarkupError(ValueError):
    """The markup cannot be read; the message names file and line."""

    def __init__(self, where: str, line: int, message: str) -> None:
        super().__init__(f"{where}:{line}: {message}")


@dataclass(frozen=True, slots=True)
class Mark:
    """One annotated span as written: attributes are flags (`+`, `p`, `>`) and keyed values (`t`, `a`, ...)."""

    label: Label
    span: Span
    line: int
    name: str
    flags: tuple[str, ...]
    keyed: dict[str, str]


@dataclass(slots=True)
class _State:
    """What directives have set (for the document) and what marks have set (for the line)."""

    period: str | None
    area: str
    status: Status = Status.ACTUAL
    line_period: str | None = None
    line_period_span: Span | None = None
    line_area: str | None = None
    line_area_span: Span | None = None

    def new_line(self) -> None:
        self.line_period = self.line_period_span = self.line_area = self.line_area_span = None


def compile_file(path: Path) -> Document:
    """Read one markup file.  Raises MarkupError."""
    return compile_markup(path.read_text(encoding="utf-8"), path.name)


def compile_markup(source: str, where: str = "<text>") -> Document:
    """Compile markup to a document.  Raises MarkupError with file and line."""
    meta, body, first = _head(source, where)
    text, marks, directives = _strip(body, first, where)
    named = {mark.span.of(text): mark.span for mark in reversed(marks)}
    observations = tuple(
        replace(o, base_span=named.get(o.base or "")) for o in _observe(text, marks, directives, meta, where)
    )
    return Document(
        meta["id"],
        text,
        tuple(Entity(m.label, m.span) for m in marks),
        observations,
        {k: v for k, v in meta.items() if k != "id"},
    )


def _head(source: str, where: str) -> tuple[dict[str, str], list[str], int]:
    meta: dict[str, str] = {}
    lines = source.split("\n")
    n = 0
    while n < len(lines) and lines[n].startswith("#"):
        key, colon, value = lines[n][1:].partition(":")
        if not colon or key.strip() not in HEAD_KEYS:
            raise MarkupError(where, n + 1, f"head line must be `# key: value` with a key of {', '.join(HEAD_KEYS)}")
        meta[key.strip()] = value.strip()
        n += 1
    for key in REQUIRED:
        if not meta.get(key):
            raise MarkupError(where, n + 1, f"head lacks `# {key}: ...`")
    while n < len(lines) and not lines[n].strip():
        n += 1
    return meta, lines[n:], n + 1


def _strip(body: list[str], first: int, where: str) -> tuple[str, list[Mark], list[tuple[int, str, str]]]:
    """The bare text, the marks with their offsets, and the directives with the offset from which they hold."""
    out: list[str] = []
    marks: list[Mark] = []
    directives: list[tuple[int, str, str]] = []
    at = 0
    while body and not body[-1].strip():
        body = body[:-1]
    for n, line in enumerate(body, first):
        if line.startswith("%"):
            key, _, value = line[1:].strip().partition(" ")
            if key not in ("t", "s", "a") or not value.strip():
                raise MarkupError(where, n, "a directive is `% t EDTF|-`, `% s plan|actual|forecast` or `% a AREA`")
            directives.append((at, key, value.strip()))
            continue
        plain = []
        end = 0
        for m in MARK.finditer(line):
            before = line[end : m.start()]
            plain.append(before)
            at += len(before)
            marks.append(_mark(m, Span(at, at + len(m[1])), n, where))
            plain.append(m[1])
            at += len(m[1])
            end = m.end()
        plain.append(line[end:])
        at += len(line) - end + 1
        whole = "".join(plain)
        if "{" in whole or "}" in whole:
            raise MarkupError(where, n, f"stray brace near `{whole[max(0, whole.find('{') - 6) :][:30]}`")
        out.append(whole)
    return "\n".join(out), marks, directives


def _mark(m: re.Match[str], span: Span, line: int, where: str) -> Mark:
    if m[2] not in CODES:
        raise MarkupError(where, line, f"unknown label `{m[2]}` in `{m[0]}`")
    if EDGE.search(m[1]):
        raise MarkupError(where, line, f"`{m[0]}`: a span never starts or ends with white space or punctuation")
    flags: list[str] = []
    keyed: dict[str, str] = {}
    for word in m[4].split():
        key, colon, value = word.partition(":")
        if colon and key in KEYED:
            keyed[key] = value
        elif word in MEASURES or word in STATUSES or word in (">", "x", "!") or word.startswith("="):
            flags.append(word)
        else:
            raise MarkupError(where, line, f"unknown attribute `{word}` in `{m[0]}`")
    return Mark(CODES[m[2]], span, line, m[3] or "", tuple(flags), keyed)


def _observe(
    text: str, marks: list[Mark], directives: list[tuple[int, str, str]], meta: dict[str, str], where: str
) -> Iterator[Figure]:
    year = meta.get("year", "")
    state = _State(year or None, meta["area"])
    anchor = Anchor(meta.get("published", ""), last_year(year))
    line = 0
    for i, mark in enumerate(marks):
        while directives and directives[0][0] <= mark.span.start:
            _, key, value = directives.pop(0)
            _direct(state, key, value, mark.line, where)
        if mark.line != line:
            state.new_line()
            line = mark.line
        if mark.label is Label.PERIOD and "!" not in mark.flags:
            edtf = mark.keyed.get("t") or read_period(mark.span.of(text), anchor)
            if edtf and edtf != "-":
                state.line_period, state.line_period_span = edtf, mark.span
        elif mark.label is Label.AREA and "+" in mark.flags:
            state.line_area, state.line_area_span = mark.keyed.get("a", mark.span.of(text)), mark.span
        elif mark.label.is_value and "x" not in mark.flags:
            yield _observation(text, marks, i, state, where)


def _direct(state: _State, key: str, value: str, line: int, where: str) -> None:
    if key == "t":
        state.period = None if value == "-" else value
    elif key == "a":
        state.area = value
    elif value in tuple(Status):
        state.status = Status(value)
    else:
        raise MarkupError(where, line, f"unknown status `{value}` in the directive before this line")


def _observation(text: str, marks: list[Mark], i: int, state: _State, where: str) -> Figure:
    mark = marks[i]
    measure = _measure(mark, text)
    period, period_span = state.line_period or state.period, state.line_period_span
    if "t" in mark.keyed:
        period = None if mark.keyed["t"] == "-" else mark.keyed["t"]
        period_span = period_span if period == state.line_period else None
    area, area_span = state.line_area or state.area, state.line_area_span
    if "a" in mark.keyed:
        area = mark.keyed["a"]
        area_span = next(
            (m.span for m in marks if m.line == mark.line and m.label is Label.AREA and m.span.of(text) == area), None
        )
    scope = mark.keyed.get("s") or scope_of(text, mark.span) if measure is Measure.RANK else None
    base = None
    if measure in (Measure.GROWTH, Measure.DIFF):
        base = mark.keyed.get("b") or base_of(text, mark.span, measure) or "yoy"
    status = next((STATUSES[f] for f in mark.flags if f in STATUSES), state.status)
    return Figure(
        mark.span, _indicators(marks, i, where), _quantity(text, mark, measure, where), measure,
        period, period_span, area, area_span, scope, base, status,
    )  # fmt: skip


def _measure(mark: Mark, text: str) -> Measure:
    if mark.label is Label.RANK:
        return Measure.RANK
    said = next((MEASURES[f] for f in mark.flags if f in MEASURES), None)
    return said or (Measure.DIFF if mark.span.of(text).endswith("点") else Measure.LEVEL)


def _indicators(marks: list[Mark], i: int, where: str) -> tuple[Span, ...]:
    """The linked INDICATOR spans in reading order.  A name means its nearest bearer before the value, else after
    it."""
    mark = marks[i]
    link = next((f for f in mark.flags if f.startswith("=") or f == ">"), "")
    indicators = [(k, m) for k, m in enumerate(marks) if m.label is Label.INDICATOR]
    if link == "=-":
        return ()
    if not link or link == ">":
        near = [m for k, m in indicators if m.line == mark.line and (k > i if link else k < i)]
        if not near:
            raise MarkupError(
                where,
                mark.line,
                f"no INDICATOR {'after' if link else 'before'} value {i} in this line; name one with =",
            )
        return (near[0 if link else -1].span,)
    spans = []
    for name in link[1:].split(","):
        bearers = [(k, m) for k, m in indicators if m.name == name]
        before = [m for k, m in bearers if k < i]
        after = [m for k, m in bearers if k > i]
        if not bearers:
            raise MarkupError(where, mark.line, f"no INDICATOR is named `{name}`")
        spans.append((before[-1] if before else after[0]).span)
    return tuple(sorted(spans))


def _quantity(text: str, mark: Mark, measure: Measure, where: str) -> Quantity:
    """The reader's quantity, with what the writer overrules.  A header's unit is read behind the cell's number."""
    unit = mark.keyed.get("u", "")
    if unit:
        cell = mark.span.of(text) + unit
        read = read_quantity(cell, Span(0, len(cell)), mark.label)
    else:
        read = read_quantity(text, mark.span, mark.label)
    if read is None:
        raise MarkupError(where, mark.line, f"`{mark.span.of(text)}` is not read as a number")
    factor = sign(text, mark.span, measure)
    low = read.low if read.low is None else read.low * factor
    high = read.high if read.high is None else read.high * factor
    if "low" in mark.keyed:
        low = high = float(mark.keyed["low"])
    if "high" in mark.keyed:
        high = float(mark.keyed["high"])
    said: Any = mark.keyed.get("bound", read.bound)
    return Quantity(low, high, mark.keyed.get("unit", read.unit), type(read.bound)(said), read.masked)


def digest(gold: Sequence[Mapping[str, Any]]) -> str:
    """A hash over gold records, their annotation included."""
    return hashlib.sha256(json.dumps(gold, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
