"""What teaches most: doubts add up, and what has been said before counts less."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from service.annotations.teaching import Lesson, alone, known, lessons, rank, shape
from service.records import Span

TEXT = "2023年营收3.2亿元。共12家企业。\n增长8%。"


def _answer(**scores: float) -> Any:
    """Entities at the given words' places, each with an observation as sure."""
    places = [(TEXT.index(word), score) for word, score in scores.items()]
    return {
        "entities": [{"start": start, "score": score} for start, score in places],
        "observations": [{"value": {"start": start}, "score": score} for start, score in places],
    }


def test_doubts_add_up_by_sentence() -> None:
    found = lessons(TEXT, _answer(营收=0.75, 企业=1.0, 增长=0.5))
    assert [(lesson.span.of(TEXT), lesson.doubt) for lesson in found] == [
        ("2023年营收3.2亿元。", 0.5),
        ("增长8%。", 1.0),
    ]
    report = alone("a", 700, found)
    assert (report.expected, round(report.worth, 6)) == (1.5, 1.5)
    assert report.reason(TEXT) == "预计改动 1.5 处，每千字新增 1.5 处；疑问最多：“增长8%。”"
    assert alone("a", 700, lessons(TEXT, _answer(营收=0.995))).reason(TEXT) == "模型没有疑问"


def test_figures_make_no_difference_to_what_a_sentence_is() -> None:
    assert shape("实现营收3.2亿元，增长8%。") == shape("实现营收15亿元，增长12.5%。")
    assert shape("实现营收3.2亿元。") != shape("新增企业3家。")
    assert shape("十") != frozenset()


def _lesson(sentence: str, doubt: float) -> Lesson:
    return Lesson(Span(0, len(sentence)), doubt, shape(sentence))


def test_the_same_sentence_is_not_asked_for_twice() -> None:
    same, other = "全年实现技术合同成交额3.2亿元", "新增省级以上创新平台12家"
    reports = {
        "a": (100, [_lesson(same, 0.9)]),
        "b": (100, [_lesson(same.replace("3.2", "41"), 0.8)]),
        "c": (100, [_lesson(other, 0.3)]),
    }
    order = list(rank(reports))
    assert [one.id for one in order] == ["a", "c", "b"]
    assert order[-1].worth == 0
    assert next(rank(reports, known([same + "。"]))).id == "c"


def test_a_long_report_is_worth_what_it_brings_for_the_reading() -> None:
    dense, thin = [_lesson("甲乙丙丁戊己", 1.0)], [_lesson("子丑寅卯辰巳", 1.5)]
    assert [one.id for one in rank({"dense": (200, dense), "thin": (5000, thin)})] == ["dense", "thin"]


WORDS = st.text("甲乙丙丁", min_size=1, max_size=8)
REPORTS = st.dictionaries(
    st.text("abcdef", min_size=1, max_size=3),
    st.tuples(st.integers(1, 500), st.lists(st.builds(_lesson, WORDS, st.floats(0.01, 1)), max_size=5)),
    max_size=8,
)


@given(REPORTS)
def test_the_order_is_that_of_looking_at_all_each_time(reports: dict[str, tuple[int, list[Lesson]]]) -> None:
    seen: set[int] = set()
    left = dict(reports)
    for one in rank(reports):
        best = max(next(iter(rank({id_: left[id_]}, seen))).worth for id_ in left)
        assert one.worth == best
        _, found = left.pop(one.id)
        seen |= {gram for lesson in found for gram in lesson.shape}
    assert left == {}
