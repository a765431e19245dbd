"""The current model: the archive says which it is, the registry reads with it.

In: promotions and roll-backs, each asked for by someone.  Out: the history in the archive, and this process reading
with the model that stands last in it.  Any number of processes may share an archive: each looks now and then what is
current (`settle`), so that a promotion holds here at once and elsewhere a moment later, and a request never waits for
the archive.  Every answer says which model gave it.  Knows nothing of HTTP.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Lock

from sqlalchemy import Connection

from service.archive import models
from service.archive.models import Promotion
from service.archive.opening import Archive
from service.errors import ArchiveUnavailable, BaoshuError, ModelRefused, NoEarlierModel, NotReady
from service.records import ModelCard
from service.registry import Registry

_log = logging.getLogger("baoshu")


def current_id(connection: Connection, registry: Registry) -> str:
    """The model that was promoted last, the registry's default where none ever was.

    Raises `ModelRefused` or `NotReady` where there is no default either.
    """
    return models.current(connection) or registry.default.id


class CurrentModel:
    """`archive` gives the open archive and raises `ArchiveUnavailable` while there is none.

    Safe to use from several threads; every call may take as long as a model takes to load.
    """

    def __init__(self, registry: Registry, archive: Callable[[], Archive]) -> None:
        self._registry, self._archive = registry, archive
        # What is read last is swapped in last.
        self._settling = Lock()
        self._told: str | None = None

    def settle(self) -> str:
        """Read with the model that is current in the archive, the registry's default where none was ever promoted.

        The id of the model that this process reads with.  Where the archive is away, or its model cannot be had here,
        the model that was current stays so, and the log says it once.  At the start there is none to stay with: then
        the default reads while the archive is away, and nothing does, rather than another model, while the promoted
        one cannot be had.  Raises `NotReady`.
        """
        with self._settling:
            try:
                asked = self._asked()
                if asked != self._registry.serving:
                    self._registry.swap(asked)
                self._told = None
            except BaoshuError as error:
                if error.detail != self._told:
                    _log.error("the current model cannot be had: %s", error.detail)
                self._told = error.detail
            return self._registry.current.model.id

    def promote(self, id: str, *, by: str | None) -> Promotion:  # noqa: A002
        """Make a model current, here and for all who share the archive, once it is loaded and verified.

        Raises `NotFound`, `ModelRefused`, `ModelChanged`, `ArchiveUnavailable`: then nothing is changed.
        """
        archive = self._archive()
        card = self._registry.proven(id).model
        # In two steps: a new model is locked until it is written, and promotions take turns under a lock of their own.
        with archive.writing() as connection:
            models.model_key(connection, card)
        with archive.writing() as connection:
            made = models.promote(connection, id, by=by, instead_of=self._standing())
        _log.info("model %s was promoted by %s", id, by)
        self.settle()
        return made

    def roll_back(self, *, by: str | None) -> Promotion:
        """Take back the promotion that stands.  The model before it is loaded and verified first.

        Raises `NoEarlierModel`, `ModelRefused`, `NotFound` where its folder is gone, `ArchiveUnavailable`.
        """
        archive = self._archive()
        while True:
            with archive.reading() as connection:
                before = models.earlier(connection)
            if before is None:
                raise NoEarlierModel
            card = self._registry.proven(before).model
            with archive.writing() as connection:
                models.model_key(connection, card)
                if models.earlier(connection) == before:
                    models.roll_back(connection, by=by)
                    made = models.history(connection)[0]
                    break
            # Someone promoted or rolled back meanwhile: then another model is to be proven.
        _log.info("model %s was rolled back to by %s", before, by)
        self.settle()
        return made

    def _asked(self) -> str:
        """The model that is to be current.  Raises `ArchiveUnavailable` where that is not known and one is served."""
        try:
            with self._archive().reading() as connection:
                promoted = models.current(connection)
        except ArchiveUnavailable:
            if self._registry.serving is not None:
                raise
            promoted = None
        return promoted or self._registry.default.id

    def _standing(self) -> ModelCard | None:
        """What reads here without having been promoted, so far as there is such a model."""
        try:
            return self._registry.current.model if self._registry.serving else self._registry.default
        except (ModelRefused, NotReady):
            return None
