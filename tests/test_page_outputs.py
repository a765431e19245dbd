"""The page in a browser: charts, findings, two reports side by side, downloads, the archive."""

from __future__ import annotations

import io
import json
import zipfile
from itertools import pairwise
from pathlib import Path

import pytest
from browsers import Complaints, Site, read, seed
from playwright.sync_api import FilePayload, Page, expect

from service.exports.forms import OF_REPORT

WRONG = """青岚区科技局2023年工作总结
2024年1月15日
一、主要成效
2023年，全区研发经费34.2亿元，同比增长14.7%。2022年，全区研发经费25.1亿元。
2023年，全区技术合同成交额达1.2亿元，同比增长5.2%。
"""
LEFT = "青岚区科技局2022年工作总结\n2022年，全区高新技术企业共100家，技术合同成交额5.6亿元，研发投入3亿元。\n"
RIGHT = "青岚区科技局2023年工作总结\n2023年，全区高新技术企业共120家，技术合同成交额5.6亿元，专利授权80件。\n"
# Beginnings of files, by form.
BEGINNINGS = {
    "xlsx": b"PK\x03\x04",
    "csv": b"",
    "html": b"<!doctype html>",
    "json": b'{"report":',
    "parquet": b"PAR1",
    "sdmx-csv": b"",
}


def charts(page: Page) -> list[str]:
    page.get_by_role("tab", name="图表").click()
    return page.get_by_label("图表", exact=True).locator("option").all_inner_texts()


def draw(page: Page, name: str) -> None:
    page.get_by_label("图表", exact=True).select_option(label=name)


def test_areas_beside_one_another(page: Page) -> None:
    read(page, seed("kj-xian-2023"))
    names = charts(page)
    assert "R&D经费：6 个地区（2022年）" in names
    draw(page, "R&D经费：6 个地区（2022年）")
    chart = page.locator("svg.chart.areas")
    assert chart.get_attribute("role") == "img"
    assert chart.locator("desc").text_content() == "最高为全市，66.02 亿元；最低为皖源县，6.18 亿元。"
    assert chart.locator("text.label").all_text_contents() == ["全市", "宜阳区", "桐河市", "望塔县", "太平县", "皖源县"]
    widths = [float(bar.get_attribute("width") or 0) for bar in chart.locator("rect.fill").all()]
    assert widths[5] / widths[0] == pytest.approx(6.18 / 66.02)
    chart.locator("g.bar").nth(1).click()
    expect(page.locator("mark[aria-pressed=true]")).to_have_text("24.51")
    page.get_by_text("图中数据").click()
    rows = page.locator("table.behind tbody tr")
    assert rows.first.locator("th, td").all_inner_texts() == ["全市", "66.02 亿元", "第 8 数"]
    rows.nth(5).get_by_role("button").click()
    expect(page.locator("mark[aria-pressed=true]")).to_have_text("6.18")


def test_one_indicator_over_time(page: Page) -> None:
    read(page, seed("kj-xian-2023"))
    charts(page)
    draw(page, "规上工业企业研发费用：2022年至2023年（皖源县）")
    chart = page.locator("svg.chart.series")
    expect(chart.locator("desc")).to_have_text("皖源县2022年至2023年由 7.35 亿元 升至 8.64 亿元。")
    points = [point.split(",") for point in (chart.locator("polyline").get_attribute("points") or "").split()]
    assert float(points[0][0]) < float(points[1][0])
    assert float(points[0][1]) > float(points[1][1])
    draw(page, "强度：2021年至2022年（6 个地区）")
    assert chart.locator("polyline").count() == 6
    names = chart.locator("g.line > text.label")
    assert set(names.all_text_contents()) == {"全市", "皖源县", "宜阳区", "太平县", "桐河市", "望塔县"}
    heights = sorted(float(name.get_attribute("y") or 0) for name in names.all())
    assert all(below - above >= 14.9 for above, below in pairwise(heights))


def test_targets_beside_results(page: Page) -> None:
    read(page, seed("kj-xian-2023"))
    charts(page)
    draw(page, "高新技术企业总数：目标与实绩（皖源县）")
    chart = page.locator("svg.chart.targets")
    assert chart.locator("text.label").all_text_contents() == ["2023年 实际", "2024年 计划"]
    expect(chart.locator("desc")).to_have_text("2023年 实际 97 家；2024年 计划 112 家。目标比实绩高 15.5%。")
    assert chart.locator("g.bar.plan rect.fill").count() == 1


def test_findings_in_place(page: Page) -> None:
    with page.expect_response("**/extract") as answered:
        read(page, WRONG)
    findings = answered.value.json()["findings"]
    (wrong,) = [finding for finding in findings if finding["severity"] != "note"]
    page.locator(".report-text button.flag").first.click()
    entry = page.locator("li.finding-entry[aria-current]")
    expect(entry).to_contain_text(wrong["message"])
    expect(entry.locator(".rule")).to_have_text(wrong["rule"])
    button = entry.locator(".places button").first
    number, _, text = button.inner_text().partition(". ")
    assert f"o{number}" == wrong["observations"][0]
    button.click()
    expect(page.locator("mark[aria-pressed=true]")).to_have_text(text)
    page.get_by_role("tab", name="数字").click()
    page.get_by_label("只看").select_option("found")
    expect(page.locator("output.remaining")).to_contain_text(f"{len(wrong['observations'])} / ")


def test_what_follows_from_the_figures_is_marked_as_such(page: Page) -> None:
    with page.expect_response("**/extract") as answered:
        read(page, WRONG)
    derived = answered.value.json()["derived"]
    assert derived
    page.get_by_role("tab", name="核对").click()
    section = page.locator(".derived")
    expect(section).to_contain_text("原文没有写出")
    assert section.locator("li .rule").all_inner_texts() == [item["rule"] for item in derived]


