"""Small archives made of sentences: for each report when it came out and what it says, each figure written out by hand.

A figure is written `value | indicator | unit | measure | period | status`, with `base=`, `bound=`, `low=`, `area=` and
so on where they are not the usual ones; its evidence is the sentence, in which the value must occur.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from fakes import CARD

from service.archive.across import find_conflicts, find_series, find_targets
from service.archive.conflicts import Conflict
from service.archive.extractions import store_extraction
from service.archive.models import model_key
from service.archive.observations import ObservationQuery
from service.archive.opening import Archive
from service.archive.reports import add_report
from service.archive.series import Series
from service.archive.targets import Target
from service.indicators import match
from service.records import Hints, ModelCard

AREA = "青岚区"
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_FACTORS = {"亿": 1e8, "万": 1e4}

Says = Sequence[tuple[str, Sequence[dict[str, Any]]]]


@dataclass(frozen=True)
class Report:
    """`says`: sentences with their figures; `published` a day or None; `period` what it speaks of, EDTF."""

    name: str
    published: str | None
    says: Says
    period: str | None = None


def fig(value: str, indicator: str, period: str | None = "2023", **fields: Any) -> dict[str, Any]:
    """A figure; unit, measure and amounts are taken from its characters where they are not named."""
    number = float((_NUMBER.search(value) or ["0"])[0])
    factor = next((size for sign, size in _FACTORS.items() if sign in value), 1.0)
    unit = "%" if "%" in value else "元" if "元" in value else value.lstrip("-0123456789.万亿余")
    amount = number * factor
    usual = {
        "value": value,
        "indicator": indicator,
        "period": period,
        "unit": unit,
        "measure": "level",
        "low": amount,
        "high": amount,
        "bound": "exact",
        "status": "actual",
        "base": None,
        "scope": None,
        "area": AREA,
        "code": None,
        "masked": False,
    }
    return usual | fields


def grown(value: str, indicator: str, period: str = "2023", **fields: Any) -> dict[str, Any]:
    return fig(value, indicator, period, **{"measure": "growth", "base": "yoy", **fields})


def plan(value: str, indicator: str, period: str | None = "2024", **fields: Any) -> dict[str, Any]:
    return fig(value, indicator, period, **{"status": "plan", **fields})


def keep(archive: Archive, *reports: Report, card: ModelCard = CARD) -> None:
    """Store the reports and what was read in them."""
    for report in reports:
        text = report.name + "。\n" + "\n".join(sentence for sentence, _ in report.says)
        observations: list[Any] = []
        at = len(report.name) + 2
        for sentence, figures in report.says:
            begin = at
            for figure in figures:
                start = text.index(figure["value"], begin)
                begin = start + len(figure["value"])
                observations.append(_observation(len(observations) + 1, figure, start, at, len(sentence)))
            at += len(sentence) + 1
        answer: Any = {
            "report": {"title": report.name, "issuer": None, "published": None, "period": report.period, "area": None},
            "ledger": {"numbers": len(observations), "observed": len(observations), "unexplained": []},
            "entities": [],
            "observations": observations,
        }
        published = date.fromisoformat(report.published) if report.published else None
        with archive.writing() as connection:
            kept, _ = add_report(connection, text, source=f"{report.name}.txt", hints=Hints(published=published))
            store_extraction(connection, kept.key, model_key(connection, card), answer, seconds=0.1)


def _observation(number: int, figure: Mapping[str, Any], start: int, at: int, length: int) -> dict[str, Any]:
    code = figure["code"]
    if code is None and (found := match(figure["indicator"], figure["unit"], figure["measure"])) is not None:
        code = found.code
    where = {"text": None, "start": None, "end": None, "source": "sentence"}
    value = {name: figure[name] for name in ("low", "high", "unit", "bound", "masked")}
    end = start + len(figure["value"])
    return {
        "id": f"o{number}",
        "value": {"entity": None, "text": figure["value"], "start": start, "end": end, **value},
        "indicator": {"name": figure["indicator"], "code": code, "spans": []},
        "measure": figure["measure"],
        "period": {"edtf": figure["period"], **where} if figure["period"] else None,
        "area": {"name": figure["area"], "code": None, **where} if figure["area"] else None,
        **{name: figure[name] for name in ("scope", "base", "status")},
        "score": 0.9,
        "evidence": {"start": at, "end": at + length, "section": ""},
    }


def targets(archive: Archive, **asked: Any) -> list[Target]:
    state = asked.pop("state", None)
    with archive.reading() as connection:
        return list(find_targets(connection, ObservationQuery(CARD.id, **asked), state=state).items)


def conflicts(archive: Archive, **asked: Any) -> list[Conflict]:
    kind = asked.pop("kind", None)
    with archive.reading() as connection:
        return list(find_conflicts(connection, ObservationQuery(CARD.id, **asked), kind=kind).items)


def series_of(archive: Archive, indicator: str, **asked: Any) -> Series:
    query = ObservationQuery(CARD.id, indicator=indicator, **{"area": AREA, **asked})
    with archive.reading() as connection:
        return find_series(connection, query)
