"""spaCy: a DocBin of documents whose tokens are characters, as `spacy_components` makes them.

`doc.spans["entities"]` has every entity with its label and id, `doc.ents` those that do not overlap, and
`doc.user_data["baoshu"]` the rest: the document's id and meta and what is said of each number, with the ids of spans.
It holds all of a document.  Of a DocBin that others made, spans or entities alone are read.  Needs the extra `spacy`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from spacy.tokens import Doc, DocBin
from spacy.tokens import Span as Stretch
from spacy.util import filter_spans
from spacy.vocab import Vocab

from service.annotations.document import Document, text_id
from service.annotations.exchange import Loss, Taken, Written, label_of
from service.annotations.form import document_json, read_document
from service.errors import InvalidRequest
from service.records import Entity, Span

SPANS, DATA = "entities", "baoshu"


def write(documents: Iterable[Document]) -> Written:
    """One DocBin; nothing is lost."""
    vocab = Vocab()
    kept = DocBin(store_user_data=True)
    for document in documents:
        kept.add(_doc(document, vocab))
    return Written(kept.to_bytes())


def read(data: bytes) -> Taken:
    """The documents of a DocBin.  Raises InvalidRequest for bytes that are none."""
    try:
        docs = list(DocBin().from_bytes(data).get_docs(Vocab()))
    except Exception as error:  # zlib, msgpack and numpy each raise their own
        raise InvalidRequest("文件不是 spaCy 的 DocBin；应为 DocBin.to_disk 写出的 .spacy 文件。") from error
    documents: list[Document] = []
    losses: list[Loss] = []
    for doc in docs:
        document, lost = _document(doc)
        documents.append(document)
        losses += lost
    return Taken(tuple(documents), tuple(losses))


def _doc(document: Document, vocab: Vocab) -> Doc:
    doc = Doc(vocab, words=list(document.text), spaces=[False] * len(document.text))
    said = document_json(document)
    spans = [Stretch(doc, e["start"], e["end"], e["label"], span_id=e["id"]) for e in said["entities"]]
    doc.spans[SPANS] = spans
    doc.set_ents(filter_spans(spans))
    # As text: numbers and nulls come back as they were, whatever packs them.
    doc.user_data[DATA] = json.dumps({"id": document.id, **said}, ensure_ascii=False)
    return doc


def _document(doc: Doc) -> tuple[Document, list[Loss]]:
    kept = doc.user_data.get(DATA)
    if isinstance(kept, str):
        given: dict[str, Any] = json.loads(kept)
        return read_document({k: v for k, v in given.items() if k != "id"}, id=given["id"], text=doc.text), []
    lost: list[Loss] = []
    entities: dict[Span, Entity] = {}
    id_ = text_id(doc.text)
    for found in doc.spans.get(SPANS, doc.ents):
        span, label = Span(found.start_char, found.end_char), label_of(found.label_)
        if label is None:
            lost.append(Loss(id_, f"实体标签 {found.label_} 不在可用之列，未读入。"))
        elif span in entities:
            lost.append(Loss(id_, f"“{found.text}”有两个实体，后一个 {label} 未读入。"))
        else:
            entities[span] = Entity(label, span)
    return Document(id_, doc.text, tuple(entities.values()), (), {}).in_order(), lost
