"""The workbench in a browser: every way of correcting by key and by pointer, and what the archive has of it after."""

from __future__ import annotations

import re

from browsers import Complaints
from playwright.sync_api import expect
from workbenches import TEXT, Desk, figure, labels, proposed


def test_the_keys_move_between_numbers_spans_and_lines(desk: Desk) -> None:
    assert desk.chosen == "9家"  # the first that the model is unsure of
    assert desk.press("Home").chosen == "5.6亿元"
    assert desk.press("Tab").chosen == "8.5%"
    assert desk.press("Shift+Tab").chosen == "5.6亿元"
    assert desk.press("ArrowLeft").chosen == "技术合同成交额"
    assert desk.press("ArrowRight", "ArrowRight").chosen == "8.5%"
    assert desk.press("ArrowDown").chosen in {"44家", "9家", "2024年", "高新技术企业"}
    assert desk.press("ArrowUp").chosen != ""
    assert desk.press("End").chosen == "1.30"
    assert desk.press("N").chosen == "9家"
    assert desk.press("n").chosen == "1.30"
    desk.press("n")
    assert desk.told == "往后没有存疑的了。"
    # After the last number the tab key leaves the text.
    desk.press("End", "Tab")
    assert desk.page.evaluate("document.querySelector('.report-text').contains(document.activeElement)") is False


def test_a_number_is_joined_to_its_words(desk: Desk) -> None:
    desk.on("8.5%")
    roles = desk.page.locator("mark.role")
    assert sorted(roles.all_inner_texts()) == sorted(["2023年", "全区", "技术合同成交额"])
    expect(desk.page.locator("path.join:not(.thin)")).to_have_count(3)
    assert desk.page.locator("path.join.thin").count() > 3  # those of its sentence
    # From the words to their numbers as well.
    desk.on("高新技术企业")
    assert desk.page.locator(".servants button").all_inner_texts() == ["44家", "9家", "120家"]


def test_tables_are_tables(desk: Desk) -> None:
    rows = desk.page.locator(".grid tr")
    assert rows.nth(0).locator("th").all_inner_texts() == ["地区", "强度(%)"]
    assert rows.nth(1).locator("th, td").all_inner_texts() == ["甲街道", "2.71"]
    desk.on("2.71").press("Alt+ArrowLeft", "m", "1")
    assert figure(desk.saved(), "2.7")["low"] == 2.7


def test_spans_are_added_and_the_number_is_read(desk: Desk) -> None:
    # 新增9家: from the number back over 新增 by characters.
    desk.on("9家").press("ArrowLeft", "c", "ArrowRight", "ArrowRight", "ArrowLeft")
    desk.press("Escape").on("9家").press("x")
    desk.press("c")
    expect(desk.page.locator(".caret")).to_be_visible()
    desk.page.evaluate("getSelection().removeAllRanges()")
    desk.press("Escape")
    desk.on("44家").press("Shift+ArrowRight", "Shift+ArrowRight")  # ，其
    assert desk.page.evaluate("getSelection().toString()") == "，其"
    desk.press("Control+ArrowRight", "ArrowRight", "ArrowRight")
    desk.press("Escape")
    # With the pointer: what is selected gets the label that is clicked.
    desk.page.evaluate(
        """() => {
            const walk = document.createTreeWalker(document.querySelector(".report-text"), NodeFilter.SHOW_TEXT);
            while (walk.nextNode()) {
                const at = walk.currentNode.data.indexOf("9家");
                if (at >= 0) getSelection().setBaseAndExtent(walk.currentNode, at, walk.currentNode, at + 2);
            }
            document.querySelector(".report-text").dispatchEvent(new PointerEvent("pointerup", { bubbles: true }));
        }"""
    )
    desk.page.get_by_role("button", name="数量").click()
    expect(desk.page.locator(".read")).to_have_text("9 家")
    said = desk.saved()
    added = figure(said, "9家")
    assert (added["low"], added["unit"], added["indicator"]) == (9, "家", ["高新技术企业"])
    assert (added["period"], added["period_entity"], added["area"]) == ("2023", "2023年", "吉水区")


