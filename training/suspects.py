"""Annotations that are probably wrong, worst first: where a model that has not learnt from them says something else.

    python -m training.suspects [FILE.jsonl ...] [--model DIR] [--folds K] [--limit N] [--jsonl OUT]

In: files of `baoshu annotations export`; without one the held-out reports of `annotations/reports`.  Out: a line for
each place where annotation and model part.  Without `--folds` the model judges as it is, which is right for reports
that it was not trained on.  With `--folds K` it is refined on the documents of all folds but one and judges that one
(cross-validated disagreement: Reiss et al. 2020, CoNLL, "Identifying Incorrect Labels in the CoNLL-2003 Corpus"); it
must not have learnt from them before, or it repeats what it was told.

How suspicious a place is: how often the model agrees with the annotation where it is at least as sure of the same kind
of answer, counted on these very documents; for an annotated entity where it sees nothing, how often it finds those of
the label.  So a firm answer of a kind that is almost always right comes first.  Who is right it does not know.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

from service.annotations.document import Document
from service.annotations.scoring import FIELDS, LINKED, STATED, dice, gold_record, same_number
from service.manifest import verify
from service.pipeline import Pipeline
from service.settings import DEFAULT_MODEL
from training.corrections import gold_documents, material, own_documents, read_corrected
from training.examples import examples, held_out
from training.score import hints_of, respond
from training.validate import documents

LIMIT = 50
AROUND = 14  # characters shown on each side
FEW = 5
OBSERVATION = "observation"


@dataclass(frozen=True, slots=True)
class Suspect:
    """`suspicion` in [0, 1]; `kind`: an entity's label or `observation`; `annotated`, `said`: what both say there, ""
    for nothing; `start`, `end`: where, in the posted text; `quotation`: the characters around it, the place in
    brackets."""

    document: str
    suspicion: float
    kind: str
    start: int
    end: int
    annotated: str
    said: str
    quotation: str

    def __str__(self) -> str:
        parts = f"annotated {self.annotated or 'nothing'}, model {self.said or 'nothing'}"
        return f"{self.suspicion:.3f} {self.document} [{self.start}, {self.end}) {parts}: {self.quotation}"


def suspects(gold: Sequence[Mapping[str, Any]], answers: Mapping[str, Mapping[str, Any]]) -> list[Suspect]:
    """Every place where annotation (`annotations.scoring.gold_record`) and answers part, the worst first."""
    marks = [_Marks(record, answers[record["id"]]) for record in gold]
    agreed: dict[str, list[tuple[float, bool]]] = defaultdict(list)
    found: dict[str, list[bool]] = defaultdict(list)
    for one in marks:
        for mark, score in one.said.items():
            agreed[mark[2]].append((score, mark in one.true))
        for mark in one.true:
            found[mark[2]].append(mark in one.said)
        for _, score, differing in one.observations():
            agreed[OBSERVATION].append((score, not differing))
    everything = [right for rows in agreed.values() for _, right in rows]
    usual = sum(everything) / len(everything) if everything else 0.0
    sure = {kind: _Precision(rows, usual) for kind, rows in agreed.items()}
    recall = {label: _share(sum(hits), len(hits), usual) for label, hits in found.items()}
    listed = [s for one in marks for s in (*_entities(one, sure, recall), *_observations(one, sure))]
    return sorted(listed, key=lambda s: (-s.suspicion, s.document, s.start))


class _Precision:
    """How often answers of a kind agree with the annotation that are at least so sure; more sure is never less."""

    def __init__(self, rows: Iterable[tuple[float, bool]], usual: float) -> None:
        ordered = sorted(rows)
        self._scores = [score for score, _ in ordered]
        right = list(accumulate((agrees for _, agrees in reversed(ordered)), initial=0))[:0:-1]
        shares = [_share(hits, len(ordered) - n, usual) for n, hits in enumerate(right)]
        self._shares = list(accumulate(shares, max))

    def at(self, score: float) -> float:
        return self._shares[bisect_left(self._scores, score)]


def _share(right: int, many: int, usual: float) -> float:
    """The share that agrees, where of few the usual is believed."""
    return (right + FEW * usual) / (many + FEW)


class _Marks:
    """The entities of both sides, as (start, end, label), and what both say of the same values."""

    def __init__(self, record: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
        self.id, self.text = record["id"], record["text"]
        self.true = {(e["start"], e["end"], e["label"]) for e in record["entities"]}
        self.said = {(e["start"], e["end"], e["label"]): float(e.get("score", 1.0)) for e in answer["entities"]}
        self._gold = {(o["start"], o["end"]): o for o in record["observations"]}
        self._answers = {(o["value"]["start"], o["value"]["end"]): o for o in answer["observations"]}

    def observations(self) -> Iterator[tuple[tuple[int, int], float, list[tuple[str, str, str]]]]:
        """Of each value that both have: where, how sure the model is, and (field, annotated, said) that differ."""
        for where in sorted(self._gold.keys() & self._answers.keys()):
            gold, said = self._gold[where], self._answers[where]
            yield where, float(said["score"]), list(_differing(self.text, gold, said))

    def suspect(self, suspicion: float, kind: str, start: int, end: int, annotated: str, said: str) -> Suspect:
        before, after = self.text[max(0, start - AROUND) : start], self.text[end : end + AROUND]
        quotation = f"{before}[{self.text[start:end]}]{after}".replace("\n", "⏎")
        return Suspect(self.id, round(suspicion, 4), kind, start, end, annotated, said, quotation)


def _entities(one: _Marks, sure: Mapping[str, _Precision], recall: Mapping[str, float]) -> Iterator[Suspect]:
    told = set()
    for mark in sorted(one.said.keys() - one.true):
        start, end, label = mark
        against = sorted(t for t in one.true - one.said.keys() if t[0] < end and start < t[1])
        told.update(against)
        annotated = ", ".join(f"{t[2]} “{one.text[t[0] : t[1]]}”" for t in against)
        yield one.suspect(
            sure[label].at(one.said[mark]), label, start, end, annotated, f"{label} “{one.text[start:end]}”"
        )
    for start, end, label in sorted(one.true - one.said.keys() - told):
        yield one.suspect(recall[label], label, start, end, f"{label} “{one.text[start:end]}”", "")


def _observations(one: _Marks, sure: Mapping[str, _Precision]) -> Iterator[Suspect]:
    for (start, end), score, differing in one.observations():
        if differing:
            annotated, said = ("; ".join(f"{d[0]} {d[side]}" for d in differing) for side in (1, 2))
            yield one.suspect(sure[OBSERVATION].at(score), OBSERVATION, start, end, annotated, said)


def _differing(text: str, gold: Mapping[str, Any], said: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    spans = [(s["start"], s["end"]) for s in said["indicator"]["spans"]]
    true = [tuple(s) for s in gold["indicator"]]
    if dice(spans, true) < LINKED:
        names = ["+".join(text[a:b] for a, b in x) or "none" for x in (true, spans)]
        yield "indicator", names[0], names[1]
    value, period, area = said["value"], said["period"] or {}, said["area"] or {}
    flat = {**value, **said, "period": period.get("edtf"), "area": area.get("name")}
    for name in FIELDS:
        mine, theirs = gold.get(name), flat[name]
        if name in STATED and not mine:
            continue
        numbers = name in ("low", "high")
        if not (same_number(mine, theirs) if numbers else (mine or None) == (theirs or None)):
            yield name, str(mine), str(theirs)


def judge(read: Sequence[Document], folder: Path) -> list[Suspect]:
    """What a model that has not learnt from the documents finds suspicious in them."""
    gold = [gold_record(d) for d in read]
    return suspects(gold, respond(Pipeline.load(folder), gold, {d.id: hints_of(d) for d in read}))


def cross_validated(read: Sequence[Document], folder: Path, folds: int, scratch: Path) -> list[Suspect]:
    """The same with a model for each fold, refined on the documents of the others.  Needs the extra `training`."""
    from training import candidate
    from training.rehearsal import Recipe, teach
    from training.restore import restore

    answers: dict[str, dict[str, Any]] = {}
    rest = material(read, own=own_documents(), gold=gold_documents())
    old = examples(rest.old)
    for fold in range(folds):
        mine = [d for n, d in enumerate(read) if n % folds == fold]
        others = examples(d for n, d in enumerate(read) if n % folds != fold)
        out = scratch / f"fold{fold}"
        out.mkdir(parents=True, exist_ok=True)
        model, characters = restore(folder)
        teach(model, [e for e in others if e.windows], old, characters, out, Recipe())
        built = out / "model"
        candidate.write(model.eval(), characters, built, parent=verify(folder), version=f"fold{fold}", training={})
        answers |= respond(Pipeline.load(built), [gold_record(d) for d in mine], {d.id: hints_of(d) for d in mine})
    return suspects([gold_record(d) for d in read], answers)


def main() -> None:
    parser = argparse.ArgumentParser(description="List annotations that are probably wrong, worst first.")
    parser.add_argument("files", nargs="*", type=Path, help="JSONL; without it the held-out reports of ours")
    parser.add_argument("--model", type=Path, default=DEFAULT_MODEL)
    parser.add_argument("--folds", type=int, default=0, help="refine on the other folds first; 0: judge as it is")
    parser.add_argument("--limit", type=int, default=LIMIT, help="0: all")
    parser.add_argument("--jsonl", type=Path, help="write all of them here as well")
    args = parser.parse_args()
    read = [d for file in args.files for d in read_corrected(file)]
    read = read or [d for d in documents() if held_out(d.id)]
    if args.folds > 1:
        with tempfile.TemporaryDirectory() as scratch:
            found = cross_validated(read, args.model, args.folds, Path(scratch))
    else:
        found = judge(read, args.model)
    if args.jsonl:
        lines = (json.dumps(asdict(s), ensure_ascii=False) + "\n" for s in found)
        args.jsonl.write_text("".join(lines), encoding="utf-8")
    for suspect in found[: args.limit or None]:
        print(suspect)
    print(f"{len(found)} places in {len(read)} documents")


if __name__ == "__main__":
    main()
