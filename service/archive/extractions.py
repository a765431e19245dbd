"""What models read in reports: one reading for each report and model, written once.

A reading is kept whole (the answer, compressed) and as rows, one for each observation, which can be asked for across
the archive (`observations`).  Knows nothing of how a report is read.
"""

from __future__ import annotations

import json
import zlib
from functools import cache
from importlib.metadata import version
from typing import Any

from sqlalchemy import Connection, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from service.annotations.teaching import alone, lessons
from service.archive.documents import unpack_document
from service.archive.subjects import compared_by
from service.archive.tables import extractions, models, now, observations, reports
from service.archive.tasks import was_read
from service.edtf import days
from service.errors import NotExtracted, NotFound
from service.response import places_json
from service.schema import ExtractionJson, ObservationJson


def store_extraction(
    connection: Connection, report_key: int, model_key: int, answer: ExtractionJson, *, seconds: float
) -> bool:
    """Keep what the model read in the report; whether it is the first such reading, else nothing is written.

    `seconds` is how long the reading took.  In the caller's transaction.  `report.text` of the answer is not kept: it
    is the report's.
    """
    report, ledger = answer["report"], answer["ledger"]
    issuer, area = report["issuer"], report["area"]
    values = {
        "report": report_key,
        "model": model_key,
        "program": _program(),
        "read_at": now(),
        "seconds": seconds,
        "title": report["title"],
        "issuer": issuer["text"] if issuer else None,
        "published": report["published"],
        "period": report["period"],
        "area": area["name"] if area else None,
        "area_code": area["code"] if area else None,
        "numbers": ledger["numbers"],
        "observed": ledger["observed"],
        "unexplained": len(ledger["unexplained"]),
        "body": pack(answer),
    }
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    added = dialect.insert(extractions).values(values).on_conflict_do_nothing(index_elements=["report", "model"])
    key = connection.scalar(added.returning(extractions.c.key))
    if key is None:
        return False
    text = connection.execute(select(reports.c.text).where(reports.c.key == report_key)).scalar_one()
    taught = alone("", len(text), lessons(text, answer))
    was_read(connection, report_key, taught.worth, taught.reason(text))
    rows = [
        {"extraction": key, "report": report_key, "model": model_key, **_row(observation)}
        for observation in answer["observations"]
    ]
    if rows:
        compared = compared_by(rows, text)
        connection.execute(insert(observations), [row | more for row, more in zip(rows, compared, strict=True)])
    return True


def get_extraction(connection: Connection, report_id: str, model_id: str) -> ExtractionJson:
    """What the model read in the report, without `report.text`; `report.places` where it came as a file.

    Raises NotFound where the archive has no such report, NotExtracted where that model has not read it.
    """
    row = connection.execute(
        select(extractions.c.body, reports.c.document, reports.c.text)
        .join(reports, reports.c.key == extractions.c.report)
        .join(models, models.c.key == extractions.c.model)
        .where(reports.c.id == report_id, models.c.id == model_id)
    ).one_or_none()
    if row is not None:
        answer = unpack(row.body)
        document = unpack_document(row.document, row.text)
        if document is not None and document.places:
            answer["report"]["places"] = places_json(document.places)
        return answer
    if connection.scalar(select(reports.c.key).where(reports.c.id == report_id)) is None:
        raise NotFound(f"档案中没有报告 {report_id[:64]}。")
    raise NotExtracted(f"模型 {model_id[:100]} 尚未读取报告 {report_id}；请先提交读取任务。")


def pack(answer: ExtractionJson) -> bytes:
    """An answer as kept: JSON without what is the report's (its text and where that stands in its file), compressed."""
    report = {name: value for name, value in answer["report"].items() if name not in ("text", "places")}
    body = json.dumps({**answer, "report": report}, ensure_ascii=False, separators=(",", ":"))
    return zlib.compress(body.encode())


def unpack(body: bytes) -> ExtractionJson:
    """The answer that `pack` kept."""
    answer: ExtractionJson = json.loads(zlib.decompress(body))
    return answer


def _row(observation: ObservationJson) -> dict[str, Any]:
    value, period, area = observation["value"], observation["period"], observation["area"]
    first, last = days(period["edtf"]) if period else (None, None)
    return {
        "number": int(observation["id"].removeprefix("o")),
        "indicator": observation["indicator"]["name"],
        "indicator_code": observation["indicator"]["code"],
        "value_text": value["text"],
        "low": value["low"],
        "high": value["high"],
        "unit": value["unit"],
        "bound": value["bound"],
        "masked": value["masked"],
        "measure": observation["measure"],
        "period": period["edtf"] if period else None,
        "period_start": first,
        "period_end": last,
        "area": area["name"] if area else None,
        "area_code": area["code"] if area else None,
        "scope": observation["scope"],
        "base": observation["base"],
        "status": observation["status"],
        "score": observation["score"],
        "start": value["start"],
        "end": value["end"],
        "evidence_start": observation["evidence"]["start"],
        "evidence_end": observation["evidence"]["end"],
        "section": observation["evidence"]["section"],
    }


@cache
def _program() -> str:
    return version("baoshu")
