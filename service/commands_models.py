"""Models at the command line: which there are, what one would change, which is current.

In: ids of models.  Out: lines at the terminal.  A model becomes current by `promote` alone, once it is verified, loaded
and has read something; a running server follows by itself.
"""

from __future__ import annotations

import getpass
import json
from collections.abc import Iterator
from typing import Literal, cast

from service.archive.comparing import FIELDS, FieldName
from service.archive.diff import Counts, Diff, Groups, Sample, Side, diff
from service.archive.models import StoredModel, current, earlier, known_models
from service.archive.opening import Archive
from service.current import CurrentModel, current_id
from service.drawer import ID_SHOWN, opened
from service.errors import BaoshuError
from service.extractor import Extractor
from service.models_response import diff_json, models_json
from service.registry import Registry
from service.response import number
from service.settings import Settings
from service.terminal import bold, flat, plain, say, table, tell

Form = Literal["text", "json"]

# How many indicators and areas a person looks at, and how many a program.
GROUPS, ALL_GROUPS = 10, 1000
# What a model reads before it becomes current.
TRIAL = "2023年，青岚区共有高新技术企业44家，增长12.8%。"
NONE = "（无）"
KINDS = {"added": "新增", "gone": "消失", "changed": "改动"}


def show(settings: Settings) -> bool:
    """List the models that can be had, and those that the archive knows; whether all folders are sound."""
    registry = _registry(settings)
    with opened(settings) as archive, archive.reading() as connection:
        known = known_models(connection)
        now, before = current(connection) or _default(registry), earlier(connection)
    folders, refused = registry.models(), registry.refused()
    marks, places = {before: "前一个", now: "当前"}, {folder.id: str(folder.path) for folder in folders}
    models = models_json(known, folders, refused, serving=now, promoted=now)["models"]
    rows = [
        (one["id"], marks.get(one["id"], ""), f"{one['extractions']}", places.get(one["id"], NONE)) for one in models
    ]
    for line in table(("模型", "状态", "已读报告", "文件夹"), rows, right=("已读报告",)):
        say(line)
    wrong = [f"{one['id']}：{one['trouble']}" for one in models if one["trouble"] is not None]
    for trouble in [*wrong, *(one.detail for one in refused)]:
        tell(trouble)
    return not refused


def compare(
    settings: Settings,
    before: str | None,
    after: str,
    *,
    indicator: str | None,
    area: str | None,
    samples: int,
    form: Form,
) -> bool:
    """Show what changes from one model (None: the current one) to the other.  True.

    `samples`: how many of each kind and of each changed field; `form` `json` is that of the route.  Raises `NotFound`
    for a model that has read nothing, `InvalidRequest` where both are the same.
    """
    with opened(settings) as archive, archive.reading() as connection:
        old = before or current_id(connection, _registry(settings))
        groups = GROUPS if form == "text" else ALL_GROUPS
        found = diff(connection, old, after, indicator=indicator, area=area, samples=samples, groups=groups)
    if form == "json":
        say(json.dumps(diff_json(found, indicator=indicator, area=area), ensure_ascii=False, indent=2))
        return True
    for line in _lines(found):
        say(line)
    return True


def promote(settings: Settings, model: str) -> bool:
    """Make a model current.  True.  Raises `NotFound`, `ModelRefused`, `ModelChanged`: then nothing is changed."""
    registry = _registry(settings)
    with opened(settings) as archive:
        with archive.reading() as connection:
            before = current(connection) or _default(registry)
        made = _current(registry, archive).promote(model, by=_who())
        with archive.reading() as connection:
            known = {one.card.id: one for one in known_models(connection)}
    if before == model:
        say(f"{model} 已是当前模型。")
        return True
    say(f"当前模型：{before or NONE} → {made.model}")
    less = _read(known.get(before or "")) - _read(known.get(made.model))
    if less > 0:
        tell(f"{made.model} 少读了 {less} 份报告；请运行 baoshu reextract --missing-only 补齐。")
    return True


