"""Checks the annotated reports and counts what they hold.

`python -m training.validate [FILE...] [--show ID] [--statistics] [--jsonl FILE]` prints every fault as
`file:line: message` and exits 1 where there is one.  Checked: the markup compiles; spans do not overlap; ids are
unique; periods are EDTF; every number in digits is a value, part of an entity, a heading's or a document's number.
"""

from __future__ import annotations

import argparse
import itertools
import json
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from service.periods import is_edtf
from service.quantities import find_numbers
from service.records import Label, Measure, Span
from training.markup import Document, MarkupError, compile_file, to_record

REPORTS = Path(__file__).resolve().parent.parent / "annotations" / "reports"
# Numbers that number or name things: list heads, document numbers, page numbers of a table of contents, 4G, 5.0版,
# 75周年,
# “3+2”.  Spelled numerals are left to the reader's eye: 三件事 and 八项规定 measure nothing, and no rule can tell.
NUMBERING = re.compile(
    r"^\s*(?:第?[一二三四五六七八九十百\d]+[、.．章条节部篇)]|[((]?[一二三四五六七八九十\d]+[))])[、.．]?"
    r"|[一二三四五六七八九十]+(?:是|要|则)|[((〔\[]\d{4}[))〕\]]\s*(?:第\s*)?\d+\s*号|[一-鿿](\d{1,3})$|第[一二三四五六七八九十\d]+[批次届轮期章条季名号]|[;;。]\d{1,2}[.．、]|\d[A-Z]|\d\.\d版|\d+(?:强|周年|号)|“\d+(?:\+\d+)*”",
    re.MULTILINE,
)


def documents(paths: Iterable[Path] = ()) -> list[Document]:
    """Compile the given files, or all of `annotations/reports`, in the order of their names.  Raises MarkupError."""
    return [compile_file(p) for p in (sorted(paths) or sorted(REPORTS.glob("*.txt")))]


def faults(document: Document) -> Iterator[tuple[Span, str]]:
    """Everything wrong with one compiled document, with the span it stands at."""
    text = document.text
    spans = sorted((s, label) for label, s in document.entities)
    for (a, _), (b, _) in itertools.pairwise(spans):
        if a.overlaps(b):
            yield b, f"`{b.of(text)}` overlaps `{a.of(text)}`"
    for o in document.observations:
        value = o.value.of(text)
        if o.period is not None and not is_edtf(o.period):
            yield o.value, f"`{value}`: period `{o.period}` is not EDTF"
        if o.quantity.low is None and not o.quantity.masked:
            yield o.value, f"`{value}` has no number"
        if o.quantity.low is not None and o.quantity.high is not None and o.quantity.low > o.quantity.high:
            yield o.value, f"`{value}`: low is above high"
        if o.measure is Measure.RANK and not o.quantity.masked and o.quantity.unit != "名次":
            yield o.value, f"`{value}`: a rank has the unit 名次"
    covered = [s for s, _ in spans] + [Span(*m.span()) for m in NUMBERING.finditer(text)]
    for number in find_numbers(text):
        if not number.of(text)[0].isascii():
            continue
        if not any(c.overlaps(number) for c in covered):
            yield (
                number,
                f"`{text[max(0, number.start - 6) : number.end + 6]}`: number `{number.of(text)}` is in no entity",
            )


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
    labels: Counter[Label] = Counter(label for d in docs for label, _ in d.entities)
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
            "".join(json.dumps(to_record(d), ensure_ascii=False) + "\n" for d in good), encoding="utf-8"
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
