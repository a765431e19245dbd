"""What an annotator's sentences are worth: F1 after so many of them, chosen by the queue and chosen at random.

    python -m training.learning_curve --gold --model FOLDER [--out build/curve] [--points 0 50 100 200 400] [--seeds 3]
    python -m training.learning_curve --pool PATTERN ... [--model FOLDER] ...

Stands in for an annotator: the reports of the pool are annotated already, and the model is shown the annotation of the
sentences that would have been corrected, and of nothing else.  `queue` takes those that `service.annotations.teaching`
puts first, by the doubts of the model that is to be taught; `random` takes any.  Then the model is refined as `baoshu
refine` does it and scored on reports that neither has seen.

The model must not have learnt from the pool.  `--gold`: the pool are the excerpts beside the project, measured on those
of other provinces, for a model that was trained without them (`training.train --no-gold`): an office whose style the
model does not know.  Else the pool are reports of ours that the model has not seen, measured on the held-out ones.
Each point is a line of `points.jsonl` and is not measured again: a run that was cut off goes on.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import random
import shutil
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from service.annotations.document import Document
from service.annotations.scoring import gold_record, score
from service.annotations.teaching import Lesson, lessons, rank
from service.layout import lay_out
from service.manifest import verify
from service.normalise import normalise
from service.pipeline import Pipeline
from service.records import Span
from service.response import to_json
from service.settings import DEFAULT_MODEL
from training import candidate
from training.corrections import gold_documents, material, own_documents
from training.examples import IGNORE, Example, example, examples, held_out
from training.gate import figures
from training.rehearsal import Recipe, teach
from training.restore import restore
from training.score import hints_of, respond

POINTS = (0, 50, 100, 200, 400)
WAYS = ("queue", "random")
SHOWN = ("entity", "value", "link", "observation")
POINTS_FILE = "points.jsonl"


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of the pool: the number of its document and its place in the clean text."""

    document: int
    span: Span


def sentences(pool: Sequence[Document]) -> list[Sentence]:
    """All sentences of prose."""
    return [Sentence(n, s.span) for n, d in enumerate(pool) for s in lay_out(normalise(d.text).text).sentences]


def by_queue(pool: Sequence[Document], found: Sequence[Sentence], model: Path) -> list[Sentence]:
    """The sentences in the order of the queue: what the model doubts, nothing twice."""
    pipeline = Pipeline.load(model)
    doubts: dict[int, list[Lesson]] = {}
    for n, document in enumerate(pool):
        answer = to_json(pipeline.extract(document.text, hints_of(document)))
        doubts[n] = lessons(document.text, answer)
    clean = [normalise(d.text) for d in pool]
    asked: dict[str, tuple[int, list[Lesson]]] = {}
    for number, sentence in enumerate(found):
        place = clean[sentence.document].to_original(sentence.span)
        here = [lesson for lesson in doubts[sentence.document] if lesson.span.overlaps(place)]
        asked[str(number)] = sentence.span.end - sentence.span.start, here
    return [found[int(one.id)] for one in rank(asked)]


def only(whole: Example, shown: Sequence[Span]) -> Example:
    """The example as if nothing but these stretches of it had been annotated."""
    seen = np.zeros(len(whole.text), np.bool_)
    for span in shown:
        seen[span.start : span.end] = True
    starts = np.array([e.span.start for e in whole.entities], np.int64)
    kept = seen[starts[whole.value_entities]] if len(whole.value_entities) else np.zeros(0, np.bool_)
    values = whole.value_entities[kept]
    pairs = np.isin(whole.pair_index[:, 0], values)
    return replace(
        whole,
        windows=tuple(w for w in whole.windows if seen[w.core.start : w.core.end].any()),
        tags=np.where(seen, whole.tags, IGNORE),
        pair_index=whole.pair_index[pairs],
        pair_kind=whole.pair_kind[pairs],
        pair_features=whole.pair_features[pairs],
        pair_target=whole.pair_target[pairs],
        value_entities=values,
        value_rows=whole.value_rows[kept],
        measure=whole.measure[kept],
        status=whole.status[kept],
        null_period=whole.null_period[kept],
        null_area=whole.null_area[kept],
    )


