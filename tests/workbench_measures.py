"""What the desk takes, measured in Debian's Chromium: `python tests/workbench_measures.py`.

In: Chromium; no model.  Out, on standard output: on a report of 20,000 characters with 1,500 spans the time from a key
to the frame that shows it, and the frames that are late while it scrolls.  They depend on the machine and on what else
it does: `docs/workbench.md` says on which.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from typing import Any

from browsers import NO_BROWSER, Site, SteeredReader, chromium
from fakes import FakePipeline
from playwright.sync_api import Page, expect, sync_playwright
from workbenches import Bench, Desk, marked, window_of

from service.settings import Settings

SPANS = 1_500
ROUNDS = 20
FRAME_MILLISECONDS = 1000 / 60
# From the key's event to the frame after which it is painted: two animation frames later it has been.
WATCH = """() => {
    window.taken = [];
    addEventListener("keydown", (event) => {
        const begun = event.timeStamp;
        requestAnimationFrame(() => setTimeout(() => taken.push(performance.now() - begun)));
    }, true);
}"""
SCROLL = """(pixels) => new Promise((resolve) => {
    const pane = document.querySelector(".report-text");
    const frames = [];
    pane.scrollTop = 0;
    let [last, before] = [performance.now(), -1];
    const go = (now) => {
        frames.push(now - last);
        last = now;
        before = pane.scrollTop;
        pane.scrollTop += pixels;
        if (pane.scrollTop > before) requestAnimationFrame(go);
        else resolve(frames.slice(1));
    };
    requestAnimationFrame(go);
})"""


def main() -> int:
    """Exit code 0 where everything was measured."""
    program = chromium()
    if program is None:
        print(NO_BROWSER, file=sys.stderr)  # noqa: T201 (a program for a terminal)
        return 1
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        site = Site(Settings(archive=f"sqlite:///{folder}/archive.db"), SteeredReader(FakePipeline()))
        site.start()
        bench = Bench(site)
        browser = playwright.chromium.launch(executable_path=program)
        page = window_of(browser, bench).new_page()
        measure_long(page, bench)
        browser.close()
        site.stop()
    return 0


def long_report() -> tuple[str, dict[str, Any]]:
    """A report as long, with as many spans, as a dense one of a province."""
    parts: list[str] = []
    marks: list[tuple[str, str]] = []
    figures: dict[str, dict[str, Any]] = {}
    while len(marks) < SPANS:
        n = len(parts) + 1
        said = [("PERIOD", "2023年"), ("AREA", "全区"), ("INDICATOR", f"第{n}类企业")]
        value, growth = f"{n}.{n}亿元", f"{n}.5%"
        marks += [*said, ("MONEY", value), ("PERCENT", growth)]
        links = {"indicator": [f"第{n}类企业"], "period": "2023", "area": "吉水区", "area_entity": "全区"}
        figures[value] = {"low": n * 1e8, "unit": "元", **links}
        figures[growth] = {"low": n + 0.5, "unit": "%", "measure": "growth", "base": "yoy", **links}
        filler = (
            "各项工作稳步推进，取得了新的进展和成效，为全年目标的实现打下了坚实的基础，全区上下信心更足"
            if n % 2
            else "发展势头良好"
        )
        end = "\n" if n % 5 == 0 else ""
        parts.append(f"2023年，全区第{n}类企业营业收入达到{value}，同比增长{growth}，{filler}。{end}")
    text = "".join(parts)
    return text, marked(text, marks, figures)


def measure_long(page: Page, bench: Bench) -> None:
    text, document = long_report()
    desk = Desk(page, bench, bench.keep(text, document)).open()
    page.wait_for_timeout(3000)
    print(f"{len(text)} characters, {len(document['entities'])} spans, {page.locator('mark.span').count()} on the page")  # noqa: T201
    page.evaluate(WATCH)
    acts = {
        "to the next number": ["Tab"],
        "an edge by a character": ["[", "]"],
        "a field (status)": ["s", "2"],
        "accept and go on": ["Enter"],
        "delete and undo": ["x", "u"],
    }
    for name, keys in acts.items():
        desk.press("Home")
        page.evaluate("taken.length = 0")
        for _ in range(ROUNDS):
            desk.press(*(keys if keys == ["Tab"] else ["Tab", *keys]))
            page.wait_for_timeout(30)
        taken = sorted(page.evaluate("taken"))
        median, most = statistics.median(taken), taken[-1]
        print(f"{name}: median {median:.0f} ms, 95 % {taken[int(len(taken) * 0.95)]:.0f} ms, most {most:.0f} ms")  # noqa: T201
    for pixels in (40, 200):
        frames = page.evaluate(SCROLL, pixels)
        late = sum(frame > 1.5 * FRAME_MILLISECONDS for frame in frames)
        print(f"scrolling {pixels} px a frame: {len(frames)} frames, {late} late, the longest {max(frames):.0f} ms")  # noqa: T201
    desk.press("Control+s")
    expect(page.locator(".saved")).to_contain_text("已保存")


if __name__ == "__main__":
    sys.exit(main())
