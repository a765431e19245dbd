"""Search over reports: the same in both stores and in both units."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import update

from service.archive import search as search_module
from service.archive import tokens
from service.archive.opening import CHARACTERS, SEARCH_UNIT, WORDS, Archive
from service.archive.reports import add_report
from service.archive.search import Hit, remove, search
from service.archive.tables import settings
from service.errors import InvalidRequest
from service.records import Hints

WORD_LIST = ("高新技术企业", "技术合同", "成交额", "研发", "投入", "强度", "产品", "服务", "企业", "全区", "粮食")

REPORTS = {
    "science": "2023年，全区共有高新技术企业44家，技术合同成交额3.25亿元。\n研发投入强度2.8%。",
    "farming": "全区粮食产量3万吨，\n带动企业12家。提供产品和服务。",
    "wrapped": "全区共有高新技 术企业7家，ＧＤＰ增长5%。R&D经费2亿元。实施“双提升”计划。",
    "traditional": "全區共有高新技術企業45家，較上年增加5家，實現產值12億元，同比增長8%。發展勢頭良好，創新動能增強。",
}


def cut(text: str) -> list[str]:
    words = []
    while text:
        word = next((w for w in WORD_LIST if text.startswith(w)), text[0])
        words.append(word)
        text = text[len(word) :]
    return words


def segment_with(monkeypatch: pytest.MonkeyPatch, segmenter: object) -> None:
    tokens.by_words.cache_clear()
    monkeypatch.setattr(tokens, "segmenter", lambda: segmenter)


@pytest.fixture(params=[WORDS, CHARACTERS])
def unit(request: pytest.FixtureRequest, archive: Archive, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The unit of `archive`."""
    with archive.writing() as connection:
        connection.execute(update(settings).where(settings.c.name == SEARCH_UNIT).values(value=request.param))
    segment_with(monkeypatch, cut if request.param == WORDS else None)
    yield request.param
    tokens.by_words.cache_clear()


def fill(archive: Archive) -> None:
    for name, text in REPORTS.items():
        add(archive, text, name)


def add(archive: Archive, text: str, name: str) -> None:
    with archive.writing() as connection:
        add_report(connection, text, source=name)


def find(archive: Archive, q: str, limit: int = 10) -> list[Hit]:
    with archive.reading() as connection:
        return list(search(connection, q, limit=limit).items)


def names(archive: Archive, q: str) -> set[str | None]:
    return {hit.source for hit in find(archive, q)}


FOUND = [
    ("高新技术企业", {"science", "wrapped", "traditional"}),
    ("技术企业", {"science", "wrapped", "traditional"}),  # begins inside a word
    ("企业", {"science", "farming", "wrapped", "traditional"}),
    ("高新技术", {"science", "wrapped", "traditional"}),  # goes on
    ("合同成交", {"science"}),  # both
    ("研发投入", {"science"}),
    ("粮食 企业", {"farming"}),
    ("粮食，企业", {"farming"}),
    ("企业 粮食 亿元", set()),
    ("产量3万吨", {"farming"}),
    ("万吨带动", set()),  # a pause stands between
    ("gdp", {"wrapped"}),
    ("GDP增长", {"wrapped"}),
    ("R&D", {"wrapped"}),
    ("双提升计划", {"wrapped"}),
    ("“双提升”计划", {"wrapped"}),
    ("3.25", {"science"}),
    ("3.2", set()),
    ("3", {"farming"}),
    ("2023", {"science"}),
    ("202", set()),
    ("没有的词", set()),
    ("！？", set()),
    ("", set()),
]


@pytest.mark.usefixtures("unit")
def test_what_is_found(archive: Archive) -> None:
    fill(archive)
    assert {q: names(archive, q) for q, _ in FOUND} == dict(FOUND)


def test_words_are_not_parted(archive: Archive, unit: str) -> None:
    fill(archive)
    assert names(archive, "品和") == ({"farming"} if unit == CHARACTERS else set())


