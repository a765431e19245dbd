"""Administrative divisions: which region a word in a report means.

In: a region's name or a deictic word (全区, 我市, 省内), and the report's own region.  Out: `records.Area` with the
full name and, where there is no doubt, the code of GB/T 2260.  Regions that no list has (an invented 临江区, a masked
XX区, 粤港澳大湾区) keep their names and have no code; where several regions share a name and nothing decides between
them the code stays None rather than wrong.  Villages, towns and development zones are not known here.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

from service.records import Area, Span

COUNTRY = Area("全国")
LEVELS = ("province", "city", "county")
MIN_SHORT = 2  # 云 of 云县 is no name
CACHE_SIZE = 1 << 13  # names whose short form is kept: those of the table, and some
MAX_NAME = 15  # 双江拉祜族佤族布朗族傣族自治县
# Names of divisions that are also common nouns: only the report's own city makes them a name.
COMMON_NOUNS = frozenset(
    [
        "城区",
        "郊区",
        "矿区",
        "东区",
        "西区",
        "南区",
        "北区",
        "新区",
        "市区",
        "新市区",
        "老城区",
        "新城区",
        "港口区",
        "山城区",
        "市中区",
        "城中区",
        "城东区",
        "城西区",
        "城北区",
        "站前区",
    ]
)
# Names that begin with a verb: 会同县民政局 is with the county's bureau unless a text begins so or names the city.
VERBS = frozenset({"会同县"})
# One-character names of provinces, as statistics and newspapers use them.
_ABBREVIATED = (
    "京11津12冀13晋14蒙15辽21吉22黑23沪31苏32浙33皖34闽35赣36鲁37豫41鄂42湘43粤44桂45琼46"
    "渝50川51蜀51黔52贵52滇53云53藏54陕61秦61甘62陇62青63宁64新65台71港81澳82"
)
ABBREVIATIONS = {pair[0]: pair[1:] for pair in re.findall(r"\D\d\d", _ABBREVIATED)}
FIXED = {
    "全国": COUNTRY,
    "我国": COUNTRY,
    "国内": COUNTRY,
    "全国各地": COUNTRY,
    "首都": Area("北京市", "110000"),
    "全疆": Area("新疆维吾尔自治区", "650000"),
    "龙江": Area("黑龙江省", "230000"),
    "八桂": Area("广西壮族自治区", "450000"),
    "三晋": Area("山西省", "140000"),
    "大湾区": Area("粤港澳大湾区"),
    "粤港澳": Area("粤港澳大湾区"),
}

_PEOPLES = (
    "壮族|回族|满族|维吾尔族?|苗族|彝族|土家族|藏族|(?<!内)蒙古族?|侗族|布依族|瑶族|白族|朝鲜族|哈尼族|黎族|哈萨克族?|傣族|畲族|傈僳族"
    "|东乡族|仡佬族|拉祜族|佤族|水族|纳西族|羌族|土族|仫佬族|锡伯族?|柯尔克孜族?|景颇族|达斡尔族|撒拉族|布朗族|毛南族|塔吉克族?"
    "|普米族|阿昌族|怒族|鄂温克族|京族|基诺族|德昂族|保安族|裕固族|塔塔尔族?|独龙族|鄂伦春族?|门巴族|珞巴族|各族"
)
_ETHNIC = re.compile(rf"(?:{_PEOPLES})*自治([区州县旗])$")
_CLASS = re.compile(r"(?:特别行政区|自治区|自治州|自治县|自治旗|地区|林区|特区|省|市|区|县|旗|盟|州)$")
_SEVERAL = re.compile("[、,,和]")
_ENDING = re.compile(r"[省市区县旗州盟](?![场域]|民(?![政族宗营]))|群岛")
_HAN = re.compile("[一-鿿]")
_OUTER = "省市州盟区"
_BODY = re.compile(r"[一-鿿]{0,12}(?:局|委|办|厅|院|中心)")
# Which kind of region each deictic word points to; "" is the report's own, whatever it is.
_DEICTIC = re.compile(
    r"(?:全|我|本|该|此)(?P<kind>[省市区县州旗盟镇乡]|地区|街道)(?:范围|域|境)?(?:内|上下|各地)?"
    r"|(?P<inside>[省市区县州旗盟镇乡])(?:域|境)?内"
    r"|(?P<domain>[省市区县州旗盟])域"
    r"|(?P<alone>[省市区县州旗盟])"
    r"|(?P<self>本地区?|当地|境内|域内|辖区内?|全辖|全域|全境|我们?这里)"
    r"|全?(?P<autonomous>自治[区州县旗])(?:内)?"
)


@dataclass(frozen=True, slots=True)
class Division:
    """A row of the table; `level` is one of `LEVELS`."""

    code: str
    name: str
    level: str

    @property
    def area(self) -> Area:
        return Area(self.name, self.code)

    @property
    def prefix(self) -> str:
        """The digits that this division's own divisions share with it."""
        return self.code[: 2 * (LEVELS.index(self.level) + 1)]


