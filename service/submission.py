"""What was posted: a report as JSON or as a file, or another body in JSON, read and checked.

In: a request, and the limits.  Out: a `Submission` (text, hints, the file it came from), a `Bundle` of several for a
zip of several reports, checked fields, or the `BaoshuError` that says why not.  The body is counted while it comes in
and refused as soon as it is too long; a file is read when its turn at the desk comes.  Knows nothing of how a text is
read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message

from service import ingest
from service.desk import Desk
from service.errors import (
    BaoshuError,
    BodyTooLarge,
    DamagedFile,
    EmptyText,
    EncryptedFile,
    FileTooLarge,
    FileTooSlow,
    InvalidRequest,
    NoTextInFile,
    NothingInZip,
    TextTooLong,
    UndecodableInput,
    UnsupportedFile,
    UnsupportedMedia,
)
from service.fields import ExtractRequest, HintFields, ReportRequest, SourceFields, explain, hints_of
from service.files import Member, read_documents
from service.records import Document, Hints
from service.settings import Settings

JSON = "application/json"
MULTIPART = "multipart/form-data"
# What `curl -d` sends where no type is given: read as JSON, which is what people paste there.
UNDECLARED = frozenset({"", "application/x-www-form-urlencoded"})

# What `read` raises, but for a field that is wrong.
BODY = (
    *(EmptyText, TextTooLong, UndecodableInput, BodyTooLarge, UnsupportedMedia),
    *(UnsupportedFile, EncryptedFile, DamagedFile, NoTextInFile, FileTooLarge, FileTooSlow, NothingInZip),
)

Fields = TypeVar("Fields", bound=BaseModel)

_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Submission:
    """`text` is what offsets count in; `document` the file that it came from, None where the caller sent the text.

    `source`: the file or address that it came from, where that was asked for; `name`: its path in a zip.
    """

    text: str
    hints: Hints
    document: Document | None = None
    source: str | None = None
    name: str = ""

    @property
    def from_file(self) -> bool:
        """Whether the caller has not seen it as text."""
        return self.document is not None


@dataclass(frozen=True, slots=True)
class Refused:
    """A file of a zip that could not be read, by its path there."""

    name: str
    problem: BaoshuError


@dataclass(frozen=True, slots=True)
class Bundle:
    """The reports of a zip that holds several, in its order."""

    members: tuple[Submission | Refused, ...]


def readable(member: Submission | Refused) -> Submission:
    """The report that a file of a zip is.  Raises its problem."""
    if isinstance(member, Refused):
        raise member.problem
    return member


async def read(request: Request, settings: Settings, desk: Desk, *, with_source: bool = False) -> Submission | Bundle:
    """What is submitted in `request`; `with_source` allows the field `source`.

    Raises `UnsupportedMedia`, `BodyTooLarge`, `InvalidRequest`, what `ingest` raises for a text and `files` for a file,
    `Busy` where too many files wait.
    """
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind == MULTIPART:
        fields = SourceFields if with_source else HintFields
        return await _file(_counted(request, settings.max_upload_bytes), fields, settings, desk)
    if kind != JSON and kind not in UNDECLARED:
        raise UnsupportedMedia(
            f"不读取 {kind} 格式的请求体；请以 {JSON} 提交文本，或以 {MULTIPART} 的 file 字段提交文件。"
        )
    body = await _counted(request, settings.max_body_bytes).body()
    submission = _json(body, ReportRequest if with_source else ExtractRequest)
    ingest.check(submission.text, settings.max_characters)
    return submission


def bodies(*, with_source: bool = False) -> dict[str, Any]:
    """The OpenAPI `requestBody` of what `read` reads."""
    schema = (ReportRequest if with_source else ExtractRequest).model_json_schema()
    upload = {
        "type": "object",
        "required": ["file"],
        "properties": {
            "file": {"type": "string", "format": "binary", "description": "The report as a file, or a zip of reports."},
            **{name: field for name, field in schema["properties"].items() if name != "text"},
        },
    }
    return {"required": True, "content": {JSON: {"schema": schema}, MULTIPART: {"schema": upload}}}


def described(fields: type[BaseModel], example: Any = None) -> dict[str, Any]:
    """The OpenAPI `requestBody` of what `read_fields` reads into `fields`; `example` is what JSON can hold."""
    schema = fields.model_json_schema()
    definitions = schema.pop("$defs", {})
    told = {"schema": _written_out(schema, definitions), **({"example": example} if example is not None else {})}
    return {"required": bool(schema.get("required")), "content": {JSON: told}}


async def read_fields(request: Request, settings: Settings, fields: type[Fields], example: str) -> Fields:
    """The fields of a body in JSON; `example` tells who sent something else what is right.

    Raises `UnsupportedMedia`, `BodyTooLarge`, `InvalidRequest`.
    """
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind != JSON and kind not in UNDECLARED:
        raise UnsupportedMedia(f"不读取 {kind} 格式的请求体；请以 {JSON} 提交。{example}")
    body = await _counted(request, settings.max_body_bytes).body()
    try:
        return fields.model_validate_json(body.removeprefix(_BOM) or b"{}")
    except ValidationError as error:
        raise explain(error, "请求体", example) from None


async def read_bytes(request: Request, settings: Settings) -> bytes:
    """A file as it is: the field `file` of a form, or else the body.  Raises `BodyTooLarge`, `InvalidRequest`."""
    counted = _counted(request, settings.max_body_bytes)
    if not request.headers.get("content-type", "").lower().startswith(MULTIPART):
        return await counted.body()
    try:
        async with counted.form(max_files=1, max_fields=0) as form:
            upload = form.get("file")
            if isinstance(upload, UploadFile):
                return await upload.read()
    except HTTPException as error:
        raise InvalidRequest(f"表单无法读取：{error.detail}。请以 file 字段提交一个文件。") from None
    raise InvalidRequest("表单中没有名为 file 的文件；例如 curl -F file=@annotations.jsonl。")


def _written_out(schema: Any, definitions: Mapping[str, Any]) -> Any:
    """A schema with its definitions where it refers to them: a reference counts from the top of the description."""
    if isinstance(schema, list):
        return [_written_out(one, definitions) for one in schema]
    if not isinstance(schema, dict):
        return schema
    said = dict(schema)
    meant = definitions[said.pop("$ref").removeprefix("#/$defs/")] if "$ref" in said else {}
    return {name: _written_out(one, definitions) for name, one in {**meant, **said}.items()}


def _counted(request: Request, limit: int) -> Request:
    """The same request, whose body raises `BodyTooLarge` past `limit` bytes.

    What is over is read and dropped for as much again, so that a client that sends before it listens hears the answer.
    """
    length = request.headers.get("content-length", "")
    declared = int(length) if length.isascii() and length.isdigit() else 0
    seen = 0

    async def receive() -> Message:
        nonlocal seen
        message = await request.receive()
        seen += len(message.get("body", b""))
        if max(seen, declared) <= limit:
            return message
        while message.get("more_body") and seen <= 2 * limit:
            message = await request.receive()
            seen += len(message.get("body", b""))
        raise BodyTooLarge(limit)

    return Request(request.scope, receive)


def _json(body: bytes, form: type[ExtractRequest] | type[ReportRequest]) -> Submission:
    try:
        fields = form.model_validate_json(body.removeprefix(_BOM))
    except ValidationError as error:
        raise explain(error, "请求体") from None
    return Submission(fields.text, hints_of(fields), source=_source(fields))


def _source(fields: HintFields) -> str | None:
    return (fields.source or "").strip() or None if isinstance(fields, SourceFields) else None


async def _file(request: Request, fields: type[HintFields], settings: Settings, desk: Desk) -> Submission | Bundle:
    try:
        async with request.form(max_files=1, max_fields=len(fields.model_fields)) as form:
            return await _from_form(form, fields, settings, desk)
    except HTTPException as error:
        raise InvalidRequest(f"表单无法读取：{error.detail}。请以 file 字段提交一个文件。") from None


async def _from_form(form: FormData, model: type[HintFields], settings: Settings, desk: Desk) -> Submission | Bundle:
    given: dict[str, Any] = {name: value for name, value in form.multi_items() if value != ""}
    upload = given.pop("file", None)
    if not isinstance(upload, UploadFile):
        raise InvalidRequest("表单中没有名为 file 的文件；例如 curl -F file=@report.docx。")
    try:
        fields = model.model_validate_strings(given)
    except ValidationError as error:
        raise explain(error, "表单") from None
    data = await upload.read()
    members = await desk.run(
        lambda: read_documents(data, name=upload.filename, content_type=upload.content_type, limits=settings.limits)
    )
    source = _source(fields) or upload.filename or None
    hints = hints_of(fields)
    if len(members) > 1:
        hints = replace(hints, title=None)  # of one of them, and who knows of which
    found = tuple(_member(member, hints, source) for member in members)
    if len(found) == 1 and isinstance(found[0], Submission):
        return found[0]
    return Bundle(found)


def _member(member: Member, hints: Hints, source: str | None) -> Submission | Refused:
    if member.document is None:
        return Refused(member.name, member.problem or DamagedFile("文件没有读出内容。"))
    source = "/".join(part for part in (source, member.name) if part) or None
    return Submission(member.document.text, hints, member.document, source, member.name)
