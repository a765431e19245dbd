"""Errors as RFC 9457 problem documents.

In: whatever a route raises.  Out: `application/problem+json` with a stable `type` and a Chinese `detail`, never a
trace.  `install` covers every way in which a request can fail, those of the framework included.  Knows nothing of the
routes.
"""

from __future__ import annotations

import logging
import re
import uuid
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, cast

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from service.errors import (
    ArchiveUnavailable,
    BaoshuError,
    Busy,
    InvalidRequest,
    MethodNotAllowed,
    NotFound,
    NotReady,
    TooManyRequests,
    Unauthorized,
)
from service.fields import refuse
from service.schema import ProblemJson

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:baoshu:problem:"

# All pass by themselves: a model loads in a second or two, a report is read in a few, a store is started anew.
RETRY_AFTER_SECONDS = 5

# pydantic's list of what a literal may be: `'json', 'csv' or 'xlsx'`.
_QUOTED = re.compile(r"'([^']*)'")

_log = logging.getLogger("baoshu")


def problem(error: BaoshuError) -> ProblemJson:
    """The problem document of an error."""
    known: ProblemJson = {
        "type": TYPE_PREFIX + error.code,
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
    }
    return cast(ProblemJson, {**error.members, **known})


def kinds() -> Iterator[type[BaoshuError]]:
    """Every kind of error that can reach a caller: the whole tree, its root (`internal-error`) first."""
    yield BaoshuError
    yield from _below(BaoshuError)


def install(app: FastAPI) -> None:
    """Make `app` answer every failure with a problem document."""
    app.add_exception_handler(BaoshuError, _refused)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _wrong_parameter)
    app.add_exception_handler(Exception, _fault)


def responses(*errors: type[BaoshuError]) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI `responses` of a route that can raise these."""
    by_status: dict[int | str, dict[str, Any]] = {}
    kinds_here: set[type[BaoshuError]] = {*errors, BaoshuError}
    for error in sorted(kinds_here, key=lambda kind: (kind.status, kind.code)):
        phrase = HTTPStatus(error.status).phrase
        answer = by_status.setdefault(
            error.status,
            {
                "description": phrase,
                "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemJson"}, "examples": {}}},
            },
        )
        example: ProblemJson = {
            "type": TYPE_PREFIX + error.code,
            "title": error.title,
            "status": error.status,
            "detail": f"{error.title}。",
        }
        answer["content"][MEDIA_TYPE]["examples"][error.code] = {"value": example}
    return by_status


def _below(kind: type[BaoshuError]) -> Iterator[type[BaoshuError]]:
    for child in kind.__subclasses__():
        yield child
        yield from _below(child)


def _answer(body: ProblemJson, headers: Mapping[str, str] | None = None) -> JSONResponse:
    return JSONResponse(body, status_code=body["status"], media_type=MEDIA_TYPE, headers=headers)


async def _refused(_: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, BaoshuError):
        raise error
    match error:
        case TooManyRequests():
            headers = {"Retry-After": str(error.seconds)}
        case Busy() | NotReady() | ArchiveUnavailable():
            headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
        case Unauthorized():
            headers = {"WWW-Authenticate": "Bearer"}
        case _:
            headers = {}
    return _answer(problem(error), headers)


async def _http(request: Request, error: Exception) -> JSONResponse:
    """What the framework refuses by itself: unknown addresses, wrong methods, broken frames."""
    if not isinstance(error, HTTPException):
        raise error
    known: BaoshuError
    if error.status_code == HTTPStatus.NOT_FOUND:
        known = NotFound(f"没有 {request.url.path} 这个地址；提交报告请用 POST /extract，接口说明见 /openapi.json。")
    elif error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = (error.headers or {}).get("Allow", "")
        known = MethodNotAllowed(f"{request.url.path} 不接受 {request.method} 请求，可用的方法为 {allowed}。")
    else:
        known = InvalidRequest(f"请求无法处理：{error.detail}。")
    return _answer(problem(known), error.headers)


async def _wrong_parameter(request: Request, error: Exception) -> JSONResponse:
    """A parameter of the address, or of the query string, that is not known or cannot be."""
    if not isinstance(error, RequestValidationError):
        raise error
    first = error.errors()[0]
    _, *where = first["loc"]  # after whether it stood in the path, the query string or a header
    can_be = _QUOTED.findall(str(first.get("ctx", {}).get("expected", "")))
    right = f"可用的值为 {'、'.join(can_be)}。" if can_be else ""
    return _answer(problem(refuse(first["type"], where, "地址", f"{right}{request.url.path} 的参数见 /openapi.json。")))


async def _fault(request: Request, error: Exception) -> JSONResponse:
    """A fault of ours: the trace goes to the log under a number, the number to the caller."""
    instance = f"urn:uuid:{uuid.uuid4()}"
    _log.error("%s %s failed (%s)", request.method, request.url.path, instance, exc_info=error)
    body = problem(BaoshuError("服务内部出错，报告没有读完；请把 instance 编号告知维护者。"))
    body["instance"] = instance
    return _answer(body)
