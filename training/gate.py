"""The evaluation gate: floors that a model to be shipped must not fall below.

    python -m training.gate            scores the shipped model on the held-out reports and compares with floors.json
    python -m training.gate --set      measures anew and writes floors a little below the scores; refuses to lower one

`floors.json` pins the held-out documents by their hash, so that neither the floors nor what they are measured on can
change unnoticed.  Floors on the hand-annotated reports beside the project are kept in the same file and set by hand.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from service.annotations.scoring import FIELDS, Scores, gold_record, score
from service.pipeline import Pipeline
from service.records import Hints
from service.settings import DEFAULT_MODEL
from training.examples import held_out
from training.markup import digest
from training.score import hints_of, respond
from training.validate import documents

FLOORS = Path(__file__).resolve().parent / "floors.json"
MARGIN = 0.01  # how far below the measured score a floor is set: int8 arithmetic differs between processors


def held_out_gold() -> tuple[list[dict[str, Any]], dict[str, Hints]]:
    """The held-out own reports in the scorer's form, with what a caller would know of each."""
    held = [d for d in documents() if held_out(d.id)]
    return [gold_record(d) for d in held], {d.id: hints_of(d) for d in held}


def figures(scores: Scores) -> dict[str, float]:
    """The scores by the names that floors use."""
    parts = {n: scores.parts[n].f1 for n in ("value", "link", "observation")}
    return {"entity": scores.entity["ALL"].f1, **parts, **{f"field.{f}": scores.accuracy(f) for f in FIELDS}}


def below(scores: Scores, floors: Mapping[str, float]) -> list[str]:
    """What fell below its floor, in words."""
    measured = figures(scores)
    return [
        f"{name} {measured[name]:.4f} is below its floor {floor:.4f}"
        for name, floor in floors.items()
        if measured[name] < floor
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description="Hold the shipped model against its floors.")
    parser.add_argument("--model", type=Path, default=DEFAULT_MODEL)
    parser.add_argument("--set", action="store_true", help="write the floors anew, where none would be lower")
    args = parser.parse_args()
    gold, hints = held_out_gold()
    scores = score(gold, respond(Pipeline.load(args.model), gold, hints))
    print(scores.table())
    kept = json.loads(FLOORS.read_text(encoding="utf-8")) if FLOORS.exists() else {"held_out": {"floors": {}}}
    same = kept["held_out"].get("sha256") == digest(gold)
    fallen = below(scores, kept["held_out"]["floors"]) if same else []
    if not args.set or fallen:
        print("\n".join(fallen) or ("all floors hold" if same else "the held-out reports changed: set the floors anew"))
        return int(bool(fallen) or not same)
    held = kept["held_out"]["floors"] if same else {}
    floors = {n: max(held.get(n, 0.0), round(f - MARGIN, 3)) for n, f in figures(scores).items()}
    kept["held_out"] = {"sha256": digest(gold), "floors": floors}
    FLOORS.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
