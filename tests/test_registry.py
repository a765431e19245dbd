"""Model folders found, verified, loaded and swapped."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from fakes import FakePipeline
from model_folders import ToyReader, copy_model, load_toy, make_model

from service.errors import ModelRefused, NotFound, NotReady
from service.extractor import Extractor
from service.manifest import CONTRACT, NAME
from service.registry import KEPT, Registry
from service.settings import DEFAULT_MODEL, DEFAULT_MODELS


class Loads:
    """Loads toys, and notes which; `gate`: what every load waits for."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.gate = threading.Event()
        self.gate.set()
        self._at_once = 0
        self._lock = threading.Lock()
        self.most = 0

    def __call__(self, folder: Path, threads: int) -> Extractor:
        with self._lock:
            self._at_once += 1
            self.most = max(self.most, self._at_once)
        self.gate.wait(30)
        reader = load_toy(folder, threads)
        with self._lock:
            self._at_once -= 1
            self.ids.append(reader.model.id)
        return reader


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for version in ("1", "2", "3", "4"):
        make_model(tmp_path / "models" / f"toy{version}", version)
    return tmp_path / "models"


@pytest.fixture
def loads() -> Loads:
    return Loads()


@pytest.fixture
def registry(folder: Path, loads: Loads) -> Registry:
    return Registry(folder, 1, default=folder / "toy1", load=loads)


def set_contract(folder: Path, contract: int) -> None:
    told = json.loads((folder / NAME).read_text(encoding="utf-8"))
    (folder / NAME).write_text(json.dumps(told | {"contract": contract}), encoding="utf-8")


def test_models_are_found_by_their_manifests(registry: Registry, folder: Path) -> None:
    (folder / "pkuseg").mkdir()
    (folder / "pkuseg" / "weights.npz").write_bytes(b"5")
    (folder / "notes.txt").write_text("5")
    set_contract(folder / "toy3", CONTRACT + 1)
    (folder / "toy4" / NAME).unlink()
    assert [(model.id, model.path.name, model.card.version) for model in registry.models()] == [
        ("toy-1", "toy1", "1"),
        ("toy-2", "toy2", "2"),
    ]
    refused = {found.path.name: found.detail for found in registry.refused()}
    assert set(refused) == {"toy3", "toy4"}
    assert "契约版本" in refused["toy3"]
    assert NAME in refused["toy4"]


@pytest.mark.skipif(not DEFAULT_MODEL.exists(), reason="no model in this checkout")
def test_the_models_of_this_checkout() -> None:
    registry = Registry(DEFAULT_MODELS, 1, default=DEFAULT_MODEL)
    assert registry.default in [model.card for model in registry.models()]
    assert registry.refused() == []


def test_a_default_elsewhere_is_found_too(folder: Path, tmp_path: Path) -> None:
    elsewhere = make_model(tmp_path / "elsewhere", "9")
    registry = Registry(folder, 1, default=elsewhere, load=load_toy)
    assert registry.default.version == "9"
    assert registry.find("toy-9").path == elsewhere
    assert registry.swap("toy-9").model.version == "9"
    assert [model.id for model in Registry(tmp_path / "nowhere", 1, default=elsewhere).models()] == ["toy-9"]
    with pytest.raises(NotReady):
        _ = Registry(folder, 1).default


def test_an_id_is_one_model(registry: Registry, folder: Path) -> None:
    make_model(folder / "copy", "2")
    assert registry.find("toy-2").card == registry.find("toy-2").card
    assert [model.id for model in registry.models()] == ["toy-1", "toy-2", "toy-3", "toy-4"]
    make_model(folder / "other", "2", weights="others")
    with pytest.raises(ModelRefused, match=r"copy、other .*toy-2"):
        registry.extractor("toy-2")
    assert registry.extractor("toy-1").model.version == "1"


def test_a_model_that_is_not_there(registry: Registry) -> None:
    for act in (registry.find, registry.extractor, registry.proven, registry.swap):
        with pytest.raises(NotFound, match="toy-1、toy-2"):
            act("toy-7")


def test_nothing_is_current_before_a_swap(registry: Registry) -> None:
    assert registry.serving is None
    with pytest.raises(NotReady):
        _ = registry.current
    assert registry.swap("toy-2") is registry.current
    assert registry.serving == "toy-2"


def test_a_refused_model_changes_nothing(registry: Registry, folder: Path) -> None:
    (folder / "toy2" / "pairs.onnx").write_bytes(b"5")
    set_contract(folder / "toy3", CONTRACT + 1)
    with pytest.raises(ModelRefused, match=r"toy2/pairs\.onnx"):
        registry.swap("toy-2")
    with pytest.raises(NotReady, match=r"toy-2 无法载入.*pairs\.onnx"):
        _ = registry.current
    registry.swap("toy-1")
    for act in (registry.swap, registry.proven, registry.extractor):
        with pytest.raises(ModelRefused):
            act("toy-2")
        with pytest.raises(NotFound):
            act("toy-3")
    assert registry.serving == "toy-1"
    assert registry.current.model.id == "toy-1"


def test_a_model_broken_after_it_was_loaded(registry: Registry, folder: Path) -> None:
    """It reads on, but is promoted no more."""
    reader = registry.extractor("toy-2")
    (folder / "toy2" / "values.onnx").write_bytes(b"5")
    assert registry.extractor("toy-2") is reader
    with pytest.raises(ModelRefused, match=r"values\.onnx"):
        registry.swap("toy-2")


