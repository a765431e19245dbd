"""How far two annotators agree: the second reading of some reports scored against the first.

    python -m training.agreement [--second FOLDER] [--first FOLDER] [--differences]

In: `annotations/second/*.txt`, reports that someone annotated again from the bare text, without sight of the first
annotation, and the files of the same name in `annotations/reports`.  Out: the table of `training.score`, with the
first reading as gold and the second as the answer, after a line that says what was compared; with `--differences`
every place where the two part. F1 on exact spans is the measure because it needs no guess of how many spans nobody
marked, which kappa does (Hripcsak and Rothschild, 2005, J. Am. Med. Inform. Assoc. 12(3)). What it does not know: who
is right.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from training.markup import Document, compile_file, gold_record
from training.score import Scores, score
from training.validate import REPORTS

SECOND = REPORTS.parent / "second"


def pairs(first: Path = REPORTS, second: Path = SECOND) -> Iterator[tuple[Document, Document]]:
    """The reports read twice, as (first reading, second reading), in the order of their names.

    Raises MarkupError where a file does not compile, FileNotFoundError where the first reading is missing, and
    ValueError where the two differ in their text: then there is nothing to compare.
    """
    for path in sorted(second.glob("*.txt")):
        one, two = compile_file(first / path.name), compile_file(path)
        if (one.id, one.text) != (two.id, two.text):
            raise ValueError(f"{path.name}: the two readings are not of the same text")
        yield one, two


def response_of(document: Document) -> dict[str, Any]:
    """A document in the form of an `/extract` answer, as far as `training.score` reads one."""
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


def agreement(read_twice: list[tuple[Document, Document]]) -> Scores:
    """The second readings scored against the first ones."""
    return score([gold_record(one) for one, _ in read_twice], {two.id: response_of(two) for _, two in read_twice})


def main() -> None:
    parser = argparse.ArgumentParser(description="Score the second reading of the reports against the first.")
    parser.add_argument("--first", type=Path, default=REPORTS)
    parser.add_argument("--second", type=Path, default=SECOND)
    parser.add_argument("--differences", action="store_true", help="print every place where the readings part")
    args = parser.parse_args()
    read_twice = list(pairs(args.first, args.second))
    scores = agreement(read_twice)
    print(f"{len(read_twice)} reports read twice, {sum(len(one.text) for one, _ in read_twice)} characters")
    print(scores.table())
    if args.differences:
        print("\n".join(scores.errors))


if __name__ == "__main__":
    main()
