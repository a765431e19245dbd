"""What changes from one model's readings to another's, in both stores."""

from __future__ import annotations

import random
import tracemalloc
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from archive_models import NEW, OLD, OTHER, PLAIN, THIRD, Figure, store
from sqlalchemy import func, insert, select

from service.archive import comparing
from service.archive import diff as diff_module
from service.archive.comparing import FIELDS
from service.archive.diff import Counts, Diff, Group, diff
from service.archive.models import model_key
from service.archive.opening import Archive
from service.archive.tables import extractions, now, observations, reports
from service.errors import InvalidRequest, NotFound
from service.records import ModelCard


def ask(archive: Archive, **asked: Any) -> Diff:
    with archive.reading() as connection:
        return diff(connection, OLD.id, NEW.id, **asked)


def test_two_readings_alike(archive: Archive) -> None:
    store(archive, {"甲": {OLD: {0: PLAIN, 1: PLAIN}, NEW: {0: PLAIN, 1: PLAIN}}})
    found = ask(archive)
    assert (found.both, found.differing, found.old, found.new, found.same) == (1, 0, 2, 2, 2)
    assert found.counts == Counts(0, 0, 0)
    assert set(found.fields.values()) == {0}
    assert found.samples == ()
    assert found.indicators.most == ()
    assert found.indicators.others == Counts(0, 0, 0)


@pytest.mark.parametrize("column", OTHER)
def test_every_field_counts(archive: Archive, column: str) -> None:
    """And null is a value like any other."""
    other = PLAIN | {column: OTHER[column]}
    store(archive, {"甲": {OLD: {0: PLAIN}, NEW: {0: other}}, "乙": {OLD: {0: other}, NEW: {0: PLAIN}}})
    found = ask(archive)
    name = next(name for name, columns in FIELDS.items() if column in columns)
    assert found.fields == dict.fromkeys(FIELDS, 0) | {name: 2}
    assert found.counts == Counts(changed=2)
    assert found.same == 0
    assert [sample.fields for sample in found.samples] == [(name,), (name,)]


def test_what_is_not_a_field_does_not_count(archive: Archive) -> None:
    store(archive, {"甲": {OLD: {0: PLAIN}, NEW: {0: PLAIN | {"score": 0.1, "section": "二"}}}})
    assert ask(archive).same == 1


def test_added_gone_and_changed(archive: Archive) -> None:
    moved = {"period": "2022", "low": 11.0}
    store(
        archive,
        {
            "甲": {OLD: {0: PLAIN, 1: PLAIN, 2: PLAIN}, NEW: {0: PLAIN, 2: PLAIN | moved, 3: PLAIN, 4: PLAIN}},
            "乙": {OLD: {5: PLAIN}, NEW: {5: PLAIN}},
        },
    )
    found = ask(archive)
    assert found.counts == Counts(added=2, gone=1, changed=1)
    assert (found.both, found.differing, found.old, found.new, found.same) == (2, 1, 4, 5, 2)
    assert {name: count for name, count in found.fields.items() if count} == {"value": 1, "period": 1}
    assert [sample.kind for sample in found.samples] == ["added", "added", "gone", "changed"]
    assert found.indicators.most == (Group("企业数", "enterprises", found.counts),)
    assert found.areas.most == (Group("青岚区", "330499", found.counts),)


def test_a_value_is_known_by_its_place(archive: Archive) -> None:
    """The same figure elsewhere is another; its number within the report is of no account."""
    store(archive, {"甲": {OLD: {0: PLAIN, 2: PLAIN}, NEW: {1: PLAIN, 2: PLAIN}}})
    assert ask(archive).counts == Counts(added=1, gone=1)
    assert ask(archive).same == 1


def test_reports_that_one_has_read_are_counted_apart(archive: Archive) -> None:
    one: Mapping[int, Figure] = {0: PLAIN}
    store(
        archive,
        {"甲": {OLD: one, NEW: {}}, "乙": {OLD: one}, "丙": {NEW: one}, "丁": {NEW: one}, "戊": {THIRD: one}, "己": {}},
    )
    found = ask(archive)
    assert (found.both, found.old_only, found.new_only) == (1, 1, 2)
    assert (found.old, found.new) == (1, 0)
    assert found.counts == Counts(gone=1)


