"""What a refinement learns from and is measured on: corrected reports, the old ones beside them, and those held out.

In: corrected documents (out of an archive, or of a file of `baoshu annotations export`), and the project's own
annotated reports.  Out: `Material`.  A document is known by its clean text, whatever it is called: a held-out report
that someone corrected is still held out, and one of ours that was corrected takes the place of what we said of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from service.annotations import jsonl
from service.annotations.document import Document, text_id
from service.errors import InvalidRequest
from service.normalise import normalise
from training.examples import GOLD, held_out, read_gold
from training.validate import REPORTS, documents

# Reports beside the project that nobody may train on.
MEASURED = GOLD.with_name("dev.jsonl")
# Of the corrected reports this share is not learnt from but asked whether the new model reads them better, ...
APART_SHARE = 0.2
# ... where there are so many that the others can spare them.
ENOUGH = 10


@dataclass(frozen=True, slots=True)
class Material:
    """`learnt`: corrected documents to be learnt from; `apart`: corrected ones to be measured on; `old`: what is
    rehearsed; `held`: reports of ours that no training sees; `left_out`: ids of corrected ones that are held out."""

    learnt: tuple[Document, ...]
    apart: tuple[Document, ...]
    old: tuple[Document, ...]
    held: tuple[Document, ...]
    left_out: tuple[str, ...]


def material(corrected: Sequence[Document], *, own: Sequence[Document], gold: Sequence[Document] = ()) -> Material:
    """Parts the corrected documents and what is there beside them; `own` and `gold` come with what is held out."""
    held = [d for d in own if held_out(d.id)]
    untouched = {text_key(d.text) for d in held} | _measured()
    newest = {text_key(d.text): d for d in corrected}
    free = {key: d for key, d in newest.items() if key not in untouched}
    kept = {key for key in free if _apart(key)} if len(free) >= ENOUGH else set()
    old = {text_key(d.text): d for d in (*own, *gold) if not held_out(d.id)}
    return Material(
        learnt=tuple(d for key, d in free.items() if key not in kept),
        apart=tuple(d for key, d in free.items() if key in kept),
        old=tuple(d for key, d in old.items() if key not in untouched and key not in free),
        held=tuple(held),
        left_out=tuple(d.id for key, d in newest.items() if key in untouched),
    )


def read_corrected(path: Path) -> list[Document]:
    """The documents of a file.  Raises InvalidRequest where it is none, or something in it could not be read."""
    taken = jsonl.read(path.read_bytes())
    if taken.losses:
        told = "；".join(f"{loss.document[:12]}：{loss.message}" for loss in taken.losses[:5])
        raise InvalidRequest(f"标注中有无法读入之处，不能用于训练：{told}")
    return list(taken.documents)


def corrected(folder: Path = REPORTS.parent) -> list[Document]:
    """What people corrected and put beside the project's own reports: `annotations/*.jsonl`.  Raises InvalidRequest."""
    return [document for path in sorted(folder.glob("*.jsonl")) for document in read_corrected(path)]


def own_documents() -> list[Document]:
    """All annotated reports of the project, those held out among them."""
    return documents() + corrected()


def gold_documents() -> list[Document]:
    """The hand-annotated excerpts, where they are present."""
    return read_gold(GOLD) if GOLD.exists() else []


def text_key(text: str) -> str:
    """The same for texts that read the same."""
    return text_id(normalise(text).text)


def _apart(key: str) -> bool:
    return int(key[:8], 16) / 0xFFFFFFFF < APART_SHARE


def _measured(path: Path = MEASURED) -> set[str]:
    lines: Iterable[str] = path.read_text(encoding="utf-8").splitlines() if path.exists() else ()
    return {text_key(json.loads(line)["text"]) for line in lines if line.strip()}
