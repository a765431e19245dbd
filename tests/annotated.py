"""Annotated documents for tests: one with something of everything, and a strategy for any."""

from __future__ import annotations

from hypothesis import strategies as st

from service.annotations.document import Document, Figure, text_id
from service.records import Bound, Entity, Label, Measure, Quantity, Span, Status

# 𠮷 takes two places in UTF-16: an offset counted so would be off by one behind it.
TEXT = "𠮷水县2023年技术合同成交额5.6亿元，同比增长8.5%，居全省第三位；力争2024年达XX亿元。"
YEAR, INDICATOR, MONEY, GROWTH, RANK, NEXT, MASKED = (
    Span(TEXT.index(word), TEXT.index(word) + len(word))
    for word in ("2023年", "技术合同成交额", "5.6亿元", "8.5%", "全省第三位", "2024年", "XX亿元")
)
AREA = Span(0, 3)


def sample(text: str = TEXT, **meta: str) -> Document:
    """The document of `TEXT`: four numbers, each with its links, one of them masked."""
    entities = {
        AREA: Label.AREA,
        YEAR: Label.PERIOD,
        INDICATOR: Label.INDICATOR,
        MONEY: Label.MONEY,
        GROWTH: Label.PERCENT,
        RANK: Label.RANK,
        NEXT: Label.PERIOD,
        MASKED: Label.MONEY,
    }
    return Document(
        text_id(text),
        text,
        tuple(Entity(label, span) for span, label in entities.items()),
        (
            figure(MONEY, Quantity(5.6e8, 5.6e8, "元", Bound.EXACT), area_span=AREA),
            figure(GROWTH, Quantity(8.5, 8.5, "%", Bound.EXACT), measure=Measure.GROWTH, base="yoy"),
            figure(RANK, Quantity(3.0, 3.0, "名次", Bound.EXACT), measure=Measure.RANK, scope="全省"),
            figure(
                MASKED,
                Quantity(None, None, "元", Bound.EXACT, masked=True),
                period="2024",
                period_span=NEXT,
                status=Status.PLAN,
            ),
        ),
        meta,
    )


def figure(
    value: Span,
    quantity: Quantity,
    *,
    measure: Measure = Measure.LEVEL,
    indicator: tuple[Span, ...] = (INDICATOR,),
    period: str | None = "2023",
    period_span: Span | None = YEAR,
    area_span: Span | None = None,
    scope: str | None = None,
    base: str | None = None,
    status: Status = Status.ACTUAL,
) -> Figure:
    return Figure(
        value, indicator, quantity, measure, period, period_span, "吉水县", area_span, scope, base, status
    )  # fmt: skip


AWKWARD = '𠮷😀3亿元%、\n\r\u3000 ␣"\\&<'
CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0") | st.sampled_from(AWKWARD)
WORDS = st.none() | st.text(CHARACTERS, min_size=1, max_size=6)
NUMBERS = st.floats(-1e15, 1e15, allow_nan=False).map(lambda x: round(x, 3))
SCORES = st.just(1.0) | st.sampled_from((0.0, 0.25, 0.9999))


@st.composite
def quantities(draw: st.DrawFn) -> Quantity:
    unit, bound = draw(st.text(CHARACTERS, max_size=4)), draw(st.sampled_from(Bound))
    if draw(st.booleans()):
        return Quantity(None, None, unit, bound, masked=True)
    return Quantity(draw(NUMBERS), draw(NUMBERS), unit, bound)


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """Any sound document: entities anywhere, overlapping too, and observations of some values with any links."""
    text = draw(st.text(CHARACTERS, min_size=1, max_size=60).filter(lambda t: t.strip() != ""))
    ends = st.tuples(st.integers(0, len(text)), st.integers(0, len(text)))
    spans = sorted({Span(min(p), max(p)) for p in draw(st.lists(ends, max_size=12)) if p[0] != p[1]})
    entities = tuple(Entity(draw(st.sampled_from(Label)), span, draw(SCORES)) for span in spans)
    link = st.none() | st.sampled_from(spans) if spans else st.none()
    figures = tuple(
        Figure(
            value=e.span,
            indicator=tuple(sorted(draw(st.sets(st.sampled_from(spans), max_size=3)))),
            quantity=draw(quantities()),
            measure=draw(st.sampled_from(Measure)),
            period=draw(WORDS),
            period_span=draw(link),
            area=draw(WORDS),
            area_span=draw(link),
            scope=draw(WORDS),
            base=draw(WORDS),
            base_span=draw(link),
            status=draw(st.sampled_from(Status)),
            score=draw(SCORES),
        )
        for e in entities
        if e.label.is_value and draw(st.booleans())
    )
    names = st.sampled_from(("title", "area", "published", "year"))
    meta = draw(st.dictionaries(names, st.text(CHARACTERS, min_size=1, max_size=5), max_size=3))
    return Document(text_id(text), text, entities, figures, meta).in_order()
