"""What goes wrong: kinds of errors, labels taken for others, and quality by form and kind of bureau.

    python -m training.errors [--gold FILE] [--model DIR]

In: annotated records, as for `training.score`; without `--gold` the held-out reports of our own.  Out, as Markdown:

- every annotated entity that was not found exactly: is its edge wrong, its label, both, or was nothing seen there; and
  those that were made of nothing;
- the labels of what was found at the same or an overlapping place (rows: annotated, columns: said);
- what is wrong in observations whose value was found, field by field;
- F1 by form of report and kind of bureau, for reports of our own, which say what they are.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from service.annotations.scoring import FIELDS, score
from service.pipeline import Pipeline
from service.records import Label
from service.settings import DEFAULT_MODEL
from training.examples import held_out
from training.gate import held_out_gold
from training.score import respond
from training.validate import documents

Marks = set[tuple[int, int, str]]
KINDS = ("edge", "label", "edge and label", "missed")
NOTHING = "–"


def kind(mark: tuple[int, int, str], others: Marks) -> tuple[str, str]:
    """What became of an entity that is not among `others`, and the label that stands there (`NOTHING` for none)."""
    start, end, label = mark
    near = [o for o in others if o[0] < end and start < o[1]]
    if not near:
        return "missed", NOTHING
    same = [o for o in near if o[:2] == (start, end)]
    if same:
        return "label", same[0][2]
    alike = [o for o in near if o[2] == label]
    return ("edge", label) if alike else ("edge and label", near[0][2])


def entity_errors(
    gold: Sequence[Mapping[str, Any]], responses: Mapping[str, Mapping[str, Any]]
) -> tuple[Counter[tuple[str, str]], Counter[tuple[str, str]]]:
    """Counts by (label, kind), `spurious` among the kinds; and by (annotated label, said label), `NOTHING` for none."""
    kinds: Counter[tuple[str, str]] = Counter()
    confused: Counter[tuple[str, str]] = Counter()
    for record in gold:
        true, said = (
            {(e["start"], e["end"], e["label"]) for e in r["entities"]} for r in (record, responses[record["id"]])
        )
        for mark in true:
            what, label = ("right", mark[2]) if mark in said else kind(mark, said)
            kinds[mark[2], what] += 1
            confused[mark[2], label] += 1
        for mark in said - true:
            if kind(mark, true)[0] == "missed":
                kinds[mark[2], "spurious"] += 1
                confused[NOTHING, mark[2]] += 1
    return kinds, confused


def table(rows: Sequence[str], columns: Sequence[str], cells: Mapping[tuple[str, str], object], corner: str) -> str:
    """A Markdown table; what is 0 or absent stays blank."""
    lines = [f"| {corner} | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
    lines += [f"| {row} | {' | '.join(str(cells.get((row, c)) or '') for c in columns)} |" for row in rows]
    return "\n".join(lines)


def by_kind_of_report(
    gold: Sequence[Mapping[str, Any]], responses: Mapping[str, Mapping[str, Any]], key: str, least: int = 1
) -> str:
    """F1 by a field of the reports' heads (`form`, `bureau`)."""
    groups: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    meta = {d.id: d.meta for d in documents() if held_out(d.id)}
    for record in gold:
        groups[meta[record["id"]].get(key, NOTHING)].append(record)
    cells: dict[tuple[str, str], object] = {}
    rows = sorted((name for name in groups if len(groups[name]) >= least), key=lambda name: (-len(groups[name]), name))
    for name in rows:
        s = score(groups[name], responses)
        cells[name, "reports"], cells[name, "observations"] = len(groups[name]), s.parts["value"].gold
        for part, tally in (("entity", s.entity["ALL"]), *((p, s.parts[p]) for p in ("link", "observation"))):
            cells[name, part + " F1"] = f"{tally.f1:.3f}"
    columns = ("reports", "observations", "entity F1", "link F1", "observation F1")
    return table(rows, columns, cells, key)


def main() -> None:
    parser = argparse.ArgumentParser(description="Count what goes wrong.")
    parser.add_argument("--gold", type=Path, help="annotated records; without it the held-out own reports")
    parser.add_argument("--model", type=Path, default=DEFAULT_MODEL)
    args = parser.parse_args()
    pipeline = Pipeline.load(args.model)
    if args.gold:
        gold = [json.loads(line) for line in args.gold.read_text(encoding="utf-8").splitlines() if line.strip()]
        responses = respond(pipeline, gold)
    else:
        gold, hints = held_out_gold()
        responses = respond(pipeline, gold, hints)
    kinds, confused = entity_errors(gold, responses)
    labels = [label.value for label in Label]
    print(table(labels, ("right", *KINDS, "spurious"), kinds, "entity"), end="\n\n")
    print(table([*labels, NOTHING], [*labels, NOTHING], confused, "annotated \\ said"), end="\n\n")
    s = score(gold, responses)
    wrong = {(f, "wrong"): s.fields[f][1] - s.fields[f][0] for f in FIELDS}
    asked = {(f, "asked"): s.fields[f][1] for f in FIELDS}
    print(table(FIELDS, ("wrong", "asked"), {**wrong, **asked}, "field"))
    if not args.gold:
        for key in ("form", "bureau"):
            print("\n" + by_kind_of_report(gold, responses, key))


if __name__ == "__main__":
    main()
