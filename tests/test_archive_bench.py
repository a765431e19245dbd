"""The measuring of an archive, on a few figures: what it puts in is whole, and every kind of question is asked."""

from __future__ import annotations

from itertools import islice

from fakes import CARD, FakePipeline

from service.archive.bench import fill, held, measure, readings_of, table, varied
from service.archive.opening import Archive
from service.archive.reports import get_report, list_reports

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
    assert fill(archive, CARD, varied(readings_of(FakePipeline(), TEXTS)), 30) > 0
    what = held(archive)
    assert what.observations in (30, 31)
    with archive.reading() as connection:
        kept = list_reports(connection).items
        assert len(kept) == what.reports
        assert sum(report.characters for report in kept) == what.characters
        assert get_report(connection, kept[-1].id).text == TEXTS[0]
    timed = measure(archive, "fake-1.2.3", rounds=2)
    assert timed[0].name == "SELECT 1"
    assert all(0 < t.median <= t.longest for t in timed)
    assert next(t for t in timed if t.name == "indicator x area x period").answered >= 1
    lines = table("there", what, timed).splitlines()
    assert len(lines) == len(timed) + 3
    assert f"{what.observations} observations" in lines[0]
