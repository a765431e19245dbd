"""The page in a browser when things go wrong: hostile reports, slow and broken servers, keys, small windows."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from browsers import CONTROL, Complaints, Site, SteeredReader, controls, read, seed
from playwright.sync_api import Browser, Page, Route, expect

from service.archive.keys import Scope, add_key
from service.archive.opening import open_archive
from service.pipeline import Pipeline
from service.settings import Settings
from training.golden import rows
from training.seeds import SEEDS

PLAIN = "青岚区科技局2023年工作总结\n2023年，全区高新技术企业共44家。\n"
# Everything that could be taken for markup or for an instruction to the browser.
HOSTILE = (
    "<script>window.hit=1</script>青岚区2023年工作总结\n"
    "<img src=x onerror=window.hit=2>2023年，全区“<b onclick=window.hit=3>高新技术企业</b>”共44家。\n"
    "</textarea></style><svg/onload=window.hit=4>javascript:window.hit=5 &lt;i&gt; {{7*7}} ${window.hit=6}\n"
    "=cmd|' /C calc'!A0 全区科技型中小企业达到12家。\n"
    "全区专利\u202e万56\u202c授权量达到\u200f78\u2066件\u2069，\u0007合同额5.6亿元。\n"
)


def submit(page: Page, text: str) -> None:
    """Paste `text` and ask for it to be read."""
    page.get_by_label("报告全文").fill(text)
    page.get_by_role("button", name="读取").click()


def test_a_hostile_report_is_shown_as_it_is_and_nothing_runs(page: Page) -> None:
    read(page, HOSTILE)
    for tab in ("图表", "核对", "不计", "数字"):
        page.get_by_role("tab", name=tab).click()
    marks = page.locator("mark.figure")
    for number in range(marks.count()):
        marks.nth(number).click()
    assert page.evaluate("window.hit") is None
    text = page.locator(".report-text").inner_text()
    for piece in (
        "<script>window.hit=1</script>",
        "<img src=x onerror=window.hit=2>",
        "&lt;i&gt;",
        "</textarea></style>",
    ):
        assert piece in text
    assert page.locator(".report-text script, .report-text img, .report-text svg:not(.joins)").count() == 0
    # Controls stand in boxes of their own, which nothing in them leaves.
    assert controls(page) == ["U+202E", "U+202C", "U+200F", "U+2066", "U+2069", "U+0007"]
    assert page.locator(".control").first.evaluate("(box) => getComputedStyle(box).unicodeBidi") == "isolate"
    # Elsewhere they are named, so that no cell can be turned around.
    shown = page.locator("#work .reckoning").inner_text() + page.locator("#said").inner_text()
    assert not CONTROL.search(shown)


def test_markup_in_a_title_stays_text(page: Page) -> None:
    read(page, "<img src=x onerror=window.hit=1>区2023年工作总结\n2023年，全区高新技术企业共44家。\n")
    page.get_by_role("button", name="与另一份对照").click()
    assert page.evaluate("window.hit") is None
    assert page.locator("img").count() == 0


def test_a_slow_server_can_be_given_up(page: Page, site: Site, complaints: Complaints) -> None:
    site.reader.stall = threading.Event()
    submit(page, PLAIN)
    expect(page.get_by_role("progressbar")).to_be_visible()
    expect(page.locator(".clock")).to_have_text("已用 1 秒")
    page.get_by_role("button", name="取消").click()
    expect(page.get_by_text("已取消，填写的内容还在。")).to_be_visible()
    assert page.get_by_label("报告全文").input_value() == PLAIN
    site.reader.stall.set()
    page.get_by_role("button", name="读取").click()
    expect(page.locator("mark.figure")).to_have_text("44家")
    complaints.expected = ()


def test_a_lost_connection_loses_nothing(page: Page, complaints: Complaints) -> None:
    complaints.expected = ("net::ERR",)
    page.route("**/extract", lambda route: route.abort("connectionreset"))
    submit(page, PLAIN)
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("连不上服务")
    assert page.get_by_label("报告全文").input_value() == PLAIN
    page.unroute("**/extract")
    alert.get_by_role("button", name="重试").click()
    expect(page.locator("mark.figure")).to_have_text("44家")


def test_an_answer_that_breaks_off(page: Page, complaints: Complaints) -> None:
    complaints.expected = ("net::ERR",)
    broken: list[bool] = []

    def cut(route: Route) -> None:
        broken.append(True)
        route.fulfill(status=200, content_type="application/json", body='{"report": {"id": "ab')

    page.route("**/extract", cut)
    submit(page, PLAIN)
    expect(page.get_by_role("alert")).to_contain_text("连不上服务")
    assert broken


def test_a_fault_of_the_server_has_a_number(page: Page, site: Site, complaints: Complaints) -> None:
    complaints.expected = ("500",)
    site.reader.fault = RuntimeError("broken on purpose")
    submit(page, PLAIN)
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("内部错误")
    expect(alert).to_contain_text(re.compile("编号 urn:uuid:[0-9a-f-]{36}"))
    assert page.get_by_label("报告全文").input_value() == PLAIN


def test_an_answer_of_something_else(page: Page, complaints: Complaints) -> None:
    complaints.expected = ("502",)
    page.route("**/extract", lambda route: route.fulfill(status=502, content_type="text/html", body="<h1>Bad</h1>"))
    submit(page, PLAIN)
    expect(page.get_by_role("alert")).to_contain_text("HTTP 502")


def test_nothing_to_read(page: Page, complaints: Complaints) -> None:
    page.get_by_role("button", name="读取").click()
    expect(page.get_by_role("alert")).to_contain_text("还没有报告")
    complaints.expected = ("422",)
    page.locator("#intake input[type=file]").set_input_files(
        {"name": "空.txt", "mimeType": "text/plain", "buffer": b" \n"}
    )
    page.get_by_role("button", name="读取").click()
    expect(page.get_by_role("alert")).to_contain_text("文本为空")


def test_a_pasted_text_outlives_a_reload(page: Page) -> None:
    page.get_by_label("报告全文").fill(PLAIN)
    page.reload()
    assert page.get_by_label("报告全文").input_value() == PLAIN


def test_half_a_character_is_mended_before_it_is_sent(page: Page) -> None:
    page.get_by_label("报告全文").focus()
    page.evaluate(
        """() => {
            document.activeElement.value = "全区高新技术企业\\ud842共44家。";
            document.activeElement.dispatchEvent(new Event("input"));
        }"""
    )
    page.get_by_role("button", name="读取").click()
    expect(page.locator("mark.figure")).to_have_text("44家")


# Other servers


@pytest.fixture(scope="module")
def guarded(real_reader: SteeredReader, tmp_path_factory: pytest.TempPathFactory) -> tuple[Site, str]:
    """A service with a small limit that needs keys, and a key that may ask."""
    url = f"sqlite:///{tmp_path_factory.mktemp('guarded') / 'archive.db'}"
    archive = open_archive(url)
    with archive.writing() as connection:
        key = add_key(connection, "前台", [Scope.READ])
    archive.close()
    return Site(Settings(archive=url, max_characters=200, rate=0), real_reader), key


@pytest.fixture
def guarded_page(guarded: tuple[Site, str], browser: Browser) -> Iterator[tuple[Page, str]]:
    site, key = guarded
    site.start()
    context = browser.new_context(locale="zh-CN")
    tab = context.new_page()
    tab.goto(site.address)
    yield tab, key
    context.close()
    site.stop()


def test_a_key_is_asked_for_and_kept_for_the_tab(guarded_page: tuple[Page, str]) -> None:
    page, key = guarded_page
    submit(page, PLAIN)
    dialog = page.get_by_role("dialog", name="需要密钥")
    dialog.get_by_role("button", name="取消").click()
    expect(page.get_by_role("alert")).to_contain_text("需要密钥")
    page.get_by_role("button", name="重试").click()
    field = dialog.get_by_label("密钥", exact=True)
    field.fill("两个 词")
    page.keyboard.press("Enter")
    expect(dialog).to_contain_text("没有空格")
    field.fill("baoshu_wrong")
    page.keyboard.press("Enter")
    expect(dialog).to_contain_text("密钥无效或已撤销")
    dialog.get_by_label("密钥", exact=True).fill(key)
    page.keyboard.press("Enter")
    expect(page.locator("mark.figure")).to_have_text("44家")
    assert page.evaluate("Object.entries(sessionStorage)").count(["baoshu-key", key]) == 1
    assert page.evaluate("localStorage.length") == 0
    assert page.context.cookies() == []
    page.get_by_role("button", name="存入档案").click()
    expect(page.get_by_role("alert")).to_contain_text("权限不足")
    # A text that is too long is refused by the server, and told as it tells.
    page.get_by_role("button", name="另读一份").click()
    submit(page, PLAIN * 20)
    expect(page.get_by_role("alert")).to_contain_text("文本过长")
    assert page.get_by_label("报告全文").input_value() == PLAIN * 20
    submit(page, "一" * 400_000)
    expect(page.get_by_role("alert")).to_contain_text("请求体过大")


# Ways of looking


@pytest.mark.parametrize("width", [683, 360])
def test_at_twice_the_size_nothing_is_cut_off(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 384})
    read(page, seed("kj-xian-2023"))
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator("mark.figure").first.click()
    row = page.locator("tr[aria-selected=true]")
    row.scroll_into_view_if_needed()
    expect(row).to_be_visible()


def test_every_control_has_a_name_and_every_id_one_bearer(page: Page) -> None:
    read(page, seed("kj-xian-2023"))
    page.locator("mark.figure").first.click()
    for mode in ("两份对照", "档案", "读一份报告"):
        page.get_by_role("button", name=mode, exact=True).click()
        nameless = page.evaluate(
            """() => Array.from(document.querySelectorAll("button, input, select, textarea, [role]"))
                .filter((e) => e.checkVisibility())
                .filter((e) => !["row", "gridcell", "columnheader", "tablist", "status", "tabpanel"].includes(e.role))
                .filter((e) => !(e.getAttribute("aria-label") || e.getAttribute("aria-labelledby") || e.labels?.length
                    || e.textContent.trim()))
                .map((e) => e.outerHTML.slice(0, 120))"""
        )
        assert nameless == []
    ids = page.evaluate("Array.from(document.querySelectorAll('[id]'), (e) => e.id)")
    assert len(ids) == len(set(ids))
    dangling = page.evaluate(
        """() => Array.from(document.querySelectorAll("[for], [aria-controls], [aria-labelledby]"))
            .flatMap((e) => [e.htmlFor, e.getAttribute("aria-controls"), e.getAttribute("aria-labelledby")])
            .filter(Boolean).flatMap((ids) => ids.split(" ")).filter((id) => !document.getElementById(id))"""
    )
    assert dangling == []
    tree = page.locator("body").aria_snapshot()
    for part in ("banner", "navigation", "main", "grid", "tablist", "search"):
        assert f"- {part}" in tree or f" {part}" in tree
    assert page.evaluate("document.documentElement.lang") == "zh-CN"


def test_nothing_moves_for_those_who_do_not_want_it(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    read(page, PLAIN)
    page.get_by_role("tab", name="不计").click()
    page.locator(".ledger button").first.click()
    assert page.locator(".flash").first.evaluate("(element) => getComputedStyle(element).animationName") == "none"


def test_on_paper_the_figures_are_numbered_and_the_table_is_whole(
    page: Page, tmp_path: Path, shipped: Pipeline
) -> None:
    read(page, seed("kj-xian-2023"))
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert page.locator("#paper tbody tr").count() == len(rows(shipped, SEEDS / "kj-xian-2023.txt"))
    assert page.locator("#paper tbody tr").nth(2).locator("td").all_inner_texts() == (
        ["3", "R&D经费投入强度", "2.06%", "2.06%", "2022年", "皖源县", "数值", "实际"]
    )
    first = page.locator("mark.figure").first
    assert first.evaluate("(mark) => getComputedStyle(mark, '::after').content") == '"1"'
    for hidden in (".bar", ".reckoning", ".tools", "#intake"):
        expect(page.locator(hidden).first).to_be_hidden()
    # As narrow as a sheet: nothing is cut off, and nothing lies over anything else.
    page.set_viewport_size({"width": 680, "height": 960})
    text, paper = (page.locator(name).bounding_box() for name in (".page", "#paper"))
    assert text is not None
    assert paper is not None
    assert text["y"] + text["height"] <= paper["y"]
    page.set_viewport_size({"width": 1366, "height": 768})
    page.emulate_media(media="screen")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("#paper *").count() == 0
    file = tmp_path / "report.pdf"
    page.pdf(path=file, format="A4")
    assert file.read_bytes().startswith(b"%PDF-")
    assert len(re.findall(rb"/Type\s*/Page\b", file.read_bytes())) >= 4
