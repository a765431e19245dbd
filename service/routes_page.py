"""The page for readers, at `/`, and the files that it is made of.

In: the folder `page/`.  Out: the page with addresses of its files that change when any of them does, so that browsers
keep them for good; and headers that let it load from this server alone, run no script but its own files and take no
markup as such.  The page needs no key: it asks for one where the routes that it calls do.  Knows nothing of reports.
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
    """Let `app` serve the page at `/` and its files at `/page/<version>/`."""
    version = version_of(folder)
    # Put in as text and not by a template: the page has this one thing to be filled in.
    page = (folder / FIRST_FILE).read_text(encoding="utf-8").replace("{version}", version)
    assets = _Assets(directory=folder)
    app.include_router(_router(page, version, assets))
    app.mount(f"/page/{version}", assets, name="page")


def version_of(folder: Path) -> str:
    """A name for the content of all files in `folder`."""
    digest = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        digest.update(f"{path.name}\0{path.stat().st_size}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _router(page: str, version: str, assets: StaticFiles) -> APIRouter:
    router = APIRouter(tags=["page"])
    headers = {**HEADERS, "Cache-Control": FOR_NOW, "ETag": f'"{version}"'}

    @router.get("/", summary="The page for readers", response_class=HTMLResponse)
    @router.head("/", include_in_schema=False)
    async def show(request: Request) -> Response:
        """Read a report and look through its figures, in a browser."""
        answer = HTMLResponse(page, headers=headers)
        if assets.is_not_modified(answer.headers, request.headers):
            return Response(status_code=304, headers=headers)
        return answer

    return router


class _Assets(StaticFiles):
    """Files that never change under their address."""

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        answer = super().file_response(full_path, stat_result, scope, status_code)
        answer.headers.update({**HEADERS, "Cache-Control": FOR_GOOD})
        return answer
