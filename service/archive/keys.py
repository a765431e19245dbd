"""API keys: made, listed, revoked, and who holds which.

A key is 256 random bits, shown once, when it is made; the archive keeps its SHA-256 alone (a random key of that length
needs no slow hash).  A scope allows all that those below it allow: admin, write, read.  A revoked key keeps its name,
so that what a log says of it stays true.  Knows nothing of HTTP.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from service.archive.tables import api_keys, now
from service.errors import InvalidRequest, NotFound

# So that a key is known for one where it lies about.
PREFIX = "baoshu_"
RANDOM_BYTES = 32
LONGEST_NAME = 100


class Scope(StrEnum):
    """What a key may do: ask; add reports and run jobs; delete reports and choose the model."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"

    @property
    def with_lower(self) -> frozenset[Scope]:
        """This scope and those that it includes."""
        order = list(Scope)
        return frozenset(order[: order.index(self) + 1])


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A key as the archive knows it: everything but the key."""

    name: str
    scopes: frozenset[Scope]
    created_at: datetime
    revoked_at: datetime | None


def add_key(connection: Connection, name: str, scopes: Iterable[Scope]) -> str:
    """Make a key; the key itself, which nothing can show again.

    Raises `InvalidRequest` for a blank or long name, one that is taken (be it by a revoked key), and no scope at all.
    """
    name = name.strip()
    if not name or len(name) > LONGEST_NAME:
        raise InvalidRequest(f"密钥的名称应为 1 到 {LONGEST_NAME} 个字符。")
    held = frozenset[Scope]().union(*(scope.with_lower for scope in scopes))
    if not held:
        raise InvalidRequest(f"密钥至少要有一种权限：{'、'.join(Scope)}。")
    key = PREFIX + secrets.token_urlsafe(RANDOM_BYTES)
    values = {"name": name, "hash": hash_of(key), "scopes": [s for s in Scope if s in held], "created_at": now()}
    try:
        with connection.begin_nested():
            connection.execute(insert(api_keys).values(values))
    except IntegrityError:
        raise InvalidRequest(f"已有名为“{name}”的密钥（已撤销的也算）；请换一个名称。") from None
    return key


def list_keys(connection: Connection) -> list[StoredKey]:
    """Every key ever made, the oldest first."""
    return [_stored(row) for row in connection.execute(select(api_keys).order_by(api_keys.c.key))]


def revoke_key(connection: Connection, name: str) -> None:
    """From now on the key opens nothing; one revoked already stays so.  Raises `NotFound`."""
    if connection.execute(select(api_keys.c.key).where(api_keys.c.name == name)).first() is None:
        raise NotFound(f"没有名为“{name}”的密钥。")
    unrevoked = (api_keys.c.name == name) & api_keys.c.revoked_at.is_(None)
    connection.execute(update(api_keys).where(unrevoked).values(revoked_at=now()))


def active_keys(connection: Connection) -> dict[str, StoredKey]:
    """The keys that are not revoked, by `hash_of` the key."""
    rows = connection.execute(select(api_keys).where(api_keys.c.revoked_at.is_(None)))
    return {row.hash: _stored(row) for row in rows}


def hash_of(key: str) -> str:
    """What the archive keeps of a key."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def _stored(row: Row[tuple[object, ...]]) -> StoredKey:
    return StoredKey(row.name, frozenset(Scope(scope) for scope in row.scopes), row.created_at, row.revoked_at)
