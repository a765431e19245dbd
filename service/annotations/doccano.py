"""doccano, projects of the type sequence labelling with relations: JSONL(relation).

Offsets are code points, as here.  doccano numbers documents and entities anew and hands `meta` back as it was, so what
it has no fields for stands there: the document's name, and what is said of each number under the place of the number
(`start-end`).  Who moves a number's edge there moves it away from what was said of it: then its fields are read from
its words, and the loss is told.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from service.annotations.document import Document
from service.annotations.exchange import Loss, Taken, Written, overlaps, records
from service.annotations.jsonl import document_of, record_of
from service.records import Span

NAME = "report"


def write(documents: Iterable[Document]) -> Written:
    """A line a document, for the importer of doccano (column of the text: `text`; of the label: `entities`)."""
    lines, losses = [], []
    for document in documents:
        record = record_of(document, _place)
        record["meta"] = {**record["meta"], NAME: document.id}
        del record["id"]
        doubts = [entity.pop("score") for entity in record["entities"] if "score" in entity]
        lines.append(json.dumps(record, ensure_ascii=False, allow_nan=False) + "\n")
        if doubts:
            losses.append(Loss(document.id, f"{len(doubts)} 个实体的模型把握没有写出：doccano 的实体没有这一项。"))
        if crossing := len(list(overlaps(document.entities))):
            losses.append(Loss(document.id, f"{crossing} 个实体与别的重叠：doccano 项目须允许重叠，否则丢失。"))
    return Written("".join(lines).encode("utf-8", "surrogatepass"), tuple(losses))


def read(data: bytes) -> Taken:
    """The documents of an export of doccano.  Raises InvalidRequest with the line."""
    documents: list[Document] = []
    losses: list[Loss] = []
    for record in records(data, "doccano 导出的 JSONL(relation)"):
        meta = kept if isinstance(kept := record.get("meta"), dict) else {}
        record["meta"] = {k: v for k, v in meta.items() if k != NAME}
        record["id"] = meta.get(NAME)
        document, lost = document_of(record, _place)
        if comments := record.get("Comments") or record.get("comments"):
            lost.append(Loss(document.id, f"doccano 的评论没有读入：{json.dumps(comments, ensure_ascii=False)[:200]}"))
        documents.append(document)
        losses += lost
    return Taken(tuple(documents), tuple(losses))


def _place(_: int, span: Span) -> str:
    return f"{span.start}-{span.end}"
