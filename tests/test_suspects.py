"""Suspect annotations: the surer the model of a kind of answer that is mostly right, the higher."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from annotated import INDICATOR, MONEY, RANK, YEAR, sample

from service.annotations.document import Document
from service.annotations.scoring import gold_record, response_of
from service.records import Entity, Label, Span, Status
from training.suspects import OBSERVATION, suspects

MANY = 20


def _answer(document: Document, score: float = 0.9) -> dict[str, Any]:
    said = response_of(document)
    for one in (*said["entities"], *said["observations"]):
        one["score"] = score
    return said


def _reports() -> list[Document]:
    return [replace(sample(), id=f"d{n:02}") for n in range(MANY)]


def _said(changes: dict[str, Document]) -> dict[str, Any]:
    return {d.id: _answer(changes.get(d.id, d)) for d in _reports()}


def test_where_both_agree_nothing_is_suspicious() -> None:
    gold = [gold_record(d) for d in _reports()]
    assert suspects(gold, _said({})) == []


def test_what_the_model_is_rarely_wrong_about_comes_first() -> None:
    reports = _reports()
    wrong = replace(reports[3], entities=tuple(_relabelled(e) for e in reports[3].entities))
    missed = replace(reports[5], entities=tuple(e for e in reports[5].entities if e.span != YEAR))
    found = suspects([gold_record(d) for d in reports], _said({"d03": wrong, "d05": missed}))
    assert [(s.document, s.kind) for s in found] == [("d05", "PERIOD"), ("d03", "PROGRAM")]
    first, second = found
    assert 1 > first.suspicion > second.suspicion > 0.5  # it says PROGRAM nowhere else
    assert (first.annotated, first.said) == ("PERIOD “2023年”", "")
    assert (second.annotated, second.said) == ("INDICATOR “技术合同成交额”", "PROGRAM “技术合同成交额”")
    assert "[技术合同成交额]5.6亿元" in second.quotation


def _relabelled(e: Entity) -> Entity:
    return replace(e, label=Label.PROGRAM) if e.span == INDICATOR else e


def test_fields_that_differ_are_told() -> None:
    reports = _reports()
    first, *rest = reports[7].observations
    other = replace(
        reports[7],
        observations=(replace(first, status=Status.PLAN, period="2022", indicator=(Span(0, 3),)), *rest),
    )
    found = suspects([gold_record(d) for d in reports], _said({"d07": other}))
    assert len(found) == 1
    one = found[0]
    assert (one.document, one.kind, Span(one.start, one.end)) == ("d07", OBSERVATION, MONEY)
    assert one.annotated == "indicator 技术合同成交额; status actual; period 2023"
    assert one.said == "indicator 𠮷水县; status plan; period 2022"
    assert 0.9 < one.suspicion < 1


def test_the_less_sure_comes_later() -> None:
    reports = _reports()
    answers = _said({})
    for id_, score in (("d01", 0.95), ("d02", 0.85)):
        for e in answers[id_]["entities"]:
            if e["start"] == RANK.start:
                e["end"], e["score"] = e["end"] - 1, score
    found = suspects([gold_record(d) for d in reports], answers)
    assert [s.document for s in found] == ["d01", "d02"]
    assert found[0].suspicion > found[1].suspicion
    assert {s.annotated for s in found} == {"RANK “全省第三位”"}
