"""Checks the annotated reports and counts what they hold.

`python -m training.validate [FILE...] [--show ID] [--statistics] [--jsonl FILE]` prints every fault as
`file:line: message` and exits 1 where there is one.  Checked: the markup compiles; spans do not overlap; ids are
unique; what `service.annotations.faults` checks (links, labels, periods, values); every number in digits is a value,
part of an entity, a heading's or a document's number.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from service.annotations import faults as checks
from service.annotations import jsonl
from service.annotations.document import Document
from service.records import Label, Severity, Span
from training.markup import MarkupError, compile_file

REPORTS = Path(__file__).resolve().parent.parent / "annotations" / "reports"
UNSOUND = ("number-unmarked",)  # warnings to who corrects a report, faults in one that is to be learnt from


def documents(paths: Iterable[Path] = ()) -> list[Document]:
    """Compile the given files, or all of `annotations/reports`, in the order of their names.  Raises MarkupError."""
    return [compile_file(p) for p in (sorted(paths) or sorted(REPORTS.glob("*.txt")))]


def faults(document: Document) -> Iterator[tuple[Span, str]]:
    """Everything wrong with one compiled document, with the span it stands at."""
    for fault in checks.faults(document):
        if fault.severity is Severity.ERROR or fault.code in UNSOUND:
            yield fault.span, fault.message


def describe(document: Document) -> str:
    """The document's observations, a line each."""
    rows = [f"== {document.id}: {len(document.text)} characters, {len(document.entities)} entities"]
    for o in document.observations:
        q = o.quantity
        number = "masked" if q.low is None else f"{q.low:g}" if q.low == q.high else f"{q.low:g}..{q.high:g}"
        indicator = " + ".join(s.of(document.text) for s in o.indicator) or "-"
        rest = [x for x in (o.scope, o.base) if x]
        rows.append(
            f"{o.value.of(document.text)} | {indicator} | {number} {q.unit} {q.bound} | {o.measure} | {o.period} | "
            f"{o.area} | {o.status}{' | ' + ' '.join(rest) if rest else ''}"
        )
    return "\n".join(rows)


def statistics(documents: Iterable[Document]) -> str:
    """Counts by label, bureau, form, level and place."""
    docs = list(documents)
    labels: Counter[Label] = Counter(e.label for d in docs for e in d.entities)
    rows = [
        f"{len(docs)} reports, {sum(len(d.text) for d in docs)} characters, {sum(labels.values())} entities, "
        f"{sum(len(d.observations) for d in docs)} observations"
    ]
    rows += [f"  {label:10}{n:6}" for label, n in labels.most_common()]
    for key in ("bureau", "form", "level", "place"):
        counted = Counter(d.meta[key] for d in docs)
        rows.append(f"{key}: " + ", ".join(f"{k} {n}" for k, n in counted.most_common()))
    return "\n".join(rows)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--show", metavar="ID", help="print this document's observations as compiled")
    parser.add_argument("--statistics", action="store_true")
    parser.add_argument("--jsonl", type=Path, metavar="FILE", help="write the reports as doccano JSONL(relation)")
    args = parser.parse_args()
    good: list[Document] = []
    wrong = 0
    for path in sorted(args.files) or sorted(REPORTS.glob("*.txt")):
        try:
            document = compile_file(path)
        except MarkupError as error:
            print(error)
            wrong += 1
            continue
        if any(d.id == document.id for d in good):
            print(f"{path.name}:1: id `{document.id}` is taken")
            wrong += 1
        good.append(document)
        source = path.read_text(encoding="utf-8").split("\n")
        head = next(n for n, line in enumerate(source) if not line.startswith("#") and line.strip())
        for span, message in faults(document):
            print(f"{path.name}:{_line(source, head, document.text, span)}: {message}")
            wrong += 1
        if args.show == document.id:
            print(describe(document))
    if args.statistics:
        print(statistics(good))
    if args.jsonl:
        args.jsonl.write_text(
            "".join(json.dumps(jsonl.record_of(d), ensure_ascii=False) + "\n" for d in good), encoding="utf-8"
        )
    print(f"{len(good)} reports, {wrong} faults")
    return 1 if wrong else 0


def _line(source: list[str], head: int, text: str, span: Span) -> int:
    """The file's line on which a character of the text stands; directives take a line in the file and none in the
    text."""
    wanted = text.count("\n", 0, span.start)
    for n in range(head, len(source)):
        if not source[n].startswith("%"):
            if wanted == 0:
                return n + 1
            wanted -= 1
    return len(source)


if __name__ == "__main__":
    sys.exit(main())
