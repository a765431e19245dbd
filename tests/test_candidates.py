"""Candidates: which spans a value may belong to."""

from __future__ import annotations

from service.candidates import PAIR_SIZES, VALUE_SIZES, Surroundings, pairs, value_features
from service.records import Entity, Label, Sentence, Span

TEXT = "1-9月,南山县用电量8亿度。其中工业6亿度(高新区2亿度),增长5%;新增12家企业。"
MARKS = (
    ("1-9月", Label.PERIOD), ("南山县", Label.AREA), ("用电量", Label.INDICATOR), ("8亿度", Label.COUNT),
    ("工业", Label.INDICATOR), ("6亿度", Label.COUNT), ("高新区", Label.AREA), ("2亿度", Label.COUNT),
    ("5%", Label.PERCENT), ("12家", Label.COUNT), ("企业", Label.INDICATOR),
)  # fmt: skip
ENTITIES = tuple(Entity(label, Span(TEXT.index(w), TEXT.index(w) + len(w))) for w, label in MARKS)
FIRST = TEXT.index("。") + 1
SENTENCES = (Sentence(Span(0, FIRST), 0, -1, 0), Sentence(Span(FIRST, len(TEXT)), 0, -1, 0))
AROUND = Surroundings(TEXT, ENTITIES, SENTENCES)
PAIRS = pairs(ENTITIES, AROUND)


def _of(value: str, kind: Label) -> list[str]:
    return [
        ENTITIES[p.candidate].span.of(TEXT)
        for p in PAIRS
        if ENTITIES[p.value].span.of(TEXT) == value and p.kind is kind
    ]


def test_a_value_looks_back_across_sentences_and_ahead_within_its_own() -> None:
    assert _of("8亿度", Label.INDICATOR) == ["用电量"]
    assert _of("6亿度", Label.INDICATOR) == ["工业", "用电量", "企业"]
    assert _of("12家", Label.INDICATOR) == ["工业", "用电量", "企业"]
    assert _of("6亿度", Label.PERIOD) == ["1-9月"]
    assert _of("2亿度", Label.AREA) == ["高新区", "南山县"]


def test_features_stay_in_their_sizes() -> None:
    assert PAIRS
    for pair in PAIRS:
        assert len(pair.features) == len(PAIR_SIZES)
        assert all(0 <= f < size for f, size in zip(pair.features, PAIR_SIZES, strict=True))
    for e in ENTITIES:
        if e.label.is_value:
            row = value_features(e, TEXT, plan=True)
            assert all(0 <= f < size for f, size in zip(row, VALUE_SIZES, strict=True))


def test_features_tell_brackets_separators_and_words_apart() -> None:
    def row(value: str, candidate: str) -> tuple[int, ...]:
        return next(
            p.features
            for p in PAIRS
            if ENTITIES[p.value].span.of(TEXT) == value and ENTITIES[p.candidate].span.of(TEXT) == candidate
        )

    assert row("2亿度", "高新区")[7] == 3  # both in brackets
    assert row("2亿度", "工业")[7] == 2  # the value alone
    assert row("6亿度", "用电量")[6] == 4  # a full stop between
    assert row("6亿度", "用电量")[8] == 1  # 其中 between
    assert row("12家", "企业")[0] % 2 == 1  # it follows
