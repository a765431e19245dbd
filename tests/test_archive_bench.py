"""The measuring of an archive, on a few figures: what it puts in is whole, and every kind of question is asked."""

from __future__ import annotations

from itertools import islice

from fakes import CARD, FakePipeline
from sqlalchemy import func, select

from service.archive.bench import fill, measure, readings_of, table, varied
from service.archive.opening import Archive
from service.archive.reports import get_report, list_reports
from service.archive.tables import observations

TEXTS = ("2023年青岚区有企业44家，投资5.6亿元。", "2021年至2025年，云溪县增长 8.5%。")


def test_readings_are_varied_in_place() -> None:
    readings = list(islice(varied(readings_of(FakePipeline(), TEXTS)), 20))
    assert [reading.text for reading in readings[:2]] == list(TEXTS)
    assert len({reading.text for reading in readings}) == 20
    assert len({o["area"]["name"] for r in readings for o in r.answer["observations"] if o["area"]}) > 5
    for reading in readings:
        assert len(reading.text) in {len(text) for text in TEXTS}
        for observation in reading.answer["observations"]:
            value = observation["value"]
            assert reading.text[value["start"] : value["end"]] == value["text"]


def test_every_kind_of_question_is_asked(archive: Archive) -> None:
    filled = fill(archive, CARD, varied(readings_of(FakePipeline(), TEXTS)), 30)
    assert filled.observations in (30, 31)
    with archive.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(observations)) == filled.observations
        kept = list_reports(connection).items
        assert len(kept) == filled.reports
        assert sum(report.characters for report in kept) == filled.characters
        assert get_report(connection, kept[-1].id).text == TEXTS[0]
    timed = measure(archive, "fake-1.2.3", rounds=2)
    assert timed[0].name == "SELECT 1"
    assert all(0 < t.median <= t.longest for t in timed)
    assert next(t for t in timed if t.name == "indicator x area x period").answered >= 1
    lines = table("there", filled, timed).splitlines()
    assert len(lines) == len(timed) + 3
    assert f"{filled.observations} observations" in lines[0]
