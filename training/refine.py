"""Makes a better model of the current one and of what people corrected; `baoshu refine` runs it.

    python -m training.refine --corrected FILE --out var/refinements/1 [--model models/baoshu-base] [--models models]

1. Takes the corrected documents and the project's own apart (`training.corrections`).
2. Reads the model back into its network (`training.restore`) and trains it (`training.rehearsal`); a run that was cut
   off goes on after the last whole epoch.
3. Exports it, scores both side by side on the held-out reports and on corrected ones kept apart, and refuses the new
   one where anything fell by more than noise (`training.comparison`) or below a floor (`training.gate`).
4. Else calibrates its score and puts its folder among the models.  It becomes current by no step here.

Leaves in `--out`: `progress.json` (how far it is, replaced as it goes) and `result.json` (what came of it, or why
nothing did); the new model as well where it was refused.  Exit code 0 where there is a verdict, 1 where there is none.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import time
import traceback
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import torch

from service.annotations.document import Document
from service.annotations.scoring import gold_record, score
from service.errors import BaoshuError, InvalidRequest
from service.layout import lay_out
from service.manifest import Manifest, verify
from service.normalise import normalise
from service.pipeline import Pipeline
from service.settings import DEFAULT_MODEL, DEFAULT_MODELS
from service.tagger import Tagger
from training import candidate
from training.calibrate import cases, keep
from training.calibrate import fit as fit_score
from training.comparison import Change, changes, worse
from training.corrections import Material, gold_documents, material, own_documents, read_corrected
from training.examples import examples
from training.gate import FLOORS, below
from training.markup import digest
from training.rehearsal import Recipe, teach
from training.restore import restore
from training.score import hints_of, respond
from training.train import CHECKPOINT, fingerprint

PROGRESS, RESULT, RUN, BUILT = "progress.json", "result.json", "run.json", "model"
TOLD_EVERY = 0.5  # seconds
HELD, APART = "held out", "corrected, kept apart"
SETS = {HELD: "留出的报告", APART: "未参加训练的校正报告"}


class Diary:
    """Writes how far a run is to a file that can be read at any time.  `done` of `total` counts within a stage, which
    is one of read, train, measure, calibrate."""

    def __init__(self, path: Path) -> None:
        self._path, self._at = path, 0.0

    def tell(self, stage: str, done: int, total: int) -> None:
        now = time.monotonic()
        if done in (0, total) or now - self._at >= TOLD_EVERY:
            _write(self._path, {"stage": stage, "done": min(done, total), "total": total})
            self._at = now


@dataclass(frozen=True, slots=True)
class Measured:
    """Both models on one set of reports, and the floors that the new one fell below."""

    name: str
    documents: int
    changes: tuple[Change, ...]
    fallen: tuple[str, ...] = ()

    def reasons(self) -> list[str]:
        """Why the new model is refused, in Chinese."""
        return [f"{SETS[self.name]}：{told}" for told in (*map(str, worse(self.changes)), *self.fallen)]


def refine(
    corrected: Sequence[Document],
    *,
    parent: Path,
    models: Path,
    out: Path,
    recipe: Recipe = Recipe(),  # noqa: B008 (frozen)
    version: str | None = None,
    own: Sequence[Document] | None = None,
    gold: Sequence[Document] | None = None,
) -> dict[str, Any]:
    """One refinement; what `result.json` says.

    Raises InvalidRequest where there is nothing to learn from or nothing to measure on, ModelRefused where the model
    cannot be trained on.
    """
    started, diary = time.time(), Diary(out / PROGRESS)
    diary.tell("read", 0, 1)
    before = verify(parent)
    found = material(
        corrected,
        own=own_documents() if own is None else own,
        gold=gold_documents() if gold is None else gold,
    )
    if not found.held:
        raise InvalidRequest("没有留出的报告（annotations/reports），无从衡量新模型；请在完整的项目目录中运行。")
    learnt = [e for e in examples(found.learnt) if e.windows]
    if not learnt:
        raise InvalidRequest("没有可供训练的校正：请先在标注中完成（done）或审定（reviewed）至少一份含有正文的报告。")
    old = examples(found.old)
    model, characters = restore(parent)
    run = {"parent": before.card.sha256, "recipe": asdict(recipe), "data": _data(found)}
    _begin(out, run)
    history = teach(
        model, learnt, old, characters, out, recipe, tell=lambda done, total: diary.tell("train", done, total)
    )
    version = version or candidate.next_version(before, models)
    built = out / BUILT
    shutil.rmtree(built, ignore_errors=True)
    training = {**run, "parent": {"id": before.card.id, "sha256": before.card.sha256}, "history": history}
    candidate.write(model.eval(), characters, built, parent=before, version=version, training=training)
    (out / CHECKPOINT).unlink(missing_ok=True)
    measured = measure(found, parent, built, diary)
    reasons = [reason for one in measured for reason in one.reasons()]
    result: dict[str, Any] = {
        "state": "refused" if reasons else "candidate",
        "model": f"{before.card.name}-{version}",
        "parent": before.card.id,
        "learnt": {"documents": len(found.learnt), "sentences": sentences(found.learnt)},
        "left_out": list(found.left_out),
        "reasons": reasons,
        "measured": [_measured_json(one) for one in measured],
        "seconds": round(time.time() - started),
    }
    if reasons:
        return {**result, "folder": str(built)}
    diary.tell("calibrate", 0, 1)
    calibrate(built, found.held)
    candidate.add_figures(built, {one["set"]: one["figures"] for one in result["measured"]})
    (built / "README.md").write_text(_card(before, version, found, recipe, measured), encoding="utf-8")
    folder = candidate.place(built, models)
    diary.tell("calibrate", 1, 1)
    return {**result, "folder": str(folder)}


def measure(found: Material, parent: Path, built: Path, diary: Diary) -> list[Measured]:
    """Both models on the held-out reports, and on the corrected ones that were kept apart."""
    measured = []
    sets = [(name, docs) for name, docs in ((HELD, found.held), (APART, found.apart)) if docs]
    total = 2 * sum(len(docs) for _, docs in sets)
    done = 0
    for name, docs in sets:
        gold = [gold_record(d) for d in docs]
        hints = {d.id: hints_of(d) for d in docs}
        answers: list[dict[str, Any]] = []
        for folder in (parent, built):
            pipeline = Pipeline.load(folder)
            said: dict[str, dict[str, Any]] = {}
            for record in gold:
                said |= respond(pipeline, [record], hints)
                done += 1
                diary.tell("measure", done, total)
            answers.append(said)
        fallen = _fallen(gold, answers[0], answers[1]) if name == HELD else []
        measured.append(Measured(name, len(docs), tuple(changes(gold, answers[0], answers[1])), tuple(fallen)))
    return measured


def calibrate(folder: Path, held: Sequence[Document]) -> None:
    """Fit what a score means to the new model, which is surer or less sure than the old one."""
    gold = [gold_record(d) for d in held]
    own = cases(Tagger(folder), gold, {d.id: hints_of(d) for d in held})
    keep(fit_score(own.features, own.right), folder)


def sentences(documents: Sequence[Document]) -> int:
    """How many sentences of prose there are."""
    return sum(len(lay_out(normalise(d.text).text).sentences) for d in documents)


def _fallen(gold: list[dict[str, Any]], before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Floors that the new model falls below and the old one does not: many small falls add up to a large one."""
    kept = json.loads(FLOORS.read_text(encoding="utf-8"))["held_out"] if FLOORS.exists() else {}
    if kept.get("sha256") != digest(gold):
        return []
    old = {told.split(" ", 1)[0] for told in below(score(gold, before), kept["floors"])}
    new = below(score(gold, after), kept["floors"])
    return [f"低于底线：{told}" for told in new if told.split(" ", 1)[0] not in old]


