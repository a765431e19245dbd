"""Soft labels: what teachers think of a text together, and a student that comes to think it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_model import report, tiny

from service.candidates import KINDS
from service.characters import Characters
from service.normalise import normalise
from service.records import Label
from service.tags import TAGS
from training import batches, distil
from training.batches import Batch, chunks, collate
from training.distil import SoftExample, mixed, soft_example, soft_examples, soft_exclusive, soft_labelled, unlabelled
from training.examples import IGNORE, example
from training.network import PoolDropout, Reader
from training.train import Work, labelled

SHORT = normalise(report(3).text).text
# Windows with others before them, more than one chunk of them, and more than one period and region before a value.
LONG = normalise("\n".join(report(n % 10).text + "2022年、2021年，青山镇、临江县新增高企7家。" for n in range(24))).text

Read = tuple[list[Reader], Characters]


def _learn(reader: Reader, step: Work, times: int) -> None:
    optimizer = torch.optim.Adam(reader.parameters(), lr=5e-3)
    for _ in range(times):
        optimizer.zero_grad()
        step(reader).backward()
        optimizer.step()


@pytest.fixture(scope="module", autouse=True)
def few_rows() -> Iterator[None]:
    """Steps of as many rows as there are, none to fill them up."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batches, "ROWS", 1)
        yield


@pytest.fixture(scope="module")
def read() -> Read:
    """Two readers that have learnt one made-up report, from different beginnings, and are not too sure of its links."""
    (one, characters), (other, _) = tiny(1), tiny(2)
    step = labelled(chunks([example(report(3))], shuffle=False), characters)
    _learn(one, step, 80)
    _learn(other, step, 50)
    with torch.no_grad():
        for parameter in (*one.pair.score.parameters(), *other.pair.score.parameters()):
            parameter.mul_(0.1)
    return [one.eval(), other.eval()], characters


@pytest.fixture
def undisturbed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing hidden and nothing dropped, so that a loss depends on the weights alone."""
    monkeypatch.setattr(distil, "HIDDEN", 0.0)
    monkeypatch.setattr(PoolDropout, "forward", lambda _, x: x)


def _soft(read: Read, text: str, *numbers: int) -> SoftExample:
    found = soft_example("made", text, [read[0][n] for n in numbers], read[1])
    assert found is not None
    return found


def _probability(e: SoftExample) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """The probability of each pair."""
    p = e.pair_target.astype(np.float64)
    for kind in {int(k) for k in e.pair_kind} - {KINDS.index(Label.INDICATOR)}:
        for value in set(e.pair_index[:, 0].tolist()):
            of = (e.pair_index[:, 0] == value) & (e.pair_kind == kind)
            p[of] = np.exp(p[of]) / (1 + np.exp(p[of]).sum())
    return p


def test_soft_labels_are_the_mean_of_what_the_teachers_think(read: Read) -> None:
    one, other, both = _soft(read, SHORT, 0), _soft(read, SHORT, 1), _soft(read, SHORT, 0, 1)
    assert [e.span for e in one.entities] == [e.span for e in other.entities] == [e.span for e in both.entities]
    for part in (lambda e: e.probabilities.astype(np.float64), _probability):
        assert np.abs(part(one) - part(other)).max() > 0.02  # else the mean shows nothing
        assert np.allclose(part(both), (part(one) + part(other)) / 2, atol=3e-3)


def test_every_character_of_a_window_has_its_tags(read: Read) -> None:
    found = _soft(read, LONG, 0, 1)
    inside = found.tags != IGNORE
    assert found.probabilities.shape == (len(LONG), TAGS)
    assert np.allclose(found.probabilities[inside].sum(1), 1, atol=1e-2)
    assert not found.probabilities[~inside].any()


def test_spans_and_links_are_what_the_teachers_have_learnt(read: Read) -> None:
    found, known = _soft(read, SHORT, 0, 1), example(report(3))
    assert {(e.label, e.span) for e in found.entities} == {(e.label, e.span) for e in known.entities}
    assert np.array_equal(found.pair_index, known.pair_index)
    assert np.abs(_probability(found) - known.pair_target).max() < 0.5
    assert np.array_equal(found.measure, known.measure)
    assert np.array_equal(found.status, known.status)


@pytest.mark.usefixtures("undisturbed")
def test_a_step_asks_of_a_teacher_what_it_thinks(read: Read) -> None:
    """Window by window and chunk by chunk, at the right places: a lone teacher agrees with its own soft labels."""
    (teacher, _), characters = read
    found = _soft(read, LONG, 0)
    parts = chunks([found], shuffle=False)
    assert len(parts) > 1
    assert any(w.span != w.core for w in found.windows)
    largest = 0
    for part in parts:
        batch = collate([part], characters)
        with torch.no_grad():
            logits, vectors = teacher(batch.ids, batch.mask)
        rows = [found.probabilities[w.core.start : w.core.end] for w in found.windows[part[1] : part[2]]]
        said = logits.softmax(-1)[batch.tags != IGNORE].numpy()
        assert np.abs(said - np.concatenate(rows)).max() < 0.05  # it was read in bf16
        largest = max(largest, _agree(teacher, batch, vectors))
    assert largest > 1  # some group has candidates that exclude each other


def _shares(scores: torch.Tensor, batch: Batch) -> torch.Tensor:
    """The probability of each exclusive pair within its group, none among them."""
    held = batch.pair_group >= 0
    power, group = scores[held].detach().double().exp(), batch.pair_group[held]
    return power / torch.ones(batch.groups, dtype=torch.float64).index_add(0, group, power)[group]


def _agree(teacher: Reader, batch: Batch, vectors: torch.Tensor) -> int:
    """Check a teacher's pairs against the targets; how many pairs the largest group has."""
    flat = vectors.flatten(0, 1)
    with torch.no_grad():
        ends = flat[batch.pair_value].flatten(1), flat[batch.pair_candidate].flatten(1)
        scores = teacher.pair(*ends, batch.pair_features)
    held = batch.pair_group >= 0
    assert (_shares(scores, batch) - _shares(batch.pair_target, batch)).abs().max() < 0.1
    assert (scores[~held].sigmoid() - batch.pair_target[~held]).abs().max() < 0.1
    return int(torch.bincount(batch.pair_group[held]).max())


