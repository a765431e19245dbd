"""The workbench when two people save, a browser closes, a server is slow or gone, or a report is hostile."""

from __future__ import annotations

import json
import re
import threading
from typing import Any

from browsers import CONTROL, Complaints, controls
from playwright.sync_api import BrowserContext, Page, Route, expect
from workbenches import TEXT, Bench, Desk, expect_draft, expect_saved, figure, labels, marked, proposed

# Everything that could be taken for markup or for an instruction to the browser, with numbers.
HOSTILE = (
    "<script>window.hit=1</script>工作总结\n"
    "<img src=x onerror=window.hit=2>“<b onclick=window.hit=3>企业</b>”共44家。\n"
    "专利\u202e万56\u202c授权量\u200f78\u2066件\u2069，\u0007合同额5.6亿元。\n"
)


def changed(said: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The sample with other fields of numbers, by their words."""
    document = proposed()
    names = {TEXT[e["start"] : e["end"]]: e["id"] for e in document["entities"]}
    for words, fields in said.items():
        next(o for o in document["observations"] if o["value"] == names[words]).update(fields)
    return document


# Two people


def test_two_people_at_once_settle_what_differs(desk: Desk, complaints: Complaints) -> None:
    complaints.expected = ("409",)
    theirs = changed({"120家": {"status": "forecast"}, "44家": {"low": 45, "high": 45}})
    del theirs["entities"][1]  # 全区
    for said in theirs["observations"]:
        said.pop("area_entity", None)
    desk.bench.save(desk.report, theirs, "乙", base=1)
    desk.on("44家").press("m", "2")
    desk.on("120家").press("s", "1")
    desk.on("全省第三位").press("[")
    desk.press("Control+s")
    page = desk.page
    expect(page.get_by_role("heading", name="“乙”已先保存了这份报告")).to_be_visible()
    whats = [text.split("　")[0] for text in page.locator(".what").all_inner_texts()]
    assert sorted(whats) == sorted(["有无标注", *["地区"] * 5, "边界", "数值", "类别", "状态"])
    # What one alone has touched is settled already; on the status both have spoken.
    expect(page.locator(".settle-foot [role=status]")).to_have_text("还有 1 处未定")
    open_ = page.locator(".items li.now")
    expect(open_).to_contain_text("状态")
    expect(open_.locator("button.left")).to_have_text("预计")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Control+Enter")
    expect_saved(page, 4)
    said = desk.bench.kept(desk.report)
    assert said["revision"]["base"] == 2
    assert figure(said, "120家")["status"] == "actual"
    assert (figure(said, "44家")["low"], figure(said, "44家")["measure"]) == (45, "increment")
    assert ("AREA", "全区") not in labels(said)
    assert ("RANK", "全省第三") in labels(said)
    # Everything that was sent is there still.
    assert [(r["annotator"], r["line"]) for r in desk.bench.history(desk.report)] == [
        ("甲", None),
        ("甲", "甲"),
        ("乙", None),
        ("模型", None),
    ]


def test_one_side_can_be_taken_whole_or_later(desk: Desk, complaints: Complaints) -> None:
    complaints.expected = ("409",)
    desk.bench.save(desk.report, changed({"9家": {"low": 8, "high": 8}}), "乙", base=1)
    desk.on("9家").press("e")
    desk.page.keyboard.type("7家")
    desk.press("Enter", "Control+s")
    page = desk.page
    page.get_by_role("button", name="返回").click()  # to think about it; nothing is lost
    assert desk.chosen == "9家"
    assert "未保存" in page.locator(".saved").inner_text()
    desk.press("Control+s")
    page.get_by_role("heading", name="“乙”已先保存了这份报告").wait_for()
    page.get_by_role("button", name="其余取右").click()
    page.get_by_role("button", name="保存取舍后的一版").click()
    expect_saved(page, 4)
    assert figure(desk.bench.kept(desk.report), "9家")["low"] == 7


# Drafts


def test_closing_the_browser_loses_nothing(desk: Desk, person: BrowserContext) -> None:
    desk.on("44家").press("m", "2")
    desk.on("120家").press("x", "u", "s", "3")
    expect_draft(desk.page, 4)
    desk.page.close()
    page = person.new_page()
    back = Desk(page, desk.bench, desk.report)
    page.goto(f"workbench#{desk.report}")
    offer = page.get_by_role("group", name="未保存的改动")
    expect(offer).to_contain_text("4 步，从第 1 版做起")
    page.keyboard.press("Enter")
    back.ready()
    expect(page.locator(".saved")).to_have_text(re.compile("^未保存 4 步"))
    said = back.saved()
    assert (figure(said, "44家")["measure"], figure(said, "120家")["status"]) == ("increment", "forecast")
    page.reload()
    back.ready()  # what is saved is offered no more
    back.on("44家").press("g", "2")
    expect_draft(page, 1)
    page.reload()
    page.get_by_role("button", name="不要了").click()
    back.ready()
    expect_saved(page, 2)
    page.close()


def test_a_draft_of_an_older_version_meets_the_newer_one(desk: Desk, complaints: Complaints) -> None:
    complaints.expected = ("409",)
    desk.on("44家").press("m", "2")
    expect(desk.page.locator(".saved")).to_contain_text("草稿在本机")
    desk.bench.save(desk.report, changed({"9家": {"low": 8, "high": 8}}), "乙", base=1)
    desk.page.reload()
    desk.page.get_by_role("button", name="接着做").click()
    desk.ready().press("Control+s")
    expect(desk.page.get_by_role("button", name="保存取舍后的一版")).to_be_enabled()
    desk.press("Control+Enter")
    expect_saved(desk.page, 4)
    said = desk.bench.kept(desk.report)
    assert (figure(said, "44家")["measure"], figure(said, "9家")["low"]) == ("increment", 8)


def test_two_tabs_on_one_draft_keep_both(desk: Desk, person: BrowserContext) -> None:
    desk.on("44家").press("m", "2")
    expect(desk.page.locator(".saved")).to_contain_text("草稿在本机")
    other = person.new_page()
    other.goto(f"workbench#{desk.report}")
    other.get_by_role("button", name="接着做").click()
    second = Desk(other, desk.bench, desk.report).ready()
    second.on("9家").press("s", "2")
    desk.on("9家").press("s", "3")
    for page in (other, desk.page):
        expect_draft(page, 2)
    other.close()
    desk.page.reload()
    expect(desk.page.get_by_role("button", name="接着做")).to_have_count(2)


# A slow server, a lost connection


def test_a_lost_connection_keeps_the_draft_and_says_so(desk: Desk, complaints: Complaints) -> None:
    complaints.expected = ("net::ERR", "Failed to load resource")
    page = desk.page
    page.context.set_offline(True)
    try:
        desk.on("9家").press("Alt+ArrowLeft")  # the number cannot be read now
        expect(page.locator(".mode-line")).to_contain_text("连不上服务")
        desk.press("Control+s")
        alert = page.get_by_role("alert")
        expect(alert).to_contain_text("草稿里，关闭浏览器也不会丢")
        expect(page.locator(".saved")).to_have_text("未连通 · 草稿在本机")
    finally:
        page.context.set_offline(False)
    # It is tried again by itself.
    expect_saved(page, 2)
    expect(alert).to_have_count(0)
    assert ("COUNT", "9") in labels(desk.bench.kept(desk.report))


def test_unsaved_work_can_be_gone_on_with_while_the_service_is_gone(desk: Desk, complaints: Complaints) -> None:
    complaints.expected = ("net::ERR", "Failed to load resource")
    desk.on("44家").press("m", "2")
    expect(desk.page.locator(".saved")).to_contain_text("草稿在本机")
    page = desk.page
    page.route("**/annotations/**", lambda route: route.abort("connectionreset"))
    page.reload()
    page.get_by_role("button", name="接着做").click()
    desk.ready().on("9家").press("s", "2")
    expect_draft(page, 2)
    page.unroute("**/annotations/**")
    assert figure(desk.saved(), "9家")["status"] == "plan"


def test_a_slow_server_holds_nobody_up(desk: Desk) -> None:
    page = desk.page
    held: list[Route] = []
    page.route(
        f"**/annotations/{desk.report}",
        lambda route: held.append(route) if route.request.method == "PUT" else route.continue_(),
    )
    desk.on("44家").press("m", "2", "Control+s")
    expect(page.locator(".saved")).to_have_text("正在保存…")
    desk.on("9家").press("s", "2")  # meanwhile the work goes on
    held[0].continue_()
    expect(page.locator(".saved")).to_have_text("未保存 1 步 · 草稿在本机")
    page.unroute(f"**/annotations/{desk.report}")
    said = desk.bench.kept(desk.report)
    assert (figure(said, "44家")["measure"], figure(said, "9家")["status"]) == ("increment", "actual")
    # What came after the save is a draft of its own, and undoing reaches back before it.
    desk.press("u", "u")
    said = desk.saved()
    assert (figure(said, "44家")["measure"], figure(said, "9家")["status"]) == ("level", "actual")


def test_a_report_that_takes_long_to_open_can_be_given_up(bench: Bench, tab: Page) -> None:
    report = bench.keep("很慢的一份，企业12家。")
    bench.site.reader.stall = threading.Event()
    tab.goto(f"workbench#{report}")
    expect(tab.get_by_role("progressbar")).to_be_visible()
    tab.get_by_role("button", name="取消").click()
    bench.site.reader.stall.set()
    bench.site.reader.stall = None
    tab.get_by_role("button", name="标注任务").click()
    tab.locator(f"tr[data-report='{report}'] a").first.click()
    expect(tab.locator("mark.span")).to_have_text("12家")
    expect(tab.locator(".saved")).to_have_text("模型预标，尚未保存")


# Hostile reports


def test_a_hostile_report_is_shown_as_it_is_and_marked_in_place(bench: Bench, tab: Page) -> None:
    said = marked(
        HOSTILE,
        [("INDICATOR", "企业"), ("COUNT", "44家"), ("COUNT", "78\u2066件"), ("MONEY", "5.6亿元")],
        {"44家": {"low": 44, "unit": "家", "indicator": ["企业"], "area": "<img src=x onerror=window.hit=9>\u202e区"}},
    )
    said["meta"]["title"] = "<b>\u202e题</b>"
    desk = Desk(tab, bench, bench.keep(HOSTILE, said, title="<i>\u202e题</i>")).open()
    for number in range(4):
        tab.locator("mark.span").nth(number).click()
    desk.on("44家")
    assert tab.evaluate("window.hit") is None
    assert tab.locator("#desk img, #desk script, #desk b").count() == 0
    assert controls(tab) == ["U+202E", "U+202C", "U+200F", "U+2066", "U+2069", "U+0007"]
    shown = tab.locator(".side.pane").inner_text() + tab.locator(".toolbar").inner_text()
    assert not CONTROL.search(shown)
    # The caret counts what is not to be seen as well.
    desk.on("5.6亿元").press("[")
    assert ("MONEY", "5.6亿") in labels(desk.saved())
    tab.goto("workbench")
    expect(tab.locator(f"tr[data-report='{desk.report}'] a").first).to_have_text("<i>⟨U+202E⟩题</i>")
    tab.goto(f"workbench#{desk.report}/compare")
    tab.locator(".items li").first.wait_for()
    assert tab.evaluate("window.hit") is None


# Review


def test_two_annotators_are_compared_and_one_version_adopted(bench: Bench, tab: Page) -> None:
    report = bench.keep(f"{TEXT}审定", proposed())
    bench.save(report, changed({"120家": {"status": "actual"}, "44家": {"low": 45, "high": 45}}), "乙", base=1)
    own = changed({"120家": {"status": "forecast"}, "9家": {"measure": "level"}})
    own["entities"][1]["label"] = "ORG"
    own["entities"].append({"id": "e99", "label": "ORG", "start": 0, "end": 6})
    for said in own["observations"]:
        said.pop("area_entity", None)
    bench.save(report, own, "丙", base=1, own=True)
    tab.goto("workbench")
    tab.locator(f"tr[data-report='{report}']").get_by_role("link", name="审定").click()
    items = tab.locator(".items li")
    expect(items.first).to_be_visible()
    whats = tab.locator(".what").all_inner_texts()
    assert sorted(whats) == sorted(["有无标注", "标签", *["地区"] * 5, "数值", "类别", "状态"])
    terms = dict(
        zip(tab.locator(".agreement dt").all_inner_texts(), tab.locator(".agreement dd").all_inner_texts(), strict=True)
    )
    assert terms["数值"].startswith("100.0%")
    assert terms["实体"].startswith("89.7%")  # 13 of 14 and of 15
    expect(tab.get_by_role("button", name="采用取舍后的一版")).to_be_disabled()
    for what in whats:
        tab.keyboard.press("ArrowRight" if what in {"状态", "有无标注"} else "ArrowLeft")
    expect(tab.locator(".settle-foot [role=status]")).to_have_text("各处已定")
    tab.keyboard.press("Backspace")
    expect(tab.locator(".settle-foot [role=status]")).to_have_text("还有 1 处未定")
    tab.keyboard.press("Shift+ArrowRight")
    tab.keyboard.press("Control+Enter")
    tab.locator(".desk .page").wait_for()
    said = bench.kept(report)
    assert (said["revision"]["state"], said["revision"]["annotator"]) == ("reviewed", "甲")
    assert labels(said)[0] == ("ORG", TEXT[:6])
    assert ("AREA", "全区") in labels(said)
    assert (figure(said, "120家")["status"], figure(said, "44家")["low"]) == ("forecast", 45)
    assert figure(said, "9家")["measure"] == "increment"
    assert json.dumps(figure(said, "8.5%")["area_entity"], ensure_ascii=False) == '"全区"'
