"""Ten sentences with a mistake each, corrected by keys alone; `docs/workbench.md` states how many it takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from browsers import Complaints, watched
from playwright.sync_api import Browser, Page
from workbenches import Bench, Desk, Mark, marked, window_of


@dataclass(frozen=True)
class Sentence:
    """`way`: keys that lead to it from the one before; `keys`: those that correct it; each side's marks and number."""

    kind: str
    text: str
    way: tuple[str, ...]
    keys: tuple[str, ...]
    wrong: tuple[list[Mark], dict[str, dict[str, Any]]]
    right: tuple[list[Mark], dict[str, dict[str, Any]]]


def number(words: str, low: float, unit: str, indicator: str, **said: Any) -> dict[str, dict[str, Any]]:
    links = {"period": "2023", "area": "吉水区"}
    return {words: {"low": low, "unit": unit, "indicator": [indicator], **links, **said}}


def sentence(
    kind: str,
    text: str,
    keys: str,
    wrong: tuple[list[Mark], dict[str, dict[str, Any]]],
    right: tuple[list[Mark], dict[str, dict[str, Any]]],
    way: str = "Tab",
) -> Sentence:
    return Sentence(kind, text, tuple(way.split()), tuple(keys.split()), wrong, right)


I1, I2, I3, I5, I6, I7, I8, I10 = (
    ("INDICATOR", words)
    for words in ("科技人员", "孵化器", "科技型企业", "企业中心", "双创基地", "示范园区", "众创空间", "技术交易额")
)
OUTER, INNER = ("INDICATOR", "国家级平台"), ("INDICATOR", "省级实验室")
YEARS: list[Mark] = [("PERIOD", "2021年"), ("PERIOD", "2022年")]
SENTENCES = [
    sentence(
        "another label", "科技人员共1201名。", "7",
        ([I1, ("COUNT", "1201名")], number("1201名", 1201, "名", "科技人员")),
        ([I1, ("PEOPLE", "1201名")], number("1201名", 1201, "人", "科技人员")),
        way="",
    ),
    sentence(
        "an edge moved by a character", "孵化器有32家。", "]",
        ([I2, ("COUNT", "32")], number("32", 32, "", "孵化器")),
        ([I2, ("COUNT", "32家")], number("32家", 32, "家", "孵化器")),
    ),
    sentence(
        "an edge moved by two", "科技型企业共1454家。", "{ {",
        ([I3, ("COUNT", "54家")], number("54家", 54, "家", "科技型企业")),
        ([I3, ("COUNT", "1454家")], number("1454家", 1454, "家", "科技型企业")),
    ),
    sentence(
        "another indicator", "国家级平台中，省级实验室达到55家。", "i 1",
        ([OUTER, INNER, ("COUNT", "55家")], number("55家", 55, "家", "国家级平台")),
        ([OUTER, INNER, ("COUNT", "55家")], number("55家", 55, "家", "省级实验室")),
    ),
    sentence(
        "another measure", "新增企业中心65家。", "m 2",
        ([I5, ("COUNT", "65家")], number("65家", 65, "家", "企业中心")),
        ([I5, ("COUNT", "65家")], number("65家", 65, "家", "企业中心", measure="increment")),
    ),
    sentence(
        "another status", "力争双创基地达到76家。", "s 2",
        ([I6, ("COUNT", "76家")], number("76家", 76, "家", "双创基地")),
        ([I6, ("COUNT", "76家")], number("76家", 76, "家", "双创基地", status="plan")),
    ),
    sentence(
        "a number that was not marked, with its links", "众创空间98家。",
        "Control+Shift+ArrowRight Control+Shift+ArrowRight 6",
        ([I8], {}),
        ([I8, ("COUNT", "98家")], number("98家", 98, "家", "众创空间")),
        way="ArrowRight",
    ),
    sentence(
        "another period", "较2021年，2022年示范园区共87家。", "p 1",
        ([*YEARS, I7, ("COUNT", "87家")], number("87家", 87, "家", "示范园区", period="2021", period_entity="2021年")),
        ([*YEARS, I7, ("COUNT", "87家")], number("87家", 87, "家", "示范园区", period="2022", period_entity="2022年")),
    ),
    sentence("a mark that is none", "见2109号文件。", "x", ([("COUNT", "2109号")], {}), ([], {})),
    sentence(
        "a value read again from its words", "技术交易额1.5亿元。", "e Enter",
        ([I10, ("MONEY", "1.5亿元")], number("1.5亿元", 1.5, "元", "技术交易额")),
        ([I10, ("MONEY", "1.5亿元")], number("1.5亿元", 150_000_000, "元", "技术交易额")),
    ),
]  # fmt: skip
TEXT = "".join(f"{sentence.text}\n" for sentence in SENTENCES)
FINISH = ("Control+Enter",)


def document(side: str) -> dict[str, Any]:
    sides = [getattr(sentence, side) for sentence in SENTENCES]
    said = marked(TEXT, [mark for marks, _ in sides for mark in marks], {k: v for _, f in sides for k, v in f.items()})
    for item in (*said["entities"], *said["observations"]):
        item["score"] = 1.0
    return said


@pytest.fixture
def tab(browser: Browser, bench: Bench, complaints: Complaints) -> Iterator[Page]:
    context = window_of(browser, bench)
    with watched(context, bench.site, complaints) as page:
        yield page
    context.close()


def test_ten_sentences_are_corrected_by_keys(tab: Page, bench: Bench) -> None:
    report = bench.keep(TEXT, document("wrong"))
    desk = Desk(tab, bench, report).open()
    for sentence_ in SENTENCES:
        desk.press(*sentence_.way, *sentence_.keys)
    desk.press(*FINISH)
    tab.wait_for_url(lambda url: not url.endswith(report))
    known = bench.keep(f"{TEXT}对照", document("right"))
    kept, right = (bench.kept(each) for each in (report, known))
    assert kept["task"]["state"] == "done"
    assert kept["document"] == right["document"]


def test_the_keys_are_stated(root: Path) -> None:
    stated = (root / "docs" / "workbench.md").read_text(encoding="utf-8")
    for each in SENTENCES:
        assert f"| {each.kind} | {len(each.keys)} |" in stated
    correcting = sum(len(each.keys) for each in SENTENCES)
    moving = sum(len(each.way) for each in SENTENCES)
    assert f"{correcting} to correct, {moving} to get from one to the next, {len(FINISH)} to finish" in stated
    assert f"**{correcting + moving + len(FINISH)} keystrokes**" in stated
