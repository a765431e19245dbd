"""Takes the pictures of the page that the README shows: `python tests/pictures.py`.

In: a model, Chromium, the seed reports.  Out: `docs/images/*.png`, each a screen of 1366 × 768.
"""

from __future__ import annotations

import re
import sys
import tempfile

from browsers import NO_BROWSER, ROOT, SCREEN, Site, SteeredReader, chromium, read, seed
from playwright.sync_api import Page, sync_playwright

from service.pipeline import Pipeline
from service.settings import DEFAULT_MODEL, Settings

FOLDER = ROOT / "docs" / "images"
# A report of ours with figures that cannot all be right.
WRONG = """青岚区科技局2023年工作总结
2024年1月15日
一、主要成效
（一）研发投入稳步增长。2023年，全区研发经费34.2亿元，同比增长14.7%。2022年，全区研发经费25.1亿元。
（二）创新主体持续壮大。全区共有高新技术企业120家，其中东湖街道41家、西湖街道35家、南湖街道60家。
（三）成果转化更加活跃。2023年，全区技术合同成交额达1.2亿元，同比增长5.2%。
二、2024年工作打算
力争高新技术企业达到140家，研发经费增长12%以上。
"""


def main() -> int:
    """Exit code 0 where all pictures were taken."""
    program = chromium()
    if program is None:
        print(NO_BROWSER, file=sys.stderr)  # noqa: T201 (a program for a terminal)
        return 1
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        site = Site(
            Settings(archive=f"sqlite:///{folder}/archive.db"), SteeredReader(Pipeline.load(DEFAULT_MODEL, threads=1))
        )
        site.start()
        browser = playwright.chromium.launch(executable_path=program)
        for name, take in PICTURES.items():
            page = browser.new_page(viewport={"width": SCREEN[0], "height": SCREEN[1]}, locale="zh-CN")
            page.set_default_timeout(120_000)
            page.goto(site.address)
            take(page)
            page.mouse.move(SCREEN[0] / 2, 60)
            page.wait_for_timeout(500)
            page.screenshot(path=FOLDER / f"{name}.png")
            page.close()
        browser.close()
        site.stop()
    return 0


def report(page: Page) -> None:
    read(page, seed("kj-xian-2023"))
    page.locator("mark.figure", has_text=re.compile("^0.15个百分点$")).click()


def charts(page: Page) -> None:
    read(page, seed("kj-xian-2023"))
    page.get_by_role("tab", name="图表").click()
    page.get_by_label("图表", exact=True).select_option(label="强度：2021年至2022年（6 个地区）")
    page.locator(".grid mark.figure", has_text="2.71").first.click()


def findings(page: Page) -> None:
    read(page, WRONG)
    page.get_by_role("tab", name="核对").click()
    page.locator(".places button").first.click()


def compare(page: Page) -> None:
    page.get_by_role("button", name="两份对照").click()
    later = seed("kj-xian-2023").replace("净增高新技术企业19家,总数达97家", "净增高新技术企业21家,总数达99家")
    later = later.replace("14.17", "14.71").replace("培训农户4600余人次", "开展技术服务130场")
    for name, text in (("左边的报告", seed("kj-xian-2023")), ("右边的报告", later)):
        form = page.get_by_role("form", name=name)
        form.get_by_label(name).fill(text)
        form.get_by_role("button", name="读取").click()
        form.wait_for(state="detached")
    page.locator(".compared select").select_option("differs")
    page.locator("tr.differs button").first.click()


PICTURES = {"report": report, "charts": charts, "findings": findings, "compare": compare}

if __name__ == "__main__":
    sys.exit(main())
