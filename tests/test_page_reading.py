"""The page in a browser: a report and its figures, found from either side."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from typing import Any

import pytest
from browsers import Site, read, seed
from fakes import FakePipeline
from playwright.sync_api import Locator, Page, expect

from service.pipeline import Pipeline
from service.records import Hints
from training.golden import rows
from training.seeds import SEEDS

SHORT = """青岚区科技局2023年工作总结
一、主要成效
2023年，全区技术合同成交额达5.6亿元，同比增长8.5%。
二、2024年工作打算
力争高新技术企业达到120家。
"""


@pytest.fixture
def county(page: Page) -> Page:
    """A county's report with prose and three tables, read."""
    read(page, seed("kj-xian-2023"))
    return page


def mark(page: Page, text: str) -> Locator:
    """The first figure in the text that reads `text`."""
    return page.locator("mark.figure", has_text=re.compile(f"^{re.escape(text)}$")).first


def selected_row(page: Page) -> list[str]:
    return [cell.strip() for cell in page.locator("tr[aria-selected=true] td").all_inner_texts()]


def in_sight(page: Page, inner: str, outer: str) -> bool:
    """Whether the first element `inner` lies within what is visible of `outer`."""
    return bool(
        page.evaluate(
            """([inner, outer]) => {
                const [a, b] = [inner, outer].map((name) => document.querySelector(name).getBoundingClientRect());
                return a.top >= b.top - 1 && a.bottom <= b.bottom + 1;
            }""",
            [inner, outer],
        )
    )


def test_a_report_is_read_from_a_paste(page: Page) -> None:
    read(page, SHORT)
    expect(page.locator("h2", has_text="青岚区科技局2023年工作总结").first).to_be_visible()
    assert page.locator("mark.figure").all_inner_texts() == ["5.6亿元", "8.5%", "120家"]
    assert page.title() == "青岚区科技局2023年工作总结 · 报数"
    rows = page.locator("tbody tr[data-figure]")
    assert rows.count() == 3
    cells = [cell.strip() for cell in rows.nth(0).locator("td").all_inner_texts()]
    assert cells == ["1", "技术合同成交额", "5.6亿元", "5.6 亿元", "2023年", "青岚区", "数值", "实际"]
    assert [text.strip() for text in page.locator("td.status").all_inner_texts()] == ["实际", "实际", "计划"]
    expect(page.locator("#said")).to_contain_text("已读出 3 个数")


def test_the_example_with_one_click(page: Page) -> None:
    page.get_by_role("button", name="试用示例").click()
    page.locator(".workspace").wait_for()
    assert "5.6亿元" in page.locator("mark.figure").all_inner_texts()
    page.get_by_role("button", name="另读一份").click()
    assert page.get_by_label("报告全文").input_value().startswith("青岚区科技局2023年工作总结")


def test_a_file_with_hints(page: Page, site: Site) -> None:
    body = "工作总结\n2023年，全区高新技术企业共44家。\n".encode("gb18030")
    page.locator("#intake input[type=file]").set_input_files(
        {"name": "报告.txt", "mimeType": "text/plain", "buffer": body}
    )
    expect(page.locator("#intake .chosen")).to_contain_text("报告.txt")
    page.locator("#intake").get_by_label("地区", exact=True).fill("青岚区")
    page.locator("#intake").get_by_label("发布日期").fill("2024-03-05")
    page.get_by_role("button", name="读取").click()
    page.locator(".workspace").wait_for()
    text, hints = site.reader.posted[-1]
    assert text == body.decode("gb18030")
    assert hints == Hints(published=date(2024, 3, 5), area="青岚区")
    assert page.locator("mark.figure").all_inner_texts() == ["44家"]
    expect(page.locator(".facts").first).to_contain_text("2024年3月5日发布")


def test_a_file_is_dropped(page: Page) -> None:
    page.evaluate(
        """() => {
            const data = new DataTransfer();
            data.items.add(new File(["全区共有企业44家。"], "拖入.txt", { type: "text/plain" }));
            for (const type of ["dragover", "drop"]) {
                const event = new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: data });
                document.querySelector("textarea").dispatchEvent(event);
            }
        }"""
    )
    expect(page.locator("#intake .chosen")).to_contain_text("拖入.txt")
    page.get_by_role("button", name="读取").click()
    expect(page.locator("mark.figure")).to_have_text("44家")


