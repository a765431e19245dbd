"""The shipped model refined for real: its own network learns an office's way to mark a word from three sentences."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.manifest import verify
from service.pipeline import Pipeline
from service.records import Label
from service.settings import DEFAULT_MODEL
from training.corrections import own_documents
from training.examples import held_out
from training.markup import compile_markup
from training.refine import refine
from training.rehearsal import Recipe

pytestmark = pytest.mark.skipif(not (DEFAULT_MODEL / "manifest.json").exists(), reason="no model in this checkout")

# Few windows and many passes over them, at higher rates than `Recipe` has for hundreds of sentences.
EAGER = Recipe(epochs=8, rate=3e-4, head_rate=1e-3, least=4, rehearsal=1.0)
WORD = "科创飞地"
CORRECTED = """\
# id: office
# bureau: science
# form: annual
# level: county
# place: 浙江
# area: 临江县
# year: 2023

一、工作情况
{2023年|T},全县{科创飞地|G}{入驻企业|I}{12家|C}。
{2023年|T},全县{科创飞地|G}新增{入驻企业|I}{3家|C}。
{2023年|T},{科创飞地|G}{引进项目|I}{45个|C}。
"""


def test_the_shipped_model_learns_from_three_sentences(shipped: Pipeline, tmp_path: Path) -> None:
    corrected = compile_markup(CORRECTED)
    own = sorted(own_documents(), key=lambda d: len(d.text))
    few = [next(d for d in own if held_out(d.id)), next(d for d in own if not held_out(d.id))]
    before = verify(DEFAULT_MODEL)
    (tmp_path / "run").mkdir()
    result = refine(
        [corrected], parent=DEFAULT_MODEL, models=tmp_path, out=tmp_path / "run", recipe=EAGER, own=few, gold=[]
    )
    made = verify(Path(result["folder"]))
    assert result["parent"] == before.card.id
    assert made.fields["training"]["parent"]["sha256"] == before.card.sha256 != made.card.sha256
    # Whatever the verdict is on one short report, it was measured with both models, and figure by figure.
    assert [(one["set"], one["documents"]) for one in result["measured"]] == [("held out", 1)]
    losses = [epoch["loss"] for epoch in made.fields["training"]["history"]]
    assert len(losses) == EAGER.epochs
    assert losses[-1] < losses[0]
    refined = Pipeline.load(Path(result["folder"]), threads=1)
    assert set(labels(shipped, corrected.text)) != {Label.PROGRAM}
    assert labels(refined, corrected.text) == [Label.PROGRAM] * 3


def labels(pipeline: Pipeline, text: str) -> list[Label]:
    """As what the word is read, wherever it is read as anything."""
    extraction = pipeline.extract(text)
    return [e.label for e in extraction.entities if e.span.of(extraction.clean.text) == WORD]
