"""A report as one HTML page: its text with every figure marked, and below it the figures as a table.

In: read reports.  Out: bytes.  The page loads nothing and runs nothing: its style stands in it, and a
Content-Security-Policy allows that style alone.  A figure leads to its row, the row back to the figure, a finding to
the figures that it speaks of; a pointer that rests on a figure shows what it says.  What a report contains is escaped.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import BinaryIO

from service.exports.figures import Figure, ReadReport, figures_of
from service.exports.files import ReportFile
from service.exports.labels import MEASURES, SEVERITIES, STATUSES, base_label, label
from service.exports.marked_text import Mark, MarkedText, plain
from service.schema import DerivedJson, FindingJson, TextSpan

GRAVE = ("error", "warning")
FIGURE_HEADS = ("编号", "指标", "地区", "时期", "原文", "数值", "单位", "口径", "状态", "可信度")
DERIVED_HEADS = ("编号", "指标", "地区", "时期", "数值", "单位", "口径", "状态", "依据")
NUMERIC = frozenset({"数值", "可信度"})


class HtmlReport(ReportFile):
    """A page; a report may follow another."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._count, self._open = 0, True

    def report(self, report: ReadReport) -> None:
        """An article: what the report is, its text, its figures, what was found in it."""
        if not self._count:
            self._write(_head(report.title or report.name))
        self._count += 1
        for piece in _article(report, f"r{self._count}"):
            self._write(piece)

    def close(self) -> None:
        if self._open:
            self._write("" if self._count else _head("报数"))
            self._write("</body>\n</html>\n")
        self._open = False

    def _write(self, piece: str) -> None:
        self._out.write(piece.encode())


@cache
def content_security_policy() -> str:
    """What the page may do: use its own style."""
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


@cache
def _style() -> str:
    return files("service.exports").joinpath("report.css").read_text("utf-8")


def _head(title: str) -> str:
    return f"""<!DOCTYPE html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{content_security_policy()}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{plain(title)}</title>
<style>{_style()}</style>
</head>
<body>
"""


def _article(report: ReadReport, name: str) -> Iterator[str]:
    answer = report.answer
    figures = list(figures_of(report))
    worst = _worst(answer["findings"])
    yield f'<article id="{name}">\n<header>\n<h1>{plain(report.title or report.name)}</h1>\n{_about(report)}</header>\n'
    marks = [_mark(figure, name, worst.get(figure.observation)) for figure in figures]
    marks += [_unexplained(span) for span in answer["ledger"]["unexplained"]]
    text = MarkedText(report.text, marks, sections=answer["sections"], tables=answer["tables"])
    yield '<section class="text">\n'
    yield from text.pieces()
    yield "</section>\n"
    if figures:
        yield f"<h2>观测（{len(figures)} 条）</h2>\n"
        yield from _table(FIGURE_HEADS, (_row(figure, name) for figure in figures))
    if answer["findings"]:
        yield f'<h2>发现（{len(answer["findings"])} 项）</h2>\n<ol class="findings">\n'
        for finding in answer["findings"]:
            yield _finding(finding, name)
        yield "</ol>\n"
    # Answers of the archive may be older than these.
    if derived := answer.get("derived"):
        yield f"<h2>推算（{len(derived)} 条）</h2>\n<p>文中没有写明，由文中的数字推出。</p>\n"
        yield from _table(DERIVED_HEADS, (_derived(item, name) for item in derived))
    yield "</article>\n"


def _about(report: ReadReport) -> str:
    said, ledger, model = report.answer["report"], report.answer["ledger"], report.answer["model"]
    numbers = f"{ledger['numbers']} 个：{ledger['observed']} 个成为观测，{len(ledger['set_aside'])} 个注明不计，"
    told = {
        "发布机构": said["issuer"]["text"] if said["issuer"] else None,
        "发布日期": said["published"],
        "时期": said["period"],
        "地区": said["area"]["name"] if said["area"] else None,
        "来源": report.source,
        "数字": numbers + f"{len(ledger['unexplained'])} 个未能解释",
        "模型": f"{model['name']}-{model['version']}",
    }
    return "<dl>" + "".join(f"<dt>{name}</dt><dd>{plain(text)}</dd>" for name, text in told.items() if text) + "</dl>\n"


