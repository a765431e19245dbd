"""The JSON form of annotated documents."""

from __future__ import annotations

import json
from typing import Any

import pytest
from annotated import TEXT, documents, sample
from hypothesis import given

from service.annotations.document import Document
from service.annotations.form import document_json, read_document
from service.errors import InvalidRequest

ORG = {"id": "a", "label": "ORG", "start": 0, "end": 1}
NUMBER = {"value": "a", "low": 1, "high": 1, "unit": "家", "bound": "exact", "measure": "level"}


@given(documents())
def test_a_document_comes_back_as_it_was(document: Document) -> None:
    said = json.loads(json.dumps(document_json(document)))
    assert read_document(said, id=document.id, text=document.text) == document


def test_links_are_ids_in_reading_order() -> None:
    said = document_json(sample())
    assert [entity["text"] for entity in said["entities"]][:3] == ["𠮷水县", "2023年", "技术合同成交额"]
    first = said["observations"][0]
    assert (first["value"], first["indicator"], first["period_entity"], first["area_entity"]) == (
        "e4",
        ["e3"],
        "e2",
        "e1",
    )
    assert (first["low"], first["text"]) == (560_000_000, "5.6亿元")


@pytest.mark.parametrize(
    ("entities", "observations", "word"),
    [
        ([ORG, ORG], [], "id 都是 a"),
        ([ORG, {**ORG, "id": "b"}], [], "位置相同"),
        ([{**ORG, "end": 0}], [], "非空区间"),
        ([{**ORG, "end": len(TEXT) + 1}], [], "不在文本之内"),
        ([{**ORG, "start": -1}], [], "start"),
        ([ORG], [{**NUMBER, "value": "b"}], "指向 b"),
        ([ORG], [{**NUMBER, "indicator": ["b"]}], "indicator 指向 b"),
        ([ORG], [{**NUMBER, "base_entity": "b"}], "base_entity 指向 b"),
        ([ORG], [NUMBER, NUMBER], "两条观测"),
        ([ORG], [{**NUMBER, "low": float("inf")}], "有限"),
        ([ORG], [{**NUMBER, "high": "1"}], "observations.0.high"),
        ([ORG], [{**NUMBER, "colour": 1}], "observations.0.colour"),
    ],
)
def test_what_no_document_can_hold_is_named(
    entities: list[dict[str, Any]], observations: list[dict[str, Any]], word: str
) -> None:
    with pytest.raises(InvalidRequest) as raised:
        read_document({"entities": entities, "observations": observations}, id="x", text=TEXT)
    assert word in raised.value.detail


def test_what_is_left_out_has_a_default() -> None:
    (figure,) = read_document({"entities": [ORG], "observations": [NUMBER]}, id="x", text=TEXT).observations
    assert (figure.indicator, figure.period, figure.status, figure.score, figure.quantity.masked) == (
        (),
        None,
        "actual",
        1.0,
        False,
    )
