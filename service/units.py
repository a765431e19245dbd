"""The table of unit words: which label a number with that unit has.

In: the text after a numeral.  Out: the longest unit word there, with its label.  Knows nothing of numbers.  The words
stand in `data/units.tsv` (label, then words), so that a new one is a matter of data.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

from service.records import Label

# 645元/月, 16.9万吨/日: a rate keeps what it is per.
_PER = re.compile(
    r"/(?:月|年|日|天|人|户|亩|次|秒|小时|分钟|吨|斤|公斤|公里|千米|平方米|平方公里|平方千米(?:·月)?|立方米|千瓦时|升|张|例|家|个|间|栋|床|株|头|[千万]人|百平方公里)"
)
# 头(只)次, 辆(艘、架)次: what is counted comes in several forms, and 次 closes them; the 套 of 台(套) stays outside.
_FORMS = re.compile(r"\([套件只间册副艘架列座处辆台项个头匹班栋宗、]{1,12}\)次")
# What makes another word of a unit's last character.
_NOT_BEFORE = {
    "人": "民才口工力大员物士类居身格文均社情心道生",
    "名": "字义誉牌校称单录列次",
    "位": "置居列于数次移",
    "家": "园具庭政电长禽畜乡",
    "个": "性体别",
    "个点": "位",
    "项": "目",
    "大": "学于道堂厦型量力幅会关",
    "类": "型似别",
    "批": "复准发评示",
    "件": "套",
    "分": "别为布公部析支之钟局行院店厂会校期类批层",
    "方": "面案式法向针便可能",
    "发": "展放布明电挥生现行改达射动",
    "面": "向对积临",
    "把": "手握",
    "成": "为立果功员效本长都熟交就品套人绩渝因分",
    "回": "收升落暖归应",
    "对": "外于口接应照标比",
    "场": "所地景馆面",
    "节": "能约点水日省",
    "期": "间末初限货刊",
    "度": "假过量",
    "门": "户槛类店诊",
    "道": "路德教",
    "双": "一创碳",
    "单": "位一元",
    "口": "岸径碑",
    "组": "织建成",
    "步": "入伐行",
    "环": "境节比保",
    "站": "点稳上位",
    "车": "间辆站道",
    "头": "部条",
    "部": "门分署委",
    "集": "中团成群聚体",
    "首": "次个批家位府席",
    "层": "次级面",
    "本": "科地市级",
    "片": "区",
    "周": "年边",
    "天": "津然气空地",
    "字": "典节",
    "起": "步来点",
    "架": "构",
    "块": "链",
    "台": "湾州阶",
    "所": "有属",
    "只": "有要",
    "米": "粒",
    "里": "程面",
    "条": "件例",
    "届": "时",
    "款": "项",
    "份": "额",
    "处": "置理罚于",
    "次": "要数日生产",
    "床": "位",
    "星": "级",
    "席": "位",
    "户": "籍外均型",
    "课": "程题堂",
    "列": "入为",
    "页": "岩面",
    "票": "据",
    "路": "网线段口面灯标桥径况由演程过易边侧上",
    "基": "地础本金于层点站数建因准",
    "具": "有体备",
    "顶": "部端层级尖",
    "剂": "量型",
    "包": "括含",
}


def unit_at(text: str, start: int) -> tuple[int, Label] | None:
    """End and label of the unit word that begins at `start` of plain `text`; None where none does."""
    words, longest = _words()
    for length in range(min(longest, len(text) - start), 0, -1):
        word = text[start : start + length]
        label = words.get(word)
        if label is None:
            continue
        end = start + length
        after = text[end : end + 1]
        if after and after in _NOT_BEFORE.get(word, ""):
            continue
        if word[-1].isascii() and word[-1].isalpha() and after.isascii() and after.isalnum():
            continue
        forms = _FORMS.match(text, end)
        end = forms.end() if forms else end
        per = _PER.match(text, end)
        return (per.end() if per else end), label
    return None


def unit_words() -> tuple[str, ...]:
    """Every unit word, in the order of the table."""
    return tuple(_words()[0])


@cache
def _words() -> tuple[dict[str, Label], int]:
    table = resources.files("service").joinpath("data", "units.tsv").read_text(encoding="utf-8")
    words: dict[str, Label] = {}
    for line in table.splitlines():
        label, _, units = line.partition("\t")
        words.update(dict.fromkeys(units.split(), Label(label)))
    return words, max(map(len, words))
