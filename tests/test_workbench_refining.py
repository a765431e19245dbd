"""From corrected sentences to another model in a browser: the whole way, refusals, lost connections, who may not."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import browsers
import httpx
import pytest
from annotated import sample
from browsers import NO_BROWSER, Complaints, Site, SteeredReader, chromium, watched
from model_folders import make_model
from playwright.sync_api import Browser, BrowserContext, Page, expect
from refining_reader import READER, load
from refining_walk import walk
from test_refinements import FAKE, settle
from test_workbench_keys import SENTENCES, document
from test_workbench_keys import TEXT as TEN
from workbenches import SECONDS, Bench, window_of

from service import app as app_module
from service import routes_jobs, routes_refinements
from service.annotation_files import take_in
from service.app import create_app
from service.archive.keys import Scope, add_key
from service.archive.local import run_job
from service.archive.models import history as promotions
from service.archive.opening import Archive, open_archive
from service.refinements import Refinements
from service.registry import Registry
from service.settings import Settings

NEW = "toy-9"
# The refined model reads the percentages and no money, and counts as of another year.
READ = "企业5.6亿元，增长8.5%，共44家。"
HOSTILE = "<img src=x onerror=window.hit=1>甲12家\u202e，乙<b>34%</b>。"


def figure(name: str, before: float, after: float, verdict: str, **said: Any) -> dict[str, Any]:
    by = after - before
    given = {"low": by - 0.01, "high": by + 0.01, "asked": 900, **said}
    return {"figure": name, "before": before, "after": after, "verdict": verdict, **given}


FIGURES = [
    figure("entity", 0.864, 0.866, "same"),
    figure("value", 0.995, 0.995, "same"),
    figure("link", 0.926, 0.925, "same"),
    figure("observation", 0.776, 0.79, "better"),
    figure("entity.MONEY", 0.97, 0.97, "same", asked=210),
    figure("field.period", 0.95, 0.951, "same"),
]
PASSED = {
    "state": "candidate",
    "model": NEW,
    "reasons": [],
    "measured": [{"set": "held out", "documents": 31, "figures": FIGURES}],
    "learnt": {"documents": 1, "sentences": 10},
    "left_out": [],
    "seconds": 318,
}
REASON = "留出的报告：实体 AREA的F1由 0.913 变为 0.871（-0.042，95% 区间 -0.061 至 -0.020，共 432 处）<b>"
WORSE = figure("entity.AREA", 0.913, 0.871, "worse", asked=432)
REFUSED = {
    **PASSED,
    "state": "refused",
    "reasons": [REASON],
    "measured": [{"set": "held out", "documents": 31, "figures": [*FIGURES, WORSE]}],
}


def state_of(place: Bench) -> str:
    """The state of the first refinement, as the service tells it."""
    told: dict[str, str] = httpx.get(f"{place.site.address}refinements/1", timeout=SECONDS).json()
    return told["state"]


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    return tmp_path / "runs"


@pytest.fixture
def place(migrated_file: Path, tmp_path: Path, runs: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """A service of its own for each test: an archive, two toy models, a trainer that does as it is told."""
    if chromium() is None:
        pytest.skip(NO_BROWSER)
    shutil.copy(migrated_file, tmp_path / "archive.db")
    models = tmp_path / "models"
    make_model(models / "toy1", "1")
    registry = Registry(models, 1, default=models / "toy1", load=load)
    registry.swap("toy-1")

    def faked(folder: Path, models: Path, *, threads: int) -> Refinements:
        return Refinements(folder, models, threads=threads, program=(sys.executable, str(FAKE)))

    monkeypatch.setattr(app_module, "Refinements", faked)
    monkeypatch.setattr(routes_refinements, "POLL_SECONDS", 0.05)
    monkeypatch.setattr(routes_jobs, "POLL_SECONDS", 0.05)
    made = partial(create_app, registry=registry, run=partial(run_job, reader=READER))
    monkeypatch.setattr(browsers, "create_app", made)
    settings = Settings(archive=f"sqlite:///{tmp_path}/archive.db", rate=0, models=models, refinements=runs)
    site = Site(settings, SteeredReader(registry.current))
    site.start()
    yield Bench(site)
    for run in runs.glob("[0-9]*"):
        (run / "go").write_text("over")
    settle(lambda: faked(runs, models, threads=1)._running() is None)
    site.stop()


@pytest.fixture
def person(browser: Browser, place: Bench) -> Iterator[BrowserContext]:
    context = window_of(browser, place)
    yield context
    context.close()


@pytest.fixture
def tab(person: BrowserContext, place: Bench, complaints: Complaints) -> Iterator[Page]:
    with watched(person, place.site, complaints) as page:
        yield page


def archive_of(place: Bench) -> Archive:
    return open_archive(place.site.settings.archive)


def corrected(place: Bench) -> None:
    """Something to learn from."""
    with archive_of(place).writing() as connection:
        take_in(connection, sample(area="吉水县", year="2023"), annotator="张三", state="done", max_characters=1000)


def tell(runs: Path, result: dict[str, Any] | str, number: int = 1) -> None:
    """Let the trainer end like this."""
    text = result if isinstance(result, str) else json.dumps(result, ensure_ascii=False)
    part = runs / str(number) / "going"
    part.write_text(text, encoding="utf-8")
    part.rename(runs / str(number) / "go")


def post(place: Bench, address: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    answer = httpx.post(f"{place.site.address}{address}", json=body or {}, timeout=SECONDS)
    assert answer.is_success, answer.text
    return dict(answer.json())


def current(place: Bench) -> str:
    return str(httpx.get(f"{place.site.address}models", timeout=SECONDS).json()["current"])


def begun(tab: Page) -> None:
    tab.goto("workbench#refine")
    tab.get_by_role("button", name="开始改进").click()
    expect(tab.locator(".stages li[aria-current]")).to_contain_text("训练")


def test_the_whole_way_by_keys(tab: Page, place: Bench, runs: Path) -> None:
    report = place.keep(TEN, document("wrong"))
    place.keep(READ, area="吉水县")
    for each in (report, place.keep("企业3家。", area="青岚区")):
        post(place, "jobs", {"select": {"reports": [each]}})
    seen: list[str] = []

    def corrections(page: Page) -> None:
        for sentence in SENTENCES:
            for key in (*sentence.way, *sentence.keys):
                page.keyboard.press(key)

    def at(station: str) -> None:
        seen.append(station)
        if station == "gate":
            shown = tab.get_by_role("region", name="门禁").locator("tbody tr")
            assert [row.split("\t")[0] for row in shown.all_inner_texts()] == ["实体", "数值", "指标关联", "整条观测"]
            tab.keyboard.press("a")
            expect(shown).to_have_count(6)
            expect(shown.nth(3)).to_contain_text("提高")
        if station == "preview":
            assert current(place) == "toy-1"

    walk(tab, report, [corrections], at=at, under_way=lambda: tell(runs, PASSED))
    assert seen == ["correct", "refine", "gate", "preview", "promote"]
    assert current(place) == NEW
    given = [json.loads(line) for line in (runs / "1" / "corrected.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [record["text"] for record in given] == [TEN]
    tab.get_by_role("button", name="退回到前一个模型").click()
    expect(tab.get_by_role("button", name=re.compile(f"^启用 {NEW}"))).to_be_visible()
    assert current(place) == "toy-1"


def test_a_refusal_says_what_got_worse_and_offers_nothing(tab: Page, place: Bench, runs: Path) -> None:
    corrected(place)
    begun(tab)
    tell(runs, REFUSED)
    gate = tab.get_by_role("region", name="门禁")
    expect(gate.locator(".verdict")).to_have_text("未通过")
    assert gate.locator(".refusal li").all_inner_texts() == [REASON]
    assert gate.locator("b").count() == 0
    worse = gate.locator("tr.worse")
    expect(worse).to_have_count(1)
    assert worse.locator("th, td").all_inner_texts()[:5] == ["实体 · 地区", "432", "0.913", "0.871", "−0.042"]
    expect(tab.get_by_role("button", name=re.compile("^启用"))).to_have_count(0)
    expect(tab.get_by_role("region", name="预览")).to_have_count(0)
    expect(tab.get_by_role("button", name="开始改进")).to_be_enabled()
    assert current(place) == "toy-1"


def test_the_preview_tells_changes_by_indicator_and_area(tab: Page, place: Bench, runs: Path) -> None:
    corrected(place)
    place.keep(READ, area="吉水县", title="甲报告")
    place.keep(HOSTILE, area="<b>县</b>", title="<i>\u202e题</i>")
    post(place, "jobs")
    settle(lambda: httpx.get(f"{place.site.address}jobs/1", timeout=SECONDS).json()["state"] == "done")
    begun(tab)
    tell(runs, PASSED)
    tab.get_by_role("button", name="用新模型读档案").click()
    preview = tab.get_by_role("region", name="预览")
    # Money is not read any more, percentages are, also in the report that was corrected.
    sum_ = "两个模型都读过 3 份报告，3 份有变化：新增 3 个数，不再有 2 个，改变 2 个；0 个不变。"
    expect(preview.locator(".changes-sum")).to_have_text(sum_)
    rows = preview.locator(".change-groups tbody").nth(0).locator("tr").all_inner_texts()
    assert [row.split("\t") for row in rows] == [
        ["企", "1", "1", "1"], ["<", "1", "·", "1"], ["𠮷", "1", "1", "·"],
    ]  # fmt: skip
    assert preview.locator(".samples .kind").all_inner_texts() == [*["新增"] * 3, *["不再有"] * 2, *["改变"] * 2]
    changed = preview.locator(".samples li", has_text="甲报告").filter(has_text="改变")
    expect(changed.locator("dd")).to_have_text("2023年 → 2024年")
    expect(changed.locator("mark")).to_have_text("44家")
    preview.get_by_role("button", name="企", exact=True).click()
    expect(preview.locator(".asked")).to_contain_text("只看指标“企”")
    expect(preview.locator(".samples li")).to_have_count(3)
    preview.get_by_role("button", name="看全部").click()
    expect(preview.locator(".samples li")).to_have_count(7)
    # What a report says is text, whatever it looks like.
    assert tab.evaluate("window.hit") is None
    assert preview.locator("img, b, i").count() == 0
    assert not re.search("[\u202a-\u202e]", preview.inner_text())
    tab.get_by_text("模型卡全文").click()
    expect(tab.locator(".card-text")).to_contain_text("<b>not bold</b>")


def test_a_model_is_not_made_current_unlooked_at_by_accident(tab: Page, place: Bench, runs: Path) -> None:
    corrected(place)
    begun(tab)
    tell(runs, PASSED)
    tab.get_by_role("button", name=re.compile(f"^启用 {NEW}")).click()
    dialog = tab.get_by_role("dialog", name="启用新模型")
    expect(dialog.locator(".doubts")).to_have_text("还没有看过档案会有哪些变化（预览）。")
    tab.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert current(place) == "toy-1"


def test_a_second_refinement_is_refused_and_the_first_shown(
    tab: Page, place: Bench, runs: Path, complaints: Complaints
) -> None:
    complaints.expected = ("409",)
    tab.goto("workbench#refine")
    tab.get_by_role("button", name="开始改进").click()
    expect(tab.get_by_role("alert")).to_contain_text("还没有完成（done）或审定（reviewed）的标注")
    corrected(place)
    post(place, "refinements")  # someone else, elsewhere
    tab.get_by_role("button", name="重试").click()
    expect(tab.get_by_role("alert")).to_contain_text("另一次训练正在进行")
    expect(tab.get_by_role("button", name="开始改进")).to_be_disabled()
    expect(tab.locator(".stages li[aria-current]")).to_contain_text("训练")
    tell(runs, PASSED)
    expect(tab.get_by_role("region", name="门禁").locator(".verdict")).to_have_text("通过")
    expect(tab.get_by_role("button", name="开始改进")).to_be_enabled()


def test_it_is_ended_when_asked_twice_and_goes_on_where_it_broke_off(tab: Page, place: Bench, runs: Path) -> None:
    corrected(place)
    begun(tab)
    tell(runs, "break")
    tab.get_by_role("button", name="接着训练").click()
    settle(lambda: (runs / "1" / "started").read_text() == "xx" and state_of(place) == "interrupted")
    (runs / "1" / "go").unlink()  # it was told to break again, and has
    expect(tab.locator(".runs .state")).to_contain_text("已中断")
    tab.get_by_role("button", name="接着训练").click()
    expect(tab.locator(".stages li[aria-current]")).to_contain_text("训练")
    tab.keyboard.press("x")
    expect(tab.get_by_role("button", name=re.compile("^真的取消"))).to_be_visible()
    tab.keyboard.press("x")
    expect(tab.locator(".run-head .state")).to_have_text("已取消")


def test_a_lost_connection_is_told_and_found_again(tab: Page, place: Bench, runs: Path, complaints: Complaints) -> None:
    complaints.expected = ("net::ERR", "Failed to load resource")
    corrected(place)
    begun(tab)
    tab.context.set_offline(True)
    try:
        expect(tab.get_by_text("连接中断，训练在服务里继续")).to_be_visible()
        tell(runs, PASSED)
    finally:
        tab.context.set_offline(False)
    expect(tab.get_by_role("region", name="门禁").locator(".verdict")).to_have_text("通过")
    expect(tab.get_by_text("连接中断")).to_have_count(0)


def test_who_may_not_promote_is_told_and_can_change_the_key(
    tab: Page, place: Bench, runs: Path, complaints: Complaints
) -> None:
    complaints.expected = ("401", "403")
    corrected(place)
    begun(tab)
    tell(runs, PASSED)
    promote = tab.get_by_role("button", name=re.compile(f"^启用 {NEW}"))
    expect(promote).to_be_visible()
    with archive_of(place).writing() as connection:
        writer = add_key(connection, "标注员", [Scope.READ, Scope.WRITE])
        admin = add_key(connection, "主任", [Scope.READ, Scope.WRITE, Scope.ADMIN])
    settle(lambda: httpx.get(f"{place.site.address}models", timeout=SECONDS).status_code == 401)

    def give(key: str) -> None:
        tab.get_by_label("密钥", exact=True).fill(key)
        tab.keyboard.press("Enter")

    tab.keyboard.press("p")
    tab.keyboard.press("Enter")
    give(writer)
    alert = tab.get_by_role("alert")
    expect(alert).to_contain_text("密钥“标注员”没有 admin 权限")
    alert.get_by_role("button", name="换一个密钥").click()
    give(admin)
    expect(tab.locator(".is-current")).to_have_text(f"{NEW} 是当前模型。")
    with archive_of(place).reading() as connection:
        assert [(p.model, p.by) for p in promotions(connection)] == [(NEW, "主任"), ("toy-1", None)]