class Gazetteer:
    """The table, looked up by full name, by short name and by code."""

    def __init__(self, divisions: tuple[Division, ...]) -> None:
        self._by_code = {division.code: division for division in divisions}
        self._by_level = {
            level: tuple(division.area for division in self._by_code.values() if division.level == level)
            for level in LEVELS
        }
        self._full: dict[str, list[Division]] = {}
        self._short: dict[str, list[Division]] = {}
        for division in divisions:
            self._full.setdefault(division.name, []).append(division)
            plain = _ETHNIC.sub(r"\1", division.name)  # 恩施州, 化隆县
            if plain != division.name and len(plain) > MIN_SHORT:
                self._full.setdefault(plain, []).append(division)
                self._full.setdefault(_ETHNIC.sub(r"自治\1", division.name), []).append(division)
            short = short_name(division.name)
            if len(short) >= MIN_SHORT:
                self._short.setdefault(short, []).append(division)

    def parents(self, area: Area) -> tuple[Area, ...]:
        """The regions above `area`, nearest first; empty where it has no code or is a province."""
        if area.code is None:
            return ()
        above = (self._by_code.get(area.code[:digits].ljust(6, "0")) for digits in (4, 2))
        return tuple(division.area for division in above if division is not None and division.code != area.code)

    def of_level(self, level: str) -> tuple[Area, ...]:
        """All regions of one of `LEVELS`, by code."""
        return self._by_level[level]

    def level(self, area: Area) -> str | None:
        """`province`, `city` or `county` by code, else by the name's last character, else None."""
        if area.code is not None and area.code in self._by_code:
            return self._by_code[area.code].level
        if area.name.endswith(("省", "自治区")):
            return "province"
        if area.name.endswith(("市", "州", "盟", "地区")):
            return "city"
        return "county" if area.name.endswith(("区", "县", "旗")) else None

    def resolve(self, mention: str, home: Area | None = None) -> Area | None:
        """The region that `mention` means in a report of `home`; None for an empty mention.

        Deictic words that cannot be resolved (全市 in a report of a masked district) come back as they are, without a
        code, and so do names of no list.  Short names are written out (安吉 becomes 安吉县) where all regions of that
        name agree on it.
        """
        mention = mention.strip()
        if not mention:
            return None
        if mention in FIXED:
            return FIXED[mention]
        if (deictic := _DEICTIC.fullmatch(mention)) is not None:
            return self._deictic(mention, deictic, home)
        if home is not None and mention in (home.name, short_name(home.name)):
            return home
        if len(mention) == 1:
            return self._abbreviation(mention, home)
        area = self._named(mention, home)
        if area.code is None and len(parts := _SEVERAL.split(mention)) > 1:
            areas = [self._named(part, home) for part in parts]
            if all(part.code is not None for part in areas):
                return Area("、".join(part.name for part in areas))
        return area

    def find(self, text: str) -> tuple[tuple[Span, tuple[Area, ...]], ...]:
        """Full names of listed regions in `text`, longest first from the left, each with all regions of that name."""
        found: list[tuple[Span, tuple[Area, ...]]] = []
        done = 0
        for ending in _ENDING.finditer(text):
            end = ending.end()
            for start in range(max(done, end - MAX_NAME), end - 1):
                name = text[start:end]
                if name in self._full and name not in COMMON_NOUNS and _stands(text, start, end):
                    found.append((Span(start, end), tuple(division.area for division in self._full[name])))
                    done = end
                    break
        return tuple(found)

    def _deictic(self, mention: str, match: re.Match[str], home: Area | None) -> Area:
        unknown = Area(mention)
        if home is None:
            return unknown
        if match["self"]:
            return home
        kind = match["kind"] or match["inside"] or match["domain"] or match["alone"] or match["autonomous"]
        chain = (home, *self.parents(home))
        if kind in ("区", "自治区"):  # 全区 is said of a district and of an autonomous region, not of a region's city
            ending = ("区",) if kind == "区" else ("自治区",)
            return next((area for area in chain if area.name.endswith(ending)), unknown)
        return next((area for area in chain if area.name.endswith(kind)), unknown)

    def _abbreviation(self, mention: str, home: Area | None) -> Area:
        """湘, 粤; a character that begins the report's own city's name (杭 in a report of 西湖区) is that city."""
        if home is not None:
            for area in (home, *self.parents(home)):
                if area.code is not None and area.name[0] == mention and self.level(area) != "province":
                    return area
        prefix = ABBREVIATIONS.get(mention)
        return self._by_code[prefix.ljust(6, "0")].area if prefix else Area(mention)

    def _named(self, mention: str, home: Area | None) -> Area:
        candidates = self._full.get(mention) or self._short.get(mention) or []
        if mention in COMMON_NOUNS:
            city = _city_prefix(home)
            candidates = [division for division in candidates if city and division.code.startswith(city)]
        if not candidates:
            return self._qualified(mention) or Area(mention)
        chosen = _choose(candidates, home)
        if chosen is not None:
            return chosen.area
        names = {division.name for division in candidates}
        return Area(names.pop() if len(names) == 1 else mention)

    def _qualified(self, mention: str) -> Area | None:
        """浙江省湖州市安吉县, 宁波江北区: the last name within the ones before it."""
        for cut in range(MIN_SHORT, len(mention) - 1):
            for outer in self._full.get(mention[:cut], []) + self._short.get(mention[:cut], []):
                if outer.level == "county":
                    continue
                rest = mention[cut:]
                inner = self._full.get(rest, [])
                inside = [division for division in inner if division.code.startswith(outer.prefix)]
                if len(inside) == 1:
                    return inside[0].area
                deeper = None if inner else self._qualified(rest)
                if deeper is not None and (deeper.code or "").startswith(outer.prefix):
                    return deeper
        return None


