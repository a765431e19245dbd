"""The workbench for tests: a service that reads without a model, annotations made by hand, and how a desk is worked.

`bench` is a running service of its own; `window_of` gives a browser with storage of its own, as one person has it;
`Desk` presses keys and looks at what stands on the screen and in the archive, `desk` is one with the sample.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from browsers import NO_BROWSER, PATIENCE_MILLISECONDS, SCREEN, Complaints, Site, SteeredReader, chromium, watched
from fakes import FakePipeline
from playwright.sync_api import Browser, BrowserContext, Page, expect

from service.settings import Settings

# 𠮷 takes two units in the browser: an offset counted in those would be off by one behind it.
TEXT = """𠮷水区科技局工作总结
一、主要成效
2023年，全区技术合同成交额达5.6亿元，同比增长8.5%，居全省第三位。全区高新技术企业共44家，其中新增9家。
二、2024年工作打算
力争高新技术企业达到120家。
地区 | 强度(%)
甲街道 | 2.71
乙街道 | 1.30
"""
MODEL = "模型"
SECONDS = 60.0

Mark = tuple[str, str]  # a label, and the words that it stands on


def marked(text: str, marks: Iterable[Mark], figures: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """A document: each mark on the next place where its words stand, each figure by its words, links by theirs."""
    entities: list[dict[str, Any]] = []
    at = 0
    for label, words in marks:
        start = text.index(words, at)
        at = start + len(words)
        entities.append({"id": f"e{len(entities)}", "label": label, "start": start, "end": at, "score": 0.9})
    ids = {text[e["start"] : e["end"]]: e["id"] for e in reversed(entities)}
    observations = []
    for words, said in figures.items():
        named: list[str] = [name for name in ("period_entity", "area_entity", "base_entity") if name in said]
        links: dict[str, Any] = {name: ids[said[name]] for name in named}
        indicator = [ids[each] for each in said.get("indicator", [])]
        filled: dict[str, Any] = {
            "bound": "exact",
            "measure": "level",
            "score": 0.9,
            **said,
            **links,
            "indicator": indicator,
        }
        observations.append({"value": ids[words], "high": filled["low"], **filled})
    return {
        "entities": entities,
        "observations": observations,
        "meta": {"title": "工作总结", "area": "吉水区", "year": "2023"},
    }


def proposed() -> dict[str, Any]:
    """What a model could have made of `TEXT`, with doubts."""
    year = {"period": "2023", "period_entity": "2023年", "area": "吉水区", "area_entity": "全区"}
    return marked(
        TEXT,
        [
            ("PERIOD", "2023年"),
            ("AREA", "全区"),
            ("INDICATOR", "技术合同成交额"),
            ("MONEY", "5.6亿元"),
            ("PERCENT", "8.5%"),
            ("RANK", "全省第三位"),
            ("INDICATOR", "高新技术企业"),
            ("COUNT", "44家"),
            ("COUNT", "9家"),
            ("PERIOD", "2024年"),
            ("COUNT", "120家"),
            ("INDICATOR", "强度"),
            ("PERCENT", "2.71"),
            ("PERCENT", "1.30"),
        ],
        {
            "5.6亿元": {"low": 560000000, "unit": "元", "indicator": ["技术合同成交额"], **year},
            "8.5%": {
                "low": 8.5, "unit": "%", "measure": "growth", "base": "yoy", "indicator": ["技术合同成交额"], **year,
            },
            "全省第三位": {
                "low": 3, "unit": "名次", "measure": "rank", "scope": "全省", "indicator": ["技术合同成交额"], **year,
            },
            "44家": {"low": 44, "unit": "家", "indicator": ["高新技术企业"], **year},
            "9家": {
                **year, "low": 9, "unit": "家", "measure": "increment", "indicator": ["高新技术企业"], "score": 0.5,
            },
            "120家": {"low": 120, "unit": "家", "status": "plan", "indicator": ["高新技术企业"], "period": "2024"},
            "2.71": {"low": 2.71, "unit": "%", "indicator": ["强度"], "period": "2023"},
            "1.30": {"low": 1.3, "unit": "%", "indicator": ["强度"], "period": "2023", "score": 0.6},
        },
    )  # fmt: skip


@dataclass
class Bench:
    """A service and its annotations."""

    site: Site

    def keep(self, text: str, document: dict[str, Any] | None = None, **fields: Any) -> str:
        """Keep a report, annotated by `MODEL` where a document is given; its id."""
        given = {"text": text, **fields}
        report = str(self._said(httpx.post(f"{self.site.address}reports", json=given, timeout=SECONDS))["id"])
        if document is not None:
            self.save(report, document)
        return report

    def save(self, report: str, document: dict[str, Any], annotator: str = MODEL, **fields: Any) -> dict[str, Any]:
        body = {"document": document, "annotator": annotator, **fields}
        return self._said(httpx.put(f"{self.site.address}annotations/{report}", json=body, timeout=SECONDS))

    def kept(self, report: str, **which: Any) -> dict[str, Any]:
        """The annotation as the archive has it."""
        return self._said(httpx.get(f"{self.site.address}annotations/{report}", params=which, timeout=SECONDS))

    def history(self, report: str) -> list[dict[str, Any]]:
        asked = httpx.get(f"{self.site.address}annotations/{report}/history", timeout=SECONDS)
        return list(self._said(asked)["revisions"])

    @staticmethod
    def _said(answer: httpx.Response) -> dict[str, Any]:
        assert answer.is_success, answer.text
        return dict(answer.json())


@pytest.fixture(scope="module")
def bench(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A service that reads without a model, for one module."""
    if chromium() is None:
        pytest.skip(NO_BROWSER)
    file = tmp_path_factory.mktemp("bench") / "archive.db"
    shutil.copy(migrated_file, file)
    site = Site(Settings(archive=f"sqlite:///{file}"), SteeredReader(FakePipeline()))
    site.start()
    yield Bench(site)
    site.stop()


