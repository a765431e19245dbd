"""The annotated reports: they compile, have no faults, and are split as they always were."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from service.annotations.document import Document
from service.annotations.jsonl import record_of
from training.examples import HELD_OUT_SHARE, held_out
from training.seeds import stale
from training.validate import documents, faults, main, statistics

LEAST_REPORTS, LEAST_CHARACTERS, LEAST_BUREAUS = 160, 160_000, 14


@pytest.fixture(scope="module")
def reports() -> list[Document]:
    return documents()


def test_no_report_has_a_fault(reports: list[Document]) -> None:
    assert [f"{d.id}: {message}" for d in reports for _, message in faults(d)] == []


def test_ids_are_unique_and_the_set_is_large_and_varied(reports: list[Document]) -> None:
    assert not [i for i, n in Counter(d.id for d in reports).items() if n > 1]
    assert len(reports) >= LEAST_REPORTS
    assert sum(len(d.text) for d in reports) >= LEAST_CHARACTERS
    assert len({d.meta["bureau"] for d in reports}) >= LEAST_BUREAUS


def test_no_two_reports_share_a_long_sentence(reports: list[Document]) -> None:
    seen: dict[str, str] = {}
    shared = []
    for d in reports:
        sentences = {s for line in d.text.split("\n") for s in line.split("。") if len(s) > 30}
        shared += [(seen[s], d.id, s[:40]) for s in sentences if seen.setdefault(s, d.id) != d.id]
    assert shared == []


def test_a_tenth_is_held_out_by_its_id(reports: list[Document]) -> None:
    share = sum(held_out(d.id) for d in reports) / len(reports)
    assert HELD_OUT_SHARE / 2 < share < 2 * HELD_OUT_SHARE
    assert [held_out(i) for i in ("gwr2026-四川省", "gwr2026-四川省-b", "gwr2026-云南省")] == [True, True, False]


def test_records_hold_what_the_documents_hold(reports: list[Document]) -> None:
    for d in reports:
        record = record_of(d)
        assert [record["text"][e["start_offset"] : e["end_offset"]] for e in record["entities"]] == [
            e.span.of(d.text) for e in d.entities
        ]
        links = [r for r in record["relations"] if r["type"] in ("level", "increment", "growth", "diff", "rank")]
        assert len(links) == sum(len(o.indicator) for o in d.observations)
        assert len(record["meta"]["observations"]) == len(d.observations)


def test_statistics_count_every_report(reports: list[Document]) -> None:
    assert statistics(reports).startswith(f"{len(reports)} reports, {sum(len(d.text) for d in reports)} characters")


def test_seed_texts_are_those_of_their_annotation() -> None:
    assert stale() == []


def test_reports_go_out_as_json_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reports: list[Document]) -> None:
    out = tmp_path / "reports.jsonl"
    monkeypatch.setattr("sys.argv", ["validate", "--jsonl", str(out)])
    assert main() == 0
    records = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [r["id"] for r in records] == [d.id for d in reports]
    assert set(records[0]) == {"id", "text", "entities", "relations", "meta"}