def shown_only(pool: Sequence[Document], chosen: Sequence[Sentence]) -> list[Example]:
    """The chosen sentences as examples, one for each document that has any."""
    places: dict[int, list[Span]] = defaultdict(list)
    for sentence in chosen:
        places[sentence.document].append(sentence.span)
    return [only(example(pool[n]), spans) for n, spans in sorted(places.items())]


def measure(
    pool: Sequence[Document], chosen: Sequence[Sentence], rest: Sequence[Document], held: Sequence[Document], *,
    model: Path, scratch: Path, recipe: Recipe,
) -> dict[str, float]:  # fmt: skip
    """The scores on `held` of the model refined with the chosen sentences; of the model as it is for none."""
    folder = model
    if chosen:
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
        network, characters = restore(model)
        taught = [e for e in shown_only(pool, chosen) if e.windows]
        teach(network, taught, examples(rest), characters, scratch, recipe)
        folder = scratch / "model"
        candidate.write(network.eval(), characters, folder, parent=verify(model), version="curve", training={})
    gold = [gold_record(d) for d in held]
    return figures(score(gold, respond(Pipeline.load(folder), gold, {d.id: hints_of(d) for d in held})))


def table(points: Sequence[Mapping[str, Any]]) -> str:
    """Mean over seeds of each point, and the range in brackets."""
    groups: dict[tuple[int, str], list[Mapping[str, Any]]] = defaultdict(list)
    for point in points:
        groups[point["sentences"], point["way"]].append(point["scores"])
    rows = [f"| sentences | chosen by | {' | '.join(SHOWN)} |", "|---" * (len(SHOWN) + 2) + "|"]
    for (many, way), scores in sorted(groups.items()):
        cells = []
        for name in SHOWN:
            said = [s[name] for s in scores]
            spread = f" ({min(said):.3f}–{max(said):.3f})" if len(said) > 1 else ""
            cells.append(f"{sum(said) / len(said):.3f}{spread}")
        rows.append(f"| {many} | {way} | {' | '.join(cells)} |")
    return "\n".join(rows)


def _runs(points: Sequence[int], seeds: int) -> Iterator[tuple[int, str, int]]:
    """(sentences, way, seed); without sentences there is nothing to choose."""
    for seed in range(seeds):
        for many in points:
            for way in WAYS if many else ("none",):
                if many or not seed:
                    yield many, way, seed


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure what corrected sentences are worth.")
    parser.add_argument("--gold", action="store_true", help="learn from and measure on the excerpts beside the project")
    parser.add_argument("--pool", nargs="+", default=["*"], metavar="PATTERN", help="ids of reports, as in a shell")
    parser.add_argument("--model", type=Path, default=DEFAULT_MODEL)
    parser.add_argument("--out", type=Path, default=Path("build/curve"))
    parser.add_argument("--points", type=int, nargs="+", default=POINTS)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=Recipe().epochs)
    args = parser.parse_args()
    own, gold = own_documents(), gold_documents()
    kin = gold if args.gold else own
    held = [d for d in kin if held_out(d.id)]
    pool = [d for d in kin if not held_out(d.id) and any(fnmatch.fnmatch(d.id, p) for p in args.pool)]
    rest = material(pool, own=own, gold=() if args.gold else gold).old
    everything = sentences(pool)
    print(f"{len(pool)} reports in the pool, {len(everything)} sentences; {len(held)} held out", flush=True)
    args.out.mkdir(parents=True, exist_ok=True)
    file = args.out / POINTS_FILE
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    points = [json.loads(line) for line in lines]
    done = {(p["sentences"], p["way"], p["seed"]) for p in points}
    queue: list[Sentence] = []
    for many, way, seed in _runs(args.points, args.seeds):
        if (many, way, seed) in done:
            continue
        if way == "queue":
            queue = queue or by_queue(pool, everything, args.model)
            chosen = queue[:many]
        else:
            chosen = random.Random(seed).sample(everything, min(many, len(everything)))
        recipe = replace(Recipe(), seed=seed, epochs=args.epochs)
        scores = measure(pool, chosen, rest, held, model=args.model, scratch=args.out / "scratch", recipe=recipe)
        points.append({"sentences": many, "way": way, "seed": seed, "scores": scores})
        with file.open("a", encoding="utf-8") as out:
            out.write(json.dumps(points[-1]) + "\n")
        print(f"{many} {way} {seed}: " + " ".join(f"{name} {scores[name]:.4f}" for name in SHOWN), flush=True)
    print(table(points))


if __name__ == "__main__":
    main()