def _begin(out: Path, run: dict[str, Any]) -> None:
    """A checkpoint of another model, other data or another recipe is none to go on from."""
    path = out / RUN
    if not path.exists() or json.loads(path.read_text(encoding="utf-8")) != run:
        (out / CHECKPOINT).unlink(missing_ok=True)
    _write(path, run)


def _data(found: Material) -> dict[str, Any]:
    parts = {"corrected": found.learnt, "kept_apart": found.apart, "rehearsed": found.old, "held_out": found.held}
    return {name: fingerprint(list(documents)) for name, documents in parts.items()}


def _measured_json(one: Measured) -> dict[str, Any]:
    figures = [
        {"figure": c.figure, "before": c.before, "after": c.after, "low": c.low, "high": c.high, "asked": c.asked,
         "verdict": "worse" if c.is_worse else "better" if c.is_better else "same"}
        for c in one.changes
    ]  # fmt: skip
    rounded = [{k: round(v, 4) if isinstance(v, float) else v for k, v in f.items()} for f in figures]
    return {"set": one.name, "documents": one.documents, "figures": rounded}


def _card(parent: Manifest, version: str, found: Material, recipe: Recipe, measured: Sequence[Measured]) -> str:
    def size(documents: Sequence[Document]) -> str:
        return f"{len(documents)} reports, {sum(len(d.text) for d in documents):,} characters"

    made = {
        "model": f"{parent.card.id} (SHA-256 of its reader {parent.card.sha256[:12]}…), read back from int8",
        "corrected by people, learnt from": f"{size(found.learnt)}, {sentences(found.learnt)} sentences",
        "corrected by people, kept apart": size(found.apart),
        "rehearsed": size(found.old),
        "held out, never learnt from": size(found.held),
        "settings": ", ".join(f"{name} {value}" for name, value in asdict(recipe).items()),
    }
    figures = [(one.name, one.documents, one.changes) for one in measured]
    return candidate.card(name=parent.card.name, version=version, parent=parent.card.id, made=made, figures=figures)


