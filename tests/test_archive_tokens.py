"""What is looked for, and what is indexed: tokens, passages, terms."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.archive import tokens as module
from service.archive.tokens import (
    LONGEST_PASSAGE,
    LONGEST_TOKEN,
    MOST_ASKED,
    by_characters,
    by_words,
    indexed,
    passages_of,
    terms_of,
    tokens,
)
from service.errors import InvalidRequest
from service.records import Span

WORDS = ("高新技术企业", "技术合同", "成交额", "研发", "费用", "全区", "共有")


def cut(text: str) -> list[str]:
    """The longest of `WORDS` at each place, else a character."""
    words = []
    while text:
        word = next((w for w in WORDS if text.startswith(w)), text[0])
        words.append(word)
        text = text[len(word) :]
    return words


@pytest.fixture
def segmented(monkeypatch: pytest.MonkeyPatch) -> None:
    by_words.cache_clear()
    monkeypatch.setattr(module, "segmenter", lambda: cut)


@pytest.fixture
def unsegmented(monkeypatch: pytest.MonkeyPatch) -> None:
    by_words.cache_clear()
    monkeypatch.setattr(module, "segmenter", lambda: None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("全区R&D经费3.2亿元", "全 区 r d 经 费 3.2 亿 元"),
        ("“双提升”计划", "双 提 升 计 划"),
        ("企业,创新。", "企 业 |创 新"),
        ("12.3%、5-10名", "12.3 |5 10 名"),
        ("GDP 2.", "gdp |2"),
        ("。。", ""),
        ("二〇二三年①", "二 〇 二 三 年 ①"),
    ],
)
def test_tokens(text: str, expected: str) -> None:
    found = tokens(text, by_characters)
    assert " ".join("|" * token.fresh + token.word for token in found) == expected


@given(st.text())
def test_tokens_are_in_the_text_in_order(text: str) -> None:
    end = 0
    for token in tokens(text, by_characters):
        assert end <= token.start < token.end <= len(text)
        assert token.word == text[token.start : token.end].casefold()[:LONGEST_TOKEN]
        assert not set(token.word) & set("'\"\\ *:")  # what the stores' own languages are made of
        end = token.end


@pytest.mark.usefixtures("segmented")
def test_words_are_indexed_with_their_tails() -> None:
    found = list(tokens("全区技术合同成交额,3", by_words))
    words = [("|" if fresh else "") + word for word, fresh in indexed(found)]
    assert words == ["全区", "技术合同", "成交额", "|3", "|术合同", "成交额", "|合同", "成交额", "|交额"]


@pytest.mark.usefixtures("unsegmented")
def test_characters_have_no_tails() -> None:
    found = list(tokens("技术合同", by_words))
    assert [word for word, _ in indexed(found)] == list("技术合同")


def test_passages_end_at_a_pause() -> None:
    text = "高新技术企业," * 300
    found = list(tokens(text, by_characters))
    passages = list(passages_of(found))
    assert [token for passage in passages for token in passage] == found
    assert len(passages) > 2
    assert all(passage[0].fresh for passage in passages[1:])
    assert all(passage[-1].end - passage[0].start < LONGEST_PASSAGE for passage in passages)


def test_a_passage_without_pauses_ends_all_the_same() -> None:
    passages = list(passages_of(tokens("企" * 10_000, by_characters)))
    assert max(passage[-1].end - passage[0].start for passage in passages) <= LONGEST_PASSAGE + 1


@pytest.mark.usefixtures("segmented")
def test_terms_are_parted_by_blanks_and_punctuation() -> None:
    terms = terms_of(" 技术合同成交额　R&D费用，３家 技术合同成交额 ")
    assert [term.text for term in terms] == ["技术合同成交额", "R&D费用", "3家"]
    assert terms[0].words == ("技术合同", "成交额")
    assert terms[0].ways == [(("技术合同", "成交额"), True), (("技术合同成交额",), True)]
    assert terms[1].ways == [(("r", "d", "费用"), True)]
    assert terms[2].characters == ("3", "家")


@pytest.mark.usefixtures("segmented")
def test_a_number_does_not_go_on() -> None:
    assert terms_of("2023")[0].ways == [(("2023",), False)]


@pytest.mark.usefixtures("unsegmented")
def test_without_a_segmenter_there_are_no_words() -> None:
    (term,) = terms_of("技术合同")
    assert term.words is None
    assert term.ways == []


@pytest.mark.parametrize("q", ["", "  ", "！？", '"*()^:', "AND|OR", "\0", "'--"])
def test_no_punctuation_is_an_error(q: str) -> None:
    assert all(term.characters for term in terms_of(q))


def test_a_question_has_an_end() -> None:
    terms_of("企" * MOST_ASKED)
    with pytest.raises(InvalidRequest, match="201"):
        terms_of("企" * (MOST_ASKED + 1))


def test_places_of_a_term() -> None:
    (term,) = terms_of("双提升计划")
    assert list(term.places("实施“双提升”计划")) == [Span(3, 9)]
    (term,) = terms_of("r&d")
    assert list(term.places("R&D和RD")) == [Span(0, 3), Span(4, 6)]