def test_a_sample_shows_both_sides_and_quotes_the_report(archive: Archive) -> None:
    changed = PLAIN | {"indicator": "企业", "period": "2022"}
    store(archive, {"甲乙": {OLD: {0: PLAIN, 3: PLAIN}, NEW: {3: changed}}})
    gone, sample = ask(archive).samples
    assert (sample.kind, sample.fields) == ("changed", ("indicator", "period"))
    assert (sample.source, sample.title) == ("甲乙.txt", "标题2")
    assert sample.quotation == "甲000312家乙。"
    assert sample.quotation[sample.start - sample.quoted_from : sample.end - sample.quoted_from] == "12家"
    assert sample.before is not None
    assert sample.after is not None
    assert (sample.before.indicator, sample.after.indicator) == ("企业数", "企业")
    assert (sample.before.number, sample.after.number) == (2, 1)
    assert (gone.kind, gone.after, gone.title, gone.quotation) == ("gone", None, "标题1", "甲000012家乙。")


def test_a_long_evidence_is_cut(archive: Archive) -> None:
    store(archive, {"甲": {OLD: {30: PLAIN}, NEW: {}}}, room=60)
    with archive.writing() as connection:
        connection.execute(observations.update().values(evidence_start=1, evidence_end=601))
    (sample,) = ask(archive).samples
    assert len(sample.quotation) == 3 + 2 * diff_module.QUOTED
    assert sample.quotation[sample.start - sample.quoted_from :].startswith("12家")


def test_samples_are_few_for_each_kind_and_field_and_always_the_same(archive: Archive) -> None:
    moved, renamed = PLAIN | {"period": "2022"}, PLAIN | {"indicator": "企业"}
    old = dict.fromkeys(range(30), PLAIN)
    new = dict.fromkeys(range(10), moved) | dict.fromkeys(range(10, 20), renamed) | dict.fromkeys(range(30, 40), PLAIN)
    store(archive, {"甲": {OLD: old, NEW: new}, "乙": {OLD: old, NEW: new}})
    found = ask(archive, samples=4)
    assert Counter((s.kind, s.fields) for s in found.samples) == {
        ("added", ()): 4,
        ("gone", ()): 4,
        ("changed", ("period",)): 4,
        ("changed", ("indicator",)): 4,
    }
    assert ask(archive, samples=4).samples == found.samples
    assert {sample.source for sample in found.samples} == {"甲.txt", "乙.txt"}
    assert ask(archive, samples=0).samples == ()


def test_groups(archive: Archive) -> None:
    """By code under any name; a change from one indicator to another counts in both."""
    names = [("甲业", "a"), ("甲类业", "a"), ("乙业", None), (None, None)]
    old = {n: PLAIN | {"indicator": names[n][0], "indicator_code": names[n][1]} for n in range(3)}
    new = {0: PLAIN | {"indicator": "乙业", "indicator_code": None}, 1: old[1] | {"area": None, "area_code": None}}
    store(archive, {"甲": {OLD: old, NEW: new}})
    found = ask(archive)
    assert found.indicators.most == (
        Group("甲业", "a", Counts(changed=2)),
        Group("乙业", None, Counts(gone=1, changed=1)),
    )
    assert found.areas.most == (
        Group("青岚区", "330499", Counts(gone=1, changed=2)),
        Group(None, None, Counts(changed=1)),
    )
    few = ask(archive, groups=1)
    assert few.indicators.most == found.indicators.most[:1]
    assert few.indicators.others == Counts(gone=1, changed=1)


def test_more_names_than_are_told_apart(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diff_module, "MOST_NAMES", 3)
    figures = {n: PLAIN | {"indicator": f"第{n}项", "indicator_code": None} for n in range(8)}
    store(archive, {"甲": {OLD: figures, NEW: {}}})
    found = ask(archive)
    assert len(found.indicators.most) == 3
    assert found.indicators.others == Counts(gone=5)


