"""Teaches a reader what several readers think together of public text that nobody annotated.

    python -m training.distil --teachers build/reader build/second --out build/distilled [--epochs 3] [--ship]

Readers trained apart err apart: the mean of their probabilities is righter than each.  The student, which starts as the
first teacher, learns that mean on public text beside the project (for every character the probabilities of its tags,
for every value those of its links, its measure and status), in turn with what is annotated.  Where the text is absent
it learns from the annotated reports alone.  Ensemble distillation: Hinton, Vinyals & Dean 2015, arXiv 1503.02531; the
student reads with characters hidden, the teachers without: Xie et al. 2020, CVPR, "Self-training with Noisy Student".
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

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
from training.examples import IGNORE, Example, example, examples
from training.network import Reader
from training.train import (
    HIDDEN,
    LENGTH,
    LINK_WEIGHT,
    ROWS,
    VALUE_WEIGHT,
    Batch,
    Work,
    chunks,
    collate,
    fit,
    heads,
    labelled,
    load,
    options,
    pack,
    save,
    start,
    steps,
    to_train_on,
    views,
)

Floats = NDArray[np.float32]
SMALLEST = 1e-6  # a probability below it is taken for it


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson(Example):
    """A text with what the teachers think of it: `pair_target` are probabilities, `measure` and `status` the likeliest.

    `probabilities` (characters, TAGS), zero outside the windows.
    """

    probabilities: NDArray[np.float16]


def lesson(name: str, text: str, teachers: Sequence[Reader], characters: Characters) -> Lesson | None:
    """What `teachers` think of a clean text; None where there is nothing in it to read."""
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
        "pair_target": pairs.astype(np.float32),
        "measure": np.where(unread.measure == IGNORE, IGNORE, measure.argmax(1)),
        "status": status.argmax(1),
    }
    known = {f.name: getattr(unread, f.name) for f in fields(Example)}
    return Lesson(**{**known, **answers}, probabilities=probabilities.astype(np.float16))


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
        for r, w in enumerate(some):
            size = w.span.end - w.span.start
            ids[r, 0], ids[r, size + 1] = characters.first, characters.last
            ids[r, 1 : size + 1] = encoded[w.span.start : w.span.end]
            mask[r, : size + 2] = 1
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
            logits, found = teacher(torch.from_numpy(ids), torch.from_numpy(mask))
        p = logits.float().softmax(-1).numpy()
        for r, w in enumerate(some):
            here = slice(w.core.start - w.span.start + 1, w.core.end - w.span.start + 1)
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
    exclusive = e.pair_kind != KINDS.index(Label.INDICATOR)
    group = e.pair_index[exclusive, 0] * len(KINDS) + e.pair_kind[exclusive]
    power = np.exp(scores[exclusive].clip(max=30))
    p[exclusive] = power / (1 + np.bincount(group, power)[group]) if len(group) else 0
    return p, measure.softmax(-1).numpy(), status.softmax(-1).numpy()


def taught(parts: list[tuple[Lesson, int, int]], characters: Characters) -> Work:
    """A step on chunks of lessons: cross entropy with what the teachers think, of tags, links and values."""

    def loss(model: Reader) -> Tensor:
        batch = collate(parts, characters)
        wanted = torch.zeros(*batch.ids.shape, TAGS)
        frames = [(e, w) for e, a, b in parts for w in e.windows[a:b]]
        for row, (e, w) in enumerate(frames):
            first = w.core.start - w.span.start + 1
            core = e.probabilities[w.core.start : w.core.end]
            wanted[row, first : first + len(core)] = torch.from_numpy(core.astype(np.float32))
        batch.ids[(torch.rand(batch.ids.shape) < HIDDEN) & (batch.tags != IGNORE)] = characters.mask
        logits, vectors = model(batch.ids, batch.mask)
        tag = -(wanted * logits.float().log_softmax(-1)).sum() / wanted.sum()
        link, value = heads(model, batch, vectors, shared)
        return tag + LINK_WEIGHT * link + VALUE_WEIGHT * value

    return loss


def shared(scores: Tensor, batch: Batch) -> Tensor:
    """Cross entropy over each group and its null (score 0), which has what probability the group's pairs leave."""
    held = batch.pair_group >= 0
    group, s, target = batch.pair_group[held], scores[held], batch.pair_target[held]
    top = torch.zeros(batch.groups).scatter_reduce(0, group, s.detach(), "amax")
    everything = top + torch.exp(-top).index_add(0, group, torch.exp(s - top[group])).log()
    drawn = torch.zeros(batch.groups).index_add(0, group, target * s)
    return (everything - drawn).mean()


def mixed(annotated: Sequence[Example], lessons: list[Lesson], characters: Characters) -> list[Work]:
    """An epoch: every annotated step, and as many on lessons, drawn anew."""
    known = [labelled(parts, characters, hidden=HIDDEN) for parts in steps(list(annotated))]
    drawn = itertools.islice(pack(chunks(lessons, shuffle=True)), len(known))
    work = known + [taught(parts, characters) for parts in drawn]
    random.shuffle(work)
    return work


def main() -> None:
    parser = options("Distil several readers into one.", epochs=3, rate=5e-5, head_rate=4e-4)
    parser.add_argument(
        "--teachers", type=Path, nargs="+", default=[Path("build/reader"), Path("build/second")],
        help="trained readers; the student begins as the first",
    )  # fmt: skip
    parser.set_defaults(out=Path("build/distilled"))
    args = parser.parse_args()
    start(args)
    train, held = to_train_on(args)
    teachers, vocabularies = zip(*map(load, args.teachers), strict=True)
    if any(v != vocabularies[0] for v in vocabularies):
        parser.error("the teachers do not read the same characters")
    characters = Characters.build(vocabularies[0])
    kept = args.out / "lessons.pt"
    if not kept.exists():
        read = (lesson(f"corpus-{n}", text, teachers, characters) for n, text in enumerate(corpora(UNLABELLED)))
        torch.save([found for found in read if found is not None], kept)
    lessons: list[Lesson] = torch.load(kept, weights_only=False)
    size = sum(len(e.text) for e in lessons)
    print(f"{len(train)} documents to train on, {len(lessons)} lessons of {size:,} characters", flush=True)
    epoch = views(train)
    student = teachers[0]
    history = fit(
        student, lambda: mixed(epoch(), lessons, characters), examples(held), characters, args.out,
        epochs=args.epochs, rate=args.rate, head_rate=args.head_rate,
    )  # fmt: skip
    save(student, vocabularies[0], args.out, args, history)
    kept.unlink()


if __name__ == "__main__":
    main()
