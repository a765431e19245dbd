"""A browser and a server for tests of the page.

The fixture `site` is a running service with the real model over an archive of its own, which a test can stall or make
fail; `page` is a fresh tab of Debian's Chromium on it.  Every test that uses `page` fails where the page throws, where
the browser complains, or where anything is asked of another origin.  Where there is no Chromium or no model, these
tests are skipped and say so.

Playwright keeps an event loop running in its thread, so the browser lives no longer than a module.
"""

from __future__ import annotations

import re
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from service.app import create_app
from service.extractor import Extractor, Observe
from service.pipeline import Pipeline
from service.records import Extraction, Hints
from service.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
# The screen that the page is made for.
SCREEN = (1366, 768)
NO_BROWSER = "no Chromium on this machine (Debian: apt-get install --no-install-recommends chromium fonts-noto-cjk)"
START_SECONDS = 60.0
# A busy machine may take long; what does not come at all costs this once.
PATIENCE_MILLISECONDS = 60_000
LONGEST_STALL_SECONDS = 60.0
# What would turn a line around, or ring; shown as itself it could make one text look like another.
CONTROL = re.compile("[\u202a-\u202e\u2066-\u2069\u0007]")


class SteeredReader:
    """Reads with `reader`, each text once, or does what a test wants instead.

    `stall`: an event that each reading waits for; `fault`: what it raises; `posted`: what came.
    """

    def __init__(self, reader: Extractor) -> None:
        self.reader = reader
        self.model = reader.model
        self.stall: threading.Event | None = None
        self.fault: Exception | None = None
        self.posted: list[tuple[str, Hints | None]] = []
        self._read: dict[tuple[Extractor, str, Hints | None], Extraction] = {}

    def extract(self, text: str, hints: Hints | None = None, observe: Observe | None = None) -> Extraction:
        if self.stall is not None:
            self.stall.wait(LONGEST_STALL_SECONDS)
        if self.fault is not None:
            raise self.fault
        self.posted.append((text, hints))
        asked = (self.reader, text, hints)
        if asked not in self._read:
            self._read[asked] = self.reader.extract(text, hints or Hints(), observe)
        return self._read[asked]


@dataclass
class Site:
    """A service at `address`, and what reads for it."""

    settings: Settings
    reader: SteeredReader
    address: str = ""
    _server: uvicorn.Server | None = field(default=None, repr=False)

    def start(self) -> None:
        app = create_app(self.settings, self.reader)
        self._server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error"))
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        until = time.monotonic() + START_SECONDS
        while not self._server.started:
            if time.monotonic() > until or not self._thread.is_alive():
                pytest.fail("the server did not start")
            time.sleep(0.02)
        port = self._server.servers[0].sockets[0].getsockname()[1]
        self.address = f"http://127.0.0.1:{port}/"

    def stop(self) -> None:
        assert self._server is not None
        self._server.should_exit = True
        self._thread.join(START_SECONDS)


def chromium() -> str | None:
    """Where Debian puts it, else what is on PATH."""
    return next(
        (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
    )


@pytest.fixture(scope="session")
def real_reader(shipped: Pipeline) -> SteeredReader:
    """The model of this checkout; one for all servers of the tests."""
    return SteeredReader(shipped)


@pytest.fixture(scope="session")
def served(real_reader: SteeredReader, migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A service that runs as long as the tests do."""
    if chromium() is None:
        pytest.skip(NO_BROWSER)
    file = tmp_path_factory.mktemp("site") / "archive.db"
    shutil.copy(migrated_file, file)
    site = Site(Settings(archive=f"sqlite:///{file}"), real_reader)
    site.start()
    yield site
    site.stop()


@pytest.fixture
def site(served: Site) -> Iterator[Site]:
    """The service, left as it was found."""
    reader = served.reader.reader
    yield served
    if served.reader.stall is not None:
        served.reader.stall.set()
    served.reader.reader, served.reader.stall, served.reader.fault = reader, None, None


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium; skips where there is none."""
    program = chromium()
    if program is None:
        pytest.skip(NO_BROWSER)
    expect.set_options(timeout=PATIENCE_MILLISECONDS)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program)
        yield running
        running.close()


class Complaints(list[str]):
    """What the browser complained of; `expected` holds pieces of complaints that a test brings about itself."""

    expected: tuple[str, ...] = ()


@pytest.fixture
def complaints() -> Complaints:
    return Complaints()


@pytest.fixture(scope="module")
def window(served: Site, browser: Browser) -> Iterator[BrowserContext]:
    """A browser as a Chinese user has it, which keeps the page's files from tab to tab."""
    context = browser.new_context(
        viewport={"width": SCREEN[0], "height": SCREEN[1]},
        locale="zh-CN",
        base_url=served.address,
        accept_downloads=True,
        permissions=["clipboard-read", "clipboard-write"],
    )
    context.set_default_timeout(PATIENCE_MILLISECONDS)
    yield context
    context.close()


@pytest.fixture
def page(site: Site, window: BrowserContext, complaints: Complaints) -> Iterator[Page]:
    """A tab that shows the page."""
    with watched(window, site, complaints) as tab:
        tab.goto("./")
        yield tab


@contextmanager
def watched(window: BrowserContext, site: Site, complaints: Complaints) -> Iterator[Page]:
    """A tab that may complain of nothing that is not expected, and ask nothing of any other origin."""
    asked: set[str] = set()
    tab = window.new_page()
    tab.on("request", lambda request: asked.add(request.url))
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    yield tab
    tab.close()
    assert [text for text in complaints if not any(piece in text for piece in complaints.expected)] == []
    here = urlsplit(site.address).netloc
    assert {
        url for url in asked if urlsplit(url).netloc != here and not url.startswith("blob:" + site.address)
    } == set()


def read(page: Page, text: str) -> None:
    """Paste `text`, have it read, and wait for its figures."""
    page.get_by_label("报告全文").fill(text)
    page.get_by_role("button", name="读取").click()
    page.locator(".workspace").wait_for()


def controls(page: Page) -> list[str | None]:
    """The characters not to be seen that are shown, each in a box that says which it is."""
    boxes = page.locator(".control")
    return [boxes.nth(n).get_attribute("data-code") for n in range(boxes.count())]


def seed(name: str) -> str:
    """A report of ours."""
    return (ROOT / "seeds" / f"{name}.txt").read_text(encoding="utf-8").removeprefix("\ufeff")