@pytest.mark.parametrize(
    ("asked", "counts", "same"),
    [
        ({"indicator": "甲业"}, Counts(added=1, changed=1), 1),
        ({"indicator": "a"}, Counts(added=1, changed=1), 1),
        ({"indicator": "乙业"}, Counts(gone=1, changed=1), 0),
        ({"area": "小河县"}, Counts(gone=1), 0),
        ({"area": "330499"}, Counts(added=1, changed=1), 1),
        ({"area": "330499", "indicator": "乙业"}, Counts(changed=1), 0),
        ({"indicator": "丙业"}, Counts(), 0),
    ],
)
def test_filters(archive: Archive, asked: dict[str, str], counts: Counts, same: int) -> None:
    """A figure is asked for where either side speaks of it."""
    one = PLAIN | {"indicator": "甲业", "indicator_code": "a"}
    two = PLAIN | {"indicator": "乙业", "indicator_code": None}
    there = {"area": "小河县", "area_code": None}
    store(archive, {"甲": {OLD: {0: one, 1: one, 2: two | there}, NEW: {0: one, 1: two, 3: one}}})
    found = ask(archive, **asked)
    assert found.counts == counts
    assert found.same == same
    assert len(found.samples) == counts.added + counts.gone + counts.changed
    whole = ask(archive)
    for groups, name in ((whole.indicators, "indicator"), (whole.areas, "area")):
        for group in groups.most if set(asked) == {name} else ():
            if asked[name] in (group.name, group.code):
                assert group.counts == counts


def test_models_that_are_not_known(archive: Archive) -> None:
    store(archive, {"甲": {OLD: {0: PLAIN}}})
    with archive.reading() as connection:
        with pytest.raises(NotFound, match="read-2"):
            diff(connection, OLD.id, NEW.id)
        with pytest.raises(NotFound, match="read-9"):
            diff(connection, "read-9", OLD.id)
        with pytest.raises(InvalidRequest, match="read-1"):
            diff(connection, OLD.id, OLD.id)


def test_a_model_that_has_read_nothing(archive: Archive) -> None:
    store(archive, {"甲": {OLD: {0: PLAIN}}})
    with archive.writing() as connection:
        model_key(connection, NEW)
    found = ask(archive)
    assert (found.both, found.old_only, found.new_only, found.counts) == (0, 1, 0, Counts())


Key = tuple[int, int]


def by_hand(old: Mapping[Key, Figure], new: Mapping[Key, Figure]) -> tuple[Counts, Counter[str], Counter[str | None]]:
    """The counts, told the slow way: in all, by field, by indicator."""
    added, gone, fields, names = 0, 0, Counter[str](), Counter[str | None]()
    changed = 0
    for place in old.keys() | new.keys():
        sides = [PLAIN | side[place] for side in (old, new) if place in side]
        differ = [f for f, columns in FIELDS.items() if len({tuple(s[c] for c in columns) for s in sides}) > 1]
        if len(sides) == 2 and not differ:
            continue
        added, gone = added + (place not in old), gone + (place not in new)
        changed += len(sides) == 2
        fields.update(differ)
        names.update({s["indicator_code"] or s["indicator"] for s in sides})
    return Counts(added, gone, changed), fields, names


def made_figures(rng: random.Random, many: int) -> dict[int, Figure]:
    names = [(f"第{n}项", f"c{n}" if n % 2 else None) for n in range(6)]
    figures = {}
    for place in range(many):
        name, code = rng.choice(names)
        figures[place] = {"indicator": name, "indicator_code": code, "low": float(rng.randrange(5))}
    return figures


def changed_figures(rng: random.Random, figures: Mapping[int, Figure]) -> dict[int, Figure]:
    changed = {}
    for place, figure in figures.items():
        die = rng.random()
        if die < 0.1:
            continue
        columns = rng.sample(list(OTHER), 2) if die < 0.3 else []
        changed[place] = figure | {column: OTHER[column] for column in columns}
    return changed | {len(figures) + n: PLAIN for n in range(rng.randrange(3))}


