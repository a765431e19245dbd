"""True statements in the forms in which reports make them, and the same with one figure changed so that it cannot be.

In: a seeded source of numbers.  Out: `Planted`, always the same ones.  `training.planted` puts them into reports and
has them read.  What it does not know: how the checks work.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

SEED = 20231122
DRAWS = 14  # of each form: more than 300 errors in all

PLACES = ("临湖县", "东屿县", "桐河县", "望塔县", "宜阳区", "太平县")


@dataclass(frozen=True, slots=True)
class Planted:
    """One statement: `true` agrees with itself, `wrong` has one figure changed; `rule` is the code expected then."""

    rule: str
    true: str
    wrong: str


class _Draw:
    """Numbers as reports have them."""

    def __init__(self, source: random.Random) -> None:
        self._source = source

    def amount(self, low: float = 3, high: float = 90, decimals: int = 2) -> float:
        return round(self._source.uniform(low, high), decimals)

    def count(self, low: int = 20, high: int = 400) -> int:
        return self._source.randint(low, high)

    def one_of(self, choices: Sequence[str]) -> str:
        return self._source.choice(choices)

    def several(self, choices: Sequence[str], number: int) -> list[str]:
        return self._source.sample(list(choices), number)

    def slip(self, said: str) -> str:
        """The number with two digits changed places, or one digit mistyped so that it counts."""
        digits = [i for i, c in enumerate(said) if c.isdigit()]
        swaps = [(a, b) for a, b in pairwise(digits) if abs(int(said[a]) - int(said[b])) > 1]
        swaps = [(a, b) for a, b in swaps if said[b] != "0" or a != digits[0]]
        if swaps and self._source.random() < 0.5:
            a, b = self._source.choice(swaps[:1])
            return said[:a] + said[b] + said[a + 1 : b] + said[a] + said[b + 1 :]
        at = digits[min(1, len(digits) - 1)] if self._source.random() < 0.5 else digits[0]
        other = str((int(said[at]) + self._source.choice((2, 3, 4, 5))) % 10)
        if at == digits[0] and other == "0":
            other = "9" if said[at] != "9" else "6"
        return said[:at] + other + said[at + 1 :]


Form = Callable[[_Draw], Planted]


def _text(number: float, decimals: int = 2) -> str:
    return f"{number:.{decimals}f}"


def _swap(rule: str, form: str, at: str, wrong: str, **said: str) -> Planted:
    """`form` with all that is `said`, and again with the figure named `at` as `wrong`."""
    return Planted(rule, form.format(**said), form.format(**{**said, at: wrong}))


# ------------------------------------------------------------------------------------------------ parts and whole


def part_after_whole(d: _Draw) -> Planted:
    name, unit, of = d.one_of(
        (
            "高新技术企业|家|规上企业",
            "省级科技特派员|名|女特派员",
            "市级重点项目|个|工业项目",
            "专业技术人才|名|高级职称人才",
            "标准化农贸市场|个|星级市场",
        )
    ).split("|")
    whole = d.count(40, 190)
    part = d.count(11, whole // 2)
    form = d.one_of(
        (
            "全区共有{n}{w}{u},其中{o}{p}{u}。",
            "截至2023年底,全区{n}总数达{w}{u},其中{o}{p}{u}。",
            "全区{n}达到{w}{u}(其中{o}{p}{u})。",
        )
    )
    wrong = d.count(whole + 3, whole * 2)
    return _swap("part-exceeds-whole", form, "p", str(wrong), n=name, u=unit, o=of, w=str(whole), p=str(part))


def bracketed_list(d: _Draw) -> Planted:
    a, b, c = d.count(2, 9), d.count(11, 24), d.count(25, 60)
    name, unit = d.one_of(("研发平台|家", "众创空间|家", "工程技术研究中心|个")).split("|")
    form = "全区现有各类{n}{w}{u}(国家级{a}{u}、省级{b}{u}、市级{c}{u})。"
    wrong = str(a + b + c + d.count(2, 5))
    return _swap("parts-disagree", form, "w", wrong, n=name, u=unit, a=str(a), b=str(b), c=str(c), w=str(a + b + c))


def three_industries(d: _Draw) -> Planted:
    a, b, c = d.amount(12, 30), d.amount(120, 240), d.amount(130, 260)
    form = d.one_of(
        (
            "2023年,全区实现地区生产总值{w}亿元,其中第一产业增加值{a}亿元,第二产业增加值{b}亿元,第三产业增加值{c}亿元。",
            "2023年,全区地区生产总值{w}亿元。第一产业增加值{a}亿元,第二产业增加值{b}亿元,第三产业增加值{c}亿元。",
        )
    )
    said = {"w": _text(a + b + c), "a": _text(a), "b": _text(b), "c": _text(c)}
    at = d.one_of(("w", "b", "c"))
    return _swap("parts-disagree", form, at, d.slip(said[at]), **said)


def structure(d: _Draw) -> Planted:
    a, b = d.amount(4, 12, 1), d.amount(35, 48, 1)
    form = d.one_of(("三次产业结构为{a}:{b}:{c}。", "2023年,全区三次产业结构调整为{a}:{b}:{c}。"))
    c = round(100 - a - b, 1)
    return _swap("parts-disagree", form, "c", _text(c + 0.6, 1), a=_text(a, 1), b=_text(b, 1), c=_text(c, 1))


def two_classes(d: _Draw) -> Planted:
    form, decimals = (
        ("2023年末,全区常住人口{w}万人,其中城镇人口{a}万人,乡村人口{b}万人。", 2),
        ("2023年,全区完成一般公共预算收入{w}亿元,其中税收收入{a}亿元,非税收入{b}亿元。", 2),
        ("2023年,全区完成进出口总额{w}亿元,其中出口{a}亿元,进口{b}亿元。", 1),
        ("全区共有科技特派员{w}名,其中男性{a}名、女性{b}名。", 0),
    )[int(d.one_of("0123"))]
    a, b = d.amount(31, 88, decimals), d.amount(12, 29, decimals)
    said = {"w": _text(a + b, decimals), "a": _text(a, decimals), "b": _text(b, decimals)}
    at = d.one_of(("w", "b"))
    return _swap("parts-disagree", form, at, d.slip(said[at]), **said)


# --------------------------------------------------------------------------------------------- shares and percents


def share_of_named(d: _Draw) -> Planted:
    part_name, whole_name = d.one_of(
        (
            "高新技术产业增加值|规上工业增加值",
            "数字经济核心产业营业收入|规上工业营业收入",
            "制造业投资|固定资产投资",
            "民间投资|固定资产投资",
            "科技支出|一般公共预算支出",
        )
    ).split("|")
    whole = d.amount(120, 300)
    part = d.amount(20, 110)
    share = _text(part / whole * 100, 1)
    form = d.one_of(
        (
            "2023年,全区{o}{w}亿元。全区{n}{p}亿元,占{o}比重{s}%。",
            "2023年,全区{o}{w}亿元,{n}{p}亿元,占{o}的比重为{s}%。",
        )
    )
    return _swap(
        "share-disagrees", form, "s", d.slip(share), n=part_name, o=whole_name, w=_text(whole), p=_text(part), s=share
    )


def share_of_members(d: _Draw) -> Planted:
    name, unit, of = d.one_of(
        ("职工|人|女职工", "专业技术人员|人|高级职称人员", "规上企业|家|高新技术企业", "行政村|个|示范村")
    ).split("|")
    whole = d.count(80, 600)
    part = d.count(15, whole // 2)
    share = _text(part / whole * 100, 1)
    form = d.one_of(("全区共有{n}{w}{u},其中{o}{p}{u},占{s}%。", "全区现有{n}{w}{u},其中{o}{p}{u},占总数的{s}%。"))
    return _swap("share-disagrees", form, "s", d.slip(share), n=name, u=unit, o=of, w=str(whole), p=str(part), s=share)


def over_hundred(d: _Draw) -> Planted:
    name = d.one_of(
        (
            "森林覆盖率",
            "城乡供水覆盖率",
            "学前三年普惠率",
            "农产品抽检合格率",
            "高新技术产业增加值占比",
            "垃圾无害化处理率",
            "5G网络覆盖率",
        )
    )
    true = d.amount(61, 98, 1)
    wrong = _text(true + 100 if d.count(0, 1) else 100 + d.amount(2, 60, 1), 1)
    form = d.one_of(("2023年,全区{n}达到{s}%。", "全区{n}为{s}%。"))
    return _swap("share-above-whole", form, "s", wrong, n=name, s=_text(true, 1))


def fallen_too_far(d: _Draw) -> Planted:
    name = d.one_of(("信访案件", "生产安全事故起数", "空气污染天数", "单位GDP能耗", "房地产开发投资"))
    true = d.amount(4, 60, 1)
    return _swap(
        "growth-below-naught",
        "2023年,全区{n}同比下降{s}%。",
        "s",
        _text(true + 100, 1),
        n=name,
        s=_text(true, 1),
    )


# --------------------------------------------------------------------------------------------------------- growth

NOMINAL = ("技术合同成交额", "规上工业企业研发费用", "网络零售额", "旅游总收入", "社会消费品零售总额")
TABLED = ("招商引资到位资金", "政府性基金收入", "快递业务收入", "实际利用外资")


def _grown(d: _Draw) -> tuple[str, str, str, str]:
    """Base, value, word and rate."""
    base = d.amount(8, 60)
    rate = d.amount(-12, 35, 1)
    while abs(rate) < 2:
        rate = d.amount(-12, 35, 1)
    value = round(base * (1 + rate / 100), 2)
    rate = round((value / base - 1) * 100, 1)
    return _text(base), _text(value), "增长" if rate > 0 else "下降", _text(abs(rate), 1)


def grown_in_text(d: _Draw) -> Planted:
    base, value, word, rate = _grown(d)
    form = d.one_of(
        (
            "2022年,全区{n}{b}亿元。2023年,全区{n}{v}亿元,同比{g}{r}%。",
            "2023年,全区{n}达{v}亿元,较2022年的{b}亿元{g}{r}%。",
            "2023年,全区{n}完成{v}亿元,2022年为{b}亿元,同比{g}{r}%。",
            "全区{n}由2022年的{b}亿元变为2023年的{v}亿元,{g}{r}%。",
        )
    )
    said = {"n": d.one_of(NOMINAL), "b": base, "v": value, "g": word, "r": rate}
    at = d.one_of(("r", "v", "b"))
    return _swap("growth-disagrees", form, at, d.slip(said[at]), **said)


def grown_in_table(d: _Draw) -> Planted:
    names = d.several(TABLED, 3)
    rows = [_grown(d) for _ in names]
    signed = ["-" * (word == "下降") + rate for _, _, word, rate in rows]

    def table(rates: Sequence[str]) -> str:
        lines = ["2023年主要指标完成情况表", "指标名称 | 单位 | 2023年 | 2022年 | 同比(%) |"]
        lines += [
            f"{name} | 亿元 | {row[1]} | {row[0]} | {rate} |"
            for name, row, rate in zip(names, rows, rates, strict=True)
        ]
        return "\n".join(lines)

    at = d.count(0, 2)
    wrong = signed.copy()
    wrong[at] = "-" * wrong[at].startswith("-") + d.slip(wrong[at].lstrip("-"))
    return Planted("growth-disagrees", table(signed), table(wrong))


# ---------------------------------------------------------------------------------------------------- differences


def points_from_to(d: _Draw) -> Planted:
    name = d.one_of(("R&D经费投入强度", "城镇化率", "森林覆盖率", "工业增加值率", "普惠性幼儿园覆盖率"))
    decimals = 2 if name.startswith("R&D") else 1
    base = d.amount(1.2, 3, 2) if decimals == 2 else d.amount(40, 70, 1)
    by = d.amount(0.12, 0.9, 2) if decimals == 2 else d.amount(0.7, 6, 1)
    form = d.one_of(
        (
            "全区{n}由2022年的{b}%提高到2023年的{v}%,提高{x}个百分点。",
            "2022年,全区{n}为{b}%。2023年,全区{n}为{v}%,比上年提高{x}个百分点。",
            "2023年,全区{n}达到{v}%,较2022年的{b}%提高{x}个百分点。",
        )
    )
    said = {"n": name, "b": _text(base, decimals), "v": _text(base + by, decimals), "x": _text(by, decimals)}
    at = d.one_of(("x", "v"))
    wrong = d.slip(said["x"]) if at == "x" else _text(base + by * 2 + 0.3, decimals)
    return _swap("difference-disagrees", form, at, wrong, **said)


def counts_apart(d: _Draw) -> Planted:
    name, unit = d.one_of(("高新技术企业|家", "规上工业企业|家", "国家科技型中小企业|家", "省级非遗项目|个")).split("|")
    base, by = d.count(60, 160), d.count(7, 35)
    form = d.one_of(
        (
            "2022年末,全区{n}总数{b}{u}。2023年末,全区{n}总数达{v}{u},净增{x}{u}。",
            "2022年,全区{n}{b}{u}。2023年,全区{n}达{v}{u},比上年增加{x}{u}。",
            "全区{n}由2022年的{b}{u}增加到2023年的{v}{u},增加{x}{u}。",
        )
    )
    said = {"n": name, "u": unit, "b": str(base), "v": str(base + by), "x": str(by)}
    return _swap("difference-disagrees", form, "x", str(by + d.count(2, 9)), **said)


def above_the_province(d: _Draw) -> Planted:
    name = d.one_of(("规上工业增加值", "固定资产投资", "社会消费品零售总额", "居民人均可支配收入"))
    ours, theirs = d.amount(6, 12, 1), d.amount(2, 5, 1)
    form = d.one_of(("2023年,全区{n}增长{a}%,全省{n}增长{b}%,高于全省{x}个百分点。",))
    said = {"n": name, "a": _text(ours, 1), "b": _text(theirs, 1), "x": _text(ours - theirs, 1)}
    return _swap("difference-disagrees", form, "x", _text(ours - theirs + d.amount(0.5, 2, 1), 1), **said)


def wrong_way(d: _Draw) -> Planted:
    name, unit = d.one_of(
        ("发明专利授权量|件", "高新技术企业|家", "技术合同成交额|亿元", "城镇化率|%", "村集体经济收入|万元")
    ).split("|")
    low, high = d.count(30, 45), d.count(48, 66)
    form = "全区{n}由2022年的{a}{u}{g}到2023年的{b}{u}。"
    up = {"n": name, "u": unit, "a": str(low), "b": str(high), "g": d.one_of(("提高", "增加", "提升", "上升"))}
    return Planted("direction-contradicted", form.format(**up), form.format(**{**up, "a": up["b"], "b": up["a"]}))


# ------------------------------------------------------------------------------------------------ twice, and tables


def stated_twice(d: _Draw) -> Planted:
    name, unit = d.one_of(
        (
            "技术合同成交额|亿元",
            "规上工业增加值|亿元",
            "一般公共预算收入|亿元",
            "R&D经费|亿元",
            "社会消费品零售总额|亿元",
        )
    ).split("|")
    value = _text(d.amount(12, 90))
    form = d.one_of(
        (
            "2023年,全区{n}达{a}{u},创历史新高。\n回顾全年工作,全区{n}完成{b}{u},任务圆满完成。",
            "2023年,全区实现{n}{a}{u}。\n从主要指标看,2023年全区{n}{b}{u},位居全市前列。",
        )
    )
    return _swap("stated-differently", form, "b", _text(float(value) * 1.07), n=name, u=unit, a=value, b=value)


def text_and_table(d: _Draw) -> Planted:
    names = d.several(("技术合同成交额", "一般公共预算收入", "R&D经费", "规上工业企业研发费用"), 3)
    values = [_text(d.amount(12, 90)) for _ in names]
    table = "\n".join(
        ["2023年全区主要指标完成情况表", "指标名称 | 单位 | 2023年 |"]
        + [f"{name} | 亿元 | {value} |" for name, value in zip(names, values, strict=True)]
    )
    at = d.count(0, 2)
    form = "2023年,全区{n}达{v}亿元。\n{t}"
    wrong = _text(float(values[at]) * 1.09)
    return _swap("text-table-disagree", form, "v", wrong, n=names[at], v=values[at], t=table)


def ranked_rows(d: _Draw) -> Planted:
    places = d.several(PLACES, 6)
    values = sorted({d.amount(3, 60) for _ in range(9)}, reverse=True)[:6]
    rows = [int(i) for i in d.several("012345", 6)]
    name, unit = d.one_of(("R&D经费|亿元", "技术合同成交额|亿元", "实际利用外资|亿元")).split("|")

    def table(rank: dict[int, int]) -> str:
        lines = [f"2023年各县(区){name}情况表", f"地区 | {name}({unit}) | 排名 |"]
        lines += [f"{places[i]} | {_text(values[i])} | {rank[i]} |" for i in rows]
        return "\n".join(lines)

    right = {i: i + 1 for i in range(6)}
    at = d.count(0, 3)
    wrong = {**right, at: right[at + 2], at + 2: right[at]} if d.count(0, 1) else {**right, at: right[at + 1]}
    return Planted("rank-disagrees", table(right), table(wrong))


def summed_rows(d: _Draw) -> Planted:
    places = d.several(PLACES, 5)
    label = d.one_of(("合计", "全市", "总计"))
    first = [d.amount(3, 30) for _ in places]
    second = [d.count(10, 90) for _ in places]
    names = d.one_of(("技术合同成交额(亿元) | 登记项数(项)", "研发费用(亿元) | 高新技术企业(家)"))
    at_top = d.count(0, 1)

    def table(one: str, two: str) -> str:
        rows = [f"{p} | {_text(a)} | {b} |" for p, a, b in zip(places, first, second, strict=True)]
        whole = f"{label} | {one} | {two} |"
        rows = [whole, *rows] if at_top else [*rows, whole]
        return "\n".join(["2023年全市各县(区)指标情况表", f"地区 | {names} |", *rows])

    one, two = _text(sum(first)), str(sum(second))
    wrong = (d.slip(one), two) if d.count(0, 1) else (one, d.slip(two))
    return Planted("total-disagrees", table(one, two), table(*wrong))


# ---------------------------------------------------------------------------------------------------------- times


def no_such_time(d: _Draw) -> Planted:
    right, wrong, rule = d.one_of(
        (
            "2023年6月30日|2023年6月31日|time-impossible",
            "2023年9月28日|2023年9月31日|time-impossible",
            "2023年2月28日|2023年2月29日|time-impossible",
            "2023年11月|2023年13月|time-impossible",
            "2023年1-9月|2023年9-1月|time-backwards",
            "2021-2023年|2023-2021年|time-backwards",
            "2023年第四季度|2023年第五季度|time-impossible",
            "4月26日|4月31日|time-impossible",
        )
    ).split("|")
    form = d.one_of(("{t},全区举办科技活动{c}场。", "{t},全区完成技术培训{c}期。"))
    return _swap(rule, form, "t", wrong, t=right, c=str(d.count(3, 40)))


def not_yet(d: _Draw) -> Planted:
    right, wrong = d.one_of(("2023年12月|2024年12月", "2023年|2025年", "2023年1-10月|2024年1-10月")).split("|")
    form = d.one_of(
        ("{t},全区完成技术合同成交额{v}亿元,同比增长8.2%。", "{t},全区已发放科技贷款{v}亿元,同比增长5.1%。")
    )
    return _swap("actual-in-future", form, "t", wrong, t=right, v=_text(d.amount(5, 40)))


FORMS: tuple[Form, ...] = (
    *(part_after_whole, bracketed_list, three_industries, structure, two_classes),
    *(share_of_named, share_of_members, over_hundred, fallen_too_far),
    *(grown_in_text, grown_in_text, grown_in_table, points_from_to, points_from_to, counts_apart, above_the_province),
    *(wrong_way, stated_twice, text_and_table, ranked_rows, summed_rows, no_such_time, not_yet),
)


def planted(draws: int = DRAWS) -> list[Planted]:
    """`draws` statements of every form, always the same."""
    draw = _Draw(random.Random(SEED))
    found = [form(draw) for form in FORMS for _ in range(draws)]
    return [p for p in found if p.true != p.wrong]