def test_a_figure_leads_to_its_row_and_its_words(county: Page) -> None:
    mark(county, "60家").click()
    row = selected_row(county)
    assert row[2:] == ["60家", "60 家", "2024年", "皖源县", "数值", "计划"]
    assert in_sight(county, "tr[aria-selected=true]", ".rows")
    panel = county.get_by_label("选中的数字")
    expect(panel).to_contain_text("后备企业")
    expect(panel.locator("blockquote b")).to_have_text("60家")
    mark(county, "2.06%").first.click()
    assert county.locator(".role-indicator").all_inner_texts() == ["R&D经费投入强度"]
    assert "".join(county.locator(".role-period").all_inner_texts()) == "2022年"
    assert county.locator("path.join").count() == 2
    assert set(county.locator("text.name").all_text_contents()) == {"指标", "时期"}
    assert county.locator("mark[aria-pressed=true]").all_inner_texts() == ["2.06%"]


def test_a_row_leads_to_its_figure(county: Page) -> None:
    rows = county.locator(".rows")
    rows.evaluate("(element) => { element.scrollTop = element.scrollHeight; }")
    row = county.locator("tbody tr[data-figure]", has_text="3.5%")
    row.click()
    expect(county.locator("mark[aria-pressed=true]")).to_have_text("3.5%")
    assert in_sight(county, "mark[aria-pressed=true]", ".report-text")
    county.get_by_role("button", name="到原文").click()
    assert county.evaluate("document.activeElement.textContent") == "3.5%"


def test_the_other_side_follows_a_resting_pointer(county: Page) -> None:
    county.locator("tbody tr[data-figure]").nth(3).hover()
    expect(county.locator("mark.peeked")).to_have_text("0.15个百分点")
    mark(county, "14.4%").hover()
    expect(county.locator("tr.peeked td.text")).to_have_text("14.4%")
    county.locator(".head h2").hover()
    expect(county.locator(".peeked")).to_have_count(0)
    assert county.locator("tr[aria-selected=true]").count() == 0


def test_with_the_keyboard_alone(page: Page) -> None:
    page.get_by_label("报告全文").focus()
    page.keyboard.insert_text(SHORT)
    page.keyboard.press("Tab")  # choose a file
    for _ in range(2):
        page.keyboard.press("Tab")
    # A date has three fields of its own and a button.
    while page.evaluate("document.activeElement.textContent") != "读取":
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.locator(".workspace").wait_for()
    assert page.evaluate("document.activeElement.id") == "main"
    while page.evaluate("document.activeElement.tagName") != "MARK":
        page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    assert selected_row(page)[2] == "8.5%"
    assert page.evaluate("document.activeElement.textContent") == "8.5%"
    page.keyboard.press("End")
    assert selected_row(page)[2] == "120家"
    while page.evaluate("document.activeElement.getAttribute('role')") != "grid":
        page.keyboard.press("Tab")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    assert selected_row(page)[2] == "8.5%"
    active = page.locator("[role=grid]").get_attribute("aria-activedescendant")
    assert page.locator(f"#{active} td.text").inner_text() == "8.5%"
    expect(page.locator("#said")).to_contain_text("第 2 数，8.5%，技术合同成交额，青岚区，2023年，增速，实际")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.textContent") == "8.5%"


def test_every_control_can_be_reached_and_shows_that_it_is(county: Page) -> None:
    county.locator("#main").focus()
    seen: list[str] = []
    for _ in range(60):
        county.keyboard.press("Tab")
        told: dict[str, Any] = county.evaluate(
            """() => {
                const e = document.activeElement;
                const s = getComputedStyle(e);
                return {
                    what: e.tagName + (e.getAttribute("role") ?? ""),
                    ring: s.outlineStyle !== "none",
                    text: e.textContent.slice(0, 9),
                };
            }"""
        )
        if told["what"] == "BODY":
            break
        assert told["ring"], told
        seen.append(told["what"])
    assert {"BUTTON", "DIVregion", "MARKbutton", "BUTTONtab", "INPUT", "SELECT", "TABLEgrid"} <= set(seen)


