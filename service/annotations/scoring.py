"""Scores one annotation of texts against another: entities, values, links, fields, whole observations.

In: gold records (`{"id", "text", "entities", "observations"}`, offsets into the posted text) and answers in the form of
`/extract`, or two annotated documents.  Out: micro-averaged F1 on exact spans for entities and values; a link is right
where the characters of its indicator spans overlap the gold ones with a Dice coefficient of one half; an observation
is right where value, link and all scored fields are.  The model is measured by it, and so is the agreement of two
annotators: F1 needs no guess of how many spans nobody marked, which kappa does (Hripcsak and Rothschild, 2005, J. Am.
Med. Inform. Assoc. 12(3)).  What it does not know: who is right.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from service.annotations.document import Document

FIELDS = ("low", "high", "unit", "bound", "measure", "status", "period", "area", "scope")
STATED = ("period", "area", "scope")  # asked only where the gold states them
PARTS = ("value", "link", "observation")
ALL = "ALL"
TOLERANCE = 1e-6
LINKED = 0.5  # the least Dice coefficient of a right link


@dataclass(slots=True)
class Tally:
    """Counts from which precision, recall and F1 follow."""

    right: int = 0
    predicted: int = 0
    gold: int = 0

    @property
    def precision(self) -> float:
        return self.right / self.predicted if self.predicted else 0.0

    @property
    def recall(self) -> float:
        return self.right / self.gold if self.gold else 0.0

    @property
    def f1(self) -> float:
        return 2 * self.right / (self.predicted + self.gold) if self.predicted + self.gold else 0.0


@dataclass(slots=True)
class Scores:
    """`entity` by label and ALL; `parts`: value, link, observation; `fields`: (right, asked) by name."""

    entity: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    parts: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    fields: dict[str, list[int]] = field(default_factory=lambda: {f: [0, 0] for f in FIELDS})
    errors: list[str] = field(default_factory=list)

    def accuracy(self, name: str) -> float:
        right, asked = self.fields[name]
        return right / asked if asked else 0.0

    def table(self) -> str:
        rows = [f"{'':22}{'precision':>10}{'recall':>10}{'F1':>10}{'gold':>8}"]
        names = sorted(self.entity, key=lambda x: (x == ALL, x))
        tallies = [(f"entity.{n}", self.entity[n]) for n in names] + [(n, self.parts[n]) for n in PARTS]
        rows += [f"{n:22}{t.precision:10.4f}{t.recall:10.4f}{t.f1:10.4f}{t.gold:8}" for n, t in tallies]
        rows += [
            f"{'field.' + f:22}{'':20}{self.accuracy(f):10.4f}{self.fields[f][1]:8}"
            for f in FIELDS
            if self.fields[f][1]
        ]
        return "\n".join(rows)


def score(gold: Iterable[Mapping[str, Any]], responses: Mapping[str, Mapping[str, Any]]) -> Scores:
    """Compare the responses, keyed by document id, with the gold records."""
    scores = Scores()
    for document in gold:
        _entities(document, responses[document["id"]], scores)
        _observations(document, responses[document["id"]], scores)
    return scores


def agreement(pairs: Iterable[tuple[Document, Document]]) -> Scores:
    """The second annotation of each pair scored against the first.  F1 is the same either way."""
    scores = Scores()
    for first, second in pairs:
        gold, said = gold_record(first), response_of(second)
        _entities(gold, said, scores)
        _observations(gold, said, scores)
    return scores


def gold_record(document: Document) -> dict[str, Any]:
    """An annotated document in the form that is scored against."""
    return {
        "id": document.id,
        "text": document.text,
        "entities": [
            {"start": e.span.start, "end": e.span.end, "label": e.label.value} for e in document.entities
        ],
        "observations": [
            {
                "start": o.value.start, "end": o.value.end, "indicator": [[s.start, s.end] for s in o.indicator],
                "low": o.quantity.low, "high": o.quantity.high, "unit": o.quantity.unit, "bound": str(o.quantity.bound),
                "measure": str(o.measure), "period": o.period, "area": o.area, "scope": o.scope,
                "base": o.base, "status": str(o.status),
            }
            for o in document.observations
        ],
    }  # fmt: skip


def response_of(document: Document) -> dict[str, Any]:
    """A document in the form of an `/extract` answer, as far as it is scored."""
    record = gold_record(document)
    return {
        "entities": record["entities"],
        "observations": [
            {
                "value": {k: o[k] for k in ("start", "end", "low", "high", "unit", "bound")},
                "indicator": {"spans": [{"start": a, "end": b} for a, b in o["indicator"]]},
                "period": {"edtf": o["period"]},
                "area": {"name": o["area"]},
                "measure": o["measure"],
                "status": o["status"],
                "scope": o["scope"],
            }
            for o in record["observations"]
        ],
    }


def dice(a: Sequence[tuple[int, ...]], b: Sequence[tuple[int, ...]]) -> float:
    """Dice coefficient of the characters of two sets of spans; two empty sets agree."""
    x, y = ({i for s in spans for i in range(s[0], s[1])} for spans in (a, b))
    return 2 * len(x & y) / (len(x) + len(y)) if x or y else 1.0


def same_number(a: float | None, b: float | None) -> bool:
    """Whether two numbers are the same but for how floats are written; none is the same as none."""
    return a is b if a is None or b is None else abs(a - b) <= TOLERANCE * max(1.0, abs(a), abs(b))


def _entities(document: Mapping[str, Any], response: Mapping[str, Any], scores: Scores) -> None:
    gold = {(e["start"], e["end"], e["label"]) for e in document["entities"]}
    said = {(e["start"], e["end"], e["label"]) for e in response["entities"]}
    for spans, count in ((gold & said, "right"), (said, "predicted"), (gold, "gold")):
        for label, number in Counter(label for _, _, label in spans).items():
            for tally in (scores.entity[label], scores.entity[ALL]):
                setattr(tally, count, getattr(tally, count) + number)
    text = document["text"]
    for a, b, label in sorted(gold - said):
        scores.errors.append(f"{document['id']} missed {label} {_context(text, a, b)}")
    for a, b, label in sorted(said - gold):
        scores.errors.append(f"{document['id']} spurious {label} {_context(text, a, b)}")


def _observations(document: Mapping[str, Any], response: Mapping[str, Any], scores: Scores) -> None:
    text = document["text"]
    said = {(o["value"]["start"], o["value"]["end"]): _flat(o) for o in response["observations"]}
    gold = {(o["start"], o["end"]): o for o in document["observations"]}
    for tally in (scores.parts[n] for n in PARTS):
        tally.gold += len(gold)
        tally.predicted += len(said)
    for (a, b), o in gold.items():
        where = f"{document['id']} {_context(text, a, b)}"
        answer = said.get((a, b))
        if answer is None:
            scores.errors.append(f"{where} no observation")
            continue
        scores.parts["value"].right += 1
        linked = dice(answer["indicator"], [tuple(s) for s in o["indicator"]]) >= LINKED
        scores.parts["link"].right += linked
        whole = linked
        if not linked:
            pieces = [[text[x:y] for x, y in spans] for spans in (answer["indicator"], o["indicator"])]
            scores.errors.append(f"{where} link {pieces[0]} for {pieces[1]}")
        for name in FIELDS:
            if name in STATED and not o.get(name):
                continue
            right = (
                same_number(answer[name], o.get(name))
                if name in ("low", "high")
                else (answer[name] or None) == (o.get(name) or None)
            )
            scores.fields[name][0] += right
            scores.fields[name][1] += 1
            whole = whole and right
            if not right:
                scores.errors.append(f"{where} {name} {answer[name]!r} for {o.get(name)!r}")
        scores.parts["observation"].right += whole


def _flat(o: Mapping[str, Any]) -> dict[str, Any]:
    value, period, area = o["value"], o["period"] or {}, o["area"] or {}
    return {
        **{k: value[k] for k in ("low", "high", "unit", "bound")}, **{k: o[k] for k in ("measure", "status", "scope")},
        "period": period.get("edtf"), "area": area.get("name"),
        "indicator": [(s["start"], s["end"]) for s in o["indicator"]["spans"]],
    }  # fmt: skip


def _context(text: str, a: int, b: int) -> str:
    return f"{text[max(0, a - 14) : a]}[{text[a:b]}]{text[b : b + 8]}".replace("\n", "⏎")
