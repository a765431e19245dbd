"""The numbers of a .docx's lists and headings, as its word processor would show them.

In: the parts `numbering.xml` and `styles.xml`, and paragraph after paragraph in the order of the document.  Out: what
stands before each paragraph's text (`一、`, `（二）`, `1.`, `3.2`), "" where it is not numbered.  A .docx does not hold
such characters, only the rule to count by.

Source: ISO/IEC 29500-1, 17.9 (numbering); that instances of one abstract definition go on counting together, and begin
anew once where one overrides the start, is what Word does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from service.files.counting import shown

# Elements of lxml, which ships no types.
Element = Any

NAMESPACE = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
W = f"{{{NAMESPACE}}}"

LEVELS = 9
MOST_STYLES = 50  # that one is based on another, and so on; more is a circle
BULLET = "•"

_PLACE = re.compile(r"%([1-9])")
_PRIVATE = re.compile("[\ue000-\uf8ff]")
_ASCII_END = re.compile(r"[0-9A-Za-z.)\]•·●■◆-]$")


@dataclass(frozen=True, slots=True)
class _Level:
    """`restart`: the level, from 1, whose next number begins this one anew; 0: none does."""

    start: int
    form: str
    text: str
    suffix: str
    restart: int
    legal: bool
    style: str


@dataclass(slots=True)
class _List:
    """An abstract definition with the numbers reached, and the instances that have begun."""

    levels: dict[int, _Level]
    counts: dict[int, int] = field(default_factory=dict)
    begun: set[tuple[str, int]] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Instance:
    list: _List
    starts: Mapping[int, int]
    levels: Mapping[int, _Level]

    def level(self, depth: int) -> _Level | None:
        return self.levels.get(depth) or self.list.levels.get(depth)


class Numbering:
    """`numbering`, `styles`: the parts' root elements, None where the file has none."""

    def __init__(self, numbering: Element | None, styles: Element | None) -> None:
        self._styles: dict[str, Element] = {}
        self._default = ""
        if styles is not None:
            for style in styles.iterfind(f"{W}style"):
                self._styles[style.get(f"{W}styleId", "")] = style
                if style.get(f"{W}type") == "paragraph" and is_on(style.get(f"{W}default", "0")):
                    self._default = style.get(f"{W}styleId", "")
        self._instances: dict[str, _Instance] = {}
        if numbering is not None:
            self._read(numbering)

    def before(self, paragraph: Element) -> str:
        """What is shown before the text of the next paragraph, with the blank that parts them where there is one."""
        reference, depth = self._reference(paragraph)
        instance = self._instances.get(reference)
        level = instance.level(depth) if instance is not None else None
        if instance is None or level is None:
            return ""
        counts = self._count(instance, reference, depth, level)
        if level.form == "bullet":
            text = _PRIVATE.sub(BULLET, level.text)
        else:
            text = _PLACE.sub(lambda place: self._shown(instance, counts, int(place[1]) - 1, level), level.text)
        return text + " " if level.suffix != "nothing" and _ASCII_END.search(text) else text

    def style_names(self, paragraph: Element) -> Iterator[str]:
        """The names of the paragraph's style and of those that it is based on, in lower case."""
        for style in self._chain(_style_of(paragraph) or self._default):
            name = style.find(f"{W}name")
            if name is not None:
                yield name.get(f"{W}val", "").lower()

    def _read(self, numbering: Element) -> None:
        lists: dict[str, _List] = {}
        links: dict[str, str] = {}  # abstract definitions that only name a style
        by_style: dict[str, str] = {}
        for abstract in numbering.iterfind(f"{W}abstractNum"):
            id_ = abstract.get(f"{W}abstractNumId", "")
            lists[id_] = _List(dict(map(_level, abstract.iterfind(f"{W}lvl"))))
            if link := _value(abstract, "numStyleLink"):
                links[id_] = link
            if link := _value(abstract, "styleLink"):
                by_style[link] = id_
        for instance in numbering.iterfind(f"{W}num"):
            abstract_id = _value(instance, "abstractNumId")
            abstract_id = by_style.get(links.get(abstract_id, ""), abstract_id)
            if abstract_id not in lists:
                continue
            starts, levels = {}, {}
            for override in instance.iterfind(f"{W}lvlOverride"):
                depth = _number(override.get(f"{W}ilvl"), 0)
                if start := _value(override, "startOverride"):
                    starts[depth] = _number(start, 1)
                changed = override.find(f"{W}lvl")
                if changed is not None:
                    levels[depth] = _level(changed)[1]
            self._instances[instance.get(f"{W}numId", "")] = _Instance(lists[abstract_id], starts, levels)

    def _reference(self, paragraph: Element) -> tuple[str, int]:
        """The instance that numbers the paragraph ("0" or "" for none), and at which level."""
        reference, depth = _numbers(paragraph.find(f"{W}pPr"))
        if reference:
            return reference, depth or 0
        for style in self._chain(_style_of(paragraph) or self._default):
            reference, given = _numbers(style.find(f"{W}pPr"))
            if reference:
                linked = self._level_of(reference, style.get(f"{W}styleId", ""))
                level = depth if depth is not None else linked if linked is not None else given
                return reference, level or 0
        return "", 0

    def _level_of(self, reference: str, style: str) -> int | None:
        """The level that says that it is the style's."""
        instance = self._instances.get(reference)
        levels = instance.list.levels if instance is not None else {}
        return next((depth for depth, level in levels.items() if level.style == style), None)

    def _chain(self, style: str) -> Iterator[Element]:
        for _ in range(MOST_STYLES):
            found = self._styles.get(style)
            if found is None:
                return
            yield found
            style = _value(found, "basedOn")

    @staticmethod
    def _count(instance: _Instance, reference: str, depth: int, level: _Level) -> dict[int, int]:
        counts, begun = instance.list.counts, instance.list.begun
        if depth in instance.starts and (reference, depth) not in begun:
            counts[depth] = instance.starts[depth] - 1
        begun.add((reference, depth))
        counts[depth] = counts.get(depth, level.start - 1) + 1
        for deeper in [other for other in counts if other > depth]:
            below = instance.level(deeper)
            if below is None or depth < below.restart:
                del counts[deeper]
        return counts

    @staticmethod
    def _shown(instance: _Instance, counts: dict[int, int], depth: int, level: _Level) -> str:
        other = instance.level(depth)
        if other is None:
            return ""
        count = counts.setdefault(depth, other.start)
        return shown(count, "decimal" if level.legal and other.form != "none" else other.form)


