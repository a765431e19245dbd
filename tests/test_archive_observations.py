"""Questions across the archive."""

from __future__ import annotations

from typing import Any

import pytest
from fakes import CARD, extraction_of

from service.archive import observations as module
from service.archive.extractions import store_extraction
from service.archive.models import model_key
from service.archive.observations import ObservationQuery, Row, find_observations
from service.archive.opening import Archive
from service.archive.reports import add_report
from service.errors import InvalidRequest
from service.indicators import catalogue
from service.records import Hints, ModelCard
from service.response import to_json

MODEL = "fake-1.2.3"
OTHER = ModelCard("fake", "2", "1" * 64)

# One figure each: indicator, code, area, code, period, status, measure.
FIGURES = (
    ("技术合同成交额", "tech_contract_value", "青岚区", None, "2023", "actual", "level"),
    ("技术合同成交金额", "tech_contract_value", "青岚区", None, "2023", "actual", "growth"),
    ("技术合同成交额", "tech_contract_value", "云溪县", "330421", "2023-01/2023-09", "actual", "level"),
    ("高新技术企业", None, "嘉兴市", "330400", "../2023-12-31", "actual", "level"),
    ("高新技术企业数", None, "青岚区", None, "2021/2025", "plan", "level"),
    ("GDP", "gdp", "青岚区", None, "2012-11/..", "forecast", "level"),
    ("", None, None, None, "20XX", "actual", "level"),
    ("研发投入强度", None, "上海市", "310000", None, "actual", "level"),
    ("研发投入强度", None, "上海市", "310000", "2022-XX", "actual", "level"),
)


def fill(archive: Archive) -> None:
    """Report 1 has the first half of `FIGURES`, report 2 the rest."""
    for source, figures in (("a.txt", FIGURES[:4]), ("b.txt", FIGURES[4:])):
        text = f"{source} 总结：" + "、".join(f"{n}家" for n in range(len(figures)))
        answer = to_json(extraction_of(text))
        for observation, (name, code, area, area_code, period, status, measure) in zip(
            answer["observations"], figures, strict=True
        ):
            given: Any = observation
            given["indicator"] |= {"name": name, "code": code}
            given["area"] = {**given["area"], "name": area, "code": area_code} if area else None
            given["period"] = {**given["period"], "edtf": period} if period else None
            given["status"], given["measure"] = status, measure
        with archive.writing() as connection:
            report, _ = add_report(
                connection, text, source=source, hints=Hints(title="标题" if source == "a.txt" else None)
            )
            store_extraction(connection, report.key, model_key(connection, CARD), answer, seconds=0.1)


def find(archive: Archive, **asked: Any) -> list[Row]:
    with archive.reading() as connection:
        return list(find_observations(connection, ObservationQuery(MODEL, **asked)).items)


def numbers(archive: Archive, **asked: Any) -> list[int]:
    """Places in `FIGURES` of what is found."""
    return [row.number - 1 + (4 if row.source == "b.txt" else 0) for row in find(archive, **asked)]


