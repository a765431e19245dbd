"""Which models the archive knows and which one is current, in both stores."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, func, insert, select

from service.archive.models import (
    Promotion,
    current,
    earlier,
    history,
    known_key,
    known_models,
    model_id,
    model_key,
    promote,
    roll_back,
)
from service.archive.opening import Archive
from service.archive.tables import extractions, metadata, models, now, promotions, reports
from service.errors import ModelChanged, NotFound
from service.records import ModelCard

ONE, TWO, THREE = (ModelCard("toy", version, version * 64) for version in "123")


@pytest.fixture
def known(archive: Archive) -> Archive:
    """An archive that knows three models."""
    with archive.writing() as connection:
        for card in (ONE, TWO, THREE):
            model_key(connection, card)
    return archive


def made(archive: Archive) -> list[tuple[str, str | None, bool]]:
    with archive.reading() as connection:
        return [(p.model, p.by, p.rolled_back) for p in reversed(history(connection))]


def test_a_model_is_known_from_its_first_sight(archive: Archive) -> None:
    with archive.writing() as connection:
        key = model_key(connection, ONE)
        assert model_key(connection, ONE) == key
        assert model_key(connection, TWO) != key
    with archive.reading() as connection:
        assert known_key(connection, model_id(ONE)) == key
        assert [(m.card, m.extractions) for m in known_models(connection)] == [(ONE, 0), (TWO, 0)]


def test_other_weights_need_another_version(archive: Archive) -> None:
    with archive.writing() as connection:
        model_key(connection, ONE)
        with pytest.raises(ModelChanged, match="toy-1"):
            model_key(connection, ModelCard("toy", "1", "f" * 64))


def test_a_model_seen_by_several_at_once_is_one(archive: Archive) -> None:
    start = threading.Barrier(4)

    def see(_: int) -> int:
        start.wait()
        with archive.writing() as connection:
            return model_key(connection, ONE)

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(see, range(4)))) == 1
    with archive.reading() as connection:
        assert connection.execute(select(func.count()).select_from(models)).scalar() == 1


def test_reports_read_are_counted(known: Archive) -> None:
    with known.writing() as connection:
        for number in range(3):
            report = insert(reports).values(id=f"{number:064}", text="5家", characters=2, added_at=now())
            key = connection.execute(report.returning(reports.c.key)).scalar_one()
            for card in (ONE, TWO)[: 1 + number % 2]:
                read = {"program": "0", "read_at": now(), "seconds": 0.1, "numbers": 1, "observed": 1, "unexplained": 0}
                model = model_key(connection, card)
                connection.execute(insert(extractions).values(report=key, model=model, body=b"", **read))
    with known.reading() as connection:
        assert [m.extractions for m in known_models(connection)] == [3, 1, 0]


def test_nothing_is_current_before_a_promotion(known: Archive) -> None:
    with known.writing() as connection:
        assert current(connection) is None
        assert earlier(connection) is None
        assert roll_back(connection, by="甲") is None
    assert made(known) == []


def test_promote_and_roll_back(known: Archive) -> None:
    with known.writing() as connection:
        for card in (ONE, TWO, THREE):
            assert promote(connection, card.id, by="甲").model == card.id
        assert current(connection) == "toy-3"
        assert roll_back(connection, by="乙") == "toy-2"
        assert current(connection) == "toy-2"
        assert roll_back(connection, by=None) == "toy-1"
        assert roll_back(connection, by="乙") is None
        assert current(connection) == "toy-1"
        promote(connection, "toy-3", by="甲")
        assert roll_back(connection, by="乙") == "toy-1"
    assert made(known) == [
        ("toy-1", "甲", False),
        ("toy-2", "甲", False),
        ("toy-3", "甲", False),
        ("toy-2", "乙", True),
        ("toy-1", None, True),
        ("toy-3", "甲", False),
        ("toy-1", "乙", True),
    ]


def test_what_was_current_unpromoted_can_be_gone_back_to(archive: Archive) -> None:
    with archive.writing() as connection:
        model_key(connection, TWO)
        promote(connection, "toy-2", by="甲", instead_of=ONE)
        promote(connection, "toy-2", by="甲", instead_of=ONE)
        assert roll_back(connection, by="甲") == "toy-1"
        promote(connection, "toy-2", by="甲", instead_of=THREE)  # not the first: of no account
    assert made(archive) == [
        ("toy-1", None, False),
        ("toy-2", "甲", False),
        ("toy-1", "甲", True),
        ("toy-2", "甲", False),
    ]


def test_promoting_what_is_current_writes_nothing(known: Archive) -> None:
    with known.writing() as connection:
        first = promote(connection, "toy-1", by="甲", instead_of=ONE)
        assert promote(connection, "toy-1", by="乙") == first
    assert made(known) == [("toy-1", "甲", False)]


def test_a_model_that_is_not_known_is_not_promoted(known: Archive) -> None:
    with known.writing() as connection, pytest.raises(NotFound, match="toy-9"):
        promote(connection, "toy-9", by=None)
    assert made(known) == []


def test_promotions_at_once_stand_one_after_the_other(known: Archive) -> None:
    """Of many who promote the same two in turn, none writes down what is current already."""
    start = threading.Barrier(4)

    def act(number: int) -> None:
        start.wait()
        for turn in range(5):
            with known.writing() as connection:
                if (number + turn) % 3:
                    promote(connection, (ONE, TWO)[(number + turn) % 2].id, by=str(number))
                else:
                    roll_back(connection, by=str(number))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(act, range(4)))
    rows = made(known)
    replay([(model if not back else None) for model, _, back in rows], rows)


def replay(acts: Sequence[str | None], rows: Sequence[tuple[str, str | None, bool]]) -> None:
    """The rows are those that the acts (a promotion, or None for a roll-back) leave behind."""
    pile: list[str] = []
    for act, (model, _, back) in zip(acts, rows, strict=True):
        if act is None:
            pile.pop()
        else:
            assert not pile or pile[-1] != act
            pile.append(act)
        assert (pile[-1], act is None) == (model, back)


@settings(max_examples=50)
@given(st.lists(st.sampled_from([ONE.id, TWO.id, THREE.id, None]), max_size=12))
def test_any_sequence_is_a_pile(acts: list[str | None]) -> None:
    engine = create_engine("sqlite://")
    metadata.create_all(engine, tables=[models, promotions])
    pile: list[str] = []
    written: list[Promotion] = []
    with engine.connect() as connection:
        for card in (ONE, TWO, THREE):
            model_key(connection, card)
        for act in acts:
            if act is None:
                expected = pile[-2] if len(pile) > 1 else None
                assert roll_back(connection, by=None) == expected
                pile = pile[:-1] if expected else pile
            else:
                promote(connection, act, by=None)
                pile = pile if pile[-1:] == [act] else [*pile, act]
            assert current(connection) == (pile[-1] if pile else None)
            # What was written stays as it was.
            assert history(connection)[::-1][: len(written)] == written
            written = history(connection)[::-1]
    engine.dispose()
