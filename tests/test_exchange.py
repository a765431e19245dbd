"""Exchanged names: another text, the same annotation."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from service.annotations.document import Document
from service.annotations.faults import errors, faults
from service.records import Label, Measure, Span
from training import exchange
from training.exchange import exchanged, measured, quoted, stock
from training.markup import compile_markup

HEAD = "# id: {}\n# bureau: science\n# form: annual\n# level: county\n# place: 浙江\n# area: 临江县\n# year: 2023\n\n"
BODY = (
    "{2023年|T},{青岚智能|O}、“{云上课堂|F}”与{县科技局|O}推进{揭榜挂帅机制|G},{县科技局|O}兑现{科技奖补资金|I}{320万元|M}，"
    "{临江县|A}新增{高新技术企业|I:a}{6家|C +},{占规上工业比重|I:b}{21%|P =a,b};"
    "{研发费用|I}{3.2亿元|M},同比增长{14.7%|P g}。"
)
DOCUMENT = compile_markup(HEAD.format("demo") + BODY)
OTHER = compile_markup(
    HEAD.format("other")
    + "{沂河新材|O}、{市发改委|O}、“{惠企码|F}”、{白杨实验室|F}、{“雁阵”行动|G}、{XX计划|G}。"
    + "".join(f"{{第{n}类平台|I}}{{{n}家|C +}}," for n in "一二三四五六七八")
)


@pytest.fixture(autouse=True)
def sown(monkeypatch: pytest.MonkeyPatch) -> None:
    random.seed(3)
    monkeypatch.setattr(exchange, "NAME_SHARE", 1.0)
    monkeypatch.setattr(exchange, "INDICATOR_SHARE", 1.0)


def said(document: Document, label: Label) -> list[str]:
    return [e.span.of(document.text) for e in document.entities if e.label is label]


def between(document: Document) -> list[str]:
    """What stands around the entities."""
    spans = [Span(0, 0), *sorted(e.span for e in document.entities), Span(len(document.text), len(document.text))]
    return [document.text[a.end : b.start] for a, b in pairwise(spans)]


def test_names_give_way_and_all_that_is_said_of_figures_stays() -> None:
    new = exchanged(DOCUMENT, stock([OTHER]))
    assert errors(faults(new)) == errors(faults(DOCUMENT)) == []
    assert between(new) == between(DOCUMENT)
    assert [e.label for e in new.entities] == [e.label for e in DOCUMENT.entities]
    for label in (Label.PERIOD, Label.AREA, Label.MONEY, Label.PERCENT, Label.COUNT):
        assert said(new, label) == said(DOCUMENT, label)
    for old, o in zip(DOCUMENT.observations, new.observations, strict=True):
        assert o.value.of(new.text) == old.value.of(DOCUMENT.text)
        assert (o.quantity, o.period, o.area, o.measure, o.status) == (
            *(old.quantity, old.period, old.area, old.measure, old.status),
        )


def test_a_name_gives_way_to_one_of_its_label_everywhere_alike() -> None:
    new = exchanged(DOCUMENT, stock([OTHER]))
    firm, office, again = said(new, Label.ORG)
    assert {firm, office} <= {"沂河新材", "市发改委"}
    assert office == again
    # In quotation marks stands what was in quotation marks; what is masked or in none stands nowhere.
    assert said(new, Label.PLATFORM) == ["惠企码"]
    assert said(new, Label.PROGRAM) == ["“雁阵”行动"]


def test_an_indicator_gives_way_to_one_that_is_measured_alike() -> None:
    known = stock([OTHER])
    assert set(known.indicators) == {frozenset({("家", Measure.INCREMENT)})}
    funds, firms, share, spending = said(exchanged(DOCUMENT, known), Label.INDICATOR)
    # Firms are measured together with their share too, and nothing else in stock as funds or spending are.
    assert (funds, firms, share, spending) == ("科技奖补资金", "高新技术企业", "占规上工业比重", "研发费用")
    plain = compile_markup(HEAD.format("plain") + "新增{高新技术企业|I}{6家|C +}。")
    (name,) = said(exchanged(plain, known), Label.INDICATOR)
    assert name in {f"第{n}类平台" for n in "一二三四五六七八"}


def test_how_an_indicator_is_measured_is_all_that_its_numbers_say() -> None:
    how = {span.of(DOCUMENT.text): ways for span, ways in measured(DOCUMENT).items()}
    assert how == {
        "科技奖补资金": frozenset({("元", Measure.LEVEL)}),
        "研发费用": frozenset({("元", Measure.LEVEL), ("%", Measure.GROWTH)}),
    }


def test_with_nothing_in_stock_nothing_changes() -> None:
    assert exchanged(DOCUMENT, stock([])).text == DOCUMENT.text


@pytest.mark.parametrize(
    ("text", "span", "all_of_it"), [("“双创”", (1, 3), True), ("“双创”行动", (0, 6), False), ("双创", (0, 2), False)]
)
def test_what_stands_in_quotes(text: str, span: tuple[int, int], all_of_it: bool) -> None:
    assert quoted(text, Span(*span)) is all_of_it
