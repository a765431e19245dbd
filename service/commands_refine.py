"""Refining at the command line: begun, followed, and told what came of it.

In: a model and corrected annotations, of the archive or of a file.  Out: lines at the terminal, a progress bar beside
them; what to do with the new model, as commands.  Whoever interrupts it can go on with it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from service.annotation_files import documents
from service.annotations import jsonl
from service.current import current_id
from service.drawer import opened
from service.refinement_schema import commands
from service.refinements import Refinement, Refinements
from service.registry import Registry
from service.settings import Settings
from service.terminal import say, table, tell

POLL_SECONDS = 0.5
STAGES = {"read": "读取", "train": "训练", "measure": "评测", "calibrate": "校准"}
# What a person wants to see of a comparison; the rest stands in the model's card.
SHOWN = ("entity", "value", "link", "observation")
SETS = {"held out": "留出的报告", "corrected, kept apart": "未参加训练的校正报告"}
VERDICTS = {"better": "提高", "worse": "降低", "same": ""}


def refine(
    settings: Settings, *, model: str | None, corrected: Path | None, states: Sequence[str], version: str | None
) -> bool:
    """Teach a model (None: the current one) what was corrected; whether a new one came of it.

    `corrected`: a file of `annotations export` in the place of the archive.  Raises `TrainingMissing`,
    `RefinementRefused`, `NotFound` and `ModelRefused` for the model, `InvalidRequest` for the file.
    """
    runs, registry = _runs(settings), Registry(settings.models, settings.threads, default=settings.model)
    runs.check()
    with opened(settings) as archive, archive.reading() as connection:
        folder = registry.find(model or current_id(connection, registry))
        if corrected is None:
            found = list(documents(connection, states))
            data, many = jsonl.write(found).data, len(found)
        else:
            data = corrected.read_bytes()
            many = len(jsonl.read(data).documents)
    begun = runs.begin(folder.id, folder.path, data, documents=many, by=None, version=version)
    return _follow(runs, begun)


def resume(settings: Settings, number: int) -> bool:
    """Go on with one that was interrupted; whether a new model came of it.  Raises `NotFound` and as before."""
    runs = _runs(settings)
    return _follow(runs, runs.resume(number))


def _runs(settings: Settings) -> Refinements:
    return Refinements(settings.refinements, settings.models, threads=settings.threads)


def _follow(runs: Refinements, begun: Refinement) -> bool:
    tell(f"训练 {begun.id}：从 {begun.parent} 出发，{begun.documents} 份校正过的报告。")
    found = begun
    try:
        with tqdm(unit="", disable=None, leave=False) as bar:
            while found.state == "running":
                if found.stage is not None:
                    bar.set_description(STAGES[found.stage], refresh=False)
                    bar.total, bar.n = found.total, found.done
                    bar.refresh()
                time.sleep(POLL_SECONDS)
                found = runs.get(begun.id)
    except KeyboardInterrupt:
        runs.interrupt(begun.id)
        tell(f"已中断；以 baoshu refine --resume {begun.id} 继续。")
        return False
    return _told(runs, found)


def _told(runs: Refinements, found: Refinement) -> bool:
    """Say what came of it; whether that is a new model."""
    left_out = found.result.get("left_out", ())
    if left_out:
        tell(f"{len(left_out)} 份属于留出的报告，只用于评测，没有参加训练。")
    for one in found.result.get("measured", ()):
        say(f"{SETS.get(one['set'], one['set'])}（{one['documents']} 份）：")
        rows = [
            (f["figure"], f"{f['before']:.3f}", f"{f['after']:.3f}", f"{f['after'] - f['before']:+.3f}",
             VERDICTS[f["verdict"]])
            for f in one["figures"]
            if f["figure"] in SHOWN or f["verdict"] != "same"
        ]  # fmt: skip
        for line in table(("指标", "原模型", "新模型", "变化", ""), rows, right=("原模型", "新模型", "变化")):
            say(line)
    new = found.candidate
    if new is not None:
        say(f"新模型 {new} 已放入模型目录，尚未启用。先看档案会有哪些变化，再启用：")
        for line in commands(new):
            say(f"  {line}")
        return True
    if found.state == "refused":
        say("新模型有所变差，不予采用：")
    elif found.state == "interrupted":
        tell(f"训练中止，没有结果；以 baoshu refine --resume {found.id} 继续，日志见 {runs.log(found.id)}。")
    elif found.state == "cancelled":
        tell("训练已取消。")
    for reason in found.reasons:
        say(f"  {reason}")
    return False