QUESTIONS = (
    *('"', "'", "\\", "(", "%", "_", "\0", "企业\0", "a:*", "<->", "企业*", "-企业", "企业 OR", "words:企业"),
    *("NEAR(企业 粮食)", "企业 AND NOT 粮食", "'企业':*", "\U0002fa1e", "①", "é", "ﬀ", "İ"),
)


@pytest.mark.usefixtures("unit")
def test_no_question_is_an_error(archive: Archive) -> None:
    fill(archive)
    for q in QUESTIONS:
        assert names(archive, q) <= set(REPORTS)
    assert names(archive, "-企业*") == set(REPORTS)
    assert names(archive, "企业 OR") == set()  # or is a word like any other


def test_a_question_that_is_too_long_is_refused(archive: Archive) -> None:
    with pytest.raises(InvalidRequest, match="最多"):
        find(archive, "企业" * 200)


@pytest.mark.usefixtures("unit")
def test_a_hit_shows_where(archive: Archive) -> None:
    text = "概况。" * 100 + "全区共有高新技 术企业44家。" + "展望。" * 100
    with archive.writing() as connection:
        report, _ = add_report(connection, text, source="a.txt", hints=Hints(title="总结"))
    (hit,) = find(archive, "高新技术企业")
    assert (hit.report, hit.title, hit.source) == (report.id, "总结", "a.txt")
    assert hit.snippet == text[hit.start : hit.end]
    assert [text[span.start : span.end] for span in hit.matches] == ["高新技 术企业"]
    assert len(hit.snippet) < 150


@pytest.mark.usefixtures("unit")
def test_pages_are_newest_first(archive: Archive) -> None:
    for number in range(5):
        add(archive, f"全区共有企业{number}家。", str(number))
    found, cursor = [], None
    with archive.reading() as connection:
        while True:
            page = search(connection, "企业", limit=2, after=cursor)
            found += [hit.source for hit in page.items]
            if (cursor := page.next) is None:
                break
    assert found == ["4", "3", "2", "1", "0"]


@pytest.mark.usefixtures("unit")
def test_what_is_removed_is_not_found(archive: Archive) -> None:
    with archive.writing() as connection:
        report, _ = add_report(connection, REPORTS["science"])
        remove(connection, report.key)
    assert find(archive, "企业") == []


def test_an_archive_of_words_serves_a_machine_without_the_segmenter(
    archive: Archive, unit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if unit == CHARACTERS:
        pytest.skip("an archive of characters asks for no segmenter")
    fill(archive)
    segment_with(monkeypatch, None)
    assert names(archive, "技术企业") == {"science"}  # a blank parts it in the others
    assert names(archive, "gdp 产量") == set()
    assert names(archive, "合同成交 2.8") == {"science"}
    (hit,) = find(archive, "合同成交")
    assert [hit.snippet[s.start - hit.start : s.end - hit.start] for s in hit.matches] == ["合同成交"]
    # What is added there is found there and, by words, elsewhere.
    add(archive, "技术合同成交额8万元。", "elsewhere")
    assert names(archive, "合同成交") == {"science", "elsewhere"}
    segment_with(monkeypatch, cut)
    assert names(archive, "合同成交") == {"science", "elsewhere"}


def test_a_word_of_any_length_and_any_number_of_them(archive: Archive) -> None:
    add(archive, "a" * 5000 + " " + "企" * 5000 + "业" + "的，" * 3000, "long")
    assert names(archive, "企" * 20) == {"long"}
    assert names(archive, "a" * 100) == {"long"}
    assert names(archive, "的") == {"long"}


def test_a_very_long_text_is_not_cut_into_words(archive: Archive, unit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_module, "LONGEST_CUT", 10)
    fill(archive)
    assert names(archive, "技术企业") == {"science", "wrapped", "traditional"}, unit
    assert names(archive, "品和") == {"farming"}


def test_the_project_s_own_segmenter(archive: Archive) -> None:
    fill(archive)
    assert names(archive, "高新技术企业") == {"science", "wrapped", "traditional"}
    assert names(archive, "企业") == set(REPORTS)
    assert names(archive, "研发投入强度") == {"science"}
