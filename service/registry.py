"""The models that can be had: folders verified, loaded when asked for, one of them current.

In: a folder of model folders.  Out: extractors, each for one model and for good: who holds one reads on with it,
whatever becomes current meanwhile, so that a swap drops and mixes nothing.  A few stay loaded (`KEPT`); one is loaded
at a time.  Knows nothing of the archive, which says which is to be current (`current`).
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from service.errors import BaoshuError, ModelRefused, NotFound, NotReady
from service.extractor import Extractor
from service.manifest import NAME, Manifest, read_manifest, verify
from service.records import ModelCard

# A model folder is one with a network in it; what else stands there (a segmenter, say) is no reader.
READER = "reader.onnx"

# The current model, the one before it, and one more for requests that name it.
KEPT = 3

Load = Callable[[Path, int], Extractor]
Trial = Callable[[Extractor], object]

_log = logging.getLogger("baoshu")


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A folder whose manifest can be read; whether its files are those of the manifest is not known yet."""

    id: str
    path: Path
    card: ModelCard
    manifest: Manifest


@dataclass(frozen=True, slots=True)
class RefusedFolder:
    """A folder that looks like a model's and is none; `detail` says in Chinese what is wrong."""

    path: Path
    detail: str


class Registry:
    """`folder`: where the model folders stand; `default`: one that may stand elsewhere, current until told otherwise.

    `load(path, threads)` makes an extractor; `trial` reads something with one before it is handed out, and what it
    raises refuses the model.  Safe to use from several threads.
    """

    def __init__(
        self,
        folder: Path,
        threads: int,
        *,
        default: Path | None = None,
        load: Load | None = None,
        trial: Trial | None = None,
    ) -> None:
        self._folder, self._threads, self._default = folder, threads, default
        self._load: Load = load or _load
        self._trial = trial
        self._loading = Lock()
        self._held: OrderedDict[str, Extractor] = OrderedDict()  # the one asked for last at the end
        self._holding = Lock()
        self._current: Extractor | None = None
        self._trouble: str | None = None

    @property
    def current(self) -> Extractor:
        """The current model.  Raises `NotReady` while there is none."""
        current = self._current
        if current is None:
            raise NotReady(self._trouble) if self._trouble else NotReady
        return current

    @property
    def serving(self) -> str | None:
        """The id of the current model."""
        current = self._current
        return current.model.id if current is not None else None

    @property
    def default(self) -> ModelCard:
        """The model that is current until told otherwise.  Raises `ModelRefused`, or `NotReady` where there is none."""
        if self._default is None:
            raise NotReady("没有设置默认模型。")
        return read_manifest(self._default).card

    def models(self) -> list[ModelFolder]:
        """The models that can be had, by id.  Reads manifests, verifies nothing."""
        return sorted((found for found in self._scan() if isinstance(found, ModelFolder)), key=lambda found: found.id)

    def refused(self) -> list[RefusedFolder]:
        """The folders that look like a model's and are none."""
        return [found for found in self._scan() if isinstance(found, RefusedFolder)]

    def find(self, id: str) -> ModelFolder:  # noqa: A002
        """The folder of a model.  Raises `NotFound`, and `ModelRefused` where two models claim the id."""
        found = [model for model in self.models() if model.id == id]
        if not found:
            raise NotFound(f"没有模型 {id}；可用的模型为 {'、'.join(model.id for model in self.models()) or '无'}。")
        if len(found) > 1:
            names = "、".join(sorted(model.path.name for model in found))
            raise ModelRefused(f"模型目录 {names} 的 {NAME} 写着同一个名称与版本 {id}；请修改其中之一的 version。")
        return found[0]

    def verify(self, path: Path) -> Manifest:
        """The manifest of a folder whose files are what it says.  Raises `ModelRefused`."""
        return verify(path)

    def extractor(self, id: str) -> Extractor:  # noqa: A002
        """A model by its id, loaded if it is not.  Raises `NotFound`, `ModelRefused`.

        Takes a second or two for one that is not loaded, and longer while another is being loaded.
        """
        held = self._take(id)
        if held is not None:
            return held
        with self._loading:
            return self._take(id) or self._fetch(self.find(id))

    def proven(self, id: str) -> Extractor:  # noqa: A002
        """The same, its folder verified at this moment: one that now holds other weights is loaded anew."""
        with self._loading:
            folder = self.find(id)
            card = self.verify(folder.path).card
            held = self._take(id)
            return held if held is not None and held.model == card else self._fetch(folder)

    def swap(self, id: str) -> Extractor:  # noqa: A002
        """Make a model current, once it is verified and loaded.  Raises `NotFound`, `ModelRefused`: nothing changes."""
        try:
            extractor = self.proven(id)
        except BaoshuError as error:
            self._trouble = f"当前模型 {id} 无法载入：{error.detail}"
            raise
        before, self._current = self.serving, extractor
        self._trouble = None
        _log.info("model %s is current, in the place of %s", id, before)
        return extractor

    def _scan(self) -> Iterator[ModelFolder | RefusedFolder]:
        folders = sorted(path for path in self._folder.iterdir() if path.is_dir()) if self._folder.is_dir() else []
        paths = {path.resolve(): path for path in folders if (path / READER).exists() or (path / NAME).exists()}
        if self._default is not None:
            paths.setdefault(self._default.resolve(), self._default)
        seen: list[tuple[ModelCard, Mapping[str, str]]] = []
        for path in paths.values():
            try:
                manifest = read_manifest(path)
            except ModelRefused as error:
                yield RefusedFolder(path, error.detail)
                continue
            if (manifest.card, manifest.files) not in seen:  # a copy of a model is the same model
                seen.append((manifest.card, manifest.files))
                yield ModelFolder(manifest.card.id, path, manifest.card, manifest)

    def _take(self, id: str) -> Extractor | None:  # noqa: A002
        with self._holding:
            if id in self._held:
                self._held.move_to_end(id)
            return self._held.get(id)

    def _fetch(self, folder: ModelFolder) -> Extractor:
        """Load a model and keep it."""
        try:
            loaded = self._load(folder.path, self._threads)
            if self._trial is not None:
                self._trial(loaded)
        except BaoshuError:
            raise
        except Exception as error:
            # Whatever a broken network makes the runtime raise: the model is at fault, not the request.
            _log.warning("model %s cannot read", folder.id, exc_info=error)
            raise ModelRefused(f"模型目录 {folder.path.name} 中的 {folder.id} 无法读取文本：{error}") from error
        if loaded.model != folder.card:
            raise ModelRefused(f"模型目录 {folder.path.name} 在载入途中被改动；请重试。")
        with self._holding:
            self._held[folder.id] = loaded
            self._held.move_to_end(folder.id)
            for old in [id_ for id_ in self._held if self._held[id_] is not self._current][:-1]:
                if len(self._held) > KEPT:
                    del self._held[old]
        return loaded


def _load(folder: Path, threads: int) -> Extractor:
    from service.pipeline import Pipeline  # takes its time; a program that only lists models needs none of it

    return Pipeline.load(folder, threads=threads)
