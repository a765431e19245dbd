"""Takes the pictures of the pages that the README shows: `python tests/pictures.py [NAME...]`.

In: a model, Chromium, the seed reports.  Out: `docs/images/*.png`, each a screen of 1366 × 768.  `walk` is taken
where it is named alone: it refines the model for real, which wants the extra `training`, and says how long that took.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from pathlib import Path

from browsers import NO_BROWSER, ROOT, SCREEN, Site, SteeredReader, chromium, read, seed
from desk_hand import field, linked, mark, of_time, together, unmark
from playwright.sync_api import Browser, Page, sync_playwright
from refining_walk import walk
from test_server import serving

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
            if name == WALK:
                take_walk(browser, Path(folder))
                continue
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


def kept(page: Page, names: tuple[str, ...], *, extract: bool = False) -> list[str]:
    """Seeds in the archive, read where asked for; the workbench knows who looks at it."""
    page.evaluate("localStorage.setItem('baoshu-annotator', '李明')")
    address = f"reports?extract={str(extract).lower()}"
    said = [page.request.post(address, data={"text": seed(name), "title": title(name)}).json() for name in names]
    return [each["report"]["id"] if "report" in each else each["id"] for each in said]


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


def take_walk(browser: Browser, folder: Path) -> None:
    """Ten sentences of a seed report corrected, the shipped model refined with them, looked at, made current."""
    shutil.copytree(DEFAULT_MODEL, folder / "models" / DEFAULT_MODEL.name)
    given = {
        "models": str(folder / "models"),
        "model": str(folder / "models" / DEFAULT_MODEL.name),
        "refinements": str(folder / "refinements"),
    }
    with serving(f"sqlite:///{folder}/walk.db", **given) as (client, _):
        page = browser.new_page(
            viewport={"width": SCREEN[0], "height": SCREEN[1]}, locale="zh-CN", base_url=str(client.base_url)
        )
        page.set_default_timeout(120_000)
        page.goto("./")
        corrected, *_ = kept(page, ("jy-wunian-2025", *OTHERS), extract=True)

        def at(station: str) -> None:
            if station == "refine":  # a while into it
                page.get_by_text("约剩").wait_for(timeout=WALK_SECONDS * 1000)
            if station == "preview":
                page.locator(".preview").evaluate("element => element.scrollIntoView()")
            if station == "correct":  # what is wrong still is told by the service
                page.wait_for_timeout(5000)
            page.wait_for_timeout(500)
            page.screenshot(path=FOLDER / f"walk-{station}.png")

        walk(page, corrected, CORRECTIONS, at=at, seconds=WALK_SECONDS)
        (run,) = page.request.get("refinements").json()["refinements"]
        print(f"refined in {run['seconds']} s, from {run['learnt']}")  # noqa: T201
        page.close()


# What the shipped model gets wrong in ten sentences of `jy-wunian-2025`, made right by annotations/GUIDELINES.md.
PRIMARY, NINE_YEARS, SENIOR = "学前三年毛入园率", "九年义务教育巩固率", "高中阶段毛入学率"
SHARES = f"{PRIMARY}、{NINE_YEARS}、{SENIOR}分别达96.1%、98.3%、94.7%,比2020年分别提高7.4、2.1、6.9个百分点"
OF_SHARES = [
    *((PRIMARY, value) for value in ("96.1%", "7.4")),
    *((NINE_YEARS, value) for value in ("98.3%", "2.1")),
    *((SENIOR, value) for value in ("94.7%", "6.9个百分点")),
]
EXAM = "高考一本上线率从2020年的18.9%提高到2025年的31.2%,600分以上考生由327人增至1065人,增长2.3倍"
TEACHERS = "补充教师6830名,其中“特岗教师”2140名;培养省级以上名师名校长96人,专任教师本科以上学历占比提高13.5个百分点"
CORRECTIONS = [
    of_time("0.2%", "2025", "降至0.2%"),
    together(
        *(mark(words, "1", SHARES) for words in (PRIMARY, NINE_YEARS, SENIOR)),
        *(of_time(level, "2025", SHARES) for level in ("96.1%", "98.3%", "94.7%")),
        *(linked(value, "indicator", words, SHARES, SHARES) for words, value in OF_SHARES),
    ),
    unmark("国家义务教育基本均衡发展督导评估", "国家义务教育基本均衡发展督导评估"),
    linked("2.3倍", "base", "2020年", EXAM, EXAM),
    together(
        mark("红川师范附中", "9", "红川师范附中等5所高中"),
        mark("高中", "1", "等5所高中"),
        linked("5所", "indicator", "高中", "等5所高中", "等5所高中"),
    ),
    together(field("6830名", "m", "2", TEACHERS), field("2140名", "m", "2", TEACHERS)),
    unmark("教师平均工资收入水平不低于公务员制度", "教师平均工资收入水平不低于公务员制度"),
    unmark("万家", "惠及万家"),
    mark("托管帮扶县中", "1", "托管帮扶县中2-3所"),
    mark("州职业教育园区二期", "0", "州职业教育园区二期"),
]

WALK = "walk"
# What else is in the archive: there the new model is looked at.
OTHERS = ("fg-bannian-2025", "gx-jianghua-2025", "kj-xian-2023", "ny-news-2024", "tj-gongbao-2023", "ws-zaoyin-2024")
# Longer than a refinement takes on a machine that does much else.
WALK_SECONDS = 3600

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
