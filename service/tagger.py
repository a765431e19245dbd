"""The tagger: our model, run by onnxruntime on a CPU.

In: clean text and its windows.  Out: `Tagged`: entities in reading order, each with the vectors of its first and last
character, and scores for whatever pairs and values the linker asks about.  A model folder holds `reader.onnx` (ids,
mask -> tag logits, vectors), `pairs.onnx`, `values.onnx`, `characters.npy` and `manifest.json`.  Knows nothing of
what numbers, periods or areas mean.

The network reads one window at a time, as long as it is: what one window takes stays in a core's own cache (18 rows
together take half as long again), nothing is padded, and the scale of int8 is found for each window by itself, so
that what is read in it does not hang on what is read beside it.  Threads read windows side by side.
"""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from service.characters import SPECIAL, Characters
from service.confidence import Calibration, calibration_of
from service.edges import Shape, settle
from service.manifest import FILES, verify
from service.records import Entity, Label, ModelCard, Span
from service.tags import decode, mass
from service.windows import Window

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

# onnxruntime's fused kernels that are slower on a CPU than what they fuse: its skip normalisation goes through a row
# number by number (0.35 ms against 0.07 for 128 x 384), its biased GELU is an older one than the plain.
SLOW_FUSIONS = ["SkipLayerNormFusion", "BiasGeluFusion"]
# Rows decoded at once: enough for the search to cost little, few enough to hold their vectors (350 kB each).
DECODED_ROWS = 128
# Pairs scored at once: few enough for their vectors to stay in the caches.
PAIR_RUN = 512


@dataclass(frozen=True, slots=True)
class Tagged:
    """`vectors` has shape (entities, 2, hidden): those of each entity's first and last character."""

    entities: tuple[Entity, ...]
    vectors: Floats

    def without(self, dropped: Sequence[bool]) -> Tagged:
        """Without the entities for which `dropped` is true."""
        kept = [n for n, gone in enumerate(dropped) if not gone]
        return Tagged(tuple(self.entities[n] for n in kept), self.vectors[kept])


@dataclass(frozen=True, slots=True)
class _Row:
    """What the network says of the characters of one window: `logits` (characters, TAGS), `vectors` (characters,
    hidden)."""

    frame: Window
    logits: Floats
    vectors: Floats


class Tagger:
    """A loaded model.  Thread-safe: sessions hold no state between runs."""

    def __init__(self, folder: Path, *, threads: int = 0) -> None:
        """Load a model folder.  Raises `ModelRefused` where it is not what its manifest says."""
        self.manifest = verify(folder)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._reader, self._pairs, self._values = (
            onnxruntime.InferenceSession(
                str(folder / name), options, providers=["CPUExecutionProvider"], disabled_optimizers=SLOW_FUSIONS
            )
            for name in FILES[:3]
        )
        self._threads = ThreadPoolExecutor(threads or os.cpu_count() or 1, "tagger")
        special = self.manifest.special
        self._characters = Characters(np.load(folder / "characters.npy"), {s: special[s] for s in SPECIAL})
        self._hidden = self.manifest.hidden
        self.calibration: Calibration = calibration_of(self.manifest.fields)

    @property
    def card(self) -> ModelCard:
        return self.manifest.card

    def tag(self, text: str, windows: Sequence[Window], shapes: Sequence[tuple[Span, Label]] = ()) -> Tagged:
        """Entities of the windows' cores, in reading order.

        `shapes`, in reading order, are the stretches that read as complete quantities or times: where the network
        hesitates between one and nothing, or cuts one short, they decide (`edges.settle`).
        """
        found: list[Entity] = []
        vectors = [np.zeros((0, 2, self._hidden), np.float32)]
        starts = [span.start for span, _ in shapes]
        for rows in self._run(text, windows):
            logits = [row.logits for row in rows]
            for row, spans in zip(rows, decode(logits, map(len, logits)), strict=True):
                offset = row.frame.span.start
                core = row.frame.core
                entities = [Entity(label, Span(offset + a, offset + b), score) for a, b, label, score in spans]
                near = shapes[bisect_left(starts, core.start) : bisect_left(starts, core.end)]
                read = [
                    Shape(q, label, partial(mass, row.logits, q.start - offset, q.end - offset)) for q, label in near
                ]
                own = [
                    e
                    for e in settle(text, entities, read)
                    if core.start <= e.span.start < core.end and e.span.end <= row.frame.span.end
                ]
                places = np.array([(e.span.start, e.span.end - 1) for e in own], np.int64).reshape(-1, 2)
                vectors.append(row.vectors[places - offset])
                found += own
        order = sorted(range(len(found)), key=lambda n: found[n].span)
        return Tagged(tuple(found[n] for n in order), np.concatenate(vectors)[order])

    def score_pairs(self, tagged: Tagged, index: Ints, features: Ints) -> Floats:
        """Logits of pairs; `index` (pairs, 2) numbers value and candidate among the entities.  Shape (pairs,)."""
        flat = tagged.vectors.reshape(-1, 2 * self._hidden)
        runs = []
        for start in range(0, len(index), PAIR_RUN):
            part = index[start : start + PAIR_RUN]
            asked = {"value": flat[part[:, 0]], "candidate": flat[part[:, 1]]}
            runs.append(self._pairs.run(None, {**asked, "features": features[start : start + PAIR_RUN]})[0])
        return np.concatenate(runs) if runs else np.zeros(0, np.float32)

    def score_values(self, tagged: Tagged, values: Ints, features: Ints) -> tuple[Floats, Floats]:
        """Logits of measure (values, 4) and status (values, 3) for the entities numbered `values`."""
        if not len(values):
            return np.zeros((0, 4), np.float32), np.zeros((0, 3), np.float32)
        flat = tagged.vectors.reshape(-1, 2 * self._hidden)
        measure, status = self._values.run(None, {"value": flat[values], "features": features})
        return measure, status

    def _run(self, text: str, windows: Sequence[Window]) -> Iterator[list[_Row]]:
        """Run the network over the windows; some rows at a time."""
        ids = self._characters.encode(text)
        for start in range(0, len(windows), DECODED_ROWS):
            yield list(self._threads.map(partial(self._row, ids), windows[start : start + DECODED_ROWS]))

    def _row(self, ids: Ints, frame: Window) -> _Row:
        """Run the network over one window of the text that `ids` stands for."""
        row = np.empty((1, frame.span.end - frame.span.start + 2), np.int64)
        row[0, 0], row[0, -1] = self._characters.first, self._characters.last
        row[0, 1:-1] = ids[frame.span.start : frame.span.end]
        logits, vectors = self._reader.run(None, {"ids": row, "mask": np.ones_like(row)})
        return _Row(frame, logits[0, 1:-1], vectors[0, 1:-1])  # without the marks before and after
