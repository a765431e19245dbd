"""What the page reckons, asked of its own modules in the browser: offsets, pieces, lines, grids, axes, pairs, words."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import BrowserContext, Page

# Each example goes to the browser and back.
SOME = settings(max_examples=30)

TEXTS = st.text(st.sampled_from("一二。\n\r 𠮷😀a1|\t\u202e"), max_size=60)
FINITE = st.floats(-1e12, 1e12, allow_nan=False).map(lambda value: round(value, 3))


@pytest.fixture(scope="module")
def tab(window: BrowserContext) -> Iterator[Page]:
    """One tab for all: what is asked of a module changes nothing in it."""
    page = window.new_page()
    page.goto("./")
    yield page
    page.close()


def ask(tab: Page, module: str, body: str, *given_: Any) -> Any:
    """What `body`, an expression over `m` (the module) and `g` (what is given), comes to in the page."""
    # The page allows no code made of strings, so all of it goes in as the browser's own tools put it.
    return tab.evaluate(
        f"""async ([module, g]) => {{
            const m = await import(document.querySelector("script").src.replace(/[^/]*$/, "") + module);
            return {body};
        }}""",
        [module, list(given_)],
    )


@SOME
@given(text=TEXTS)
def test_code_points_and_units_lead_to_one_another(tab: Page, text: str) -> None:
    units = [len(text[:at].encode("utf-16-le")) // 2 for at in range(len(text) + 1)]
    body = """(() => {
        const offsets = new m.Offsets(g[0]);
        return [g[1].map((at) => offsets.toUnits(at)), g[2].map((at) => offsets.toPoints(at))];
    })()"""
    assert ask(tab, "offsets.js", body, text, list(range(len(text) + 1)), units) == [
        units,
        list(range(len(text) + 1)),
    ]


@SOME
@given(
    length=st.integers(1, 40),
    spans=st.lists(st.tuples(st.integers(-5, 45), st.integers(1, 12)), max_size=12),
)
def test_pieces_cover_a_line_once_and_know_what_covers_them(
    tab: Page, length: int, spans: list[tuple[int, int]]
) -> None:
    named = [{"start": start, "end": start + size, "n": n} for n, (start, size) in enumerate(spans)]
    body = "m.piecesOf({start: 0, end: g[0]}, g[1]).map((p) => [p.start, p.end, p.under.map((s) => s.n)])"
    pieces = ask(tab, "pieces.js", body, length, named)
    assert [at for start, end, _ in pieces for at in range(start, end)] == list(range(length))
    for start, end, under in pieces:
        for at in range(start, end):
            assert sorted(under) == [s["n"] for s in named if s["start"] <= at < s["end"]]


@SOME
@given(text=TEXTS)
def test_lines_hold_all_but_the_breaks(tab: Page, text: str) -> None:
    lines = ask(tab, "report.js", "m.linesOf(g[0]).map((line) => g[0].slice(line.start, line.end))", text)
    whole = "\n".join(lines)
    assert whole.rstrip("\r\n") == text.replace("\r\n", "\n").rstrip("\r\n")


def test_a_long_line_is_cut_after_a_full_stop_and_never_within_a_character(tab: Page) -> None:
    body = "m.linesOf(g[0]).map((line) => [g[0].slice(line.start, line.end), line.first])"
    cut = ask(tab, "report.js", body, ("一" * 1999 + "。") * 4)
    assert [(len(line), first) for line, first in cut] == [(2000, True)] + [(2000, False)] * 3
    cut = ask(tab, "report.js", body, "a" + "𠮷" * 4000)
    assert "".join(line for line, _ in cut) == "a" + "𠮷" * 4000
    assert len(cut) == 3


@pytest.mark.parametrize(
    ("lines", "columns", "figures", "rows"),
    [
        (
            ["地区 | 2021年 | | 2022年 | |", " | 值 | 位次 | 值 | 位次 |", "甲 | 1 | 2 | 3 | 4 |"],
            5,
            "1234",
            [["地区↓2", "2021年→2", "2022年→2"], ["值", "位次", "值", "位次"], ["甲", "1", "2", "3", "4"]],
        ),
        (["| a | b |", "|---|---|", "| x | 5 |"], 2, "5", [["a", "b"], ["x", "5"]]),
        (["项目\t数量", "甲\t7"], 2, "7", [["项目", "数量"], ["甲", "7"]]),
        (["a | b", "x | | 5"], 3, "5", [["a", "b"], ["x", "", "5"]]),
    ],
)
def test_tables_as_the_text_has_them(
    tab: Page, lines: list[str], columns: int, figures: str, rows: list[list[str]]
) -> None:
    body = """(() => {
        const [lines, columns, figures] = g;
        const text = lines.join("\\n");
        let at = 0;
        const ranges = lines.map((line) => {
            at += line.length + 1;
            return {start: at - line.length - 1, end: at - 1};
        });
        const isFigure = (start, end) => end > start && figures.includes(text.slice(start, end));
        return m.gridOf(text, ranges, columns, isFigure).map((row) => row.cells.map((cell) =>
            text.slice(cell.start, cell.end)
            + (cell.across > 1 ? `→${cell.across}` : "")
            + (cell.down > 1 ? `↓${cell.down}` : "")));
    })()"""
    assert ask(tab, "grid.js", body, lines, columns, figures) == rows


@SOME
@given(values=st.lists(FINITE, min_size=1, max_size=6), zero=st.booleans())
def test_an_axis_holds_what_is_drawn_on_it(tab: Page, values: list[float], zero: bool) -> None:
    axis = ask(tab, "scales.js", "m.axis(g[0], {zero: g[1]})", values, zero)
    hair = 1e-6 * (axis["high"] - axis["low"])
    assert axis["low"] <= min(values) + hair
    assert axis["high"] >= max(values) - hair
    assert axis["low"] < axis["high"]
    assert axis["ticks"] == sorted(set(axis["ticks"]))
    assert 2 <= len(axis["ticks"]) <= 8
    if zero:
        assert 0 in axis["ticks"]


@SOME
@given(wanted=st.lists(st.floats(20, 220), min_size=1, max_size=8))
def test_names_of_lines_keep_apart(tab: Page, wanted: list[float]) -> None:
    places = sorted(ask(tab, "charts.js", "m.apart(g[0], 15, 20, 222)", wanted))
    assert all(below - above >= 15 - 1e-9 for above, below in pairwise(places))
    assert max(places) <= 222 + 1e-9


@pytest.mark.parametrize(
    ("low", "high", "unit", "text"),
    [
        (5837000000, 5837000000, "元", "58.37 亿元"),
        (8236000, 8236000, "元", "823.6 万元"),
        (820, 820, "元", "820 元"),
        (2.06, 2.06, "%", "2.06%"),
        (-3.46, -3.46, "‰", "-3.46 ‰"),
        (5, 10, "名", "5–10 名"),
        (3, 3, "名次", "第 3 位"),
        (1987400, 1987400, "人", "198.74 万人"),
        (None, None, "元", "—"),
    ],
)
def test_amounts_in_words(tab: Page, low: float | None, high: float | None, unit: str, text: str) -> None:
    assert ask(tab, "words.js", "m.amount(...g)", low, high, unit) == text


@pytest.mark.parametrize(
    ("edtf", "text"),
    [
        ("2023", "2023年"),
        ("2023-09", "2023年9月"),
        ("2024-09-06", "2024年9月6日"),
        ("2023-01/2023-09", "2023年1–9月"),
        ("2021/2025", "2021–2025年"),
        ("../2022-12-31", "截至2022年12月31日"),
        ("20XX", "20XX年"),
        ("2023-11/2024-02", "2023年11月至2024年2月"),
    ],
)
def test_times_in_words(tab: Page, edtf: str, text: str) -> None:
    assert ask(tab, "words.js", "m.periodText(g[0])", edtf) == text


@pytest.mark.parametrize(
    ("edtf", "years", "moved"),
    [
        ("2022", 1, "2023"),
        ("2022-01/2022-09", 1, "2023-01/2023-09"),
        ("../2022-12-31", -1, "../2021-12-31"),
        ("20XX", 1, "20XX"),
        ("", 3, ""),
    ],
)
def test_a_time_is_moved_by_years(tab: Page, edtf: str, years: int, moved: str) -> None:
    assert ask(tab, "compare.js", "m.shifted(...g)", edtf, years) == moved


def figure(index: int, value: float, **other: Any) -> dict[str, Any]:
    """A figure as `report.js` makes it, with what comparing needs."""
    observation = {
        "value": {"low": value, "high": value, "unit": "家", "bound": "exact", "masked": False},
        "indicator": {"name": "企业", "code": None},
        "area": {"name": "甲区", "code": None},
        "period": {"edtf": "2023"},
        "measure": "level",
        "base": None,
        "scope": None,
        "status": "actual",
    }
    return {"index": index, "observation": observation | other}


@pytest.mark.parametrize(
    ("left", "right", "kinds"),
    [
        ([figure(0, 1)], [figure(0, 1)], [("same", 0, 0)]),
        ([figure(0, 1)], [figure(0, 2)], [("differs", 0, 0)]),
        # A target and a result with the same number are not the same.
        ([figure(0, 1, status="plan")], [figure(0, 1)], [("differs", 0, 0)]),
        # Said twice on one side, once on the other: no difference.
        ([figure(0, 1), figure(1, 1)], [figure(0, 1)], [("same", 0, 0)]),
        # Of two figures that could pair, those that agree do.
        ([figure(0, 1), figure(1, 2)], [figure(0, 2), figure(1, 3)], [("differs", 0, 1), ("same", 1, 0)]),
        (
            [figure(0, 1, measure="growth")],
            [figure(0, 1, area={"name": "乙区", "code": None})],
            [("left", 0, None), ("right", None, 0)],
        ),
    ],
)
def test_figures_of_two_reports_are_paired(
    tab: Page, left: list[dict[str, Any]], right: list[dict[str, Any]], kinds: list[tuple[Any, ...]]
) -> None:
    body = "m.compared(g[0], g[1]).map((pair) => [pair.kind, pair.left?.index ?? null, pair.right?.index ?? null])"
    assert [tuple(pair) for pair in ask(tab, "compare.js", body, left, right)] == kinds


def test_only_times_of_one_kind_stand_on_one_axis(tab: Page) -> None:
    kinds = [
        ask(tab, "chart_data.js", "m.kindOf(g[0])", edtf)
        for edtf in ("2023", "2023-09", "2023-01/2023-09", "../2022-12-31", "20XX", "")
    ]
    assert kinds == ["Y", "Y-M", "Y-01/Y-09", "../Y-12-31", "", ""]
