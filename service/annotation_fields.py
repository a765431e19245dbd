"""The fields of what is asked of annotations, checked: query strings and bodies.

In: strings, or JSON.  Out: checked fields; what is wrong is told in Chinese.  What a document holds beyond its form is
checked in `annotations.form`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from service.annotations.formats import FormatName
from service.annotations.schema import DocumentJson
from service.archive.keys import LONGEST_NAME
from service.archive_fields import LONGEST_TEXT, PAGE, After, Asked, Limit, Words
from service.schema import LabelName, MeasureName

SAVE_EXAMPLE = (
    '应为 {"annotator": "张三", "base": 3, "state": "done", "document": {"entities": [...], "observations": [...]}}；'
    "base 为所依据的版本，依据模型预标注的改给 model。"
)
REVIEW_EXAMPLE = (
    '应为 {"annotator": "李四", "revision": 5}；审定的不是现成版本时，revision 改给 document，'
    "另以 base 写明所见的最新版本。"
)
CHECK_EXAMPLE = '应为 {"document": {...}} 或 {"value": {"text": "3.2亿元", "label": "MONEY", "measure": "level"}}。'
ASSIGN_EXAMPLE = '应为 {"assignee": "张三"}，收回为 {"assignee": null}。'

# Names are told apart by what is seen of them.
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_NAME)]
StateName = Literal["new", "pre_annotated", "in_work", "done", "reviewed"]
Note = Annotated[str | None, Field(description="What the others should know.", max_length=2000)]
RevisionNumber = Annotated[int, Field(ge=1, lt=1 << 31)]


class QueueAsked(Asked):
    """Which tasks."""

    state: StateName | None = None
    assignee: Annotated[str | None, Field(description="Who has it.", max_length=LONGEST_NAME)] = None
    q: Words = None
    limit: Limit = PAGE
    after: After = None


class AnnotationAsked(Asked):
    """Which annotation of a report; the last of the line that all share by default."""

    revision: RevisionNumber | None = None
    annotator: Annotated[str | None, Field(description="The last that he made.", max_length=LONGEST_NAME)] = None
    model: Annotated[str | None, Field(description="What that model proposes.", max_length=200)] = None


class DifferenceAsked(Asked):
    """Which two annotations: each the number of a revision, or the `id` of a model for its proposal."""

    left: Annotated[
        str | None, Field(description="By default what `right` was made from.", max_length=LONGEST_TEXT)
    ] = None
    right: Annotated[str | None, Field(description="By default the last revision.", max_length=LONGEST_TEXT)] = None


class ExportAsked(Asked):
    """Which annotations, and in which form."""

    format: FormatName = "jsonl"
    state: Annotated[tuple[StateName, ...], Field(description="Only in these states; all by default.")] = ()
    losses: Annotated[bool, Field(description="In the place of the file, what it would not hold.")] = False


class ImportAsked(Asked):
    """In which form a file is, and who answers for it."""

    format: FormatName = "jsonl"
    annotator: Annotated[Name | None, Field(description="Where the file names none, and no key does.")] = None
    state: Annotated[
        Literal["in_work", "done"], Field(description="What it is; with errors in it, it is `in_work`.")
    ] = "done"


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class SaveRequest(_Body):
    """An annotation to be saved."""

    document: DocumentJson
    base: Annotated[RevisionNumber | None, Field(description="The revision that it was made from.")] = None
    model: Annotated[str | None, Field(description="Whose proposal, where there was none.", max_length=200)] = None
    state: Literal["in_work", "done"] = "in_work"
    own: Annotated[bool, Field(description="Into a line of one's own, as a second reading.")] = False
    annotator: Annotated[Name | None, Field(description="Who saves, where no keys are in use.")] = None
    note: Note = None


class ReviewRequest(_Body):
    """A settled version: a document, or a revision as it is."""

    document: DocumentJson | None = None
    revision: Annotated[RevisionNumber | None, Field(description="The revision that is adopted unchanged.")] = None
    base: Annotated[RevisionNumber | None, Field(description="The last revision that the reviewer has seen.")] = None
    annotator: Annotated[Name | None, Field(description="Who reviews, where no keys are in use.")] = None
    note: Note = None


class ValueFields(_Body):
    """A number to be read: by its place in the report, or by its words alone."""

    start: Annotated[int | None, Field(ge=0)] = None
    end: Annotated[int | None, Field(ge=1)] = None
    text: Annotated[str | None, Field(min_length=1, max_length=200)] = None
    label: LabelName
    measure: MeasureName = "level"
    unit: Annotated[str, Field(description="The unit that a table's header gives it.", max_length=50)] = ""


class PeriodFields(_Body):
    """A time expression to be read, and what it is read against, as a document's `meta` has it."""

    text: Annotated[str, Field(min_length=1, max_length=200)]
    published: Annotated[str, Field(description="EDTF of the report's date.", max_length=50)] = ""
    year: Annotated[str, Field(description="EDTF of the time that the report speaks of.", max_length=50)] = ""


class CheckRequest(_Body):
    """What is to be checked; nothing is saved."""

    document: DocumentJson | None = None
    value: ValueFields | None = None
    period: PeriodFields | None = None


class AssignRequest(_Body):
    """Who is to have it, and when its turn is."""

    assignee: Name | None
    priority: Annotated[float | None, Field(description="The higher, the sooner; unchanged by default.")] = None
    reason: Annotated[str | None, Field(description="Why it has that priority.", max_length=LONGEST_TEXT)] = None
