"""How soon an archive of a million figures answers, and how large it is.

`python -m service.archive.bench [--observations N] [URL ...] --reports FILE ...` reads the reports with the model of
the settings, varies what it read (areas, years, values) until there are N observations, puts them into each archive
(new ones; a temporary one in SQLite where none is named) and asks it questions of several kinds, `ROUNDS` of each,
drawn from what is there with a fixed seed.  Medians stand beside the round trip of `SELECT 1`.  An archive that it has
filled before is only asked.  Knows nothing of HTTP.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from sqlalchemy import Connection, func, select, text

from service.archive.extractions import store_extraction
from service.archive.models import model_id, model_key
from service.archive.observations import ObservationQuery, find_observations
from service.archive.opening import Archive, open_archive
from service.archive.reports import add_report, list_reports, report_id
from service.archive.search import search
from service.archive.tables import observations, reports
from service.areas import gazetteer
from service.extractor import Extractor
from service.files import read_document
from service.records import ModelCard
from service.response import to_json
from service.schema import ExtractionJson
from service.settings import Settings

OBSERVATIONS = 1_000_000
ROUNDS = 50
LIMIT, HITS = 100, 20
REPORTS_AT_ONCE = 200
BENCH = "bench"  # the folder that reports put in here are said to come from
YEARS = 12  # a report is set back by up to so many, less one

_YEAR = re.compile(r"(?<![0-9])20[0-9]{2}(?![0-9])")
_DIGIT = re.compile("[0-9]")
_SHA256 = re.compile("[0-9a-f]{64}")

Ask = Callable[[Connection], object]


@dataclass(frozen=True, slots=True)
class Reading:
    """A text, and what a model read in it."""

    text: str
    answer: ExtractionJson


@dataclass(frozen=True, slots=True)
class Held:
    """What an archive holds; `size` in bytes on disk."""

    reports: int
    characters: int
    observations: int
    size: int


@dataclass(frozen=True, slots=True)
class Timed:
    """Milliseconds of one kind of question: half of them took up to `median`, nine of ten up to `most`."""

    name: str
    median: float
    most: float
    longest: float
    answered: float


def readings_of(extractor: Extractor, texts: Sequence[str]) -> list[Reading]:
    """What the extractor reads in each text."""
    return [Reading(given, to_json(extractor.extract(given))) for given in texts]


def varied(readings: Sequence[Reading], seed: int = 1) -> Iterator[Reading]:
    """The readings over and over, each time with other areas, years and values of the same length."""
    chance = random.Random(seed)
    names: dict[int, list[tuple[str, str | None]]] = {}
    for level in ("city", "county"):
        for area in gazetteer().of_level(level):
            names.setdefault(len(area.name), []).append((area.name, area.code))
    for turn in count():
        for reading in readings:
            yield _varied(reading, chance, names) if turn else reading


def fill(archive: Archive, card: ModelCard, readings: Iterator[Reading], least: int) -> float:
    """Put readings in until there are at least `least` observations; the seconds it took."""
    begun = time.perf_counter()
    added = found = 0
    while found < least:
        with archive.writing() as connection:
            key = model_key(connection, card)
            for reading in islice(readings, REPORTS_AT_ONCE):
                report, _ = add_report(connection, reading.text, source=f"{BENCH}/{added}.txt")
                if store_extraction(connection, report.key, key, reading.answer, seconds=0):
                    added += 1
                    found += len(reading.answer["observations"])
                if found >= least:
                    break
    return time.perf_counter() - begun


def held(archive: Archive) -> Held:
    """What is in the archive."""
    with archive.reading() as connection:
        of_reports = select(func.count(), func.coalesce(func.sum(reports.c.characters), 0))
        kept, characters = connection.execute(of_reports.select_from(reports)).one()
        found = connection.execute(select(func.count()).select_from(observations)).scalar_one()
    return Held(kept, int(characters), found, _size(archive))


def measure(archive: Archive, model: str, *, rounds: int = ROUNDS, seed: int = 1) -> list[Timed]:
    """Ask questions of every kind, `rounds` of each."""
    chance = random.Random(seed)
    with archive.reading() as connection:
        samples = _samples(connection, chance, rounds)
        kinds = _questions(model, samples)
        timed = [_time(connection, "SELECT 1", [lambda c: c.execute(text("SELECT 1")).all()] * rounds)]
        timed += [_time(connection, name, asks) for name, asks in kinds.items()]
    return timed


def table(url: str, what: Held, timed: Sequence[Timed]) -> str:
    """What was measured, for people."""
    of_each = f"{what.characters / what.reports:,.0f} characters and {what.observations / what.reports:,.0f} figures"
    lines = [
        f"{url}: {what.reports:,} reports, {what.characters:,} characters, {what.observations:,} observations",
        f"{what.size / 1e6:,.0f} MB, {what.size / what.reports / 1e3:,.1f} kB a report of {of_each}",
        f"{'milliseconds':<40}{'median':>9}{'9 of 10':>9}{'longest':>9}{'rows':>9}",
    ]
    lines += [f"{t.name:<40}{t.median:>9.1f}{t.most:>9.1f}{t.longest:>9.1f}{t.answered:>9.0f}" for t in timed]
    return "\n".join(lines)


def _varied(reading: Reading, chance: random.Random, names: dict[int, list[tuple[str, str | None]]]) -> Reading:
    years = chance.randrange(YEARS)
    areas: dict[str, tuple[str, str | None]] = {}
    for observation in reading.answer["observations"]:
        area = observation["area"]
        if area is not None and len(area["name"]) in names and area["name"] not in areas:
            areas[area["name"]] = chance.choice(names[len(area["name"])])

    def other(given: str) -> str:
        for name, (new, _) in areas.items():
            given = given.replace(name, new)
        return _YEAR.sub(lambda found: str(int(found[0]) - years), given)

    letters = list(other(reading.text))
    answer: Any = _mapped(reading.answer, other)
    for observation, old in zip(answer["observations"], reading.answer["observations"], strict=True):
        value = observation["value"]
        new = _DIGIT.sub(lambda _: str(chance.randint(1, 9)), old["value"]["text"])
        factor = 1 + chance.random()
        letters[value["start"] : value["end"]] = new
        value |= {"text": new} | {n: value[n] * factor if value[n] is not None else None for n in ("low", "high")}
        if old["area"] is not None and old["area"]["name"] in areas:
            observation["area"]["code"] = areas[old["area"]["name"]][1]
    changed = "".join(letters)
    answer["report"]["id"] = report_id(changed)
    return Reading(changed, answer)


def _mapped(given: Any, change: Callable[[str], str]) -> Any:
    """JSON with every text in it changed, but for hashes."""
    if isinstance(given, str):
        return given if _SHA256.fullmatch(given) else change(given)
    if isinstance(given, dict):
        return {name: _mapped(value, change) for name, value in given.items()}
    return [_mapped(value, change) for value in given] if isinstance(given, list) else given


def _samples(connection: Connection, chance: random.Random, rounds: int) -> list[Any]:
    """Figures that have an area and a time, by chance."""
    c = observations.c
    last: int = connection.execute(select(func.max(c.key))).scalar_one()
    samples: list[Any] = []
    while len(samples) < rounds:
        near = select(c.indicator, c.indicator_code, c.area, c.period, c.period_end).where(
            c.key >= chance.randrange(last), c.area.is_not(None), c.period_end.is_not(None), c.indicator != ""
        )
        samples += connection.execute(near.order_by(c.key).limit(1)).all()
    return samples


def _questions(model: str, samples: Sequence[Any]) -> dict[str, list[Ask]]:
    def figures(after: bool = False, **asked: str) -> Ask:
        query = ObservationQuery(model, **asked)

        def ask(connection: Connection) -> object:
            cursor = find_observations(connection, query, limit=LIMIT).next if after else None
            return find_observations(connection, query, after=cursor, limit=LIMIT).items

        return ask

    def words(q: str) -> Ask:
        return lambda connection: search(connection, q, limit=HITS).items

    def of(sample: Any) -> str:
        return str(sample.indicator_code or sample.indicator)

    def year(sample: Any) -> str:
        return str(sample.period_end.year)

    return {
        "indicator x area x period": [figures(indicator=of(s), area=s.area, period=year(s)) for s in samples],
        "indicator by name x area x period": [
            figures(indicator=s.indicator, area=s.area, period=s.period) for s in samples
        ],
        "area + period": [figures(area=s.area, period=year(s)) for s in samples],
        "area, actual levels": [figures(area=s.area, status="actual", measure="level") for s in samples],
        "indicator": [figures(indicator=of(s)) for s in samples],
        "indicator + period": [figures(indicator=of(s), period=year(s)) for s in samples],
        "indicator, two pages": [figures(after=True, indicator=of(s)) for s in samples],
        "names that begin so": [figures(indicator=s.indicator[:2] + "*", area=s.area) for s in samples],
        "period": [figures(period=year(s)) for s in samples],
        "status = forecast": [figures(status="forecast") for _ in samples],
        "all, two pages": [figures(after=True) for _ in samples],
        "q = indicator's name": [figures(q=s.indicator) for s in samples],
        "q = area and indicator": [figures(q=f"{s.area} {s.indicator}") for s in samples],
        "q = indicator's name, x area x period": [figures(q=s.indicator, area=s.area, period=year(s)) for s in samples],
        "q = indicator's name, x indicator": [figures(q=s.indicator, indicator=of(s)) for s in samples],
        "search for area": [words(s.area) for s in samples],
        "search for indicator": [words(s.indicator) for s in samples],
        "reports": [lambda c: list_reports(c, limit=LIMIT).items for _ in samples],
    }


def _time(connection: Connection, name: str, asks: Sequence[Ask]) -> Timed:
    took, rows = [], []
    for ask in asks:
        begun = time.perf_counter()
        answer: Any = ask(connection)
        took.append((time.perf_counter() - begun) * 1000)
        rows.append(len(answer))
    return Timed(name, median(took), quantiles(took, n=10)[-1], max(took), sum(rows) / len(rows))


def _size(archive: Archive) -> int:
    """Bytes on disk."""
    if archive.dialect == "sqlite":
        with archive.engine.connect() as connection:
            pages: int = connection.execute(text("PRAGMA page_count")).scalar_one()
            return pages * int(connection.execute(text("PRAGMA page_size")).scalar_one())
    with archive.reading() as connection:
        size: int = connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one()
        return size


def _settle(archive: Archive) -> None:
    """What PostgreSQL does by itself a little later; it cannot be done within a transaction."""
    if archive.dialect == "postgresql":
        with archive.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure; 0."""
    parser = argparse.ArgumentParser(prog="python -m service.archive.bench", description=__doc__)
    parser.add_argument("urls", nargs="*", metavar="URL", help="archives to fill, which do not exist yet")
    parser.add_argument("--observations", type=int, default=OBSERVATIONS)
    parser.add_argument("--reports", nargs="+", type=Path, metavar="FILE", required=True, help="reports to vary")
    given = parser.parse_args(arguments)
    from service.pipeline import Pipeline

    settings = Settings.from_environ(os.environ)
    extractor = Pipeline.load(settings.model, threads=settings.threads)
    texts = [read_document(file.read_bytes(), name=file.name).text for file in given.reports]
    readings = readings_of(extractor, texts)
    with tempfile.TemporaryDirectory() as folder:
        for url in given.urls or [f"sqlite:///{folder}/archive.db"]:
            archive = open_archive(url)
            with archive.reading() as connection:
                kept = list_reports(connection, limit=1).items
            if kept and not (kept[0].source or "").startswith(BENCH):
                sys.exit(f"{url} is in use")
            if not kept:
                seconds = fill(archive, extractor.model, varied(readings), given.observations)
                _settle(archive)
                print(f"filled in {seconds:,.0f} s", flush=True)
            timed = measure(archive, model_id(extractor.model))
            print(table(archive.engine.url.render_as_string(), held(archive), timed), flush=True)
            archive.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
