"""The JSON form."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from fakes import extraction_of
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ConfigDict, TypeAdapter, with_config

from service.records import Extraction, Span
from service.response import to_json
from service.schema import ExtractionJson


def spans(value: Any) -> Iterator[dict[str, Any]]:
    """Every dictionary with offsets in an answer."""
    if isinstance(value, dict):
        if isinstance(value.get("start"), int):
            yield value
        for item in value.values():
            yield from spans(item)
    elif isinstance(value, list):
        for item in value:
            yield from spans(item)


def with_first(extraction: Extraction, **changes: Any) -> Extraction:
    first, *others = extraction.observations
    return replace(extraction, observations=(replace(first, **changes), *others))


def test_an_answer_in_full() -> None:
    answer = to_json(extraction_of("营 收3.2 亿元和5。"), with_text=True)
    assert answer["report"] == {
        "id": hashlib.sha256("营 收3.2 亿元和5。".encode()).hexdigest(),
        "title": None,
        "issuer": {"start": 0, "end": 1, "text": "营"},
        "published": None,
        "period": "2023",
        "area": {"name": "青岚区", "code": "330499"},
        "text": "营 收3.2 亿元和5。",
    }
    assert answer["parts"] == [
        {"start": 0, "end": 12, "title": None, "area": {"name": "青岚区", "code": "330499"}, "period": "2023"}
    ]
    assert answer["sections"] == [{"start": 0, "end": 12, "level": 1, "heading": "营"}]
    assert answer["tables"] == [{"start": 0, "end": 1, "caption": "营", "rows": 1, "columns": 5}]
    assert answer["entities"] == [
        {"id": "e1", "label": "MONEY", "start": 3, "end": 9, "text": "3.2 亿元", "score": 0.9}
    ]
    assert answer["observations"] == [
        {
            "id": "o1",
            "value": {
                "entity": "e1",
                "start": 3,
                "end": 9,
                "text": "3.2 亿元",
                "low": 320000000,
                "high": 320000000,
                "unit": "元",
                "bound": "exact",
                "masked": False,
            },
            "indicator": {"name": "营", "code": None, "spans": [{"start": 0, "end": 1, "text": "营"}]},
            "measure": "level",
            "period": {"edtf": "2023", "text": "营", "start": 0, "end": 1, "source": "sentence"},
            "area": {"name": "青岚区", "code": None, "text": None, "start": None, "end": None, "source": "report"},
            "scope": None,
            "base": None,
            "status": "actual",
            "score": 0.8765,
            "evidence": {"start": 0, "end": 12, "section": "一、概况"},
        }
    ]
    assert answer["ledger"] == {
        "numbers": 3,
        "observed": 1,
        "set_aside": [{"start": 0, "end": 1, "text": "营", "reason": "heading"}],
        "unexplained": [{"start": 10, "end": 11, "text": "5"}],
    }
    assert answer["findings"] == [
        {
            "code": "test",
            "message": "提示",
            "severity": "note",
            "rule": "",
            "observations": [],
            "spans": [{"start": 0, "end": 1, "text": "营"}],
        }
    ]
    assert answer["derived"] == []
    assert answer["model"] == {"name": "fake", "version": "1.2.3", "sha256": "0" * 64}


def test_the_id_is_the_digest_of_the_posted_text() -> None:
    # printf '%s' '营 收5家' | sha256sum
    expected = "a40468606f37c6eea709fc5a584b5af1e37bf1acf048839347ca43bc3eb33322"
    assert to_json(extraction_of("营 收5家"))["report"]["id"] == expected


@given(
    st.text(alphabet=" \u200b0123456789.-%家亿元营收，。𠮷\n", min_size=1).filter(lambda text: text.strip(" \u200b"))
)
def test_every_span_quotes_the_posted_text(text: str) -> None:
    answer = to_json(extraction_of(text))
    found = list(spans(answer))
    assert len(found) >= 4
    for span in found:
        assert 0 <= span["start"] <= span["end"] <= len(text)
        if "text" in span:
            assert text[span["start"] : span["end"]] == span["text"]


@given(st.text(alphabet=" 0123456789.-%家亿元营收，。𠮷\n", min_size=1).filter(lambda text: text.strip(" ")))
def test_the_schema_describes_every_answer(text: str) -> None:
    strict = with_config(ConfigDict(extra="forbid", strict=True))(ExtractionJson)
    answer = to_json(extraction_of(text), with_text=True)
    TypeAdapter(strict).validate_python(answer)
    json.dumps(answer, allow_nan=False)


def test_an_empty_span_stays_in_its_place() -> None:
    extraction = extraction_of("营 收5家")
    moved = replace(extraction, layout=replace(extraction.layout, sections=()), findings=())
    first = replace(moved.layout.parts[0], span=Span(2, 2))
    for span, at in ((Span(2, 2), 3), (Span(4, 4), 5)):
        part = replace(first, span=span)
        answer = to_json(replace(moved, layout=replace(moved.layout, parts=(part,))))
        assert (answer["parts"][0]["start"], answer["parts"][0]["end"]) == (at, at)


@pytest.mark.parametrize(
    ("low", "expected", "kind"),
    [
        (3.0, 3, int),
        (2.5, 2.5, float),
        (-0.3, -0.3, float),
        (1e300, 1e300, float),
        (float("inf"), None, type(None)),
        (None, None, type(None)),
    ],
)
def test_numbers(low: float | None, expected: float | None, kind: type) -> None:
    extraction = extraction_of("营收5家")
    quantity = replace(extraction.observations[0].quantity, low=low, high=low)
    value = to_json(with_first(extraction, quantity=quantity))["observations"][0]["value"]
    assert value["low"] == expected
    assert type(value["low"]) is kind
    assert value["high"] == expected


def test_what_is_unknown_is_null() -> None:
    extraction = with_first(extraction_of("营收5家"), period=None, area=None, value=Span(0, 1))
    observation = to_json(replace(extraction, report=replace(extraction.report, area=None, issuer=None)))
    assert observation["report"]["area"] is None
    assert observation["report"]["issuer"] is None
    assert observation["observations"][0]["period"] is None
    assert observation["observations"][0]["area"] is None
    assert observation["observations"][0]["value"]["entity"] is None
