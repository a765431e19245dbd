"""The labelling configuration of a Label Studio project for our reports, made from our own lists of labels and fields.

Out: XML with the controls that `labelstudio` writes results for: the labels of spans; for each number its measure,
status, bound, low, high, unit, period, area, scope and base; the relations from a number to what it belongs to.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from service.records import Bound, Label, Measure, Status

TEXT, LABEL = "text", "label"
RELATIONS = ("indicator", "period", "area", "base")
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


def labelling_config() -> str:
    """The configuration, as a project's `label_config`."""
    view = Element("View")
    relations = SubElement(view, "Relations")
    for relation in RELATIONS:
        SubElement(relations, "Relation", value=relation)
    labels = SubElement(view, "Labels", name=LABEL, toName=TEXT)
    for label in Label:
        SubElement(labels, "Label", value=label.value, background=COLOURS[label])
    # Without this the browser runs the blanks of a text together, and offsets with them.
    SubElement(view, "Style").text = ".htx-text { white-space: pre-wrap; }"
    SubElement(view, "Text", name=TEXT, value="$text", granularity="symbol")
    for name, words in CHOICES.items():
        control = _control(view, "Choices", name, choice="single")
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
