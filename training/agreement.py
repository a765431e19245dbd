"""How far two annotators agree: the second reading of some reports scored against the first.

    python -m training.agreement [--second FOLDER] [--first FOLDER] [--differences]

In: `annotations/second/*.txt`, reports that someone annotated again from the bare text, without sight of the first
annotation, and the files of the same name in `annotations/reports`.  Out: the table of
`service.annotations.scoring`, with the first reading as gold and the second as the answer, after a line that says what
was compared; with `--differences` every place where the two part.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from service.annotations.document import Document
from service.annotations.scoring import agreement
from training.markup import compile_file
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
