"""What is wrong with an annotated document, each with a stable code, in Chinese, and its place.

An error cannot be right: a document that has one is no finished work.  A warning is worth a look: a number that the
words read otherwise, one that nothing was said of.  Checked are spans, labels, links, the fields of each observation,
each value against its own words (`reading`), and that every number of the text is accounted for.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from service.annotations.document import LINKS, Document, Figure
from service.annotations.reading import Reader
from service.periods import is_edtf
from service.quantities import find_numbers
from service.records import Bound, Label, Measure, Severity, Span
from service.response import number

# Numbers that number or name things: list heads, also within a line, document and index numbers, counters of a web
# page, page numbers of a table of contents, 4G, 5.0版, 75周年, “3+2”, “10+N”.  Spelled numerals are left to the
# reader: 三件事 and 八项规定 measure nothing, and no rule can tell.
NUMBERING = re.compile(
    r"^[^\S\n]*+(?:第?[一二三四五六七八九十百\d]+[、.．章条节部篇)]|[((]?[一二三四五六七八九十\d]+[))])[、.．]?"
    r"|(?<![一二三四五六七八九十])[一二三四五六七八九十]++(?:是|要|则)"
    r"|[(（]\d{1,2}[)）]|[:：;；。,，]\d{1,2}[.．、,，](?=[一-鿿])"
    r"|[((〔\[]\d{4}[))〕\]]\s*(?:第\s*)?\d+\s*号"
    r"|(?<![\dA-Z])[\dA-Z]{5,}+[-/][\d/-]+|(?<!\d)\d++(?:-\d++){2,}"
    r"|(?:访问|浏览|点击|阅读)(?:次数|数|量)?\s*[:：]\s*\d+|[(（][一-鿿]{0,2}\d+[篇份]|[一-鿿…](\d{1,3})$"
    r"|第[一二三四五六七八九十\d]+[批次届轮期章条季名号]|\d[A-Z]|\d\.\d版"
    r"|(?<!\d)\d++(?:强|周年|号)|“[\dN]+(?:\+[\dN]+)*”",
    re.MULTILINE,
)
EDGE = re.compile(r"^[\s,.;:!?，。；：、！？]|[\s,;:!?，。；：、！？]$")
FIELD_NAMES = {
    "low": "下限",
    "high": "上限",
    "unit": "单位",
    "bound": "界限",
    "indicator": "指标",
    "period": "时期",
    "area": "地区",
    "base": "对比基准",
}
RANK_UNIT = "名次"
NEAR = 6  # characters quoted around a number that stands in no entity


@dataclass(frozen=True, slots=True)
class Fault:
    """`span`: the entity, value or number that it is about; `field`: the field of an observation, "" for none."""

    code: str
    severity: Severity
    message: str
    span: Span
    field: str = ""


def faults(document: Document) -> list[Fault]:
    """Everything wrong with a document, in reading order."""
    text = document.text
    marked = {e.span: e.label for e in document.entities}
    found = [*_entities(document), *_unmarked(document)]
    reader = Reader(text)
    seen: set[Span] = set()
    for figure in document.observations:
        if figure.value in seen:
            found.append(_error("value-twice", f"“{figure.value.of(text)}”有两条观测；应只有一条。", figure))
        seen.add(figure.value)
        found += _links(text, figure, marked)
        found += _fields(text, figure, marked.get(figure.value))
        found += _value(text, figure, marked.get(figure.value), reader)
    found += [
        Fault("value-alone", Severity.WARNING, f"“{e.span.of(text)}”没有观测；确实不计的可忽略。", e.span)
        for e in document.entities
        if e.label.is_value and e.span not in seen
    ]
    return sorted(found, key=lambda fault: (fault.span, fault.code, fault.field))


def errors(found: list[Fault]) -> list[Fault]:
    """Those that keep a document from being finished."""
    return [fault for fault in found if fault.severity is Severity.ERROR]


def _error(code: str, message: str, figure: Figure, field: str = "") -> Fault:
    return Fault(code, Severity.ERROR, message, figure.value, field)


def _warning(code: str, message: str, figure: Figure, field: str = "") -> Fault:
    return Fault(code, Severity.WARNING, message, figure.value, field)


def _entities(document: Document) -> Iterator[Fault]:
    text, length = document.text, len(document.text)
    spans = sorted(e.span for e in document.entities)
    for span in spans:
        if not 0 <= span.start < span.end <= length:
            message = f"位置 [{span.start}, {span.end}) 不在文本之内；应为 0 到 {length} 之间的非空区间。"
            yield Fault("offsets", Severity.ERROR, message, span)
        elif EDGE.search(span.of(text)):
            message = f"“{span.of(text)}”的首尾有空白或标点；应去掉。"
            yield Fault("edge", Severity.ERROR, message, span)
    reach = Span(0, 0)
    for a, b in pairwise(spans):
        reach = max(reach, a, key=lambda s: s.end)
        if reach.overlaps(b):
            yield Fault("overlap", Severity.ERROR, f"“{b.of(text)}”与“{reach.of(text)}”重叠；实体不可重叠。", b)


def _unmarked(document: Document) -> Iterator[Fault]:
    """Numbers in digits that are in no entity and number nothing.  Both lists are in order: one walk."""
    text = document.text
    covered = sorted([e.span for e in document.entities] + [Span(*m.span()) for m in NUMBERING.finditer(text)])
    reach, furthest = [], 0
    for span in covered:
        furthest = max(furthest, span.end)
        reach.append(furthest)
    for span in find_numbers(text):
        before = bisect_right(covered, Span(span.end - 1, len(text) + 1)) - 1
        if not span.of(text)[0].isascii() or (before >= 0 and reach[before] > span.start):
            continue
        quoted = text[max(0, span.start - NEAR) : span.end + NEAR]
        message = f"“{quoted}”中的 {span.of(text)} 不在任何实体之内；请标注，确实不计的可忽略。"
        yield Fault("number-unmarked", Severity.WARNING, message, span)


def _links(text: str, figure: Figure, marked: dict[Span, Label]) -> Iterator[Fault]:
    value = figure.value.of(text)
    label = marked.get(figure.value)
    if label is None:
        yield _error("value-unmarked", f"“{value}”有观测而没有实体；请先标注这个数。", figure)
    elif not label.is_value:
        yield _error("value-label", f"“{value}”是 {label}，不能作为观测的数值；应为 {_value_labels()} 之一。", figure)
    if not figure.indicator:
        yield _warning("no-indicator", f"“{value}”没有指标；请关联它所计量的指标。", figure, "indicator")
    for field, end in figure.links():
        wanted, there = LINKS[field], marked.get(end)
        said, name = end.of(text), FIELD_NAMES[field]
        if there is None:
            yield _error("link-end", f"“{value}”的{name}指向“{said}”，而那里没有实体。", figure, field)
        elif wanted is not None and there is not wanted:
            message = f"“{value}”的{name}指向“{said}”，它是 {there}；应为 {wanted}。"
            yield _error("link-label", message, figure, field)


def _value_labels() -> str:
    return "、".join(label.value for label in Label if label.is_value)


def _fields(text: str, figure: Figure, label: Label | None) -> Iterator[Fault]:
    value, quantity = figure.value.of(text), figure.quantity
    ranked, compared = figure.measure is Measure.RANK, figure.measure in (Measure.GROWTH, Measure.DIFF)
    if figure.period is not None and not is_edtf(figure.period):
        message = f"“{value}”的时期“{figure.period}”不是 EDTF；例如 2023、2023-01/2023-09、../2022-12-31。"
        yield _error("period-form", message, figure, "period")
    if (quantity.low is None) != (quantity.high is None) or (quantity.low is None) != quantity.masked:
        yield _error("no-number", f"“{value}”没有数值；隐去的数请注明 masked，其余请填写上下限。", figure, "low")
    elif quantity.low is not None and quantity.high is not None:
        if quantity.low > quantity.high:
            yield _error("order", f"“{value}”的下限大于上限。", figure, "low")
        if quantity.low != quantity.high and quantity.bound is not Bound.RANGE:
            yield _error("bound", f"“{value}”的上下限不同，界限应为 range。", figure, "bound")
    if label is not None and label.is_value and (label is Label.RANK) != ranked:
        message = f"“{value}”是 {label}，口径却是 {figure.measure}；RANK 与 rank 应当同时出现。"
        yield _error("measure-label", message, figure, "measure")
    if ranked and not quantity.masked and quantity.unit != RANK_UNIT:
        yield _error("rank-unit", f"“{value}”是位次，单位应为“{RANK_UNIT}”。", figure, "unit")
    if figure.scope is not None and not ranked:
        yield _warning("scope", f"“{value}”不是位次，不应有比较范围。", figure, "scope")
    if (figure.base is None) == compared:
        message = "没有对比基准；同比或未说明者为 yoy" if compared else "口径不是 growth 或 diff，不应有对比基准"
        yield _warning("base", f"“{value}”{message}。", figure, "base")


def _value(text: str, figure: Figure, label: Label | None, reader: Reader) -> Iterator[Fault]:
    """The number against its own words."""
    if label is None or not label.is_value:
        return
    value = figure.value.of(text)
    read = reader.read(figure.value, label, figure.measure)
    if read is None:
        yield _error("unreadable", f"“{value}”读不出数；请检查实体的边界与标签。", figure, "value")
        return
    wrong = read.allows(figure.quantity)
    if wrong:
        names = "、".join(FIELD_NAMES[field] for field in wrong)
        said = "、".join(_told(getattr(read.quantity, field)) for field in wrong)
        yield _warning("value-differs", f"“{value}”的{names}与文字不符；文字读作 {said}。", figure, wrong[0])


def _told(value: float | str | None) -> str:
    return f"“{value}”" if isinstance(value, str) else f"{number(value)}"
