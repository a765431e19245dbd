"""A hand at the workbench's desk that makes a sentence right, whatever a model has made of it.

In: a tab with a desk, and words with enough around them to be found once in the report.  What is right already is left
as it is, so that the same corrections do for one model and the next.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

# What corrects something on the screen.
Correction = Callable[[Page], None]

# Where words stand on the screen, and the marks that they share characters with.
_FIND = """async ([words, within]) => {
  const root = document.querySelector(".desk .page");
  const drawn = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  const rangeOf = () => {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    const nodes = [];
    let text = "";
    for (let node; (node = walker.nextNode());) {
      if (node.parentElement.closest("button, .badges")) continue;
      nodes.push([text.length, node]);
      text += node.data;
    }
    if (!text.includes(within)) throw new Error(`no ${within} in the report`);
    const from = text.indexOf(within) + within.indexOf(words);
    const at = (place) => {
      const [start, node] = nodes.findLast(([first]) => first <= place);
      return [node, place - start];
    };
    const range = new Range();
    range.setStart(...at(from));
    const [last, place] = at(from + words.length - 1);
    range.setEnd(last, place + 1);
    return range;
  };
  await drawn();
  rangeOf().startContainer.parentElement.scrollIntoView({ block: "center" });
  await drawn();
  const range = rangeOf();  // what was drawn anew has other nodes
  const boxOf = ({ left, right, top, bottom }) => ({ left, right, middle: (top + bottom) / 2 });
  const rects = [...range.getClientRects()];
  const marks = [...root.querySelectorAll("mark.span")].filter((mark) => range.intersectsNode(mark));
  return {
    first: boxOf(rects[0]), last: boxOf(rects.at(-1)),
    marks: marks.map((mark) => ({ text: mark.textContent, ...boxOf(mark.getClientRects()[0]) })),
  };
}"""


def find(page: Page, words: str, within: str) -> dict[str, Any]:
    return dict(page.evaluate(_FIND, [words, within]))


def choose(page: Page, words: str, within: str) -> None:
    """The mark on these words."""
    marks = find(page, words, within)["marks"]
    mark = next((each for each in marks if each["text"] == words), None)
    if mark is None:
        raise LookupError(f"{words} is not marked; there are {[each['text'] for each in marks]}")
    page.mouse.click((mark["left"] + mark["right"]) / 2, mark["middle"])


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def mark(words: str, key: str, within: str) -> Correction:
    """Exactly these words are marked with the label of `key`."""

    def correct(page: Page) -> None:
        unmark(words, within, but=words)(page)
        found = find(page, words, within)
        if found["marks"]:
            choose(page, words, within)
        else:
            page.mouse.move(found["first"]["left"] + 4, found["first"]["middle"])
            page.mouse.down()
            page.mouse.move(found["last"]["right"] - 4, found["last"]["middle"], steps=4)
            page.mouse.up()
            expect(page.locator(".figure-panel p.quoted")).to_have_text(words)
        press(page, key)
        expect(page.locator(".figure-panel h2")).to_contain_text(words)

    return correct


def unmark(words: str, within: str, *, but: str | None = None) -> Correction:
    """Nothing of these words is marked."""

    def correct(page: Page) -> None:
        while wrong := [each for each in find(page, words, within)["marks"] if each["text"] != but]:
            page.mouse.click((wrong[0]["left"] + wrong[0]["right"]) / 2, wrong[0]["middle"])
            press(page, "x")

    return correct


def field(words: str, key: str, option: str, within: str) -> Correction:
    """A field of a number is the option of that key."""

    def correct(page: Page) -> None:
        choose(page, words, within)
        press(page, key, option)

    return correct


def of_time(words: str, time: str, within: str) -> Correction:
    """A number is of a time that no words say."""

    def correct(page: Page) -> None:
        choose(page, words, within)
        press(page, "p", "Backspace", "t")
        page.keyboard.type(time)
        press(page, "Enter")

    return correct


def linked(words: str, role: str, to: str, within: str, to_within: str) -> Correction:
    """A number is linked to these words, and in this role (indicator, period, area, base) to no others."""

    def correct(page: Page) -> None:
        choose(page, words, within)
        if page.locator(f".link-chip.role-{role} .link").all_inner_texts() == [to]:
            return
        press(page, {"indicator": "i", "period": "p", "area": "r", "base": "b"}[role])
        choose(page, to, to_within)
        expect(page.locator(f".link-chip.role-{role} .link")).to_have_text(to)

    return correct


def together(*parts: Correction) -> Correction:
    """All that one sentence needs."""

    def correct(page: Page) -> None:
        for part in parts:
            part(page)

    return correct
