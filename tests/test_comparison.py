"""The gate of a refinement: what is noise, and what is worse."""

from __future__ import annotations

from typing import Any

import pytest

from training.comparison import FEW, MOST, Change, changes, worse

DOCUMENTS = 12
EACH = 20


def _gold() -> list[dict[str, Any]]:
    entities = [{"start": 4 * n, "end": 4 * n + 2, "label": "COUNT"} for n in range(EACH)]
    areas = [{"start": 4 * n + 2, "end": 4 * n + 3, "label": "AREA"} for n in range(EACH)]
    record = {"text": "十" * 4 * EACH, "entities": entities + areas, "observations": []}
    return [{**record, "id": f"d{n}"} for n in range(DOCUMENTS)]


def _answers(missed: dict[int, int], label: str = "COUNT") -> dict[str, Any]:
    """All that is annotated, but for `missed[document]` entities of a label."""
    said = {}
    for number, record in enumerate(_gold()):
        gone = missed.get(number, 0)
        kept = [e for e in record["entities"] if e["label"] != label or (gone := gone - 1) < 0]
        said[record["id"]] = {"entities": kept, "observations": []}
    return said


def _of(found: list[Change], figure: str) -> Change:
    return next(c for c in found if c.figure == figure)


def test_the_same_answers_change_nothing() -> None:
    found = changes(_gold(), _answers({}), _answers({}))
    assert {c.figure for c in found} == {"entity", "entity.COUNT", "entity.AREA"}
    assert all((c.by, c.low, c.high) == (0, 0, 0) for c in found)
    assert worse(found) == []
    assert changes([], {}, {}) == []


def test_a_fall_in_every_report_is_no_noise() -> None:
    found = changes(_gold(), _answers({}), _answers(dict.fromkeys(range(DOCUMENTS), 2)))
    assert [c.figure for c in worse(found)] == ["entity.COUNT", "entity"]
    assert _of(found, "entity.COUNT").after == pytest.approx(2 * 18 / 38)
    assert not _of(found, "entity.AREA").is_worse
    assert str(worse(found)[0]) == ("实体 COUNT的F1由 1.000 变为 0.947（-0.053，95% 区间 -0.053 至 -0.053，共 240 处）")


def test_what_one_report_says_is_noise() -> None:
    found = changes(_gold(), _answers({}), _answers({3: 4}))
    change = _of(found, "entity.COUNT")
    assert change.by < 0 <= change.high
    assert worse(found) == []


def test_better_is_seen_as_better() -> None:
    found = changes(_gold(), _answers(dict.fromkeys(range(DOCUMENTS), 2)), _answers({}))
    assert _of(found, "entity.COUNT").is_better
    assert worse(found) == []


def test_a_deep_fall_is_refused_even_unsure_and_never_for_a_handful() -> None:
    assert Change("entity.ORG", 0.9, 0.9 - MOST - 0.001, -0.1, 0.02, 0.03, FEW + 1).is_worse
    assert not Change("entity.ORG", 0.9, 0.9 - MOST - 0.001, -0.1, 0.02, 0.03, FEW).is_worse
    assert not Change("entity", 0.9, 0.8985, -0.002, -0.001, -0.001, 5000).is_worse
    assert not Change("entity", 0.9, 0.896, -0.006, -0.001, 0.001, 5000).is_worse
    assert Change("entity", 0.9, 0.896, -0.006, -0.002, -0.001, 5000).is_worse