def test_two_reports_side_by_side(page: Page) -> None:
    page.get_by_role("button", name="两份对照").click()
    for name, text in (("左边的报告", LEFT), ("右边的报告", RIGHT)):
        form = page.get_by_role("form", name=name)
        form.get_by_label(name).fill(text)
        form.get_by_role("button", name="读取").click()
    expect(page.locator(".compared strong")).to_have_text("相同 1，不同 1，仅左 1，仅右 1")
    rows = {row.split("\t")[0]: row.split("\t")[1:] for row in page.locator(".pairs tbody tr").all_inner_texts()}
    assert rows["不同"][1:] == ["青岚区", "2022年 / 2023年", "数值", "100 家", "120 家", "+20 家（+20%）"]
    assert rows["仅左"][4:] == ["3 亿元", "", ""]
    page.locator("tr.differs button").click()
    assert page.locator(".quotes b").all_inner_texts() == ["100家", "120家"]
    page.get_by_label("按报告年度对齐（右边晚 1 年）").uncheck()
    expect(page.locator(".compared strong")).to_have_text("相同 0，不同 0，仅左 3，仅右 3")
    page.get_by_label("只看").last.select_option("left")
    expect(page.locator(".pairs tbody tr")).to_have_count(3)


def test_the_open_report_beside_another(page: Page) -> None:
    read(page, LEFT)
    page.get_by_role("button", name="与另一份对照").click()
    expect(page.locator(".taken h2")).to_have_text("青岚区科技局2022年工作总结")
    form = page.get_by_role("form", name="右边的报告")
    form.get_by_label("右边的报告").fill(LEFT)
    form.get_by_role("button", name="读取").click()
    expect(page.locator(".compared strong")).to_have_text("相同 3，不同 0，仅左 0，仅右 0")


def test_every_download_is_saved(page: Page, tmp_path: Path) -> None:
    read(page, LEFT)
    offered = [button.get_attribute("data-format") for button in page.locator("button[data-format]").all()]
    assert set(offered) == set(OF_REPORT) == set(BEGINNINGS)
    files = {}
    for form in BEGINNINGS:
        page.get_by_text("下载", exact=True).click()
        with page.expect_download() as saved:
            page.locator(f"button[data-format={form}]").click()
        assert saved.value.suggested_filename.startswith("青岚区科技局2022年工作总结.")
        saved.value.save_as(tmp_path / form)
        files[form] = (tmp_path / form).read_bytes()
        expect(page.locator(".done")).to_contain_text("已下载")
        assert files[form].lower().startswith(BEGINNINGS[form].lower())
    assert len(json.loads(files["json"])["observations"]) == 3
    assert "xl/workbook.xml" in zipfile.ZipFile(io.BytesIO(files["xlsx"])).namelist()
    for form in ("csv", "sdmx-csv"):
        assert len(files[form].decode("utf-8-sig").strip().splitlines()) == 4


def test_a_download_that_fails_says_so(page: Page, complaints: Complaints) -> None:
    complaints.expected = ("net::ERR",)
    read(page, LEFT)
    page.route("**/extract?format=*", lambda route: route.abort("connectionreset"))
    page.get_by_text("下载", exact=True).click()
    page.locator("button[data-format=csv]").click()
    expect(page.get_by_role("alert")).to_contain_text("连不上服务")
    assert page.locator("mark.figure").count() == 3


def test_a_report_is_kept_found_and_opened(page: Page, site: Site) -> None:
    read(page, RIGHT)
    page.get_by_role("button", name="存入档案").click()
    expect(page.locator(".done")).to_contain_text("已存入档案")
    page.get_by_role("button", name="存入档案").click()
    expect(page.locator(".done")).to_contain_text("档案中已有这份报告")
    page.get_by_role("button", name="档案", exact=True).click()
    page.get_by_label("查找报告").fill("专利授权")
    page.keyboard.press("Enter")
    entry = page.locator(".kept li")
    expect(entry).to_have_count(1)
    expect(entry.locator("b")).to_have_text(["专利授权"])  # before it is found, all reports are listed
    readings = len(site.reader.posted)
    entry.get_by_role("button", name="青岚区科技局2023年工作总结").click()
    page.locator(".workspace").wait_for()
    assert page.locator("mark.figure").all_inner_texts() == ["120家", "5.6亿元", "80件"]
    assert len(site.reader.posted) == readings
    page.get_by_role("button", name="档案", exact=True).click()
    entry.get_by_role("button", name="用于对照").click()
    expect(page.locator(".taken h2")).to_have_text("青岚区科技局2023年工作总结")
    page.get_by_role("button", name="档案", exact=True).click()
    page.get_by_label("查找报告").fill("没有这个词")
    page.keyboard.press("Enter")
    expect(page.locator("#archive .empty")).to_have_text("没有找到含有这些词的报告。")


def test_the_files_of_a_zip_are_chosen_from(page: Page) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("2022.txt", LEFT)
        archive.writestr("2023.txt", RIGHT)
        archive.writestr("空.txt", " ")
    file = FilePayload(name="两年.zip", mimeType="application/zip", buffer=packed.getvalue())
    page.locator("#intake input[type=file]").set_input_files(file)
    page.get_by_role("button", name="读取").click()
    entries = page.locator(".bundle li")
    expect(entries).to_have_count(3)
    expect(entries.nth(2)).to_contain_text("文本为空")
    entries.nth(1).get_by_role("button").click()
    assert page.locator("mark.figure").all_inner_texts() == ["120家", "5.6亿元", "80件"]
    page.get_by_role("button", name="另读一份").click()
    entries.nth(0).get_by_role("button").click()
    expect(page.locator("mark.figure").first).to_have_text("100家")