def _write(path: Path, said: dict[str, Any]) -> None:
    """Whole or not at all: whoever reads at this moment finds the one or the other."""
    part = path.with_suffix(".part")
    part.write_text(json.dumps(said, ensure_ascii=False, indent=1), encoding="utf-8")
    os.replace(part, path)


def main() -> int:
    parser = argparse.ArgumentParser(description="Refine a model with corrections.")
    parser.add_argument("--corrected", type=Path, required=True, help="JSONL of `baoshu annotations export`")
    parser.add_argument("--model", type=Path, default=DEFAULT_MODEL)
    parser.add_argument("--models", type=Path, default=DEFAULT_MODELS, help="where the new folder is to stand")
    parser.add_argument("--out", type=Path, required=True, help="folder of this run; one that was cut off goes on")
    parser.add_argument("--version", help="of the new model; by default the parent's with -r1, -r2, ...")
    parser.add_argument("--threads", type=int, default=0, help="0: as many as there are cores")
    parser.add_argument("--nice", type=int, default=0, help="how far to stand back for other programs (0 to 19)")
    for field in fields(Recipe):
        name = "--" + field.name.replace("_", "-")
        parser.add_argument(name, type=type(field.default), default=field.default)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    os.nice(args.nice)
    if args.threads:
        torch.set_num_threads(args.threads)
    recipe = replace(Recipe(), **{field.name: getattr(args, field.name) for field in fields(Recipe)})
    (args.out / RESULT).unlink(missing_ok=True)
    try:
        corrected = read_corrected(args.corrected)
        result = refine(
            corrected, parent=args.model, models=args.models, out=args.out, recipe=recipe, version=args.version
        )
    except BaoshuError as error:
        _write(args.out / RESULT, {"state": "failed", "reasons": [f"{error.title}：{error.detail}"]})
        print(error.detail, file=sys.stderr)
        return 1
    except Exception as error:
        _write(args.out / RESULT, {"state": "failed", "reasons": [f"训练出错：{error!r}；详见日志。"]})
        traceback.print_exc()
        return 1
    _write(args.out / RESULT, result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