def roll_back(settings: Settings) -> bool:
    """Make the model before the current one current again.  True.  Raises `NoEarlierModel`, `ModelRefused`."""
    registry = _registry(settings)
    with opened(settings) as archive:
        with archive.reading() as connection:
            before = current(connection)
        made = _current(registry, archive).roll_back(by=_who())
    say(f"当前模型：{before} → {made.model}")
    return True


def _registry(settings: Settings) -> Registry:
    return Registry(settings.models, settings.threads, default=settings.model, trial=_try)


def _try(reader: Extractor) -> None:
    reader.extract(TRIAL)


def _current(registry: Registry, archive: Archive) -> CurrentModel:
    return CurrentModel(registry, lambda: archive)


def _default(registry: Registry) -> str | None:
    """The default model's id, None where its folder is none."""
    try:
        return registry.default.id
    except BaoshuError:
        return None


def _who() -> str:
    """Who asks, as the machine knows him; a container may know nobody."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "cli"


def _read(model: StoredModel | None) -> int:
    return model.extractions if model is not None else 0


def _lines(found: Diff) -> Iterator[str]:
    counts = found.counts
    yield f"{found.old_model} → {found.new_model}：两者都读过 {found.both} 份报告，其中 {found.differing} 份有不同。"
    for model, alone in ((found.old_model, found.old_only), (found.new_model, found.new_only)):
        if alone:
            yield f"另有 {alone} 份只有 {model} 读过，不在比较之列。"
    kinds = f"相同 {found.same}，改动 {counts.changed}，消失 {counts.gone}，新增 {counts.added}"
    yield f"观测 {found.old} → {found.new} 条：{kinds}。"
    fields = [(name, f"{count}") for name, count in found.fields.items() if count]
    if fields:
        yield from ("", *table(("改动的字段", "条数"), sorted(fields, key=lambda row: -int(row[1])), right=("条数",)))
    yield from _groups("指标", found.indicators)
    yield from _groups("地区", found.areas)
    if found.samples:
        yield from ("", "样例")
        for sample in found.samples:
            yield from _sample(sample)


def _groups(head: str, groups: Groups) -> Iterator[str]:
    """The names with the most differences, and the others together."""
    rows = [(group.name or NONE, *_three(group.counts)) for group in groups.most]
    if groups.others != Counts():
        rows.append(("其他", *_three(groups.others)))
    if rows:
        yield from ("", *table((head, "改动", "消失", "新增"), rows, right=("改动", "消失", "新增")))


def _three(counts: Counts) -> tuple[str, str, str]:
    return f"{counts.changed}", f"{counts.gone}", f"{counts.added}"


def _sample(sample: Sample) -> Iterator[str]:
    """A figure that differs: what both say of it, and the text with its value in brackets."""
    side = sample.after or sample.before
    what = _figure(side) if side is not None else ""
    yield f"  {KINDS[sample.kind]}  {what}  {plain(sample.title or sample.source or sample.report[:ID_SHOWN])}"
    if sample.before is not None and sample.after is not None:
        for name in sample.fields:
            yield f"    {name}：{_told(sample.before, name)} → {_told(sample.after, name)}"
    start, end = sample.start - sample.quoted_from, sample.end - sample.quoted_from
    quotation = sample.quotation
    marked = f"{flat(quotation[:start])}【{bold(flat(quotation[start:end]))}】{flat(quotation[end:])}"
    yield f"    {' '.join(marked.split())}"


def _figure(side: Side) -> str:
    measure = f"{side.measure} {side.base}" if side.base else side.measure
    told = (side.indicator, side.area, side.period, measure, side.status, side.value_text)
    return " ".join(plain(part) for part in told if part)


def _told(side: Side, name: str) -> str:
    """What one model gives for a field."""
    given = [getattr(side, column) for column in FIELDS[cast(FieldName, name)]]
    shown = [f"{number(value)}" if isinstance(value, float) else f"{value}" for value in given if value is not None]
    return "、".join(dict.fromkeys(plain(value) for value in shown)) or NONE