def test_exclusive_pairs_are_learnt_as_they_stand_to_one_another(read: Read) -> None:
    batch = collate(chunks([_soft(read, LONG, 0, 1)], shuffle=False)[:1], read[1])
    scores = torch.zeros(len(batch.pair_target), requires_grad=True)
    for _ in range(400):
        (slope,) = torch.autograd.grad(batch.groups * soft_exclusive(scores, batch), scores)
        scores = (scores - slope).detach().requires_grad_()
    assert torch.allclose(_shares(scores, batch), _shares(batch.pair_target, batch), atol=0.02)


def test_a_sure_score_costs_nothing_and_no_less(read: Read) -> None:
    batch = collate(chunks([_soft(read, SHORT, 0)], shuffle=False), read[1])
    first = torch.arange(len(batch.pair_target)) == int((batch.pair_group >= 0).nonzero()[0])
    batch = replace(batch, pair_target=torch.where(first, 100.0, -100.0))
    for size in (10.0, 100.0, 1e4):
        assert 0 <= soft_exclusive(torch.where(first, size, -size), batch).item() < 1e-3


@pytest.mark.usefixtures("undisturbed")
def test_a_student_comes_to_think_as_its_teachers(read: Read) -> None:
    student, characters = tiny(7)
    both = _soft(read, SHORT, 0, 1)
    step = soft_labelled(chunks([both], shuffle=False), characters)
    before = step(student).item()
    _learn(student, step, 120)
    assert 0 < step(student).item() < before / 4
    learnt = soft_example("made", SHORT, [student], characters)
    assert learnt is not None
    assert (learnt.probabilities.argmax(1) == both.probabilities.argmax(1)).mean() > 0.97


def test_an_epoch_has_at_most_as_many_steps_on_soft_labels(read: Read) -> None:
    known, found = [example(report(3))] * 20, [_soft(read, SHORT, 0)] * 200
    alone = len(mixed(known, [], read[1]))
    assert alone
    assert len(mixed(known, found, read[1])) == 2 * alone
    assert len(mixed(known, found[:1], read[1])) == alone + 1


def test_what_holds_no_prose_or_is_unclean_has_none(read: Read) -> None:
    assert soft_example("empty", "", *read) is None
    assert soft_example("unclean", "完成 3.2 亿元", *read) is None  # cleaning would move its characters
    bare = soft_example("bare", "各位代表：现在开会。", *read)
    assert bare is None or len(bare.pair_target) == 0


def test_texts_are_read_once(read: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = tmp_path / "soft.pt"
    kept.with_suffix(".part").write_bytes(b"cut off in the middle")
    first = soft_examples([SHORT, ""], *read, kept)
    monkeypatch.setattr(distil, "soft_example", None)
    again = soft_examples([SHORT, ""], *read, kept)
    assert [e.text for e in first] == [e.text for e in again] == [SHORT]
    assert np.array_equal(first[0].pair_target, again[0].pair_target)
    assert {p.name for p in tmp_path.iterdir()} == {"soft.pt"}


def test_excerpts_that_are_held_out_are_not_read_in_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distil, "corpora", lambda _: iter([LONG, "另一篇报告。" * 20]))
    assert len(unlabelled([])) == 2
    assert unlabelled([report(3)]) == ["另一篇报告。" * 20]