def test_characters_of_two_units_shift_nothing(page: Page) -> None:
    text = (
        "𠮷𠮷区2023年工作总结😀\n2023年，𠮷𠮷区技术合同成交额达5.6亿元，𪚥同比增长8.5%。\n"
        "全区😀有企业44家𠀋，人才3名。\n"
    )
    with page.expect_response("**/extract") as answered:
        read(page, text)
    observations = answered.value.json()["observations"]
    assert len(observations) == 4
    assert page.locator("mark.figure").all_inner_texts() == [o["value"]["text"] for o in observations]
    for number, o in enumerate(observations):
        page.locator("mark.figure").nth(number).click()
        shown = "".join(page.locator(".role-indicator").all_inner_texts())
        assert shown == "".join(span["text"] for span in o["indicator"]["spans"])
    assert "𠮷𠮷区2023年工作总结😀" in page.locator(".report-text").inner_text()


def test_filters_narrow_count_and_sort(county: Page, shipped: Pipeline) -> None:
    figures = rows(shipped, SEEDS / "kj-xian-2023.txt")
    everything, planned = len(figures), [f for f in figures if f["status"] == "plan"]
    kinds = Counter(f["measure"] for f in planned)
    assert len(kinds) > 1
    left = county.locator("output.remaining")
    expect(left).to_have_text(f"{everything} 个数")
    county.get_by_label("按状态筛选").select_option("plan")
    expect(left).to_have_text(f"{len(planned)} / {everything}")
    assert {text.strip() for text in county.locator("td.status").all_inner_texts()} == {"计划"}
    options = county.get_by_label("按类别筛选").locator("option").all_inner_texts()
    names = {"level": "数值", "growth": "增速", "increment": "增量", "diff": "差值", "rank": "位次"}
    assert options[0] == "类别"
    assert set(options[1:]) == {f"{names[kind]}（{count}）" for kind, count in kinds.items()}
    county.get_by_label("按类别筛选").select_option("level")
    expect(left).to_have_text(f"{kinds['level']} / {everything}")
    assert county.locator("mark.figure:not(.off)").count() == kinds["level"]
    county.get_by_role("button", name="清除").click()
    expect(left).to_have_text(f"{everything} 个数")
    county.get_by_label("按文字筛选").fill("宜阳区 强度")
    expect(left).to_have_text(f"4 / {everything}")
    county.get_by_label("按指标筛选").select_option("强度")
    county.get_by_label("按时期筛选").select_option("2022")
    expect(left).to_have_text(f"2 / {everything}")
    county.get_by_role("button", name="清除").click()
    county.get_by_label("按地区筛选").select_option("全市")
    expect(left).to_have_text(f"4 / {everything}")
    county.get_by_role("button", name="数值", exact=True).click()
    assert county.locator("td.text").all_inner_texts() == ["1.88", "1.97", "58.37", "66.02"]
    county.get_by_role("button", name="数值", exact=True).click()
    assert county.locator("td.text").all_inner_texts() == ["66.02", "58.37", "1.97", "1.88"]
    expect(county.locator("th.value")).to_have_attribute("aria-sort", "descending")
    county.get_by_label("按文字筛选").fill("没有的词")
    expect(county.get_by_text("没有符合筛选条件的数字。")).to_be_visible()


def test_a_row_is_copied_for_a_sheet(county: Page) -> None:
    mark(county, "2.06%").click()
    county.get_by_role("button", name="复制此行").click()
    expect(county.get_by_text("已复制第 3 数，可粘贴到表格中。")).to_be_visible()
    copied = county.evaluate("navigator.clipboard.readText()")
    head, row = copied.split("\n")
    assert head.split("\t") == ["序号", "指标", "原文", "数值", "时期", "地区", "类别", "状态", "依据"]
    assert row.split("\t")[:8] == ["3", "R&D经费投入强度", "2.06%", "2.06%", "2022年", "皖源县", "数值", "实际"]
    assert row.endswith("R&D经费投入强度2.06%")


