"""The golden files: what the shipped model reads in each seed report, for the tests to hold later versions against.

`python -m training.golden` writes `tests/golden/<seed>.csv`, a row an observation, without the columns that only number
or grade it.  Read the difference before committing it.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

from service.exports.csv_table import lines
from service.exports.figures import NAMES, ReadReport, figures_of
from service.pipeline import Pipeline
from service.response import to_json
from service.settings import DEFAULT_MODEL
from training.seeds import SEEDS

GOLDEN = SEEDS.parent / "tests" / "golden"
LEFT_OUT = frozenset(
    {
        *("report", "title", "source", "observation", "period_start", "period_end"),
        *("score", "evidence", "section", "page", "paragraph"),
    }
)


def rows(pipeline: Pipeline, path: Path) -> list[dict[str, str]]:
    """The observations of a seed report as the CSV gives them."""
    text = path.read_bytes().decode("utf-8")
    report = ReadReport(path.stem, text, to_json(pipeline.extract(text)))
    table = lines([NAMES, *figures_of(report)]).decode()
    read = csv.DictReader(io.StringIO(table, newline=""))
    return [{k: v for k, v in row.items() if k not in LEFT_OUT} for row in read]


def main() -> None:
    pipeline = Pipeline.load(DEFAULT_MODEL)
    GOLDEN.mkdir(exist_ok=True)
    for path in sorted(SEEDS.glob("*.txt")):
        with (GOLDEN / f"{path.stem}.csv").open("w", encoding="utf-8", newline="") as out:
            writer = csv.DictWriter(out, [name for name in NAMES if name not in LEFT_OUT], lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows(pipeline, path))
        print(out.name)


if __name__ == "__main__":
    main()
