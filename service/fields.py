"""The fields that describe a report to be read, checked.

In: JSON, or the fields of a form.  Out: checked fields, `Hints`, or the refusal in Chinese.  Knows nothing of HTTP.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from service.errors import InvalidRequest
from service.records import Hints

_REASONS = {
    "json_invalid": "不是合法的 UTF-8 编码 JSON",
    "model_type": "应为 JSON 对象",
    "missing": "不可缺少",
    "extra_forbidden": "不在可用之列",
    "string_type": "应为字符串",
    "string_unicode": "含有不成对的代理字符",
    "string_too_long": "过长",
    "date_type": "应为 YYYY-MM-DD 形式的日期",
    "date_parsing": "应为 YYYY-MM-DD 形式的日期",
    "date_from_datetime_parsing": "应为 YYYY-MM-DD 形式的日期",
    "literal_error": "不是可用的值",
    "bool_type": "应为 true 或 false",
    "bool_parsing": "应为 true 或 false",
    "int_type": "应为整数",
    "int_parsing": "应为整数",
    "greater_than_equal": "过小",
    "less_than_equal": "过大",
    "less_than": "过大",
    "list_type": "应为数组",
    "too_short": "不可为空",
    "too_long": "过多",
    "string_pattern_mismatch": "不合格式",
    "datetime_type": "应为 ISO 8601 形式的时刻",
    "datetime_parsing": "应为 ISO 8601 形式的时刻",
    "datetime_from_date_parsing": "应为 ISO 8601 形式的时刻",
    "timezone_aware": "应注明时区，例如 2024-03-05T00:00:00Z",
}
_EXAMPLE = '应为 {"text": "报告全文", "published": "2024-03-05", "area": "青岚区", "title": "…"}，后三项可省略。'


class HintFields(BaseModel):
    """What the caller knows of a report; without these all three are read from the text."""

    model_config = ConfigDict(extra="forbid", strict=True)

    published: Annotated[datetime.date | None, Field(description="The day it was published, ISO 8601.")] = None
    area: Annotated[str | None, Field(description="The region it speaks of.", max_length=100)] = None
    title: Annotated[str | None, Field(description="Its title.", max_length=500)] = None


class ExtractRequest(HintFields):
    """A report to read, with hints where the caller has them."""

    text: Annotated[str, Field(description="The report, whole.")]


class SourceFields(HintFields):
    """What the caller of an archive knows of a report."""

    source: Annotated[
        str | None,
        Field(description="The file or address it came from; for a file its name by default.", max_length=2000),
    ] = None


class ReportRequest(SourceFields):
    """A report to keep."""

    text: Annotated[str, Field(description="The report, whole.")]


class BatchLine(ExtractRequest):
    """One line of a file of reports; what else the line holds is left alone."""

    model_config = ConfigDict(extra="ignore")

    id: Annotated[str | None, Field(description="Name of the report.")] = None


def hints_of(fields: HintFields) -> Hints:
    """The hints in checked fields; a blank one is none."""
    return Hints(
        published=fields.published,
        area=(fields.area or "").strip() or None,
        title=(fields.title or "").strip() or None,
    )


def explain(error: ValidationError, what: str, example: str = _EXAMPLE) -> InvalidRequest:
    """A validation error as a refusal in Chinese that names the first wrong field of `what` (请求体, 表单, 该行)."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    return refuse(first["type"], first["loc"], what, example)


def refuse(kind: str, where: Sequence[str | int], what: str, example: str) -> InvalidRequest:
    """The refusal of the field at `where` in `what`, for pydantic's `kind` of error; `example` says what is right."""
    field = ".".join(str(step) for step in where)
    named = f"{what}的 {field} {'参数' if what == '地址' else '字段'}" if field else what
    return InvalidRequest(f"{named}{_REASONS.get(kind, '不合要求')}。{example}")
