"""Scores a model against annotation: the table of `service.annotations.scoring`.

    python -m training.score [--gold FILE] [--model DIR] [--errors N] [--save FILE]

In: gold records, or the held-out own reports, and a model folder.  Out: entities, values, links, fields and whole
observations, and the errors one by one.  Where the project's surroundings hold their own scorer, a test proves that
both give the same figures.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from service.annotations.document import Document, hints_in
from service.annotations.scoring import gold_record, score
from service.pipeline import Pipeline
from service.records import Hints
from service.response import to_json
from service.settings import DEFAULT_MODEL
from training.examples import held_out
from training.validate import documents


def respond(
    pipeline: Pipeline, gold: Sequence[Mapping[str, Any]], hints: Mapping[str, Hints] | None = None
) -> dict[str, dict[str, Any]]:
    """What `/extract` returns for each gold text."""
    hints = hints or {}
    return {d["id"]: dict(to_json(pipeline.extract(d["text"], hints.get(d["id"], Hints())))) for d in gold}


def hints_of(document: Document) -> Hints:
    """What a caller who holds the file would know of an annotated document."""
    return hints_in(document.meta)


def main() -> None:
    parser = argparse.ArgumentParser(description="Score the model.")
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--gold", type=Path, help="annotated records, one a line; without it the held-out own reports are scored"
    )
    parser.add_argument("--model", type=Path, default=DEFAULT_MODEL)
    parser.add_argument("--errors", type=int, default=0)
    parser.add_argument("--save", type=Path, help="write the responses here, a line each: {id, response}")
    args = parser.parse_args()
    pipeline = Pipeline.load(args.model)
    if args.gold:
        gold = [json.loads(line) for line in args.gold.read_text(encoding="utf-8").splitlines() if line.strip()]
        responses = respond(pipeline, gold)
    else:
        held = [d for d in documents() if held_out(d.id)]
        gold = [gold_record(d) for d in held]
        responses = respond(pipeline, gold, {d.id: hints_of(d) for d in held})
    if args.save:
        lines = (json.dumps({"id": k, "response": r}, ensure_ascii=False) for k, r in responses.items())
        args.save.write_text("\n".join(lines) + "\n", encoding="utf-8")
    scores = score(gold, responses)
    print(scores.table())
    for error in scores.errors[: args.errors]:
        print(error)


if __name__ == "__main__":
    main()
