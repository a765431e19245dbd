"""What was posted to `/extract`, read and checked.

In: a request, and the limits.  Out: a `Submission` (text, hints, whether it came as a file), or the `BaoshuError`
that says why not.  The body is counted while it comes in and refused as soon as it is too long.  Knows nothing of how
a text is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from anyio import to_thread
from pydantic import ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message

from service import ingest
from service.errors import BodyTooLarge, InvalidRequest, UnsupportedMedia
from service.fields import ExtractRequest, HintFields, explain, hints_of
from service.records import Hints
from service.settings import Settings

JSON = "application/json"
MULTIPART = "multipart/form-data"
# What `curl -d` sends where no type is given: read as JSON, which is what people paste there.
UNDECLARED = frozenset({"", "application/x-www-form-urlencoded"})

_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Submission:
    """`text` is what offsets count in; `from_file` says that the caller has not seen it as text."""

    text: str
    hints: Hints
    from_file: bool


async def read(request: Request, settings: Settings) -> Submission:
    """The submission in `request`.

    Raises `UnsupportedMedia`, `BodyTooLarge`, `InvalidRequest`, and what `ingest` raises for a text or a file.
    """
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind == MULTIPART:
        submission = await _file(_counted(request, settings.max_body_bytes))
    elif kind == JSON or kind in UNDECLARED:
        submission = _json(await _counted(request, settings.max_body_bytes).body())
    else:
        raise UnsupportedMedia(
            f"不读取 {kind} 格式的请求体；请以 {JSON} 提交文本，或以 {MULTIPART} 的 file 字段提交文件。"
        )
    ingest.check(submission.text, settings.max_characters)
    return submission


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


def _json(body: bytes) -> Submission:
    try:
        fields = ExtractRequest.model_validate_json(body.removeprefix(_BOM))
    except ValidationError as error:
        raise explain(error, "请求体") from None
    return Submission(fields.text, hints_of(fields), from_file=False)


async def _file(request: Request) -> Submission:
    try:
        async with request.form(max_files=1, max_fields=len(HintFields.model_fields)) as form:
            return await _from_form(form)
    except HTTPException as error:
        raise InvalidRequest(f"表单无法读取：{error.detail}。请以 file 字段提交一个文件。") from None


async def _from_form(form: FormData) -> Submission:
    given: dict[str, Any] = {name: value for name, value in form.multi_items() if value != ""}
    upload = given.pop("file", None)
    if not isinstance(upload, UploadFile):
        raise InvalidRequest("表单中没有名为 file 的文件；例如 curl -F file=@report.txt。")
    try:
        fields = HintFields.model_validate_strings(given)
    except ValidationError as error:
        raise explain(error, "表单") from None
    data = await upload.read()
    # Telling the encoding of megabytes takes its time: not in the event loop.
    text = await to_thread.run_sync(lambda: ingest.read(data, name=upload.filename, content_type=upload.content_type))
    return Submission(text, hints_of(fields), from_file=True)
