"""Readings made by hand: for each report the figures that each model gives at each place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert

from service.archive.models import model_key
from service.archive.opening import Archive
from service.archive.reports import add_report
from service.archive.tables import extractions, now, observations
from service.records import ModelCard

OLD, NEW, THIRD = (ModelCard("read", version, version * 64) for version in "123")
Figure = dict[str, Any]

# Where the figures of a made report stand: ten characters for each, the value in the middle.
WIDTH = 10
PLAIN: Figure = {
    "indicator": "企业数", "indicator_code": "enterprises", "value_text": "12家", "low": 12.0, "high": 12.0,
    "unit": "家", "bound": "exact", "masked": False, "measure": "level", "period": "2023", "area": "青岚区",
    "area_code": "330499", "scope": None, "base": None, "status": "actual",
}  # fmt: skip
# Another value for every column that is compared.
OTHER: Figure = {
    "indicator": "企业", "indicator_code": None, "low": None, "high": 13.0, "unit": "户", "bound": "about",
    "masked": True, "measure": "increment", "period": None, "area": "小河县", "area_code": None, "scope": "全省",
    "base": "yoy", "status": "plan",
}  # fmt: skip


def text_of(many: int) -> str:
    """A made report with room for `many` figures."""
    return "".join(f"甲{number:04}12家乙。" for number in range(many))


def store(archive: Archive, read: Mapping[str, Mapping[ModelCard, Mapping[int, Figure]]], room: int = 40) -> None:
    """For each report the figures that each model gives at each place."""
    with archive.writing() as connection:
        for name, by_model in read.items():
            report, _ = add_report(connection, name + text_of(room), source=f"{name}.txt")
            for card, figures in by_model.items():
                store_reading(connection, report.key, model_key(connection, card), len(name), figures)


def store_reading(connection: Any, report: int, model: int, offset: int, figures: Mapping[int, Figure]) -> None:
    header = {"program": "0", "read_at": now(), "seconds": 0.1, "unexplained": 0, "body": b"", "title": f"标题{model}"}
    counted = {"numbers": len(figures), "observed": len(figures)}
    made = insert(extractions).values(report=report, model=model, **header, **counted).returning(extractions.c.key)
    extraction = connection.execute(made).scalar_one()
    rows = []
    for number, (place, figure) in enumerate(sorted(figures.items()), 1):
        start = offset + place * WIDTH
        where = {"start": start + 5, "end": start + 8, "evidence_start": start, "evidence_end": start + WIDTH}
        keys = {"extraction": extraction, "report": report, "model": model, "number": number}
        rows.append(PLAIN | figure | where | keys | {"score": 0.9, "section": "一、概况"})
    if rows:
        connection.execute(insert(observations), rows)
