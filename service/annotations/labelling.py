"""The labelling configuration of a Label Studio project for our reports, made from our own lists of labels and fields.

Out: XML with the controls that `labelstudio` writes results for: the labels of spans; for each number its measure,
status, bound, low, high, unit, period, area, scope and base; the relations from a number to what it belongs to.

A project may have changed it: `labelling_of` says what is left of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element, ParseError, SubElement, fromstring, indent, tostring

from service.annotations.document import LINKS
from service.errors import InvalidRequest
from service.records import Bound, Label, Measure, Status

TEXT, LABEL = "text", "label"
RELATIONS = tuple(LINKS)
CHOICES = {"measure": tuple(Measure), "status": tuple(Status), "bound": tuple(Bound)}
NUMBERS = ("low", "high")
WORDS = ("unit", "period", "area", "scope", "base")

TITLES = {
    "measure": "口径",
    "status": "状态",
    "bound": "界限",
    "low": "下限（基本单位）",
    "high": "上限（基本单位）",
    "unit": "单位",
    "period": "时期（EDTF）",
    "area": "地区",
    "scope": "比较范围",
    "base": "对比基准",
}
# Told apart at a glance, and by whoever sees few colours: values warm, names cool.
COLOURS = {
    Label.ORG: "#1f5fa8",
    Label.PLATFORM: "#2b8aa3",
    Label.PROGRAM: "#4a6fd4",
    Label.POLICY: "#6b52ae",
    Label.AREA: "#3d8b40",
    Label.PERIOD: "#7a8b1f",
    Label.INDICATOR: "#555555",
    Label.MONEY: "#b8860b",
    Label.PERCENT: "#c75b12",
    Label.PEOPLE: "#b03060",
    Label.COUNT: "#a0522d",
    Label.RANK: "#c0392b",
}
# `$text`: the field of a task's data that a control shows.
_VARIABLE = re.compile(r"\$([^\s$]+)$")
# What declares entities of its own is none of Label Studio's, and may grow without end when it is read.
_DECLARATION = re.compile(r"<!(?:DOCTYPE|ENTITY)")
RIGHT = "请使用 baoshu annotations labelling 给出的标注配置；可以增减控件，不可改名。"


@dataclass(frozen=True, slots=True)
class Labelling:
    """What a project's configuration has of ours.

    `variable`: the field of a task's data that holds the text; `labels`: of spans; `controls`: names, the labels' too.
    """

    variable: str
    labels: frozenset[str]
    controls: frozenset[str]

    def held(self, results: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        """Of the results of a prediction those that the project can show; a relation needs both its ends."""
        given = list(results)
        regions = {
            result["id"]
            for result in given
            if result.get("from_name") == LABEL and self.labels.issuperset(result["value"]["labels"])
        }
        return [
            result
            for result in given
            if (
                regions.issuperset((result["from_id"], result["to_id"]))
                if result["type"] == "relation"
                else result["id"] in regions and result["from_name"] in self.controls
            )
        ]


def labelling_of(config: str) -> Labelling:
    """What a project's configuration has of ours.  Raises InvalidRequest for one that shows no spans of a text."""
    try:
        view = fromstring(config if not _DECLARATION.search(config) else "")
    except ParseError:
        raise InvalidRequest(f"标注配置不是可读的 XML。{RIGHT}") from None
    shown = next((element for element in view.iter("Text") if element.get("name") == TEXT), None)
    variable = _VARIABLE.match(shown.get("value", "")) if shown is not None else None
    if variable is None:
        raise InvalidRequest(f'标注配置中没有 <Text name="{TEXT}" value="$…"/>。{RIGHT}')
    named = {element.get("name"): element for element in view.iter() if element.get("toName") == TEXT}
    ours = {name: named[name] for name in (LABEL, *CHOICES, *NUMBERS, *WORDS) if name in named}
    labels = {str(label.get("value")) for label in ours[LABEL].iter("Label")} if LABEL in ours else set()
    known = labels.intersection(label.value for label in Label)
    if not known:
        raise InvalidRequest(f'标注配置的 <Labels name="{LABEL}" toName="{TEXT}"> 中没有可用的标签。{RIGHT}')
    return Labelling(variable[1], frozenset(known), frozenset(ours))


def labelling_config() -> str:
    """The configuration, as a project's `label_config`."""
    view = Element("View")
    relations = SubElement(view, "Relations")
    for relation in RELATIONS:
        SubElement(relations, "Relation", value=relation)
    labels = SubElement(view, "Labels", name=LABEL, toName=TEXT)
    for label in Label:
        SubElement(labels, "Label", value=label.value, background=COLOURS[label])
    # Without this the browser shows the blanks of a text as one.  What it is called now, and what before 1.20.
    SubElement(view, "Style").text = ".lsf-htx-richtext, .htx-richtext { white-space: pre-wrap; }"
    SubElement(view, "Text", name=TEXT, value="$text", granularity="symbol")
    for name, words in CHOICES.items():
        control = _control(view, "Choices", name, choice="single", showInline="true")
        for word in words:
            SubElement(control, "Choice", value=word.value)
    for name in NUMBERS:
        _control(view, "Number", name)
    for name in WORDS:
        _control(view, "TextArea", name, maxSubmissions="1", editable="true")
    indent(view)
    return tostring(view, encoding="unicode") + "\n"


def _control(view: Element, tag: str, name: str, **settings: str) -> Element:
    """A field of the number that is selected; no other label shows it."""
    values = ",".join(label.value for label in Label if label.is_value)
    shown = SubElement(view, "View", visibleWhen="region-selected", whenTagName=LABEL, whenLabelValue=values)
    SubElement(shown, "Header", value=TITLES[name], size="6")
    return SubElement(shown, tag, {"name": name, "toName": TEXT, "perRegion": "true", **settings})
