"""The annotation markup: what it compiles to, and how it refuses."""

from __future__ import annotations

import pytest

from service.annotations.jsonl import record_of
from service.annotations.scoring import gold_record
from service.records import Bound, Label, Measure, Span, Status
from training.markup import MarkupError, compile_markup
from training.validate import faults

HEAD = (
    "# id: demo\n# bureau: science\n# form: annual\n# level: county\n# place: 浙江\n# area: 临江区\n"
    "# published: 2024-03-05\n# year: 2023\n\n"
)


def _values(body: str) -> list[tuple[object, ...]]:
    document = compile_markup(HEAD + body)
    return [
        (o.value.of(document.text), [s.of(document.text) for s in o.indicator], o.measure, o.period, o.area, o.status)
        for o in document.observations
    ]


def test_text_is_bare_and_offsets_hold() -> None:
    document = compile_markup(HEAD + "{2023年|T},{研发费用|I}{3.2亿元|M}。\n% s plan\n力争{50家|C =-}以上。\n")
    assert document.text == "2023年,研发费用3.2亿元。\n力争50家以上。"
    assert [(e.label, e.span.of(document.text)) for e in document.entities] == [
        (Label.PERIOD, "2023年"), (Label.INDICATOR, "研发费用"), (Label.MONEY, "3.2亿元"), (Label.COUNT, "50家"),
    ]  # fmt: skip
    assert document.observations[0].quantity.low == 320_000_000
    assert document.observations[1].quantity.bound is Bound.AT_LEAST


def test_links_by_default_ahead_and_by_name() -> None:
    body = "{产值|I:a}{5亿元|M},新增{3家|C > +}{企业|I:b},共{9家|C =b};{增幅|I}{全市第1|R =a,b}。"
    assert _values(body) == [
        ("5亿元", ["产值"], Measure.LEVEL, "2023", "临江区", Status.ACTUAL),
        ("3家", ["企业"], Measure.INCREMENT, "2023", "临江区", Status.ACTUAL),
        ("9家", ["企业"], Measure.LEVEL, "2023", "临江区", Status.ACTUAL),
        ("全市第1", ["产值", "企业"], Measure.RANK, "2023", "临江区", Status.ACTUAL),
    ]


def test_marks_set_the_line_and_directives_the_document() -> None:
    body = (
        "{1-9月|T}{产值|I}{5亿元|M},较{2021年|T !}提高{2个百分点|P b:2021年}。\n"
        "{青山镇|A +}{产值|I}{1亿元|M}。\n"
        "% t 2024\n% s plan\n{产值|I}{6亿元|M}、{7亿元|M a:高新区 a t:-}。"
    )
    assert [v[2:] for v in _values(body)] == [
        (Measure.LEVEL, "2023-01/2023-09", "临江区", Status.ACTUAL),
        (Measure.DIFF, "2023-01/2023-09", "临江区", Status.ACTUAL),
        (Measure.LEVEL, "2023", "青山镇", Status.ACTUAL), (Measure.LEVEL, "2024", "临江区", Status.PLAN),
        (Measure.LEVEL, None, "高新区", Status.ACTUAL),
    ]  # fmt: skip


def test_a_fall_is_negative_and_a_header_gives_the_unit() -> None:
    document = compile_markup(HEAD + "{能耗|I}下降{4.2%|P g}\n{费用|I} | {34.23|M u:亿元}")
    first, second = document.observations
    assert (first.quantity.low, first.base) == (-4.2, "yoy")
    assert (second.quantity.low, second.quantity.unit) == (3_423_000_000, "元")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("{研发费用|Z}", "demo.txt:10: unknown label"),
        ("一行\n{3家|C}", "demo.txt:11: no INDICATOR before"),
        ("{3家|C =q}", "demo.txt:10: no INDICATOR is named `q`"),
        ("{,研发费用|I}", "demo.txt:10: .*never starts or ends"),
        ("{研发费用|I}{3家|C ?}", "demo.txt:10: unknown attribute"),
        ("研发{费用", "demo.txt:10: stray brace"),
        ("% q 2\n", "demo.txt:10: a directive is"),
    ],
)
def test_errors_name_the_line(body: str, message: str) -> None:
    with pytest.raises(MarkupError, match=message):
        compile_markup(HEAD + body, "demo.txt")


def test_a_missing_head_line_is_an_error() -> None:
    with pytest.raises(MarkupError, match="head lacks `# area"):
        compile_markup(HEAD.replace("# area: 临江区\n", "") + "文")


def test_faults_are_found() -> None:
    good = compile_markup(HEAD + "一、工作\n{产值|I}{5亿元|M},见临政发〔2023〕7号。")
    assert list(faults(good)) == []
    bare = compile_markup(HEAD + "产值达5亿元。")
    assert [m for _, m in faults(bare)] == ["“产值达5亿元。”中的 5 不在任何实体之内；请标注，确实不计的可忽略。"]
    wrong = compile_markup(HEAD + "{产值|I}{5亿元|M t:2023-13}")
    assert "不是 EDTF" in next(m for _, m in faults(wrong))


def test_records_for_doccano_and_for_the_scorer() -> None:
    document = compile_markup(HEAD + "{1-9月|T},{南山镇|A +}{产值|I}{5亿元|M}。")
    record = record_of(document)
    by_id = {e["id"]: document.text[e["start_offset"] : e["end_offset"]] for e in record["entities"]}
    assert {(by_id[r["from_id"]], by_id[r["to_id"]], r["type"]) for r in record["relations"]} == {
        ("5亿元", "产值", "level"), ("5亿元", "1-9月", "period"), ("5亿元", "南山镇", "area"),
    }  # fmt: skip
    assert record["meta"]["bureau"] == "science"
    gold = gold_record(document)
    (o,) = gold["observations"]
    assert (o["start"], o["end"]) == (document.observations[0].value.start, document.observations[0].value.end)
    assert o["indicator"] == [[s.start, s.end] for s in (Span(*x) for x in o["indicator"])]
