"""Teaches a reader what several readers think together of public text that nobody annotated.

    python -m training.distil --teachers build/reader build/second --out build/distilled [--epochs 2] [--ship]

Readers trained apart err apart: the mean of their probabilities is righter than each.  The student, which begins as the
first teacher, learns that mean as soft labels on public text beside the project: for every character the probabilities
of its tags, for every value those of its links, and its likeliest measure and status.  These steps are mixed with as
many annotated ones; where the text is absent there are only those.  Ensemble distillation: Hinton, Vinyals & Dean 2015,
arXiv 1503.02531; the student reads with characters hidden, the teachers without: Xie et al. 2020, CVPR, "Self-training
with Noisy Student".

No step of `make train`: docs/model.md says what it brought.  Reading all the text takes a while: what the teachers
think of it is kept in `--out` until the student is trained.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from service.annotations.document import Document, Figure
from service.candidates import KINDS
from service.characters import Characters
from service.layout import lay_out
from service.normalise import normalise
from service.records import Bound, Entity, Label, Measure, Quantity, Span, Status
from service.tags import TAGS, decode
from service.windows import Window, windows
from training.adapt import UNLABELLED, corpora
from training.batches import LENGTH, ROWS, Batch, chunks, collate, core_of, hide, lay, pack
from training.examples import GOLD, IGNORE, Example, example, examples, read_gold
from training.network import Reader
from training.train import (
    HIDDEN,
    LINK_WEIGHT,
    VALUE_WEIGHT,
    Work,
    fit,
    head_losses,
    labelled,
    load,
    options,
    save,
    sources,
    start,
    steps,
    to_train_on,
    views,
)

Floats = NDArray[np.float32]
SMALLEST = 1e-6  # a probability below it is taken for it
TOLD_EVERY = 20  # texts
PROBE = 20  # characters that tell an excerpt


@dataclass(frozen=True, slots=True, kw_only=True)
class SoftExample(Example):
    """A text with soft labels.  `pair_target` is a probability for an indicator, for a period or an area the log odds
    against none; `measure` and `status` are the likeliest.

    `probabilities` (characters, TAGS), zero outside the windows.
    """

    probabilities: NDArray[np.float16]


def soft_example(name: str, text: str, teachers: Sequence[Reader], characters: Characters) -> SoftExample | None:
    """The mean of what `teachers` think of a clean text; None where it holds no prose, or cleaning would change it."""
    frames = list(windows(s.span for s in lay_out(text).sentences))
    if not frames or normalise(text).text != text:
        return None
    thoughts = [_read(teacher, text, frames, characters) for teacher in teachers]
    probabilities = np.mean([p for p, _ in thoughts], 0)
    entities = _entities(probabilities, frames)
    unread = example(Document(name, text, entities, tuple(_figure(e) for e in entities if e.label.is_value), {}))
    opinions = [_opinion(t, unread, vectors) for t, (_, vectors) in zip(teachers, thoughts, strict=True)]
    pairs, measure, status = (np.mean(each, 0) for each in zip(*opinions, strict=True))
    answers = {
        "pair_target": _against_none(pairs, unread),
        "measure": np.where(unread.measure == IGNORE, IGNORE, measure.argmax(1)),
        "status": status.argmax(1),
    }
    return SoftExample(**{**_columns(unread), **answers}, probabilities=probabilities.astype(np.float16))


def _columns(e: Example) -> dict[str, Any]:
    return {f.name: getattr(e, f.name) for f in fields(e)}


def _read(
    teacher: Reader, text: str, frames: list[Window], characters: Characters
) -> tuple[Floats, NDArray[np.float16]]:
    """Tag probabilities (characters, TAGS) and vectors (characters, hidden) of a text, zero outside the windows."""
    encoded = characters.encode(text)
    tags = np.zeros((len(text), TAGS), np.float32)
    vectors = np.zeros((len(text), teacher.encoder.shape.hidden), np.float16)
    for at in range(0, len(frames), ROWS):
        some = frames[at : at + ROWS]
        ids = np.full((ROWS, LENGTH), characters.pad, np.int64)
        mask = np.zeros((ROWS, LENGTH), np.int64)
        cores = [lay(w, encoded, ids[r], mask[r], characters) for r, w in enumerate(some)]
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
            logits, found = teacher(torch.from_numpy(ids), torch.from_numpy(mask))
        p = logits.float().softmax(-1).numpy()
        for r, (w, here) in enumerate(zip(some, cores, strict=True)):
            tags[w.core.start : w.core.end] = p[r, here]
            vectors[w.core.start : w.core.end] = found[r, here].float().numpy()
    return tags, vectors


def _entities(tags: Floats, frames: list[Window]) -> tuple[Entity, ...]:
    """The spans that the mean of the teachers gives, in reading order."""
    rows = [np.log(np.maximum(tags[w.core.start : w.core.end], SMALLEST)) for w in frames]
    return tuple(
        Entity(label, Span(w.core.start + a, w.core.start + b))
        for w, row in zip(frames, decode(rows, map(len, rows)), strict=True)
        for a, b, label, _ in row
    )


def _figure(e: Entity) -> Figure:
    """An observation of which nothing is known but where its value stands."""
    measure = Measure.RANK if e.label is Label.RANK else Measure.LEVEL
    quantity = Quantity(None, None, "", Bound.EXACT, True)
    return Figure(e.span, (), quantity, measure, None, None, None, None, None, None, Status.ACTUAL)


def _opinion(teacher: Reader, e: Example, vectors: NDArray[np.float16]) -> tuple[Floats, Floats, Floats]:
    """The probability of each pair (pairs,), of measures (values, 4) and of statuses (values, 3)."""
    ends = np.array([(x.span.start, x.span.end - 1) for x in e.entities], np.int64).reshape(-1, 2)
    spans = torch.from_numpy(vectors[ends].astype(np.float32)).flatten(1)
    with torch.inference_mode():
        measure, status = teacher.value(spans[e.value_entities], torch.from_numpy(e.value_rows))
        value, candidate = e.pair_index.T
        scores = teacher.pair(spans[value], spans[candidate], torch.from_numpy(e.pair_features)).numpy()
    p = 1 / (1 + np.exp(-scores))
    exclusive, group = _groups(e)
    power = np.exp(scores[exclusive].clip(max=30))
    p[exclusive] = power / (1 + _sums(group, power))
    return p, measure.softmax(-1).numpy(), status.softmax(-1).numpy()


def _against_none(p: Floats, e: Example) -> Floats:
    """The pairs' probabilities, those of exclusive kinds as log odds against the group's none.

    So a group of which a chunk holds a part still says how its members stand to one another and to none.
    """
    exclusive, group = _groups(e)
    none = np.maximum(1 - _sums(group, p[exclusive]), SMALLEST)
    result: Floats = p.astype(np.float32)
    result[exclusive] = np.log(np.maximum(p[exclusive], SMALLEST) / none)
    return result


def _groups(e: Example) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Which pairs are of an exclusive kind, and for those the number of their group: one value's of one kind."""
    exclusive = e.pair_kind != KINDS.index(Label.INDICATOR)
    return exclusive, e.pair_index[exclusive, 0] * len(KINDS) + e.pair_kind[exclusive]