@pytest.mark.parametrize(("reports_at_once", "figures_at_once"), [(500, 20_000), (3, 20_000), (500, 30), (1, 1)])
def test_against_the_slow_way(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, reports_at_once: int, figures_at_once: int
) -> None:
    """However the archive is cut into batches."""
    monkeypatch.setattr(comparing, "BATCH_REPORTS", reports_at_once)
    monkeypatch.setattr(comparing, "BATCH_FIGURES", figures_at_once)
    rng = random.Random(reports_at_once)
    read: dict[str, dict[ModelCard, dict[int, Figure]]] = {}
    for number in range(25):
        old = made_figures(rng, rng.randrange(12))
        models = {OLD: old, NEW: changed_figures(rng, old)}
        if number % 5 == 4:
            del models[rng.choice([OLD, NEW])]
        read[str(number)] = {card: models[card] for card in rng.sample(sorted(models, key=str), len(models))}
    store(archive, read)
    both = [models for models in read.values() if len(models) == 2]
    sides = [
        {(n, place): figure for n, models in enumerate(both) for place, figure in models[card].items()}
        for card in (OLD, NEW)
    ]
    counts, fields, names = by_hand(*sides)
    found = ask(archive)
    assert found.counts == counts
    assert {name: count for name, count in found.fields.items() if count} == dict(fields)
    assert {g.code or g.name: g.counts.added + g.counts.gone + g.counts.changed for g in found.indicators.most} == names
    assert (found.both, found.old_only + found.new_only) == (20, 5)
    assert (found.old, found.new) == tuple(len(side) for side in sides)
    assert found.same == found.old - counts.gone - counts.changed == found.new - counts.added - counts.changed


def test_thousands_of_reports_in_little_memory(archive: Archive) -> None:
    """Sixteen times the reports, all of them different, in hardly more memory."""
    peaks = []
    with archive.writing() as connection:
        old, new = (model_key(connection, card) for card in (OLD, NEW))
    total = 0
    for many in (200, 3000):
        with archive.writing() as connection:
            add_many(connection, range(total, total + many), old, new)
        total += many
        ask(archive, samples=1)  # statements are compiled once
        tracemalloc.start()
        found = ask(archive, samples=1)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert (found.both, found.differing) == (total, total)
        assert found.counts == Counts(added=total, gone=total, changed=total)
    assert peaks[1] < 4 * peaks[0]


def add_many(connection: Any, numbers: Iterable[int], old: int, new: int) -> None:
    """Reports with four figures: one alike, one changed, one gone, one added."""
    before = connection.scalar(select(func.max(reports.c.key))) or 0
    rows = [{"id": f"{n:064}", "text": "12家", "characters": 3, "added_at": now()} for n in numbers]
    connection.execute(insert(reports), rows)
    keys = connection.scalars(select(reports.c.key).where(reports.c.key > before)).all()
    header = {"program": "0", "read_at": now(), "seconds": 0.1, "unexplained": 0, "body": b""}
    counted = {"numbers": 3, "observed": 3}
    place = {"score": 0.9, "section": "", "evidence_start": 0, "evidence_end": 3}
    for model, starts in ((old, (0, 1, 2)), (new, (0, 1, 3))):
        connection.execute(insert(extractions), [header | counted | {"report": k, "model": model} for k in keys])
        made = connection.execute(
            select(extractions.c.key.label("extraction"), extractions.c.report, extractions.c.model).where(
                extractions.c.model == model, extractions.c.report > before
            )
        ).mappings()
        figures = [
            PLAIN | place | dict(reading) | {"number": start, "start": start, "end": start + 1, "period": period}
            for reading in made
            for start in starts
            for period in [str(model) if start == 1 else "2023"]
        ]
        connection.execute(insert(observations), figures)


def test_a_side_holds_what_the_store_does(archive: Archive) -> None:
    store(archive, {"甲": {OLD: {0: PLAIN | OTHER}, NEW: {}}})
    (sample,) = ask(archive).samples
    assert sample.before is not None
    assert {name: getattr(sample.before, name) for name in OTHER} == OTHER
