"""What figures are compared by, kept with them; and filled for those that were there before."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from archive_sentences import Report, conflicts, fig, keep, series_of
from sqlalchemy import Column, MetaData, Table, insert, select

from service.archive import opening
from service.archive.migrations import upgrade
from service.archive.opening import Archive, open_archive
from service.archive.subjects import compared_by, subject, time_of
from service.archive.tables import metadata, observations
from service.indicators import catalogue

COLUMNS = ("subject", "place", "definition", "worth_low", "worth_high", "cell")
# What a reading needs, each after what it refers to.
TABLES = ("reports", "models", "extractions", "observations")


def test_no_code_is_a_name() -> None:
    names = {subject(name, None) for i in catalogue().indicators for name in (i.name, *i.aliases)}
    assert names.isdisjoint(i.code for i in catalogue().indicators)


def test_subjects() -> None:
    assert subject("技术合同成交额", "tech_contract_value") == "tech_contract_value"
    assert subject("规模以上工业企业利润增速", None) == subject("“工业企业利润”", None) == "工业企业利润"
    assert subject("", None) is None


def test_a_stock_is_of_its_last_day() -> None:
    year = date(2023, 1, 1), date(2023, 12, 31)
    assert time_of(*year, "high_tech_enterprises", "level") == (None, year[1])
    assert time_of(*year, "high_tech_enterprises", "increment") == year
    assert time_of(*year, None, "level") == year
    assert time_of(None, None, None, "level") is None


def row(text: str, value: str, **fields: Any) -> dict[str, Any]:
    start = text.index(value)
    told = {"value_text": value, "start": start, "end": start + len(value), "evidence_start": 0}
    usual = {"indicator": "销售额", "low": 3e8, "high": 3e8, "unit": "元", "bound": "exact", "masked": False}
    more = {"measure": "level", "status": "actual", "area": "青岚区", "period_start": None}
    unsaid = dict.fromkeys(("indicator_code", "area_code", "scope", "base"))
    return {**unsaid, **usual, **more, "period_end": date(2023, 12, 31), **told, **fields}


def test_a_clause_is_no_longer_than_to_the_figure_before() -> None:
    said = "规上企业3家。按可比价格计算销售额3亿元（不含开发区），增长5%（其中规上4%）。"
    rows = [row(said, value) for value in ("3家", "3亿元", "5%")]
    assert [one["definition"] for one in compared_by(rows, said)] == ["规上", "可比价 不含开发区", "不含开发区"]


def test_a_cell_is_one_thing() -> None:
    said = "销售额3亿元"
    first, same, *others = compared_by(
        [
            row(said, "3亿元"),
            row(said, "3亿元", indicator="“销售额”", low=4e8, high=4e8),
            row(said, "3亿元", unit="美元"),
            row(said, "3亿元", area="白石县"),
            row(said, "3亿元", measure="increment"),
            row(said, "3亿元", status="plan"),
            row(said, "3亿元", indicator="规上销售额"),
            row(said, "3亿元", period_end=date(2022, 12, 31)),
        ],
        said,
    )
    cells = [one["cell"] for one in (first, *others)]
    assert first["cell"] == same["cell"]
    assert len(set(cells)) == len(cells)
    assert all(0 <= cell < 1 << 63 for cell in cells)
    unknown = [row(said, "3亿元", area=None), row(said, "3亿元", indicator=""), row(said, "3亿元", period_end=None)]
    assert [one["cell"] for one in compared_by(unknown, said)] == [None, None, None]


def test_what_a_figure_may_stand_for() -> None:
    said = "销售额3.2亿元，超过3亿元，XX亿元"
    rows = [
        row(said, "3.2亿元", low=3.2e8, high=3.2e8),
        row(said, "3亿元", bound="over"),
        row(said, "XX亿元", low=None, high=None, masked=True),
    ]
    worth = [(one["worth_low"], one["worth_high"]) for one in compared_by(rows, said)]
    assert worth[0] == (pytest.approx(3.15e8), pytest.approx(3.25e8))
    assert worth[1] == (pytest.approx(3e8), None)
    assert worth[2] == (None, None)


def test_figures_that_were_there_before_are_filled(empty_url: str, tmp_path: Path) -> None:
    """The same readings in an archive of the first form, which is then opened."""
    archive = open_archive(f"sqlite:///{tmp_path / 'newest.db'}")
    keep(
        archive,
        Report("甲", "2024-01-10", [("规上工业企业销售额3.2亿元。", [fig("3.2亿元", "工业企业销售额")])]),
        Report("乙", "2024-06-10", [("规上工业企业销售额3.5亿元。", [fig("3.5亿元", "工业企业销售额")])]),
        Report("丙", None, []),
    )
    first_form(empty_url, archive)
    opened = open_archive(empty_url)
    assert kept(opened) == kept(archive)
    assert [one["definition"] for one in kept(opened)] == ["规上", "规上"]
    assert len(conflicts(opened)) == 1
    assert [line.definition for line in series_of(opened, "工业企业销售额").lines] == [("规上",)]
    opened.close()
    archive.close()


def kept(archive: Archive) -> list[dict[str, Any]]:
    with archive.reading() as connection:
        columns = [observations.c[name] for name in COLUMNS]
        return [dict(one) for one in connection.execute(select(*columns).order_by(observations.c.key)).mappings()]


def first_form(url: str, archive: Archive) -> None:
    """Make an archive as the first step made it, with what `archive` holds, as far as it had a place then."""
    engine = opening._engine(opening._parse(url))
    with engine.begin() as connection, archive.reading() as held:
        upgrade(connection, "0001")
        then = MetaData()
        then.reflect(connection, only=["settings", *TABLES])
        for name in ("settings", *TABLES):
            now, old = metadata.tables[name], then.tables[name]
            shared = [column for column in now.c if column.name in old.c]
            rows = [dict(row) for row in held.execute(select(*shared)).mappings()]
            if rows:
                columns = [Column(column.name, column.type) for column in shared]
                connection.execute(insert(Table(name, MetaData(), *columns)), rows)
    engine.dispose()