def _sums(group: NDArray[np.int64], x: Floats) -> NDArray[np.float64]:
    """For each pair the sum of `x` over its group."""
    totals = np.zeros(int(group.max(initial=0)) + 1)
    np.add.at(totals, group, x)
    return totals[group]


def soft_labelled(parts: list[tuple[SoftExample, int, int]], characters: Characters) -> Work:
    """A step on chunks with soft labels: cross entropy with what the teachers think, of tags, links and values."""

    def loss(model: Reader) -> Tensor:
        batch = collate(parts, characters)
        wanted = torch.zeros(*batch.ids.shape, TAGS)
        frames = [(e, w) for e, a, b in parts for w in e.windows[a:b]]
        for row, (e, w) in enumerate(frames):
            core = e.probabilities[w.core.start : w.core.end]
            wanted[row, core_of(w)] = torch.from_numpy(core.astype(np.float32))
        hide(batch, HIDDEN, characters)
        logits, vectors = model(batch.ids, batch.mask)
        tag = -(wanted * logits.float().log_softmax(-1)).sum() / wanted.sum()
        link, value = head_losses(model, batch, vectors, soft_exclusive)
        return tag + LINK_WEIGHT * link + VALUE_WEIGHT * value

    return loss


def soft_exclusive(scores: Tensor, batch: Batch) -> Tensor:
    """Cross entropy over each group and its none (score 0) with the distribution that the log odds give."""
    held = batch.pair_group >= 0
    group, s, odds = batch.pair_group[held], scores[held], batch.pair_target[held]
    wanted = torch.exp(odds - _log_sums(odds, group, batch.groups)[group])
    drawn = torch.zeros(batch.groups).index_add(0, group, wanted * s)
    return (_log_sums(s, group, batch.groups) - drawn).mean()


