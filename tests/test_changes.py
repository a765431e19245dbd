"""The times of changes that are told by both their ends."""

from __future__ import annotations

import re

import pytest

from service.changes import times_of_changes
from service.records import PeriodRef, Source, Span

VALUE = re.compile(r"[\d.]+(?:家|%|亿元)|第\d+位")


def read(text: str, standing: str, named: dict[str, str] | None = None) -> list[str]:
    """The times of all values of a sentence in which `standing` holds and some words name others (word -> EDTF).

    What a word names holds until the next one.
    """
    whole = PeriodRef(standing, None, Source.REPORT)
    words = sorted((text.index(word), word, edtf) for word, edtf in (named or {}).items())
    values = [Span(*found.span()) for found in VALUE.finditer(text)]
    times: dict[Span, PeriodRef | None] = {}
    for value in values:
        before = [
            PeriodRef(edtf, Span(at, at + len(word)), Source.SENTENCE) for at, word, edtf in words if at < value.start
        ]
        times[value] = before[-1] if before else whole
    moved = times_of_changes(text, times, dict.fromkeys(values, whole))
    found = {**times, **moved}
    return [time.edtf for value in values if (time := found[value]) is not None]


@pytest.mark.parametrize(
    ("text", "standing", "times"),
    [
        ("百亿企业由9家增加至12家", "2023", ["2022", "2023"]),
        ("占比从26.7%提高到52.1%", "2021/2025", ["2020", "2025"]),
        ("总量由全市第7位前移到第4位", "2024-01/2024-06", ["2023", "2024-01/2024-06"]),
        ("占比由3.4%降至约0.8%,新增9家", "../2024-12", ["2023", "../2024-12", "../2024-12"]),
        # No year before one that is masked.
        ("占比由3.4%降至0.8%", "20XX", ["20XX", "20XX"]),
        # No change: two counts, a comparison, a range.
        ("由县里出资3亿元,建成9家", "2023", ["2023", "2023"]),
        ("占比3.4%,比上年提高到的0.8%多", "2023", ["2023", "2023"]),
    ],
)
def test_ends_that_name_no_time(text: str, standing: str, times: list[str]) -> None:
    assert read(text, standing) == times


def test_an_end_keeps_the_time_it_names() -> None:
    text = "企业由2020年的86家增加到214家"
    assert read(text, "2023", {"2020年": "2020"}) == ["2020", "2023"]
    text = "企业由2020年的86家增加到2024年的214家"
    assert read(text, "2021/2025", {"2020年": "2020", "2024年": "2024"}) == ["2020", "2024"]
    text = "企业由86家增加到2024年的214家"
    assert read(text, "2021/2025", {"2024年": "2024"}) == ["2023", "2024"]


def test_what_follows_a_change() -> None:
    text = "研发投入由2020年的58.2亿元增加到2024年的121.6亿元,年均增长20.2%,强度从1.28%提高到1.94%"
    named = {"2020年": "2020", "2024年": "2024"}
    assert read(text, "2021/2025", named) == ["2020", "2024", "2021/2024", "2020", "2024"]
    # A mean of years that are named, or of a single one.
    text = "产值由2020年的3亿元增加到2024年的5亿元,近三年年均增长9.1%"
    assert read(text, "2025", {**named, "近三年": "2023/2025"}) == ["2020", "2024", "2023/2025"]
    assert read("产值由3亿元增加到5亿元,年均增长9.1%", "2025") == ["2024", "2025", "2025"]
