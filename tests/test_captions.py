"""Indicators of a table, named again above it."""

from __future__ import annotations

from service.captions import captioned
from service.layout import lay_out
from service.records import Entity, Label, Span

TEXT = (
    "1.研发费用情况\n2023年,全县研发费用增长。\n全市研发费用及产值情况表\n"
    "区块 | 研发费用(亿元) | 产值(亿元) |\n青溪县 | 3.1 | 5.2 |\n白石县 | 2.2 | 4.1 |\n2.其他\n研发费用不详。"
)


def test_caption_and_heading_repeat_the_header() -> None:
    at = TEXT.index("研发费用(")
    cells = (
        Entity(Label.INDICATOR, Span(at, at + 4)),
        Entity(Label.INDICATOR, Span(TEXT.index("产值("), TEXT.index("产值(") + 2)),
    )
    found = captioned(TEXT, lay_out(TEXT), cells)
    assert [e.span for e in found] == [
        Span(TEXT.index("研发费用"), TEXT.index("研发费用") + 4),
        Span(TEXT.index("研发费用及"), TEXT.index("研发费用及") + 4),
    ]
    assert captioned(TEXT, lay_out(TEXT), ()) == ()