def test_a_span_is_made_by_keys_alone(desk: Desk) -> None:
    # Before the first span of the first line is 𠮷水区, of a character that takes two units.
    desk.press("Home", "ArrowLeft", "ArrowLeft", "ArrowLeft", "c")
    desk.press(*["ArrowLeft"] * 19)
    desk.press(*["Shift+ArrowRight"] * 3)
    assert desk.page.evaluate("getSelection().toString()") == "𠮷水区"
    desk.press("3")
    said = desk.saved()
    assert labels(said)[0] == ("AREA", "𠮷水区")
    assert said["document"]["entities"][0] | {"start": 0, "end": 3} == said["document"]["entities"][0]


def test_edges_move_by_characters(desk: Desk) -> None:
    desk.on("技术合同成交额").press("Alt+ArrowRight")
    assert desk.chosen == "技术合同成交额达"
    assert desk.press("[", "[").chosen == "技术合同成交"
    assert desk.press("}", "Alt+Shift+ArrowRight").chosen == "合同成交"
    assert desk.press("{", "Alt+Shift+ArrowLeft", "]").chosen == "技术合同成交额"
    desk.press("]", "]")  # 达5: the number stands there
    assert "重叠" in desk.told
    desk.press("[")
    said = desk.saved()
    assert ("INDICATOR", "技术合同成交额") in labels(said)
    # Whatever followed the edge is linked to it still.
    assert figure(said, "8.5%")["indicator"] == ["技术合同成交额"]


def test_labels_change_and_links_that_no_longer_fit_go(desk: Desk) -> None:
    desk.on("全区").press("9")
    desk.on("8.5%").press("6")
    said = desk.saved()
    assert ("ORG", "全区") in labels(said)
    assert figure(said, "5.6亿元")["area_entity"] is None
    assert figure(said, "5.6亿元")["area"] == "吉水区"
    assert ("COUNT", "8.5%") in labels(said)
    desk.on("8.5%").press("1")
    assert [o["text"] for o in desk.saved()["document"]["observations"]].count("8.5%") == 0


def test_what_is_deleted_goes_with_its_links_and_comes_back(desk: Desk) -> None:
    before = desk.bench.kept(desk.report)["document"]
    desk.on("技术合同成交额").press("Delete")
    desk.on("44家").press("o")
    said = desk.saved()
    assert ("INDICATOR", "技术合同成交额") not in labels(said)
    assert figure(said, "5.6亿元")["indicator"] == []
    assert "44家" not in [o["text"] for o in said["document"]["observations"]]
    desk.press("Control+z", "u")
    desk.press("Control+y", "U", "Control+z", "Control+z")
    expect(desk.page.locator(".toolbar button", has_text="撤销")).to_be_disabled()
    assert desk.saved()["document"] == before


def test_links_are_made_by_key_and_target(desk: Desk) -> None:
    desk.on("120家").press("i")
    expect(desk.page.locator(".badge")).to_have_count(3)
    assert desk.page.locator(".badge").first.inner_text() == "1✓"  # the one it has is the nearest
    desk.press("3")
    desk.press("i", "Shift+Digit1")
    desk.on("2.71").press("p", "ArrowRight", "Enter")
    desk.on("44家").press("r", "Backspace")
    desk.on("8.5%").press("b", "1")
    said = desk.saved()
    assert figure(said, "120家")["indicator"] == ["高新技术企业", "强度"]
    assert figure(said, "2.71")["period_entity"] == "2023年"
    assert (figure(said, "44家")["area"], figure(said, "44家")["area_entity"]) == (None, None)
    assert figure(said, "8.5%")["base_entity"] == figure(said, "8.5%")["base"]
    desk.on("8.5%").press("b", "y")
    desk.press("i", "1")  # what is linked is let go
    said = desk.saved()
    assert (figure(said, "8.5%")["base"], figure(said, "8.5%")["base_entity"]) == ("yoy", None)
    assert figure(said, "8.5%")["indicator"] == []


