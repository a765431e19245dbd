"""The agreement of two readings: sameness scores one, each kind of difference shows in its row, other text is
refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.annotations.scoring import agreement
from training.agreement import pairs

HEAD = """# id: probe
# bureau: science
# form: annual
# level: county
# place: 浙江省
# area: 临江区
# year: 2023

"""
FIRST = HEAD + "{2023年|T},{区科技局|O}新增{省科技型中小企业|I}{30家|C +}。"


def _write(folder: Path, second: str, first: str = FIRST) -> tuple[Path, Path]:
    for name, text in (("first", first), ("second", second)):
        (folder / name).mkdir()
        (folder / name / "probe.txt").write_text(text, encoding="utf-8")
    return folder / "first", folder / "second"


def test_the_same_reading_agrees_in_everything(tmp_path: Path) -> None:
    scores = agreement(list(pairs(*_write(tmp_path, FIRST))))
    assert (scores.entity["ALL"].f1, scores.parts["observation"].f1, scores.errors) == (1.0, 1.0, [])
    assert scores.entity["ALL"].gold == 4


@pytest.mark.parametrize(
    ("was", "now", "row", "value"),
    [
        ("{省科技型中小企业|I}{30家|C +}", "省{科技型中小企业|I}{30家|C +}", "INDICATOR", 0.0),
        ("{区科技局|O}", "区科技局", "ORG", 0.0),
        ("{30家|C +}", "{30家|C}", "measure", 0.0),
        ("{30家|C +}", "{30家|C + p}", "status", 0.0),
        ("{30家|C +}", "{30家|C + t:2022}", "period", 0.0),
    ],
)
def test_a_difference_shows_where_it_is(tmp_path: Path, was: str, now: str, row: str, value: float) -> None:
    scores = agreement(list(pairs(*_write(tmp_path, FIRST.replace(was, now)))))
    assert (scores.entity[row].f1 if row.isupper() else scores.accuracy(row)) == value
    assert scores.errors


def test_readings_of_different_texts_are_refused(tmp_path: Path) -> None:
    folders = _write(tmp_path, FIRST.replace("新增", "新认定"))
    with pytest.raises(ValueError, match=r"probe\.txt: the two readings"):
        list(pairs(*folders))


def test_a_report_read_only_once_is_missed(tmp_path: Path) -> None:
    first, second = _write(tmp_path, FIRST)
    (first / "probe.txt").unlink()
    with pytest.raises(FileNotFoundError):
        list(pairs(first, second))


def test_the_readings_of_this_repository_compile_and_agree_well() -> None:
    read_twice = list(pairs())
    assert len(read_twice) >= 16
    assert agreement(read_twice).entity["ALL"].f1 > 0.9