def window_of(browser: Browser, bench: Bench, who: str = "甲") -> BrowserContext:
    """A browser of one person, who has said his name; its storage is its own."""
    context = browser.new_context(
        viewport={"width": SCREEN[0], "height": SCREEN[1]}, locale="zh-CN", base_url=bench.site.address
    )
    context.set_default_timeout(PATIENCE_MILLISECONDS)
    context.add_init_script(f"localStorage.setItem('baoshu-annotator', '{who}')")
    return context


@dataclass
class Desk:
    """A desk on the screen."""

    page: Page
    bench: Bench
    report: str

    def open(self) -> Desk:
        self.page.goto(f"workbench#{self.report}")
        return self.ready()

    def ready(self) -> Desk:
        self.page.locator(".desk .page").wait_for()
        return self

    def press(self, *keys: str) -> Desk:
        for key in keys:
            self.page.keyboard.press(key)
        return self

    def on(self, words: str, nth: int = 0) -> Desk:
        """Choose a span by its words, with the pointer."""
        self.page.locator("mark.span", has_text=words).nth(nth).click()
        expect(self.page.locator("mark.chosen").first).to_contain_text(words)
        return self

    @property
    def chosen(self) -> str:
        return "".join(self.page.locator("mark.chosen").all_inner_texts())

    @property
    def told(self) -> str:
        return self.page.locator(".mode-line").inner_text()

    def saved(self) -> dict[str, Any]:
        """Save, and what the archive then has."""
        before = len(self.bench.history(self.report))
        self.press("Control+s")
        expect_saved(self.page, before + 1)
        return self.bench.kept(self.report)


def expect_saved(page: Page, version: int) -> None:
    """Wait until the desk says that the archive has all as this version."""
    expect(page.locator(".saved")).to_have_text(f"已保存 · 第 {version} 版")


def expect_draft(page: Page, steps: int) -> None:
    """Wait until the desk says that so many steps are kept in the browser alone."""
    expect(page.locator(".saved")).to_have_text(re.compile(f"^未保存 {steps} 步 · 草稿在本机"))


@pytest.fixture(scope="module")
def person(browser: Browser, bench: Bench) -> Iterator[BrowserContext]:
    """One annotator's browser."""
    context = window_of(browser, bench)
    yield context
    context.close()


@pytest.fixture
def tab(person: BrowserContext, bench: Bench, complaints: Complaints) -> Iterator[Page]:
    with watched(person, bench.site, complaints) as page:
        yield page


@pytest.fixture
def desk(tab: Page, bench: Bench, request: pytest.FixtureRequest) -> Desk:
    """A desk with the sample, a report of its own for each test."""
    return Desk(tab, bench, bench.keep(f"{TEXT}{request.node.name}", proposed())).open()


def labels(annotation: dict[str, Any]) -> list[Mark]:
    """The marks of an annotation in order."""
    return [(e["label"], e["text"]) for e in annotation["document"]["entities"]]


def figure(annotation: dict[str, Any], words: str) -> dict[str, Any]:
    """What an annotation says of a number, with the words of its links."""
    text = {e["id"]: e["text"] for e in annotation["document"]["entities"]}
    (said,) = [dict(o) for o in annotation["document"]["observations"] if o["text"] == words]
    for name in ("period_entity", "area_entity", "base_entity"):
        said[name] = text.get(said[name])
    said["indicator"] = [text[each] for each in said["indicator"]]
    return said