@cache
def gazetteer() -> Gazetteer:
    """The table that is shipped with the package, read once."""
    rows = csv.DictReader(files("service").joinpath("data/areas.csv").read_text(encoding="utf-8").splitlines())
    return Gazetteer(tuple(Division(row["code"], row["name"], row["level"]) for row in rows))


@lru_cache(maxsize=CACHE_SIZE)
def short_name(name: str) -> str:
    """A region's name without its class: 安吉县 安吉, 广西壮族自治区 广西; a name of two characters stays (云县)."""
    short = _ETHNIC.sub("", name)
    if short == name:
        short = _CLASS.sub("", name)
    return short if len(short) >= MIN_SHORT else name


def _stands(text: str, start: int, end: int) -> bool:
    """Whether the name at [start, end) stands by itself: 范县 is no part of 示范县, 会同 no verb."""
    before = text[start - 1 : start]
    free = not _HAN.match(before)
    if end - start == MIN_SHORT:
        return free or (before in _OUTER and text[start:end] != "和县")
    if text[start:end] in VERBS:
        return start == 0 or before in _OUTER or not _BODY.match(text, end)
    return True


def _city_prefix(home: Area | None) -> str:
    return home.code[:4] if home is not None and home.code is not None and home.code[2:4] != "00" else ""


def _choose(candidates: list[Division], home: Area | None) -> Division | None:
    """The one that is meant: nearest to the report's own region first, then the one above all others, else None."""
    if home is not None and home.code is not None:
        for prefix in (_city_prefix(home), home.code[:2]):
            near = [division for division in candidates if prefix and division.code.startswith(prefix)]
            if near:
                return _highest(near)
    return _highest(candidates)


def _highest(candidates: list[Division]) -> Division | None:
    """A province before all else (吉林), a city before its own county (长沙); None where neither decides (朝阳)."""
    top = min(candidates, key=lambda division: LEVELS.index(division.level))
    if top.level == "province" or all(division.code.startswith(top.prefix) for division in candidates):
        return top
    return None
