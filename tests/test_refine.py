"""A refinement from corrections to a verdict, with a reader of random weights: trained, measured, placed or refused."""

from __future__ import annotations

import json
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import pytest
from tiny_model import make_tiny, report

from service.annotations import jsonl
from service.annotations.document import Document
from service.errors import InvalidRequest, ModelRefused
from service.manifest import read_manifest, verify
from service.tagger import Tagger
from training import refine as refinement
from training.candidate import next_version, place
from training.comparison import Change
from training.corrections import ENOUGH, material, read_corrected
from training.examples import held_out
from training.refine import Measured, refine
from training.rehearsal import Recipe

QUICK = Recipe(epochs=1, least=2, rehearsal=1.0)
HELD = next(f"made-{n}" for n in range(1000) if held_out(f"made-{n}"))
FREE = next(f"made-{n}" for n in range(1000) if not held_out(f"made-{n}"))


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("models")
    make_tiny(made / "toy-1.0")
    return made


def _own() -> list[Document]:
    return [report(3, HELD), report(4, FREE)]


def _refine(models: Path, out: Path, corrected: list[Document], **given: Any) -> dict[str, Any]:
    out.mkdir(exist_ok=True)
    return refine(
        corrected, parent=models / "toy-1.0", models=models, out=out, recipe=QUICK, own=_own(), gold=[], **given
    )


def test_a_refinement_becomes_a_model_that_can_be_had(models: Path, tmp_path: Path) -> None:
    before = (models / "toy-1.0" / "reader.onnx").read_bytes()
    result = _refine(models, tmp_path / "run", [report(5), report(3, "the held-out one, corrected")])
    assert result["state"] == "candidate"
    assert result["model"] == "toy-1.0-r1"
    assert result["left_out"] == ["the held-out one, corrected"]
    assert result["learnt"] == {"documents": 1, "sentences": 3}
    folder = models / "toy-1.0-r1"
    assert Path(result["folder"]) == folder
    made = verify(folder)
    assert made.fields["training"]["parent"]["id"] == "toy-1.0"
    assert made.fields["training"]["data"]["corrected"]["documents"] == 1
    assert made.fields["training"]["data"]["held_out"]["documents"] == 1
    assert "corrections" in made.fields["licences"]
    assert set(made.fields["measured"]) == {"held out"}
    assert Tagger(folder).calibration.probability((0.0,) * 15) >= 0
    assert made.card.sha256 != read_manifest(models / "toy-1.0").card.sha256
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert card.startswith("# Model card: toy 1.0-r1\n")
    assert "### held out (1 reports)" in card
    assert (models / "toy-1.0" / "reader.onnx").read_bytes() == before
    progress = json.loads((tmp_path / "run" / "progress.json").read_text(encoding="utf-8"))
    assert progress == {"stage": "calibrate", "done": 1, "total": 1}
    assert next_version(made, models) == "1.0-r2"


def test_what_is_worse_is_refused_and_stays_out(models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fallen = Change("link", 0.9, 0.8, -0.12, -0.08, -0.07, 500)
    monkeypatch.setattr(refinement, "measure", lambda *_: [Measured("held out", 31, (fallen,), ("低于底线：x",))])
    there = sorted(models.iterdir())
    result = _refine(models, tmp_path / "run", [report(6)], version="9")
    assert result["state"] == "refused"
    assert result["reasons"] == [
        "留出的报告：指标链接的F1由 0.900 变为 0.800（-0.100，95% 区间 -0.120 至 -0.080，共 500 处）",
        "留出的报告：低于底线：x",
    ]
    assert sorted(models.iterdir()) == there
    assert verify(Path(result["folder"])).card.version == "9"


def test_a_run_that_was_cut_off_goes_on_and_another_does_not(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refinement, "measure", lambda *_: [Measured("held out", 1, (), ("x",))])
    out = tmp_path / "run"
    _refine(models, out, [report(6)])
    (out / "checkpoint.pt").write_bytes(b"of this very run")
    with pytest.raises(UnpicklingError):  # it is read, and is none
        _refine(models, out, [report(6)])
    result = _refine(models, out, [report(6), report(7)])
    assert result["learnt"]["documents"] == 2


def test_nothing_to_learn_from_is_said(models: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="没有可供训练的校正"):
        _refine(models, tmp_path / "run", [report(3, "only what is held out")])
    with pytest.raises(InvalidRequest, match="没有留出的报告"):
        refine([report(5)], parent=models / "toy-1.0", models=models, out=tmp_path / "run", own=[], gold=[])


def test_a_place_that_is_taken_is_kept(models: Path, tmp_path: Path) -> None:
    make_tiny(tmp_path / "built")
    with pytest.raises(ModelRefused, match=r"toy-1\.0 已存在"):
        place(tmp_path / "built", models)
    assert (tmp_path / "built").exists()


def test_held_out_texts_are_known_whatever_they_are_called() -> None:
    spaced = Document("x", report(3).text.replace("亿", " 亿"), (), (), {})
    found = material([spaced, report(5), report(4, "corrected")], own=_own())
    assert found.left_out == ("x",)
    assert [d.id for d in found.learnt] == ["made-5", "corrected"]
    assert [d.id for d in found.held] == [HELD]
    assert found.old == ()  # the one that is free was corrected
    assert found.apart == ()


def test_of_many_corrections_some_are_kept_apart() -> None:
    many = [report(n) for n in range(10, 10 + 4 * ENOUGH)]
    found = material(many, own=_own())
    assert len(found.learnt) + len(found.apart) == len(many)
    assert 0.05 < len(found.apart) / len(many) < 0.4
    again = material(many[::-1], own=_own())
    assert {d.id for d in again.apart} == {d.id for d in found.apart}


def test_a_file_with_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "c.jsonl"
    file.write_bytes(jsonl.write([report(1)]).data)
    assert [d.text for d in read_corrected(file)] == [report(1).text]
    file.write_text('{"text": "十", "entities": [{"label": "NOTHING", "start_offset": 0, "end_offset": 1}]}')
    with pytest.raises(InvalidRequest, match="无法读入之处"):
        read_corrected(file)


def test_the_command_leaves_what_came_of_it(models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "c.jsonl"
    file.write_bytes(b"")
    monkeypatch.setattr(refinement, "own_documents", _own)
    monkeypatch.setattr(refinement, "gold_documents", list)
    out = tmp_path / "run"
    call = ["refine", "--corrected", str(file), "--model", str(models / "toy-1.0"), "--models", str(models)]
    monkeypatch.setattr("sys.argv", [*call, "--out", str(out), "--epochs", "1"])
    assert refinement.main() == 1
    result = json.loads((out / "result.json").read_text(encoding="utf-8"))
    assert result["state"] == "failed"
    assert "没有可供训练的校正" in result["reasons"][0]