def _log_sums(s: Tensor, group: Tensor, groups: int) -> Tensor:
    """log(1 + the sum of exp(s)) of each group (groups,)."""
    top = torch.zeros(groups).scatter_reduce(0, group, s.detach(), "amax")
    return top + torch.exp(-top).index_add(0, group, torch.exp(s - top[group])).log()


def mixed(annotated: Sequence[Example], soft: list[SoftExample], characters: Characters) -> list[Work]:
    """An epoch: every annotated step, and at most as many on soft labels, drawn anew."""
    known = [labelled(parts, characters, hidden=HIDDEN) for parts in steps(list(annotated))]
    drawn = itertools.islice(pack(chunks(soft, shuffle=True)), len(known))
    work = known + [soft_labelled(parts, characters) for parts in drawn]
    random.shuffle(work)
    return work


def unlabelled(apart: Sequence[Document]) -> list[str]:
    """The public texts beside the project that hold none of the documents `apart`, which are excerpts of some."""
    kept = [normalise(d.text).text for d in apart]
    places = [text[at : at + PROBE] for text in kept for at in range(0, len(text) - PROBE, len(text) // 4)]
    return [text for text in corpora(UNLABELLED) if not any(p in text for p in places)]


def soft_examples(
    texts: Sequence[str], teachers: Sequence[Reader], characters: Characters, kept: Path
) -> list[SoftExample]:
    """The texts with soft labels, from the file `kept` where it is there; else it is written."""
    if not kept.exists():
        found = []
        for n, text in enumerate(texts):
            found.append(soft_example(f"corpus-{n}", text, teachers, characters))
            if n % TOLD_EVERY == 0:
                print(f"  {n} of {len(texts)} texts read", flush=True)
        part = kept.with_suffix(".part")
        torch.save([_columns(e) for e in found if e is not None], part)
        part.replace(kept)
    return [SoftExample(**row) for row in torch.load(kept, weights_only=False)]


def main() -> None:
    parser = options("Distil several readers into one.", epochs=2, rate=5e-5, head_rate=4e-4)
    parser.add_argument(
        "--teachers", type=Path, nargs="+", default=[Path("build/reader"), Path("build/second")],
        help="trained readers; the student begins as the first",
    )  # fmt: skip
    parser.set_defaults(out=Path("build/distilled"))
    args = parser.parse_args()
    start(args)
    train, held = to_train_on(args)
    made_of = sources(args)
    teachers, vocabularies = zip(*map(load, args.teachers), strict=True)
    if any(v != vocabularies[0] for v in vocabularies):
        parser.error("the teachers do not read the same characters")
    characters = Characters.build(vocabularies[0])
    known = {d.id for d in train}
    texts = unlabelled([d for d in read_gold(GOLD) if d.id not in known] if GOLD.exists() else [])
    read = hashlib.sha256(b"".join((t / "reader.pt").read_bytes() for t in args.teachers))
    read.update("".join(texts).encode())
    kept = args.out / f"soft-{read.hexdigest()[:16]}.pt"
    soft = soft_examples(texts, teachers, characters, kept)
    made_of["unlabelled"] = {"documents": len(soft), "characters": sum(len(e.text) for e in soft)}
    made_of["teachers"] = [json.loads((t / "training.json").read_text(encoding="utf-8")) for t in args.teachers]
    print(f"{len(train)} documents to train on, {len(held)} held out; unlabelled {made_of['unlabelled']}", flush=True)
    epoch = views(train)
    student = teachers[0]
    history = fit(
        student, lambda: mixed(epoch(), soft, characters), examples(held), characters, args.out,
        epochs=args.epochs, rate=args.rate, head_rate=args.head_rate,
    )  # fmt: skip
    save(student, vocabularies[0], args.out, args, made_of, history)
    kept.unlink()


if __name__ == "__main__":
    main()