def _worst(findings: Iterable[FindingJson]) -> Mapping[str, str]:
    """For each figure that a grave finding speaks of, how grave."""
    worst: dict[str, str] = {}
    for severity in reversed(GRAVE):
        for finding in findings:
            if finding.get("severity") == severity:
                worst.update(dict.fromkeys(finding.get("observations", ()), severity))
    return worst


def _mark(figure: Figure, name: str, severity: str | None) -> Mark:
    place = f"{name}-{figure.observation}"
    classes = " ".join(filter(None, ("f", figure.status if figure.status != "actual" else None, severity)))
    told = f'class="{plain(classes)}" href="#{plain(place)}-row" title="{plain(_told(figure))}"'
    note = f"<sup>{plain(figure.observation.removeprefix('o'))}</sup>"
    return Mark(figure.start, figure.end, "a", f'id="{plain(place)}" {told}', told, note)


def _unexplained(span: TextSpan) -> Mark:
    told = 'class="x" title="未能解释的数字"'
    return Mark(span["start"], span["end"], "span", told, told)


def _told(figure: Figure) -> str:
    """A figure in one line."""
    amount = _amount(figure.low, figure.high)
    said = (
        *(figure.indicator, _measure(figure.measure, figure.base), figure.area, figure.period),
        f"{amount} {figure.unit}".strip() if amount else "数字隐去",
        label(STATUSES, figure.status),
    )
    return " · ".join(part for part in said if part)


def _measure(measure: str, base: str | None) -> str:
    named = label(MEASURES, measure)
    return f"{named}（{base_label(base)}）" if base else named


def _amount(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return ""
    return f"{low:,.15g}" if low == high else f"{low:,.15g}–{high:,.15g}"


def _table(heads: Iterable[str], rows: Iterable[str]) -> Iterator[str]:
    cells = "".join(f'<th scope="col"{_class(head)}>{head}</th>' for head in heads)
    yield f'<div class="table"><table>\n<thead><tr>{cells}</tr></thead>\n<tbody>\n'
    yield from rows
    yield "</tbody>\n</table></div>\n"


def _class(head: str) -> str:
    return ' class="n"' if head in NUMERIC else ""


def _cells(heads: Iterable[str], cells: Iterable[str]) -> str:
    return "".join(f"<td{_class(head)}>{cell}</td>" for head, cell in zip(heads, cells, strict=True))


def _row(figure: Figure, name: str) -> str:
    place = plain(f"{name}-{figure.observation}")
    texts = (
        *(figure.indicator, figure.area or "", figure.period or "", figure.value, _amount(figure.low, figure.high)),
        *(figure.unit, _measure(figure.measure, figure.base), label(STATUSES, figure.status), f"{figure.score:.2f}"),
    )
    link = f'<a href="#{place}">{plain(figure.observation)}</a>'
    return f'<tr id="{place}-row">{_cells(FIGURE_HEADS, (link, *map(plain, texts)))}</tr>\n'


def _links(observations: Iterable[str], name: str) -> str:
    return " ".join(f'<a href="#{plain(f"{name}-{one}")}">{plain(one)}</a>' for one in observations)


def _finding(finding: FindingJson, name: str) -> str:
    severity = finding.get("severity", "note")
    rule = finding.get("rule")
    quoted = "；".join(span["text"] for span in finding["spans"])
    pieces = (
        f'<span class="sev">{plain(label(SEVERITIES, severity))}</span>',
        plain(finding["message"]),
        f"<code>{plain(rule)}</code>" if rule else "",
        f"“{plain(quoted)}”" if quoted else "",
        _links(finding.get("observations", ()), name),
    )
    return f"<li>{' '.join(filter(None, pieces))}</li>\n"


def _derived(derived: DerivedJson, name: str) -> str:
    area = derived["area"]
    texts = (
        *(derived["id"], derived["indicator"]["name"], area["name"] if area else "", derived["period"]),
        *(_amount(derived["low"], derived["high"]), derived["unit"]),
        *(label(MEASURES, derived["measure"]), label(STATUSES, derived["status"])),
    )
    why = f"{plain(derived['rule'])} {_links(derived['observations'], name)}"
    return f"<tr>{_cells(DERIVED_HEADS, (*map(plain, texts), why))}</tr>\n"