def test_links_are_made_with_the_pointer(desk: Desk) -> None:
    desk.on("120家")
    desk.page.locator("mark.span", has_text="2024年").click(modifiers=["Control"])
    desk.page.locator("mark.span", has_text="120家").drag_to(desk.page.locator("mark.span", has_text="技术合同成交额"))
    desk.page.get_by_role("button", name="取消关联 高新技术企业").click()
    said = figure(desk.saved(), "120家")
    assert (said["period"], said["period_entity"], said["indicator"]) == ("2024", "2024年", ["技术合同成交额"])
    # Where a key has asked for a target, a click is the answer.
    desk.on("120家").press("i")
    desk.page.locator("mark.span", has_text="强度").click()
    expect(desk.page.locator(".link-chip.role-indicator .link")).to_have_text("强度")
    assert desk.chosen == "120家"
    assert figure(desk.saved(), "120家")["indicator"] == ["强度"]


def test_a_time_without_other_figures_is_read(desk: Desk) -> None:
    desk.on("44家").press("p", "2")
    expect(desk.page.get_by_label("EDTF")).to_have_value("2024")
    assert figure(desk.saved(), "44家")["period"] == "2024"


def test_choices_have_keys(desk: Desk) -> None:
    desk.on("120家").press("s")
    assert "1 实际" in desk.told
    desk.press("3", "g", "2", "m", "2")
    desk.on("9家").press("m", "Escape")
    desk.page.get_by_role("button", name="数值", exact=True).click()
    said = desk.saved()
    assert {k: figure(said, "120家")[k] for k in ("status", "bound", "measure")} == {
        "status": "forecast", "bound": "at_least", "measure": "increment",
    }  # fmt: skip
    assert figure(said, "9家")["measure"] == "level"


def test_a_value_is_read_while_it_is_typed_and_refused_where_it_is_none(desk: Desk) -> None:
    desk.on("120家").press("e")
    field = desk.page.get_by_label("数值", exact=True).and_(desk.page.locator("input"))
    expect(field).to_be_focused()
    field.fill("若干")
    expect(desk.page.locator(".read")).to_have_text("读不出数")
    expect(field).to_have_attribute("aria-invalid", "true")
    desk.press("Enter")
    assert "未采用" in desk.told
    field.fill("110-130家")
    expect(desk.page.locator(".read")).to_have_text("读作 110–130 家")
    desk.press("Enter")
    expect(desk.page.locator(".report-text")).to_be_focused()
    desk.press("t")
    desk.page.keyboard.type("明年")
    desk.press("Enter")
    expect(desk.page.get_by_label("EDTF")).to_have_attribute("aria-invalid", "true")
    desk.press("Escape", "t")
    desk.page.keyboard.type("2024-01/2024-06")
    desk.press("Enter", "q")
    desk.page.keyboard.type("甲街道")
    desk.press("Enter")
    desk.on("全省第三位").press("k")
    desk.page.keyboard.type("全国")
    desk.press("Enter")
    desk.on("8.5%").press("B")
    desk.page.keyboard.type("2021年")
    desk.press("Enter")
    said = desk.saved()
    goal = figure(said, "120家")
    assert (goal["low"], goal["high"], goal["bound"]) == (110, 130, "range")
    assert (goal["period"], goal["area"]) == ("2024-01/2024-06", "甲街道")
    assert figure(said, "全省第三位")["scope"] == "全国"
    assert figure(said, "8.5%")["base"] == "2021年"


def test_what_is_right_is_accepted(desk: Desk) -> None:
    facts = desk.page.locator(".toolbar .facts")
    expect(facts).to_have_text("已接受 0 / 14，存疑 2")
    desk.press("Enter")  # 9家, with the three words it is linked to
    expect(facts).to_have_text("已接受 4 / 14，存疑 1")
    desk.on("44家").press("j")
    expect(facts).to_have_text("已接受 5 / 14，存疑 1")
    desk.on("5.6亿元").press("d")
    expect(facts).to_have_text("已接受 9 / 14，存疑 1")
    desk.press("A")
    expect(facts).to_have_text("已接受 14 / 14，存疑 0")
    said = desk.saved()["document"]
    assert {e["score"] for e in said["entities"]} == {o["score"] for o in said["observations"]} == {1.0}