def test_tables_of_the_report_are_tables(county: Page) -> None:
    tables = county.locator(".grid table")
    assert tables.count() == 3
    head = tables.nth(0).locator("thead th")
    assert head.all_inner_texts() == ["地区", "2021年", "2022年"] + ["R&D经费(亿元)", "强度(%)", "位次"] * 2
    assert [head.nth(n).get_attribute("colspan") for n in range(3)] == [None, "3", "3"]
    assert head.nth(0).get_attribute("rowspan") == "2"
    assert tables.nth(0).locator("tbody tr").count() == 6
    assert tables.nth(0).locator("tbody tr").nth(1).locator("td, th").all_inner_texts() == (
        ["皖源县", "5.40", "1.91", "4", "6.18", "2.06", "3"]
    )
    tables.nth(0).locator("mark").nth(4).click()
    assert selected_row(county)[1:6] == ["R&D经费", "5.40", "5.4 亿元", "2021年", "皖源县"]
    assert county.locator(".role-area").all_inner_texts() == ["皖源县"]


def test_headings_make_an_outline(county: Page) -> None:
    button = county.get_by_role("button", name="目录")
    button.click()
    expect(button).to_have_attribute("aria-expanded", "true")
    entries = county.get_by_role("navigation", name="目录").get_by_role("button")
    assert entries.nth(1).inner_text() == "一、2023年工作完成情况"
    entries.last.click()
    heading = county.locator(".headed", has_text="三、2024年工作计划")
    assert heading.evaluate("(element) => element.tagName") == "H3"
    assert in_sight(county, ".flash", ".report-text")


def test_every_number_that_is_no_figure_is_accounted_for(page: Page) -> None:
    with page.expect_response("**/extract") as answered:
        read(page, seed("huibian-20xx"))
    told = answered.value.json()["ledger"]
    assert told["unexplained"]
    page.get_by_role("tab", name="不计").click()
    ledger = page.get_by_role("tabpanel", name="不计")
    aside, left = len(told["set_aside"]), len(told["unexplained"])
    expect(ledger).to_contain_text(
        f"全文数字 {told['numbers']} = 成为观测 {told['observed']} + 不计 {aside} + 未说明 {left}"
    )
    words = [number["text"] for number in told["unexplained"]]
    assert page.locator(".report-text .unexplained").all_inner_texts() == words
    assert page.locator(".report-text .aside").count() >= aside
    page.locator("mark.figure").last.scroll_into_view_if_needed()
    ledger.locator("button.quote", has=page.locator("b", has_text=re.compile(f"^{words[0]}$"))).first.click()
    assert in_sight(page, ".unexplained", ".report-text")


def test_two_million_characters_stay_smooth(page: Page, site: Site) -> None:
    """Thousands of figures: few rows in the document, and little of the text laid out, wherever one looks."""
    site.reader.reader = FakePipeline()
    line = "各项工作有序推进，" * 40 + "营收3.2亿元，增长5%，企业12家。"
    text = "\n".join(line for _ in range(2_000_000 // (len(line) + 1)))
    page.get_by_label("报告全文").focus()
    page.evaluate(
        """(text) => {
            const data = new DataTransfer();
            data.setData("text/plain", text);
            const event = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
            document.activeElement.dispatchEvent(event);
        }""",
        text,
    )
    expect(page.locator("#intake .chosen")).to_contain_text(f"{len(text):,} 字")
    page.get_by_role("button", name="读取").click()
    page.locator(".workspace").wait_for(timeout=60_000)
    count = text.count("\n") * 3 + 3
    expect(page.locator("output.remaining")).to_have_text(f"{count} 个数")
    expect(page.locator("mark.figure")).to_have_count(count, timeout=60_000)
    assert page.locator("tbody tr[data-figure]").count() < 80
    assert laid_out(page) < 200
    page.locator("[role=grid]").focus()
    page.keyboard.press("End")
    assert selected_row(page)[0] == str(count)
    assert in_sight(page, "mark[aria-pressed=true]", ".report-text")
    page.keyboard.press("PageUp")
    assert int(selected_row(page)[0]) < count
    assert page.locator("tbody tr[data-figure]").count() < 80
    assert laid_out(page) < 200
    page.get_by_label("按类别筛选").select_option("level")
    expect(page.locator("output.remaining")).to_have_text(f"{count} 个数")


def laid_out(page: Page) -> int:
    """How many figures the browser has had to lay out: those near what is in sight."""
    marks = "Array.from(document.querySelectorAll('mark.figure'))"
    return int(page.evaluate(f"{marks}.filter((mark) => mark.checkVisibility({{contentVisibilityAuto: true}})).length"))
