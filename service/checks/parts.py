"""Parts and whole: sub-items that exceed their whole, and parts that should add up to it and do not.

In: the figures of a report.  Out: findings.

That a part exceeds its whole needs no complete list.  A sum is held against its whole only where the parts are known to
be all: the classes of `FAMILIES` (three industries, men and women, ...), a ratio of three, or a list in brackets right
after its whole that is not opened by 其中 or closed by 等 and comes nearer than `NEARLY_ALL` to it: whoever lists that
much lists all.  Regions share nothing, so together they are no more than their whole.  Averages, rates and ranks have
no sum (`_NO_SUM`).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from service.checks.figures import MOST, Figure, Material, key_of, subject_of
from service.checks.intervals import PER_CENT, Interval, exactly, exceeds, gap, total
from service.checks.phrases import about, added, finding, named, span_of, stated
from service.checks.years import comparable, in_words
from service.indicators import RELATIVE_UNITS
from service.records import Finding, Measure, Severity

EXCEEDS = "part-exceeds-whole"
SUM = "parts-disagree"
# A list that misses its whole by less than this share of it was meant to be all of it.
NEARLY_ALL = 0.1

_MEMBER = re.compile(r"其中[:：,，]?")
_NO_SUM = re.compile(r"人均|平均|均|率|指数|强度|每|价|比重|占比|密度|中位数|年限|寿命")
_OPENS = re.compile(r"^[(（](?!其中|含|较|比|同比|增|另|包括|参与|牵头|联合|参加|排名|以上|不含|约|折)[^()（）]*$")
_AMOUNT_WORD = re.compile(r"(?:总)?(?:额|值|量|数|规模)$")
# What may stand between two members of one list, their indicators taken out.
_LIST = re.compile(r"[、,，和及与以各为达到约有共分别\s“”\"]{1,8}")
# A region's name right before its figure.
_OF_PLACE = re.compile(r"[一-鿿](?:街道|[省市区县州旗盟镇乡])(?:有|为|达)?$")
_KIN = 2  # characters that the names of a list's members end with alike, where commas part them
_MOST_MEMBERS = 40
_SENTENCES = 2  # how far from its parts a whole may stand


@dataclass(frozen=True, slots=True)
class Family:
    """Classes that together are the whole.

    `classes`: the word of each class; `whole`: the name of the whole, "" where it is the stem of the parts.
    """

    classes: tuple[re.Pattern[str], ...]
    said: str
    whole: str = ""


FAMILIES = (
    Family(tuple(re.compile(rf"第?{n}(?:次产业|产业|产)") for n in "一二三"), "三次产业", "GDP"),
    Family((re.compile(r"男(?:性|职工|生)?"), re.compile(r"女(?:性|职工|生)?")), "男、女"),
    Family((re.compile(r"城镇"), re.compile(r"农村|乡村")), "城镇、乡村"),
    Family((re.compile(r"(?<!进)出口"), re.compile(r"进口")), "出口、进口", "进出口"),
    Family((re.compile(r"(?<!非)税收?(?:收入)?"), re.compile(r"非税(?:收入)?")), "税收、非税", "一般公共预算收入"),
)


def members(m: Material) -> Iterator[Finding]:
    """Members after 其中 or in brackets that exceed their whole, and bracketed lists that miss it."""
    for figures in m.by_sentence.values():
        for at, whole in enumerate(figures[:-1]):
            if not additive(whole):
                continue
            listed = _listed(m, figures, at)
            for part in listed:
                if exceeds(part.worth, whole.worth):
                    yield finding(
                        EXCEEDS,
                        Severity.ERROR,
                        f"“{part.name}”为{stated(part)},超过其所属的“{whole.name}”{stated(whole)}",
                        (whole, part),
                        f"{stated(part)}>{stated(whole)}",
                    )
                    break
            else:
                yield from _bracketed(m, whole, listed) or _of_places(m, whole, listed)


def families(m: Material) -> Iterator[Finding]:
    """Classes of one family that do not add up to their whole, or as shares not to 100 %."""
    for family in FAMILIES:
        for found in _by_class(m, family).values():
            if len(found) != len(family.classes) or any(len(of) != 1 for of in found.values()):
                continue
            parts = [next(iter(of.values())) for of in found.values()]
            if parts[0].unit == "%":
                yield from _hundred(parts)
                continue
            summed = total([p.worth for p in parts])
            wholes = _wholes(m, family, parts)
            if wholes and all(gap(summed, whole.worth) for whole in wholes) and _close(wholes[0], parts):
                yield _sum(parts, wholes[0], gap(summed, wholes[0].worth), family.said)


def ratios(m: Material) -> Iterator[Finding]:
    """三次产业结构为8.7:41.2:50.1: what is parted so amounts to a hundred."""
    for figures in m.by_sentence.values():
        for three in zip(figures, figures[1:], figures[2:], strict=False):
            joined = all(m.between(a, b).strip() in (":", "∶", "：") for a, b in pairwise(three))
            if joined and three[0].unit == "%":
                yield from _hundred(list(three))


def additive(f: Figure) -> bool:
    """Whether figures of this kind add up: amounts and counts, no ratios, averages and ranks."""
    return (
        f.measure in (Measure.LEVEL, Measure.INCREMENT)
        and f.unit not in RELATIVE_UNITS
        and not _NO_SUM.search(f.name)
        and "/" not in f.unit
    )


def _listed(m: Material, figures: list[Figure], at: int) -> list[Figure]:
    """The members of the whole at `at`: the first figure after 其中, or in brackets, and those listed on from it."""
    whole, after = figures[at], at + 1
    while after < len(figures) - 1 and _aside(figures[after], whole):
        after += 1  # 常住人口198.74万人,比上年末减少0.36万人,其中...
    first, between = figures[after], m.between(figures[after - 1], figures[after])
    opened = _MEMBER.search(between)
    if not (opened or (after == at + 1 and _OPENS.match(between))) or not _member(first, whole):
        return []
    if opened and re.search(r"[。;；]", between):
        return []
    if not opened and first.spans == whole.spans and first.place == whole.place:
        return []  # 二等奖1项(参与2项)
    listed = [first]
    for f in figures[after + 1 : at + _MOST_MEMBERS]:
        between = said = m.between(listed[-1], f)
        for span in f.seen.indicator.spans:
            if listed[-1].end <= span.start and span.end <= f.start:
                between = between.replace(span.of(m.text), "", 1)
        if f.seen.area is not None and f.seen.area.span is not None:
            between = between.replace(f.seen.area.span.of(m.text), "", 1)
        if not _LIST.fullmatch(between) or not _member(f, whole):
            break
        if "、" not in between and f.name[-_KIN:] != first.name[-_KIN:] and not _OF_PLACE.search(said):
            break
        listed.append(f)
    return listed


def _aside(f: Figure, whole: Figure) -> bool:
    """Whether a figure only says more of the whole before it: a growth, a difference, an increment, a share, a rank."""
    return f.measure is not whole.measure or f.unit in RELATIVE_UNITS


def _member(f: Figure, whole: Figure) -> bool:
    return f.unit == whole.unit and f.measure is whole.measure and f.then(whole)


def _bracketed(m: Material, whole: Figure, listed: list[Figure]) -> list[Finding]:
    """A list in brackets that is all of its whole but for a little."""
    if len(listed) < 2 or not _OPENS.match(m.between(whole, listed[0])):
        return []
    if not re.match(r"\s*[)）]", m.text[listed[-1].end : listed[-1].end + 2]):
        return []
    miss = gap(total([p.worth for p in listed]), whole.worth)
    return [_sum(listed, whole, miss, "括号内各项")] if miss and abs(miss) <= NEARLY_ALL * whole.worth.high else []


def _of_places(m: Material, whole: Figure, listed: list[Figure]) -> list[Finding]:
    """Members that are regions share nothing: they are no more than their whole together, whether all or some."""
    if len(listed) < 2 or not all(_OF_PLACE.search(m.between(a, b)) for a, b in pairwise((whole, *listed))):
        return []
    summed = total([p.worth for p in listed])
    return [_sum(listed, whole, gap(summed, whole.worth), "各地")] if exceeds(summed, whole.worth) else []


def _by_class(m: Material, family: Family) -> dict[tuple[str, ...], dict[int, dict[Interval, Figure]]]:
    """The figures of a family by their stem, unit, place and time, then by class, then by amount."""
    groups: dict[tuple[str, ...], dict[int, dict[Interval, Figure]]] = defaultdict(lambda: defaultdict(dict))
    for f in m.figures:
        share = f.unit == "%" and re.search(r"占|比重|结构", f.name) is not None
        if f.measure is not Measure.LEVEL or f.planned or not f.period or not (additive(f) or share):
            continue
        for number, word in enumerate(family.classes):
            stem = _stem(m, f, word)
            if stem is not None:
                key = stem, f.unit, f.place, str(f.part), comparable(f.period)
                groups[key][number].setdefault(f.worth, f)
                break
    return groups


def _stem(m: Material, f: Figure, word: re.Pattern[str]) -> str | None:
    """The indicator of a figure without the class word: 第一产业增加值 is 增加值; None where it has no such word.

    Of several spans (常住人口, 城镇人口) it is the one with the word that counts.
    """
    for span in reversed(f.spans):
        said = key_of(span.of(m.text))
        if word.search(said):
            return word.sub("", said, count=1)
    return None


def _close(whole: Figure, parts: list[Figure]) -> bool:
    """Whether a whole stands where its parts do: in the sentences around them, or in their table."""
    if whole.table >= 0:
        return all(p.table == whole.table for p in parts)
    return all(p.table < 0 and abs(p.sentence - whole.sentence) <= _SENTENCES for p in parts)


def _wholes(m: Material, family: Family, parts: list[Figure]) -> list[Figure]:
    """What may be the whole of a family's parts, the nearest first: stated with their stem's name or the family's own,
    or before 其中.
    """
    first = parts[0]
    stem = next(s for w in family.classes if (s := _stem(m, first, w)) is not None)
    bare = _AMOUNT_WORD.sub("", stem)
    of_family = (f"{family.whole}{end}" for end in ("", stem, bare, "总值", "值")) if family.whole else ()
    wholes: list[Figure] = []
    for name in dict.fromkeys(subject_of(name) for name in (stem, bare, *of_family) if name):
        found = m.levels.get((name, first.place, first.part, comparable(first.period)), [])[:MOST]
        wholes += [f for f in found if f.unit == first.unit and f not in parts]
    before = [f for f in m.near(first) if f.start < first.start]
    if before and before[-1].unit == first.unit and before[-1].measure is first.measure:
        between = m.between(before[-1], first)
        if all(p.sentence == first.sentence for p in parts) and (_MEMBER.search(between) or _OPENS.match(between)):
            wholes.append(before[-1])
    stated = [f for f in dict.fromkeys(wholes) if f.start < first.start or f.beside(first) or f.table >= 0]
    return sorted(stated, key=lambda f: abs(f.start - first.start))


def _hundred(parts: list[Figure]) -> Iterator[Finding]:
    summed = total([p.worth for p in parts])
    miss = gap(summed, exactly(PER_CENT))
    if miss:
        said = added(parts)
        yield finding(
            SUM,
            Severity.WARNING,
            f"“{parts[0].name}”等各部分占比之和为{span_of(exactly(summed.middle), '%')},不等于100%",
            parts,
            f"{said}={span_of(summed, '%')}≠100%",
        )


def _sum(parts: list[Figure], whole: Figure, miss: float, what: str) -> Finding:
    summed = total([p.worth for p in parts])
    said = added(parts)
    place = in_words(whole.period) if whole.period else ""
    return finding(
        SUM,
        Severity.WARNING,
        f"{named(whole)},而{place}{what}({said})合计为{span_of(summed, whole.unit)},至少相差{about(miss, whole.unit)}",
        (whole, *parts),
        f"{said}={span_of(summed, whole.unit)}≠{stated(whole)}",
    )