ASKED = [
    ({}, list(range(9))),
    ({"indicator": "tech_contract_value"}, [0, 1, 2]),
    ({"indicator": "tech_*"}, [0, 1, 2]),
    ({"indicator": "技术合同成交额"}, [0, 2]),
    ({"indicator": "技术合同*"}, [0, 1, 2]),
    ({"indicator": "高新技术企业"}, [3]),
    ({"indicator": "高新技术企业*"}, [3, 4]),
    ({"indicator": "GDP"}, [5]),
    ({"indicator": "gdp"}, [5]),
    ({"indicator": ""}, [6]),
    ({"indicator": "%"}, []),
    ({"indicator": "\0"}, []),
    ({"area": "青岚区"}, [0, 1, 4, 5]),
    ({"area": "330400"}, [3]),
    ({"area": "3304*"}, [2, 3]),
    ({"area": "上海*"}, [7, 8]),
    ({"area": "_海市"}, []),
    ({"period": "2023"}, [0, 1, 2, 3]),
    ({"period": "2023-01/2023-09"}, [2]),
    ({"period": "2023-12"}, [3]),
    ({"period": "2021/2025"}, [0, 1, 2, 3, 4, 8]),
    ({"period": "2022"}, [8]),
    ({"period": "../2023"}, [0, 1, 2, 3, 8]),
    ({"period": "2012/.."}, [0, 1, 2, 3, 4, 5, 8]),
    ({"period": "2023/.."}, [0, 1, 2, 3]),
    ({"period": "20XX"}, [6]),
    ({"status": "plan"}, [4]),
    ({"measure": "growth"}, [1]),
    ({"q": "总结"}, list(range(9))),
    ({"q": "txt", "area": "青岚区", "status": "forecast"}, [5]),
    ({"q": "没有"}, []),
    ({"q": "！"}, []),
    ({"q": " "}, list(range(9))),
    ({"report": "0" * 64}, []),
    ({"indicator": "tech_contract_value", "area": "青岚区", "period": "2023", "measure": "level"}, [0]),
]


def test_each_field_narrows(archive: Archive) -> None:
    fill(archive)
    for asked, expected in ASKED:
        assert numbers(archive, **asked) == expected, asked


def test_one_report_alone(archive: Archive) -> None:
    fill(archive)
    first = find(archive)[0].report
    assert numbers(archive, report=first) == [0, 1, 2, 3]
    assert numbers(archive, report=first, area="青岚区", q="总结") == [0, 1]


def test_each_model_has_its_own(archive: Archive) -> None:
    fill(archive)
    with archive.writing() as connection:
        report, _ = add_report(connection, "别的 3家。")
        assert store_extraction(
            connection, report.key, model_key(connection, OTHER), to_json(extraction_of("别的 3家。")), seconds=0
        )
    with archive.reading() as connection:
        assert len(find_observations(connection, ObservationQuery("fake-2")).items) == 1
        assert len(find_observations(connection, ObservationQuery(MODEL)).items) == 9
        assert find_observations(connection, ObservationQuery("unknown")).items == ()


def test_a_row_is_the_figure_with_its_proof(archive: Archive) -> None:
    fill(archive)
    row = find(archive)[2]
    text = "a.txt 总结：0家、1家、2家、3家"
    assert (row.title, row.source, row.number) == ("标题", "a.txt", 3)
    assert text[row.start : row.end] == row.value_text == "2家"
    assert row.evidence == text[row.evidence_start : row.evidence_end] == text
    assert (row.low, row.high, row.unit, row.bound, row.masked, row.score) == (2, 2, "家", "exact", False, 0.8765)
    assert [str(row.period_start), str(row.period_end)] == ["2023-01-01", "2023-09-30"]


def test_evidence_is_fetched_in_parts(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(archive)
    whole = find(archive)
    monkeypatch.setattr(module, "CHARACTERS_AT_ONCE", 5)
    assert find(archive) == whole
    assert all(row.evidence for row in whole)


@pytest.mark.parametrize("asked", [{}, {"area": "青岚区"}, {"q": "总结"}])
def test_pages_are_the_whole(archive: Archive, asked: dict[str, str]) -> None:
    fill(archive)
    found: list[Row] = []
    cursor = None
    with archive.reading() as connection:
        while True:
            page = find_observations(connection, ObservationQuery(MODEL, **asked), after=cursor, limit=2)
            found += page.items
            if (cursor := page.next) is None:
                break
            assert len(page.items) == 2
    assert found == find(archive, **asked)


@pytest.mark.parametrize("period", ["2023年", "2023-13", "", "2023/2021", "x"])
def test_a_time_that_is_none_is_a_wrong_request(archive: Archive, period: str) -> None:
    with pytest.raises(InvalidRequest, match="EDTF"):
        find(archive, period=period)


def test_every_code_of_the_catalogue_is_taken_for_one() -> None:
    assert [i.code for i in catalogue().indicators if not module._is(module._INDICATOR_CODE, i.code)] == []