def test_a_finished_report_leads_to_the_next(desk: Desk) -> None:
    other = desk.bench.keep(f"{TEXT}另一份 {desk.report}", proposed())
    desk.press("Control+Enter")
    assert "2 处存疑" in desk.told
    desk.press("Control+Enter")
    desk.page.wait_for_url(f"**/workbench#{other}")
    assert desk.bench.kept(desk.report)["task"]["state"] == "done"
    assert [r["annotator"] for r in desk.bench.history(desk.report)] == ["甲", "模型"]
    desk.ready().on("5.6亿元").press("Enter", "Control+Shift+Enter")
    desk.page.wait_for_url(lambda url: not url.endswith(other))
    assert desk.bench.kept(other)["task"]["state"] == "in_work"
    assert len(desk.bench.history(other)) == 2


def test_what_keeps_a_report_from_being_finished_is_shown(desk: Desk) -> None:
    desk.on("5.6亿元").press("m", "5")  # an amount that is a rank
    errors = desk.page.locator(".faults li.error")
    expect(errors).to_have_count(1)
    desk.press("Home", "ArrowLeft", "w")
    assert "rank" in desk.told
    expect(desk.page.locator(".flag.error")).to_have_count(1)
    desk.page.locator(".flag.error").click()
    assert desk.chosen == "5.6亿元"


def test_a_save_with_errors_is_refused_with_their_place(desk: Desk, complaints: Complaints) -> None:
    complaints.expected = ("422",)
    desk.on("5.6亿元").press("m", "5", "A", "End", "Control+Enter")
    expect(desk.page.get_by_role("alert")).to_contain_text("标注")
    expect(desk.page.locator("mark.chosen")).to_have_text("5.6亿元")
    assert len(desk.bench.history(desk.report)) == 1


def test_every_key_is_in_the_overlay(desk: Desk) -> None:
    desk.press("?")
    overlay = desk.page.get_by_role("dialog", name="全部按键")
    expect(overlay).to_be_visible()
    said = overlay.inner_text()
    for words in ("接受本句", "后缘右移一字", "完成，开下一份", "撤销", "政策文件"):
        assert words in said
    desk.press("?")
    expect(overlay).to_have_count(0)
    expect(desk.page.locator(".report-text")).to_be_focused()


def test_the_queue_shows_states_and_gives_tasks(desk: Desk) -> None:
    page, bench = desk.page, desk.bench
    done = bench.keep(f"完成的一份，企业12家。{desk.report}")
    bench.save(done, {"entities": [], "observations": []}, state="done")
    page.get_by_role("button", name="标注任务").click()
    row = page.locator(f"tr[data-report='{desk.report}']")
    expect(row).to_contain_text("标注中")
    row.locator("a").first.focus()
    page.keyboard.press("m")
    expect(row).to_contain_text("甲")
    page.get_by_role("button", name=re.compile("^已完成")).click()
    expect(row).to_have_count(0)
    expect(page.locator(f"tr[data-report='{done}']")).to_contain_text("已完成")
    page.get_by_role("button", name=re.compile("^全部")).click()
    page.get_by_label("只看我的").check()
    expect(page.locator("tr[data-report]")).to_have_count(1)
    page.keyboard.press("Tab")
    page.get_by_role("button", name="打开下一份").click()
    desk.ready()
    assert page.url.endswith(f"#{desk.report}")
    page.get_by_role("button", name="标注任务").click()
    row.get_by_role("button", name="退回").click()
    expect(row).to_contain_text("未分派")
    page.get_by_label("只看我的").uncheck()
    page.get_by_label("查找报告").fill("完成的一份")
    page.keyboard.press("Enter")
    expect(page.locator("tr[data-report]")).to_have_count(1)
