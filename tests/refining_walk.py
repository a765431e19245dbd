"""The whole way at the workbench, from corrected sentences to another model: correct, refine, gate, preview, promote.

In: a tab, a report to be corrected and how, and what to do at each station.  The tests go it with a trainer that stands
in for the real one; `python tests/pictures.py walk` goes it with `baoshu refine`'s own and takes the pictures.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from desk_hand import Correction
from playwright.sync_api import Page, expect

Station = Callable[[str], None]

STATIONS = ("correct", "refine", "gate", "preview", "promote")


def nothing(station: str) -> None:
    assert station in STATIONS


def walk(
    page: Page,
    report: str,
    corrections: Sequence[Correction],
    *,
    at: Station = nothing,
    seconds: float = 60.0,
    under_way: Callable[[], None] = lambda: None,
) -> None:
    """Go the way.  `at` is called where there is something to see, by the names of `STATIONS`; `under_way` once the
    training runs; `seconds`: how long that may take."""
    page.goto(f"workbench#{report}")
    page.locator(".desk .page").wait_for()
    for number, correct in enumerate(corrections):
        correct(page)
        if number == len(corrections) // 2:
            at("correct")
    page.keyboard.press("A")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(lambda url: not url.endswith(report))
    page.goto("workbench")
    page.locator("tr[data-report]").first.wait_for()
    page.keyboard.press("b")
    begin = page.get_by_role("button", name="开始改进")
    expect(begin).to_be_enabled()
    page.keyboard.press("b")
    training = page.locator(".stages li[aria-current]")
    expect(training).to_contain_text(re.compile(r"训练.*\d+ / \d+", re.DOTALL), timeout=seconds * 1000)
    at("refine")
    under_way()
    gate = page.get_by_role("region", name="门禁")
    gate.wait_for(timeout=seconds * 1000)
    at("gate")
    expect(gate.locator(".verdict")).to_have_text("通过")
    preview = page.get_by_role("region", name="预览")
    expect(preview.get_by_role("button", name="用新模型读档案")).to_be_visible()
    page.keyboard.press("v")
    expect(preview.locator(".changes-sum")).to_be_visible(timeout=seconds * 1000)
    at("preview")
    page.keyboard.press("p")
    page.get_by_role("dialog", name="启用新模型").wait_for()
    at("promote")
    page.keyboard.press("Enter")
    expect(page.locator(".is-current")).to_contain_text("是当前模型")
