"""The seed reports as posted: the bare text of their annotated markup.

`python -m training.seeds [--check]` writes `seeds/<name>.txt` for every `annotations/reports/w5-seed-<name>.txt`, so
that text and annotation cannot drift apart; with `--check` it writes nothing, names what differs and exits 1.  Knows
nothing of what the reports say.
"""

from __future__ import annotations

import sys
from pathlib import Path

from training.markup import compile_file
from training.validate import REPORTS

SEEDS = REPORTS.parent.parent / "seeds"
PREFIX = "w5-seed-"


def seeds() -> dict[str, str]:
    """The text of each seed report, by file name.  Raises MarkupError."""
    return {p.name.removeprefix(PREFIX): compile_file(p).text + "\n" for p in sorted(REPORTS.glob(f"{PREFIX}*.txt"))}


def stale(folder: Path = SEEDS) -> list[str]:
    """The names of the files in `folder` that are missing, differ from the markup, or belong to none."""
    made = {name: text.encode() for name, text in seeds().items()}
    found = {p.name: p.read_bytes() for p in folder.glob("*.txt")}
    return sorted(name for name in made.keys() | found.keys() if made.get(name) != found.get(name))


def main() -> int:
    names = stale()
    if "--check" in sys.argv[1:]:
        for name in names:
            print(f"seeds/{name}: differs from its markup")
        return 1 if names else 0
    texts = seeds()
    for name in names:
        path = SEEDS / name
        if name in texts:
            path.write_text(texts[name], encoding="utf-8", newline="")
        else:
            path.unlink()
    print(f"{len(texts)} seed reports, {len(names)} written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
