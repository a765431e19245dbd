"""Which region a report speaks of, by its title, its issuer and the words it uses for itself.

In: clean text, the span of a report or of a part, its title and issuer.  Out: `records.Area`, or None where the text
names none.  A name in the title or of the issuer decides; else the words 我区, 全县 say what kind of region it is, and
the name of that kind that the text has most often is the one: of the list, masked (XX区), or of no list (临江区).
"""

from __future__ import annotations

import re
from collections import Counter

from service.areas import Gazetteer, gazetteer, short_name
from service.records import Area, Span

BODY = 20_000  # characters in which names are counted: a report says early and often where it is
MIN_NAMED = 2  # an unlisted name must come twice to be one

_MASKED = re.compile(r"[XＸ×*]{2,3}(?:[省市县区州旗]|自治[区州县旗])(?!域|内|级|间)")
_OWN_KIND = re.compile(r"我(?P<kind>[省市区县州旗])(?![一-鿿]?长)|全(?P<all>[省市区县州旗])")
_TITLE_NAME = re.compile(
    r"^(?:关于)?(?:中共)?(?P<name>[一-鿿]{2,10}?(?:自治[区州县旗]|[省市县区旗]))(?=[一-鿿]{0,12}?(?:局|委|政府|办|厅|院|20|20XX|年|科技|工作|关于))"
)
_UNLISTED = re.compile(r"(?:^|(?<=[\s,，。;；、:：“\"((《在为]))(?P<name>[一-鿿]{2,3}[区县市])(?=[一-鿿])")
_NO_NAME = re.compile(
    r".*(?:我|全|本|该|各|城|园|社|校|地|辖|景|山|片|灾|新|郊|小|老|牧|林|矿|库|发|示范|功能|保护|试验|实验|两|省|市|州|国|我市|创新|发展|合作|产业"
    r"|[一二三四五六七八九十\d])[区县市]|[省市县].*[区县市]"
)


def area_of(text: str, span: Span, title: str, issuer: str, near: Area | None = None) -> Area | None:
    """The region of the report at `span`; names are read in the terms of `near` (the whole text's region)."""
    table = gazetteer()
    for said in (title, issuer):
        if (named := _named(said, table, near)) is not None:
            return named
    body = text[span.start : min(span.end, span.start + BODY)]
    head = body[:600]
    kinds = Counter(found["kind"] or found["all"] for found in _OWN_KIND.finditer(body))
    own = Counter(found["kind"] for found in _OWN_KIND.finditer(body) if found["kind"])
    issuing = re.match(r"[省市县区](?=[一-鿿]*(?:局|委|厅|办))", issuer or title)
    if issuing is not None:
        own[issuing[0]] += 3
    kind = max(own or kinds, key=lambda word: (own[word], kinds[word]), default="")
    if not kind:
        first = _named(head, table, near)
        often = first is not None and body.count(short_name(first.name)) >= MIN_NAMED
        return first if often else _province(body, table) or first
    masked = Counter(found[0] for found in _MASKED.finditer(body) if found[0].endswith(kind))
    listed = _listed(body, kind, table, near)
    unlisted = Counter(
        found["name"]
        for found in _UNLISTED.finditer(body)
        if found["name"].endswith(kind) and not _NO_NAME.fullmatch(found["name"])
    )
    counts: dict[str, tuple[int, Area]] = {name: (n, Area(name)) for name, n in masked.items()}
    counts |= {name: (n, Area(name)) for name, n in unlisted.items() if n >= MIN_NAMED}
    counts |= listed
    if not counts:
        return _province(body, table)
    return max(counts.values(), key=lambda pair: pair[0])[1]


def _province(body: str, table: Gazetteer) -> Area | None:
    """The province whose name the text has more often than any other's, and not just once."""
    counts = sorted(((body.count(short_name(area.name)), area) for area in table.of_level("province")), key=_count)
    (second, _), (most, area) = counts[-2:]
    return area if most >= MIN_NAMED and most > second else None


def _count(pair: tuple[int, Area]) -> int:
    return pair[0]


def kind_of(area: Area) -> str:
    """The word that 全 takes in a report of `area`: 区, 县, 市, 省, 州."""
    return area.name[-1]


def _named(said: str, table: Gazetteer, near: Area | None) -> Area | None:
    """The most specific region that a title or an issuer names."""
    if not said:
        return None
    if (masked := _MASKED.search(said)) is not None:
        return Area(masked[0])
    found = table.find(said)
    if found:
        home = near
        area: Area | None = None
        for span, areas in found:  # 浙江省湖州市安吉县: each within the one before
            area = table.resolve(span.of(said), home if area is None else area) or areas[0]
            if area.code is None and len(areas) == 1:
                area = areas[0]
        return area
    if (name := _TITLE_NAME.match(said)) is not None and not _NO_NAME.fullmatch(name["name"]):
        return table.resolve(name["name"], near)
    return None


def _listed(body: str, kind: str, table: Gazetteer, near: Area | None) -> dict[str, tuple[int, Area]]:
    """Listed regions of the kind, with how often the text has their full or short names."""
    counts: Counter[str] = Counter()
    for span, areas in table.find(body):
        name = span.of(body)
        if areas[0].name.endswith(kind):
            counts[name] += 1
    found: dict[str, tuple[int, Area]] = {}
    for name in counts:
        area = table.resolve(name, near)
        if area is not None:
            found[area.name] = (counts[name] + _alone(body, short_name(name), name), area)
    levels = {"省": ("province",), "区": ("province",), "市": ("province", "city"), "州": ("city",)}
    if kind in levels or not found:
        for area in (area for level in levels.get(kind, ("county",)) for area in table.of_level(level)):
            short = short_name(area.name)
            if area.name not in found and area.name.endswith(kind) and (n := body.count(short)) >= MIN_NAMED:
                found[area.name] = (n, area)
    return found


def _alone(body: str, short: str, name: str) -> int:
    return body.count(short) - body.count(name) if short != name else 0
