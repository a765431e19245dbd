"""The models that the archive knows, and which of them is current.

A model is known from the first time that it reads or is promoted, under `<name>-<version>`; the same id never stands
for other weights.  Promotions are only ever added.  Read in order they are a pile: a promotion lays its model on top, a
roll-back takes the top one off; what lies on top is current.  Knows nothing of model folders.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, text
from sqlalchemy.dialects import postgresql, sqlite

from service.archive.tables import extractions, models, now, promotions
from service.errors import ModelChanged, NotFound
from service.records import ModelCard


@dataclass(frozen=True, slots=True)
class StoredModel:
    """A model that the archive knows; `extractions` counts the reports that it has read."""

    card: ModelCard
    seen_at: datetime
    extractions: int


@dataclass(frozen=True, slots=True)
class Promotion:
    """`model` became current at `at`; `rolled_back`: by taking back the one before it.  `by` is who asked for it."""

    model: str
    at: datetime
    by: str | None
    rolled_back: bool


def model_id(card: ModelCard) -> str:
    """What a model is called by."""
    return card.id


def model_key(connection: Connection, card: ModelCard) -> int:
    """The key of a model, which is made known where it was not.  Raises `ModelChanged`."""
    asked = select(models.c.key, models.c.sha256).where(models.c.id == card.id)
    found = connection.execute(asked).first()
    if found is None:
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        new = {"id": card.id, "name": card.name, "version": card.version, "sha256": card.sha256, "seen_at": now()}
        connection.execute(dialect.insert(models).values(new).on_conflict_do_nothing(index_elements=["id"]))
        found = connection.execute(asked).one()
    if found.sha256 != card.sha256:
        raise ModelChanged(card.id)
    return int(found.key)


def known_key(connection: Connection, id: str) -> int:  # noqa: A002
    """The key of a model that the archive knows.  Raises `NotFound`."""
    key = connection.execute(select(models.c.key).where(models.c.id == id)).scalar()
    if key is None:
        raise NotFound(f"档案中没有模型 {id} 读出的结果；已知的模型见 GET /models。")
    return int(key)


def known_models(connection: Connection) -> list[StoredModel]:
    """Every model that has read or was promoted, the one seen first first."""
    counted = select(extractions.c.model, func.count().label("read")).group_by(extractions.c.model).subquery()
    rows = connection.execute(
        select(models, func.coalesce(counted.c.read, 0).label("read"))
        .outerjoin(counted, counted.c.model == models.c.key)
        .order_by(models.c.key)
    )
    return [StoredModel(ModelCard(row.name, row.version, row.sha256), row.seen_at, row.read) for row in rows]


def current(connection: Connection) -> str | None:
    """The id of the model promoted last, None where none ever was."""
    last = select(promotions.c.model).order_by(promotions.c.key.desc()).limit(1).scalar_subquery()
    return connection.execute(select(models.c.id).where(models.c.key == last)).scalar()


def promote(
    connection: Connection,
    id: str,  # noqa: A002
    *,
    by: str | None,
    instead_of: ModelCard | None = None,
) -> Promotion:
    """Make a known model current; one that is current already stays so, and nothing is written.

    `instead_of`: what was current without ever having been promoted; the first promotion writes it down, so that there
    is something to roll back to.  Raises `NotFound`, `ModelChanged`.
    """
    _take_turns(connection)
    key = known_key(connection, id)
    made = history(connection)
    if made and made[0].model == id:
        return made[0]
    if not made and instead_of is not None and instead_of.id != id:
        _write(connection, model_key(connection, instead_of), None, rolled_back=False)
    _write(connection, key, by, rolled_back=False)
    return history(connection)[0]


def earlier(connection: Connection) -> str | None:
    """The id of the model that a roll-back would make current, None where there is nothing before."""
    pile: list[str] = []
    for promotion in reversed(history(connection)):
        if promotion.rolled_back:
            pile.pop()
        else:
            pile.append(promotion.model)
    return pile[-2] if len(pile) > 1 else None


def roll_back(connection: Connection, *, by: str | None) -> str | None:
    """Take back the promotion that stands; the id of the model that is current now.

    None where there is nothing before: then nothing is written.  Twice in a row goes two promotions back.
    """
    _take_turns(connection)
    before = earlier(connection)
    if before is not None:
        _write(connection, known_key(connection, before), by, rolled_back=True)
    return before


def history(connection: Connection) -> list[Promotion]:
    """Every promotion and roll-back, the newest first."""
    rows = connection.execute(
        select(models.c.id, promotions.c.at, promotions.c.by, promotions.c.rolled_back)
        .join(models, models.c.key == promotions.c.model)
        .order_by(promotions.c.key.desc())
    )
    return [Promotion(*row) for row in rows]


def _take_turns(connection: Connection) -> None:
    """Two promotions at once would each not see the other; in SQLite a writer is alone already."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE promotions IN SHARE ROW EXCLUSIVE MODE"))


def _write(connection: Connection, model: int, by: str | None, *, rolled_back: bool) -> None:
    connection.execute(insert(promotions).values(model=model, at=now(), by=by, rolled_back=rolled_back))
