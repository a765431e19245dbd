"""Answers as files: the form that a caller wants, and the file as it is sent.

In: a request, and what writes a file.  Out: the form by `format=`, else by `Accept` (`NotAcceptable` where it takes
none); a response with the file's name in Chinese.  A file is made before it is sent, so that what goes wrong on the way
is told as a problem; in memory while it is small.  Knows nothing of what is in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from os import SEEK_END
from tempfile import SpooledTemporaryFile
from typing import IO, Any, BinaryIO, cast

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from service.errors import NotAcceptable
from service.exports.forms import Form, accepted, disposition
from service.exports.html_report import content_security_policy

# Beyond this a file that is being made goes to the disk.
IN_MEMORY = 8_000_000
CHUNK = 1 << 18


def wanted(request: Request, asked: str | None, offered: Sequence[Form]) -> Form:
    """The form that was asked for by name, else the one that `Accept` likes best.  Raises `NotAcceptable`."""
    if asked is not None:
        return Form(asked)
    header = ", ".join(request.headers.getlist("accept"))
    if (form := accepted(header, offered)) is None:
        kinds = "、".join(form.media_type.partition(";")[0] for form in offered)
        raise NotAcceptable(f"Accept 请求头只接受 {header[:200]}；这里能给的有 {kinds}，也可用 format 参数指明。")
    return form


def base(request: Request) -> str:
    """What goes before an address of this server where it is to be found from a file."""
    return str(request.base_url).rstrip("/")


def headers(form: Form, title: str) -> dict[str, str]:
    """What goes with a file of that form, which is named after `title`."""
    given = {
        "Content-Disposition": disposition(title, form),
        "Vary": "Accept",
        "X-Content-Type-Options": "nosniff",
    }
    if form is Form.HTML:
        given["Content-Security-Policy"] = content_security_policy()
    return given


def make(write: Callable[[BinaryIO], None]) -> BinaryIO:
    """A file that `write` has written, to be read from its beginning; whoever has it closes it."""
    file = new_file()
    try:
        write(file)
    except BaseException:
        file.close()
        raise
    return file


def new_file() -> BinaryIO:
    """An empty file, in memory while it is small."""
    return cast(BinaryIO, SpooledTemporaryFile(max_size=IN_MEMORY))


def sent(file: BinaryIO, form: Form, title: str) -> Response:
    """The file as an answer, which closes it."""
    file.seek(0, SEEK_END)
    given = {**headers(form, title), "Content-Length": str(file.tell())}
    file.seek(0)
    return StreamingResponse(_chunks(file), media_type=form.media_type, headers=given)


def answers(offered: Sequence[Form]) -> dict[str, Any]:
    """The OpenAPI description of the forms beside JSON."""
    return {
        "content": {
            form.media_type: {"schema": {"type": "string", **({"format": "binary"} if form.binary else {})}}
            for form in offered
            if form is not Form.JSON
        }
    }


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while chunk := file.read(CHUNK):
            yield chunk