def is_on(value: str | None) -> bool:
    """Whether a switch (`w:vanish`, `w:default`) with this value is on; one without a value is."""
    return value is None or value.lower() not in ("0", "false", "off")


def _level(level: Element) -> tuple[int, _Level]:
    depth = _number(level.get(f"{W}ilvl"), 0)
    legal = level.find(f"{W}isLgl")
    form = _value(level, "numFmt") or "decimal"
    return depth, _Level(
        start=_number(_value(level, "start"), 0),
        form=form,
        text=_value(level, "lvlText"),
        suffix=_value(level, "suff") or "tab",
        restart=_number(_value(level, "lvlRestart"), depth),
        legal=legal is not None and is_on(legal.get(f"{W}val")),
        style=_value(level, "pStyle"),
    )


def _numbers(properties: Element | None) -> tuple[str, int | None]:
    numbers = properties.find(f"{W}numPr") if properties is not None else None
    if numbers is None:
        return "", None
    depth = _value(numbers, "ilvl")
    return _value(numbers, "numId"), min(_number(depth, 0), LEVELS - 1) if depth else None


def _style_of(paragraph: Element) -> str:
    properties = paragraph.find(f"{W}pPr")
    return _value(properties, "pStyle") if properties is not None else ""


def _value(element: Element, name: str) -> str:
    """The `w:val` of a child, "" where there is none."""
    child = element.find(f"{W}{name}")
    return "" if child is None else str(child.get(f"{W}val", ""))


def _number(text: str | None, default: int) -> int:
    text = text or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else default