def test_a_model_exchanged_after_it_was_loaded(registry: Registry, folder: Path) -> None:
    before = registry.swap("toy-2")
    for path in (folder / "toy2").iterdir():
        path.unlink()
    (folder / "toy2").rmdir()
    make_model(folder / "toy2", "2", weights="others")
    assert registry.proven("toy-2").model != before.model
    assert registry.current is before
    assert registry.swap("toy-2").model != before.model


def test_loaded_once_and_a_few_kept(registry: Registry, loads: Loads) -> None:
    registry.swap("toy-1")
    assert registry.extractor("toy-1") is registry.current
    for version in ("2", "3", "2", "3"):
        registry.extractor(f"toy-{version}")
    assert loads.ids == ["toy-1", "toy-2", "toy-3"]
    assert KEPT == 3
    registry.extractor("toy-4")  # toy-2 goes; toy-1 is current and stays
    registry.extractor("toy-3")
    assert registry.extractor("toy-1") is registry.current
    assert loads.ids == ["toy-1", "toy-2", "toy-3", "toy-4"]
    registry.extractor("toy-2")
    assert loads.ids[-1] == "toy-2"


def test_a_roll_back_finds_the_model_loaded(registry: Registry, loads: Loads) -> None:
    first = registry.swap("toy-1")
    registry.swap("toy-2")
    assert registry.swap("toy-1") is first
    assert loads.ids == ["toy-1", "toy-2"]


def test_one_load_at_a_time_and_each_once(registry: Registry, loads: Loads) -> None:
    registry.swap("toy-1")
    loads.gate.clear()
    with ThreadPoolExecutor(12) as pool:
        asked = [pool.submit(registry.extractor, f"toy-{2 + n % 2}") for n in range(12)]
        # Who asks for what is loaded waits for no load.
        assert registry.extractor("toy-1") is registry.current
        loads.gate.set()
        readers = [future.result(30) for future in asked]
    assert len({id(reader) for reader in readers}) == 2
    assert sorted(loads.ids) == ["toy-1", "toy-2", "toy-3"]
    assert loads.most == 1


def test_who_holds_a_model_reads_on_with_it(registry: Registry) -> None:
    held = registry.swap("toy-1")
    registry.swap("toy-2")
    for version in ("3", "4"):
        registry.extractor(f"toy-{version}")
    assert held.extract("5家。").model.version == "1"
    assert registry.current.extract("5家。").model.version == "2"


def test_a_model_that_cannot_read_is_refused(folder: Path) -> None:
    def trial(extractor: Extractor) -> None:
        if extractor.model.version == "2":
            raise RuntimeError("Invalid input shape")

    def load(path: Path, threads: int) -> Extractor:
        if path.name == "toy3":
            raise OSError("Protobuf parsing failed")
        return load_toy(path, threads)

    registry = Registry(folder, 1, load=load, trial=trial)
    registry.swap("toy-1")
    for version, told in (("2", "Invalid input shape"), ("3", "Protobuf")):
        with pytest.raises(ModelRefused, match=f"toy-{version} 无法读取.*{told}"):
            registry.swap(f"toy-{version}")
    assert registry.serving == "toy-1"


def test_a_folder_changed_while_it_loads(folder: Path) -> None:
    def load(path: Path, threads: int) -> Extractor:
        return FakePipeline() if path.name == "toy2" else load_toy(path, threads)

    with pytest.raises(ModelRefused, match="途中"):
        Registry(folder, 1, load=load).extractor("toy-2")


def test_readers_see_one_whole_model_while_it_is_swapped(registry: Registry) -> None:
    registry.swap("toy-1")
    over = threading.Event()
    seen: list[tuple[str, set[str | None]]] = []

    def read() -> None:
        while not over.is_set():
            answer = registry.current.extract("营收3.2亿元，共12家。")
            seen.append((answer.model.id, {o.scope for o in answer.observations}))

    with ThreadPoolExecutor(3) as pool:
        readers = [pool.submit(read) for _ in range(3)]
        for turn in range(60):
            registry.swap(f"toy-{1 + turn % 2}")
        over.set()
        for reader in readers:
            reader.result(30)
    assert {model for model, _ in seen} <= {"toy-1", "toy-2"}
    assert all(said == {model} for model, said in seen)


@pytest.mark.skipif(not DEFAULT_MODEL.exists(), reason="no model in this checkout")
def test_two_real_models(tmp_path: Path) -> None:
    for version in ("7.1", "7.2"):
        copy_model(DEFAULT_MODEL, tmp_path / version, version)
    registry = Registry(tmp_path, 1)
    read: list[Any] = []
    for version in ("7.1", "7.2", "7.1"):
        registry.swap(f"baoshu-{version}")
        extraction = registry.current.extract("2023年，全区技术合同成交额达5.6亿元，同比增长8.5%。")
        assert extraction.model.version == version
        read.append(extraction.observations)
    assert read[0] == read[1] == read[2]
    assert len(read[0]) == 2


def test_the_toy_says_which_it_is(registry: Registry) -> None:
    reader = registry.extractor("toy-2")
    assert isinstance(reader, ToyReader)
    assert {o.scope for o in reader.extract("5家，6家").observations} == {"toy-2"}
