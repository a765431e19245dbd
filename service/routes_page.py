"""The page for readers, at `/`, the workbench for annotators, at `/workbench`, and the files that they are made of.

In: the folder `page/`.  Out: the pages with addresses of their files that change when any of them does, so that
browsers keep them for good; and headers that let them load from this server alone, run no script but its own files and
take no markup as such.  A page needs no key: it asks for one where the routes that it calls do.  Knows nothing of
reports.
"""

from __future__ import annotations

import hashlib
import os
from importlib.resources import files
from pathlib import Path

from fastapi import APIRouter, FastAPI, Request
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

FOLDER = Path(str(files("service"))) / "page"
FIRST_FILE = "index.html"
WORKBENCH = "workbench/index.html"

# Nothing from elsewhere, nothing inline, no markup made from strings (Trusted Types), no frame around it.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# The page itself is asked for again each time; its files never, since their addresses are those of their content.
FOR_NOW = "no-cache"
FOR_GOOD = "public, max-age=31536000, immutable"


def add_page(app: FastAPI, folder: Path = FOLDER) -> None:
    """Let `app` serve the page at `/`, the workbench at `/workbench` and their files at `/page/<version>/`."""
    version = version_of(folder)
    assets = _Assets(directory=folder)
    app.include_router(_router(folder, version, assets))
    app.mount(f"/page/{version}", assets, name="page")


def version_of(folder: Path) -> str:
    """A name for the content of all files in `folder`."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder).as_posix()
        digest.update(f"{name}\0{path.stat().st_size}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _router(folder: Path, version: str, assets: StaticFiles) -> APIRouter:
    router = APIRouter(tags=["page"])
    headers = {**HEADERS, "Cache-Control": FOR_NOW, "ETag": f'"{version}"'}
    # Put in as text and not by a template: a page has this one thing to be filled in.
    reading, workbench = (
        (folder / name).read_text(encoding="utf-8").replace("{version}", version) for name in (FIRST_FILE, WORKBENCH)
    )

    def answer(page: str, request: Request) -> Response:
        whole = HTMLResponse(page, headers=headers)
        unchanged = assets.is_not_modified(whole.headers, request.headers)
        return Response(status_code=304, headers=headers) if unchanged else whole

    @router.get("/", summary="The page for readers", response_class=HTMLResponse)
    @router.head("/", include_in_schema=False)
    async def read(request: Request) -> Response:
        """Read a report and look through its figures, in a browser."""
        return answer(reading, request)

    @router.get("/workbench", summary="The workbench for annotators", response_class=HTMLResponse)
    @router.head("/workbench", include_in_schema=False)
    async def work(request: Request) -> Response:
        """Correct what a model has read, in a browser."""
        return answer(workbench, request)

    return router


class _Assets(StaticFiles):
    """Files that never change under their address."""

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        answer = super().file_response(full_path, stat_result, scope, status_code)
        answer.headers.update({**HEADERS, "Cache-Control": FOR_GOOD})
        return answer
