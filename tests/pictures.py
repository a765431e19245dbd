"""Takes the pictures of the pages that the README shows: `python tests/pictures.py [NAME...]`.

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


def main(wanted: list[str]) -> int:
    """Exit code 0 where all pictures, or those that are wanted, were taken."""
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
        for name in wanted or PICTURES:
            page = browser.new_page(
                viewport={"width": SCREEN[0], "height": SCREEN[1]}, locale="zh-CN", base_url=site.address
            )
            page.set_default_timeout(120_000)
            page.goto(site.address)
            PICTURES[name](page)
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


def kept(page: Page, names: tuple[str, ...]) -> list[str]:
    """Seeds in the archive; the workbench knows who looks at it."""
    page.evaluate("localStorage.setItem('baoshu-annotator', '李明')")
    return [
        page.request.post("reports", data={"text": seed(name), "title": title(name)}).json()["id"] for name in names
    ]


def title(name: str) -> str:
    """The first line that is a title, and not where one is on a site."""
    return next(line for line in seed(name).splitlines() if "位置" not in line and "|" not in line and line.strip())


def queue(page: Page) -> None:
    names = ("fg-bannian-2025", "gx-jianghua-2025", "jy-wunian-2025", "kj-xian-2023", "ny-news-2024", "tj-gongbao-2023")
    ids = kept(page, names)
    read = [page.request.get(f"annotations/{id_}").json() for id_ in ids[1:]]
    for number, state in ((2, "in_work"), (3, "done")):
        body = {
            "document": read[number]["document"],
            "model": read[number]["model"],
            "annotator": "王芳",
            "state": state,
        }
        page.request.put(f"annotations/{ids[number + 1]}", data=body)
    for number, who in ((1, "李明"), (3, "王芳")):
        page.request.post(f"annotations/{ids[number]}/assign", data={"assignee": who})
    page.goto("workbench")
    page.locator("tr[data-report]").first.wait_for()


def desk(page: Page) -> None:
    (id_,) = kept(page, ("kj-xian-2023",))
    page.goto(f"workbench#{id_}")
    page.locator("mark.span", has_text=re.compile("^2.06%$")).first.click()


def linking(page: Page) -> None:
    (id_,) = kept(page, ("gx-jianghua-2025",))
    page.goto(f"workbench#{id_}")
    page.locator("mark.span", has_text=re.compile("^12%$")).first.click()
    page.keyboard.press("i")


def review(page: Page) -> None:
    (id_,) = kept(page, ("kj-xian-2023",))
    asked = page.request.get(f"annotations/{id_}").json()
    document, model = asked["document"], asked["model"]
    save = {"document": document, "model": model, "annotator": "王芳"}
    first = page.request.put(f"annotations/{id_}", data=save).json()["revision"]["revision"]
    for said in document["observations"][:3]:
        said["status"] = "plan" if said["status"] == "actual" else "actual"
    document["observations"][4]["measure"] = "increment"
    document["entities"][6]["label"] = "PROGRAM"
    document["observations"].pop(7)
    page.request.put(f"annotations/{id_}", data={"document": document, "base": first, "annotator": "李明", "own": True})
    page.goto(f"workbench#{id_}/compare")
    page.locator(".items li").first.wait_for()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowRight")


PICTURES = {
    "report": report,
    "charts": charts,
    "findings": findings,
    "compare": compare,
    "queue": queue,
    "desk": desk,
    "linking": linking,
    "review": review,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
