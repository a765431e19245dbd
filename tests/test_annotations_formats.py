"""The formats of annotated documents: what comes back, and what is said of what does not."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest
from annotated import AREA, GROWTH, INDICATOR, MONEY, TEXT, documents, sample
from hypothesis import given, settings
from hypothesis import strategies as st

from service.annotations import bio, docbin, doccano, jsonl, labelstudio
from service.annotations.document import Document, text_id
from service.annotations.formats import NAMES, format_named
from service.annotations.labelling import labelling_config
from service.errors import InvalidRequest
from service.records import Entity, Label, Measure, Span

pytest.importorskip("spacy")

FEW = settings(max_examples=60)
MANY = st.lists(documents(), max_size=3, unique_by=lambda document: document.id)


@pytest.mark.parametrize("name", ["jsonl", "docbin"])
@given(said=MANY)
@FEW
def test_what_holds_everything_loses_nothing(name: str, said: list[Document]) -> None:
    form = format_named(name)
    written = form.write(said)
    taken = form.read(written.data)
    assert (taken.documents, written.losses, taken.losses) == (tuple(said), (), ())


@given(said=MANY)
@FEW
def test_doccano_loses_doubts_of_entities_and_says_so(said: list[Document]) -> None:
    written = doccano.write(said)
    taken = doccano.read(written.data)
    sure = [replace(d, entities=tuple(replace(e, score=1.0) for e in d.entities)) for d in said]
    assert (list(taken.documents), taken.losses) == (sure, ())
    doubted = {d.id for d in said if any(e.score != 1 for e in d.entities)}
    assert {loss.document for loss in written.losses if "把握" in loss.message} == doubted


@given(said=MANY)
@FEW
def test_label_studio_holds_all_but_doubts_of_none(said: list[Document]) -> None:
    written = labelstudio.write(said)
    taken = labelstudio.read(written.data)
    assert (list(taken.documents), written.losses, taken.losses) == (said, (), ())


@given(said=MANY)
@FEW
def test_bio_holds_labels_and_says_what_it_does_not(said: list[Document]) -> None:
    written = bio.write(said)
    taken = bio.read(written.data)
    told = {loss.document for loss in written.losses}
    assert len(taken.documents) == len(said)
    for before, after in zip(said, taken.documents, strict=True):
        assert len(before.text) == len(after.text)
        assert after.text == "".join(c if c == "\n" or not c.isspace() else bio.BLANK for c in before.text)
        assert (before.id in told) == (before != after)
        ours = {e.span for e in before.entities}
        assert all(any(span.covers(e.span) for span in ours) for e in after.entities)
        assert after.observations == ()


@pytest.mark.parametrize("name", NAMES)
def test_an_astral_character_shifts_nothing(name: str) -> None:
    form = format_named(name)
    (document,) = form.read(form.write([sample()]).data).documents
    assert [(e.label, e.span.of(TEXT)) for e in document.entities] == [
        (e.label, e.span.of(TEXT)) for e in sample().entities
    ]


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_written_of_nothing(name: str) -> None:
    form = format_named(name)
    assert form.read(form.write([]).data).documents == ()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("jsonl", b"{"),
        ("jsonl", b'{"id": "x"}'),
        ("jsonl", b"[]"),
        ("doccano", b"{"),
        ("doccano", b'{"text": 5}'),
        ("labelstudio", b"["),
        ("labelstudio", b'[{"data": {}}]'),
        ("docbin", b"no such thing"),
        ("bio", "字\n".encode()),
        ("bio", "字\tB\n".encode()),
    ],
)
def test_what_is_of_another_form_is_refused(name: str, data: bytes) -> None:
    with pytest.raises(InvalidRequest):
        format_named(name).read(data)


# The lines of training


def test_a_line_is_what_the_markup_compiles_to(root: Path) -> None:
    from training.markup import compile_file

    for path in sorted((root / "annotations" / "reports").glob("*.txt"))[:12]:
        document = compile_file(path).in_order()
        written = jsonl.write([document])
        assert jsonl.read(written.data).documents == (document,)


def test_corrected_reports_are_training_data(tmp_path: Path) -> None:
    from training.corrections import corrected
    from training.examples import example
    from training.validate import faults

    said = sample(area="吉水县", year="2023", published="2024-01-08")
    (tmp_path / "corrected.jsonl").write_bytes(jsonl.write([said]).data)
    (document,) = corrected(tmp_path)
    assert list(faults(document)) == []
    learnt = example(document)
    assert [e.span.of(learnt.text) for e in learnt.entities] == [e.span.of(TEXT) for e in said.entities]
    assert int(learnt.pair_target.sum()) > 0
    (tmp_path / "more.jsonl").write_text('{"text": "5家", "entities": [{"id": 1, "label": "X"}]}\n')
    with pytest.raises(InvalidRequest, match="不在可用之列"):
        corrected(tmp_path)


# doccano


def line(**changes: Any) -> dict[str, Any]:
    """What doccano exports of the sample: everything numbered anew, `meta` as it was."""
    record: dict[str, Any] = json.loads(doccano.write([sample()]).data)
    new = {e["id"]: 1000 + e["id"] for e in record["entities"]}
    record["id"] = 7
    record["entities"] = [{**e, "id": new[e["id"]]} for e in record["entities"]]
    record["relations"] = [
        {**r, "id": 50 + r["id"], "from_id": new[r["from_id"]], "to_id": new[r["to_id"]]} for r in record["relations"]
    ]
    return {**record, "Comments": [], **changes}


def test_doccano_numbers_anew_and_loses_nothing() -> None:
    taken = doccano.read(json.dumps(line()).encode())
    assert (taken.documents, taken.losses) == ((sample(),), ())


def test_an_edge_moved_in_doccano_is_read_again() -> None:
    record = line()
    moved = next(e for e in record["entities"] if e["start_offset"] == GROWTH.start)
    moved["start_offset"] -= 2  # 增长8.5%
    taken = doccano.read(json.dumps(record).encode())
    (document,) = taken.documents
    figure = next(o for o in document.observations if o.value.end == GROWTH.end)
    assert (figure.quantity.low, figure.measure, figure.base) == (8.5, Measure.GROWTH, "yoy")
    assert figure.indicator == (INDICATOR,)
    assert [loss.message for loss in taken.losses] == [f"观测 {GROWTH.start}-{GROWTH.end} 的数值实体已不存在，未读入。"]


def test_a_relation_changed_in_doccano_says_the_measure() -> None:
    record = line()
    for relation in record["relations"]:
        relation["type"] = "increment" if relation["type"] == "level" else relation["type"]
    (document,) = doccano.read(json.dumps(record).encode()).documents
    assert [o.measure for o in document.observations][:2] == [Measure.INCREMENT, Measure.GROWTH]


def test_what_doccano_adds_that_is_none_of_ours_is_told() -> None:
    record = line(Comments=["看不懂"])
    record["entities"].append({"id": 1, "label": "PLACE", "start_offset": 0, "end_offset": 1})
    record["relations"].append({"id": 2, "from_id": 1, "to_id": 1001, "type": "level"})
    taken = doccano.read(json.dumps(record).encode())
    assert taken.documents == (sample(),)
    assert [word in loss.message for loss, word in zip(taken.losses, ("PLACE", "关系", "评论"), strict=True)] == [
        True
    ] * 3


# Label Studio


def task(**changes: Any) -> dict[str, Any]:
    """The sample as Label Studio exports it."""
    (given,) = json.loads(labelstudio.write([sample()]).data)
    results = given["predictions"][0]["result"]
    said = {"id": 5, "completed_by": {"id": 1, "email": "jia@a.example"}, "was_cancelled": False, "result": results}
    return {"id": 9, "data": given["data"], "annotations": [{**said, **changes}], "predictions": given["predictions"]}


def test_a_task_of_people_is_theirs() -> None:
    (document,) = labelstudio.read(json.dumps([task()]).encode()).documents
    assert document == replace(sample(), meta={"annotator": "jia@a.example"})
    (again,) = json.loads(labelstudio.write([document]).data)
    assert "predictions" not in again
    (proposed,) = labelstudio.read(json.dumps([task(was_cancelled=True)]).encode()).documents
    assert proposed == sample()


def test_a_region_has_one_id_for_all_that_is_said_of_it() -> None:
    results = labelstudio.result_of(sample())
    money = [r for r in results if r.get("id") == "e4"]
    assert [(r["from_name"], r["type"]) for r in money] == [
        ("label", "labels"),
        ("measure", "choices"),
        ("status", "choices"),
        ("bound", "choices"),
        ("low", "number"),
        ("high", "number"),
        ("unit", "textarea"),
        ("period", "textarea"),
        ("area", "textarea"),
    ]
    assert {(r["value"]["start"], r["value"]["end"]) for r in money} == {tuple(MONEY)}
    links = [(r["from_id"], r["to_id"], r["labels"]) for r in results if r["type"] == "relation"]
    assert links[:3] == [("e4", "e3", ["indicator"]), ("e4", "e2", ["period"]), ("e4", "e1", ["area"])]


def drawn(start: str, end: str, **how: Any) -> dict[str, Any]:
    """A relation as the page writes one that someone has drawn, and no more."""
    return {"from_id": start, "to_id": end, "type": "relation", "direction": "right", **how}


@pytest.mark.parametrize(
    "relation",
    [drawn("e5", "e1"), drawn("e1", "e5"), drawn("e1", "e5", direction="bi"), drawn("e5", "e1", labels=["area"])],
)
def test_a_relation_is_known_by_its_ends(relation: dict[str, Any]) -> None:
    given = task()
    given["annotations"][0]["result"].append(relation)
    taken = labelstudio.read(json.dumps([given]).encode())
    (growth,) = (o for o in taken.documents[0].observations if o.value == GROWTH)
    assert (growth.area_span, growth.indicator, taken.losses) == (AREA, (INDICATOR,), ())


def test_between_two_numbers_the_arrow_says_which_is_the_base() -> None:
    for relation in (drawn("e5", "e4"), drawn("e4", "e5", direction="left")):
        given = task()
        given["annotations"][0]["result"].append(relation)
        (document,) = labelstudio.read(json.dumps([given]).encode()).documents
        assert [o.base_span for o in document.observations] == [None, MONEY, None, None]


def test_a_number_added_by_hand_is_read_in_its_words() -> None:
    given = task()
    results = given["annotations"][0]["result"]
    kept = [r for r in results if r.get("id") not in ("e5", "e6") or r["from_name"] == "label"]
    chosen = {"id": "e5", "from_name": "measure", "type": "choices", "value": {"choices": ["growth"]}}
    given["annotations"][0]["result"] = [*kept, chosen]
    taken = labelstudio.read(json.dumps([given]).encode())
    by_hand = {o.value: (o.measure, o.quantity, o.base, o.scope) for o in taken.documents[0].observations}
    said = {o.value: (o.measure, o.quantity, o.base, o.scope) for o in sample().observations}
    assert (by_hand, taken.losses) == (said, ())


def test_a_number_given_by_hand_is_as_it_is_given() -> None:
    given = task()
    results = [r for r in given["annotations"][0]["result"] if r.get("id") != "e4" or r["from_name"] == "label"]
    results.append({"id": "e4", "from_name": "low", "type": "number", "value": {"number": 7}})
    given["annotations"][0]["result"] = results
    (document,) = labelstudio.read(json.dumps([given]).encode()).documents
    (money,) = (o for o in document.observations if o.value == MONEY)
    assert (money.quantity.low, money.quantity.high, money.quantity.unit) == (7, 7, "元")


def test_a_region_that_is_no_longer_a_number_has_no_observation() -> None:
    given = task()
    for result in given["annotations"][0]["result"]:
        if result.get("id") == "e4" and result["from_name"] == "label":
            result["value"]["labels"] = ["PROGRAM"]
    taken = labelstudio.read(json.dumps([given]).encode())
    assert len(taken.documents[0].observations) == 3
    assert ["e4" in loss.message for loss in taken.losses] == [True]


def test_regions_tell_whose_proposal_they_were() -> None:
    given = task(completed_by=3)
    given["annotations"][0]["result"] = labelstudio.prediction_of(sample(), "baoshu-1.2")["result"]
    (document,) = labelstudio.read(json.dumps([given]).encode()).documents
    assert document.meta == {"annotator": "label-studio:3", "model": "baoshu-1.2"}


def test_regions_of_old_versions_count_in_utf_16() -> None:
    given = task()
    for result in given["annotations"][0]["result"]:
        if "value" in result:
            result["value"]["start"] += result["value"]["start"] > 0
            result["value"]["end"] += 1
            if result["from_name"] != "label":
                result["value"].pop("text", None) if result["type"] != "textarea" else None
    taken = labelstudio.read(json.dumps([given]).encode())
    (document,) = taken.documents
    assert ([e.span for e in document.entities], taken.losses) == ([e.span for e in sample().entities], ())
    assert document.entities[0].span == AREA


def test_what_label_studio_adds_that_is_none_of_ours_is_told() -> None:
    given = task()
    results = given["annotations"][0]["result"]
    place = {"start": 0, "end": 1, "text": TEXT[0]}
    results.append({"id": "q", "from_name": "label", "type": "labels", "value": {**place, "labels": ["PLACE"]}})
    results.append({"id": "e4", "from_name": "mood", "type": "choices", "value": {**place, "choices": ["好"]}})
    results.append({"type": "relation", "from_id": "e4", "to_id": "q", "labels": ["indicator"]})
    results.append({"id": "e1", "from_name": "unit", "type": "textarea", "value": {**place, "text": ["家"]}})
    taken = labelstudio.read(json.dumps([given]).encode())
    assert taken.documents[0].observations == sample().observations
    words = ("PLACE", "mood", "关系 indicator", "区域 e1")
    assert [word in loss.message for loss, word in zip(taken.losses, words, strict=True)] == [True] * 4


def test_the_configuration_has_a_control_for_every_result() -> None:
    view = fromstring(labelling_config())
    assert [e.get("value") for e in view.iter("Label")] == [label.value for label in Label]
    named = {e.get("name"): e for e in view.iter() if e.get("toName") == "text"}
    results = labelstudio.result_of(sample())
    assert {r["from_name"] for r in results if r["type"] != "relation"} <= set(named)
    assert {label for r in results if r["type"] == "relation" for label in r["labels"]} <= {
        e.get("value") for e in view.iter("Relation")
    }
    assert {named[name].tag.lower() for name in ("label", "measure", "low", "unit")} == {
        "labels",
        "choices",
        "number",
        "textarea",
    }
    assert [c.get("value") for c in named["measure"]] == [measure.value for measure in Measure]
    assert all(e.get("perRegion") == "true" for name, e in named.items() if name != "label")


# spaCy


def test_a_docbin_of_others_gives_its_entities() -> None:
    import spacy
    from spacy.tokens import DocBin

    nlp = spacy.blank("en")
    doc = nlp("Output 5 firms")
    found = (doc.char_span(7, 14, label="COUNT"), doc.char_span(0, 6, label="THING"))
    doc.set_ents([span for span in found if span is not None])
    taken = docbin.read(DocBin(docs=[doc]).to_bytes())
    (document,) = taken.documents
    assert (document.id, document.entities) == (text_id(doc.text), (Entity(Label.COUNT, Span(7, 14)),))
    assert "THING" in taken.losses[0].message


def test_a_docbin_has_spans_and_entities() -> None:
    from spacy.tokens import DocBin
    from spacy.vocab import Vocab

    (doc,) = DocBin().from_bytes(docbin.write([sample()]).data).get_docs(Vocab())
    assert (doc.text, len(doc)) == (TEXT, len(TEXT))
    expected = [(e.span.start, e.span.end, e.label.value) for e in sample().entities]
    assert [(s.start, s.end, s.label_) for s in doc.spans["entities"]] == expected
    assert [(s.start, s.end, s.label_) for s in doc.ents] == expected


# BIO


def test_bio_is_two_columns() -> None:
    text = "共5家\n居第1 位"
    said = Document(
        text_id(text), text, (Entity(Label.COUNT, Span(1, 3)), Entity(Label.RANK, Span(5, 9))), (), {"area": "x"}
    )
    written = bio.write([said])
    assert written.data.decode().split("\n") == [
        *("-DOCSTART-\tO", "", "共\tO", "5\tB-COUNT", "家\tI-COUNT", "", "居\tO", "第\tB-RANK", "1\tI-RANK"),
        *("␣\tI-RANK", "位\tI-RANK", "", ""),
    ]
    assert [loss.message.partition("：")[0] for loss in written.losses] == [
        "1 个空白字符写作 ␣",
        "1 项报告信息没有写出",
    ]


def test_bio_of_words_is_read() -> None:
    (document,) = bio.read("共 O\n5 B-COUNT\n家 I-COUNT\n企业 B-INDICATOR\n".encode()).documents
    assert document.text == "共5家企业"
    assert [(e.label, e.span) for e in document.entities] == [
        (Label.COUNT, Span(1, 3)),
        (Label.INDICATOR, Span(3, 5)),
    ]


def test_neighbours_of_one_label_stay_two() -> None:
    said = Document(text_id("甲乙"), "甲乙", (Entity(Label.ORG, Span(0, 1)), Entity(Label.ORG, Span(1, 2))), ())
    assert bio.read(bio.write([said]).data).documents == (said,)
