"""From models, promotions and diffs to the JSON form of `models_schema`.

In: records.  Out: dictionaries.  Knows nothing of HTTP.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from service.archive.diff import Counts, Diff, Groups, Sample, Side
from service.archive.models import Promotion, StoredModel
from service.archive_response import instant
from service.errors import ModelChanged
from service.models_schema import (
    CountsJson,
    DiffJson,
    GroupsJson,
    KnownModelJson,
    ModelsJson,
    PromotionJson,
    SampleJson,
    SideJson,
)
from service.registry import ModelFolder, RefusedFolder
from service.response import number

_GONE = "模型目录不在此处，只可查询它已读出的结果。"


def models_json(
    known: Sequence[StoredModel],
    folders: Sequence[ModelFolder],
    refused: Sequence[RefusedFolder],
    *,
    serving: str | None,
    promoted: str | None,
) -> ModelsJson:
    """Models of the archive and of the folders together."""
    stored = {model.card.id: model for model in known}
    here: dict[str, list[ModelFolder]] = {}
    for folder in folders:
        here.setdefault(folder.id, []).append(folder)
    models = []
    for id_ in sorted(stored.keys() | here.keys()):
        kept, found = stored.get(id_), here.get(id_, [])
        card = kept.card if kept is not None else found[0].card
        model: KnownModelJson = {
            "id": id_,
            "name": card.name,
            "version": card.version,
            "sha256": card.sha256,
            "current": id_ == serving,
            "available": len(found) == 1,
            "trouble": _trouble(kept, found),
            "extractions": kept.extractions if kept is not None else 0,
        }
        models.append(model)
    return {
        "current": serving,
        "promoted": promoted,
        "models": models,
        "refused": [{"folder": folder.path.name, "detail": folder.detail} for folder in refused],
    }


def promotion_json(promotion: Promotion) -> PromotionJson:
    """A promotion or a roll-back."""
    return {
        "model": promotion.model,
        "at": instant(promotion.at),
        "by": promotion.by,
        "rolled_back": promotion.rolled_back,
    }


def diff_json(diff: Diff, *, indicator: str | None, area: str | None) -> DiffJson:
    """What changes from one model to the other, as it was asked for."""
    return {
        "from": diff.old_model,
        "to": diff.new_model,
        "indicator": indicator,
        "area": area,
        "reports": {
            "both": diff.both,
            "from_only": diff.old_only,
            "to_only": diff.new_only,
            "differing": diff.differing,
        },
        "observations": {"from": diff.old, "to": diff.new, "same": diff.same, **_counts(diff.counts)},
        "fields": diff.fields,
        "indicators": _groups(diff.indicators),
        "areas": _groups(diff.areas),
        "samples": [_sample(sample, diff) for sample in diff.samples],
    }


def _trouble(kept: StoredModel | None, found: Sequence[ModelFolder]) -> str | None:
    if not found:
        return _GONE
    if len(found) > 1:
        return f"模型目录 {'、'.join(folder.path.name for folder in found)} 写着同一个名称与版本，权重却不同。"
    if kept is not None and kept.card != found[0].card:
        return ModelChanged(found[0].id).detail
    return None


def _counts(counts: Counts) -> CountsJson:
    return {"added": counts.added, "gone": counts.gone, "changed": counts.changed}


def _groups(groups: Groups) -> GroupsJson:
    return {
        "most": [{"name": group.name, "code": group.code, **_counts(group.counts)} for group in groups.most],
        "others": _counts(groups.others),
    }


def _sample(sample: Sample, diff: Diff) -> SampleJson:
    return {
        "kind": sample.kind,
        "fields": list(sample.fields),
        "report": {
            "id": sample.report,
            "title": sample.title,
            "source": sample.source,
            "href": f"/reports/{sample.report}",
        },
        "value": {"start": sample.start, "end": sample.end},
        "quotation": {"start": sample.quoted_from, "text": sample.quotation},
        "from": _side(sample.before, sample.report, diff.old_model) if sample.before is not None else None,
        "to": _side(sample.after, sample.report, diff.new_model) if sample.after is not None else None,
    }


def _side(side: Side, report: str, model: str) -> SideJson:
    name = f"o{side.number}"
    return {
        "observation": name,
        "href": f"/reports/{report}/observations/{name}?model={quote(model, safe='')}",
        "indicator": side.indicator,
        "indicator_code": side.indicator_code,
        "value": side.value_text,
        "low": number(side.low),
        "high": number(side.high),
        "unit": side.unit,
        "bound": side.bound,
        "masked": side.masked,
        "measure": side.measure,
        "period": side.period,
        "area": side.area,
        "area_code": side.area_code,
        "scope": side.scope,
        "base": side.base,
        "status": side.status,
        "score": side.score,
        "section": side.section,
    }
