"""Where texts are read at once: a bounded number at a time, and a bounded number wait.

In: work to do with a model.  Out: what it gives; or `Busy`, where too many wait, and `NotReady`, before a model is
loaded.  Which model is current, and which others can be had, is known to `Models`.  Knows nothing of what is posted,
nor of what becomes of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from anyio import CapacityLimiter, to_thread
from sqlalchemy import Connection

from service.archive.models import current
from service.errors import Busy, NotReady
from service.extractor import Extractor
from service.records import ModelCard
from service.registry import ModelFolder
from service.settings import Settings

T = TypeVar("T")


class Models(Protocol):
    """The models that can be had."""

    @property
    def current(self) -> Extractor: ...

    def extractor(self, id: str) -> Extractor:  # noqa: A002
        """A model by its id.  Raises `NotFound`, `ModelRefused`."""
        ...

    def find(self, id: str) -> ModelFolder:  # noqa: A002
        """Its folder.  Raises the same."""
        ...


class Desk:
    """Closed at first; `open` says with which models it reads."""

    def __init__(self, settings: Settings) -> None:
        self._limiter = CapacityLimiter(settings.concurrency)
        self._most = settings.concurrency + settings.queue
        self._held = 0
        self.models: Models | None = None

    def loaded(self) -> Extractor:
        """The current model.  Raises `NotReady` while none is loaded."""
        if self.models is None:
            raise NotReady
        return self.models.current

    def reader(self) -> Extractor:
        """The same, if a text would be read now.  Raises `NotReady`, `Busy`."""
        if self._held >= self._most:
            raise Busy
        return self.loaded()

    def current_id(self, connection: Connection) -> str:
        """The id of the model that is current in the archive, else of the one that reads here.  Raises `NotReady`."""
        return current(connection) or self.loaded().model.id

    async def reader_named(self, model: str | None) -> Extractor:
        """The model of that id, the current one for None; it may have to be loaded.  Raises `NotFound` as well."""
        current = self.reader()
        if model is None or model == current.model.id or self.models is None:
            return current
        return await self.run(self.models.extractor, model)

    async def card_named(self, model: str | None) -> ModelCard:
        """The card of the model of that id, of the current one for None; nothing is loaded.  Raises as before."""
        current = self.loaded().model
        if model is None or model == current.id or self.models is None:
            return current
        return (await to_thread.run_sync(self.models.find, model)).card

    async def run(self, work: Callable[..., T], *given: object) -> T:
        """`work` in a thread, when its turn comes.  Raises `Busy` where too many wait already."""
        if self._held >= self._most:
            raise Busy
        self._held += 1
        try:
            return await to_thread.run_sync(work, *given, limiter=self._limiter)
        finally:
            self._held -= 1
