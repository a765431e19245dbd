"""Counting kinds of errors."""

from __future__ import annotations

from training.errors import NOTHING, entity_errors, kind, table


def _entity(start: int, end: int, label: str) -> dict[str, object]:
    return {"start": start, "end": end, "label": label}


def test_kinds_of_errors() -> None:
    said = {(0, 4, "ORG"), (10, 14, "AREA")}
    assert kind((0, 5, "ORG"), said) == ("edge", "ORG")
    assert kind((0, 4, "PLATFORM"), said) == ("label", "ORG")
    assert kind((9, 12, "ORG"), said) == ("edge and label", "AREA")
    assert kind((20, 22, "ORG"), said) == ("missed", NOTHING)


def test_every_entity_is_counted_once() -> None:
    gold = [{"id": "a", "entities": [_entity(0, 4, "ORG"), _entity(6, 9, "AREA"), _entity(20, 22, "ORG")]}]
    said = {"a": {"entities": [_entity(0, 4, "ORG"), _entity(6, 9, "ORG"), _entity(30, 32, "POLICY")]}}
    kinds, confused = entity_errors(gold, said)
    assert kinds == {("ORG", "right"): 1, ("AREA", "label"): 1, ("ORG", "missed"): 1, ("POLICY", "spurious"): 1}
    assert confused["AREA", "ORG"] == confused["ORG", NOTHING] == confused[NOTHING, "POLICY"] == 1


def test_tables_are_markdown() -> None:
    assert table(["a"], ["x", "y"], {("a", "y"): 3}, "c") == "| c | x | y |\n|---|---|---|\n| a |  | 3 |"
