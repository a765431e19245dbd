"""Lessons: what teachers think of a text together, and a student that comes to think it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from tiny_model import report, tiny

from service.candidates import KINDS
from service.characters import Characters
from service.normalise import normalise
from service.records import Label
from service.tags import TAGS
from training import distil, train
from training.distil import Lesson, lesson, mixed, shared, taught
from training.examples import IGNORE, example
from training.network import PoolDropout, Reader
from training.train import Work, chunks, collate, labelled

TEXT = normalise(report(3).text).text


def _learn(reader: Reader, step: Work, times: int) -> None:
    optimizer = torch.optim.Adam(reader.parameters(), lr=5e-3)
    for _ in range(times):
        optimizer.zero_grad()
        step(reader).backward()
        optimizer.step()


@pytest.fixture(scope="module", autouse=True)
def small() -> Iterator[None]:
    """Steps of one short row, none to fill them up."""
    with pytest.MonkeyPatch.context() as patch:
        for name, size in (("ROWS", 1), ("LENGTH", 64)):
            patch.setattr(train, name, size)
            patch.setattr(distil, name, size)
        yield


@pytest.fixture(scope="module")
def read() -> tuple[list[Reader], Characters]:
    """Two readers that have learnt one made-up report, from different beginnings and not equally well."""
    (one, characters), (other, _) = tiny(1), tiny(2)
    step = labelled(chunks([example(report(3))], shuffle=False), characters)
    _learn(one, step, 80)
    _learn(other, step, 50)
    return [one, other], characters


@pytest.fixture
def undisturbed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing hidden and nothing dropped, so that a loss depends on the weights alone."""
    monkeypatch.setattr(distil, "HIDDEN", 0.0)
    monkeypatch.setattr(PoolDropout, "forward", lambda _, x: x)


def _lesson(read: tuple[list[Reader], Characters], *numbers: int) -> Lesson:
    found = lesson("made", TEXT, [read[0][n] for n in numbers], read[1])
    assert found is not None
    return found


def test_a_lesson_is_the_mean_of_what_its_teachers_think(read: tuple[list[Reader], Characters]) -> None:
    first, second, both = _lesson(read, 0), _lesson(read, 1), _lesson(read, 0, 1)
    inside = both.tags != IGNORE
    assert inside.any()
    mean = (first.probabilities.astype(np.float32) + second.probabilities.astype(np.float32)) / 2
    assert np.allclose(both.probabilities, mean, atol=2e-3)
    assert both.probabilities.shape == (len(TEXT), TAGS)
    assert np.allclose(both.probabilities[inside].sum(1), 1, atol=1e-2)
    assert not both.probabilities[~inside].any()
    assert np.abs(first.probabilities - second.probabilities).max() > 0.02  # else the mean shows nothing


def test_its_spans_and_links_are_what_the_teachers_have_learnt(read: tuple[list[Reader], Characters]) -> None:
    found, known = _lesson(read, 0, 1), example(report(3))
    assert {(e.label, e.span) for e in found.entities} == {(e.label, e.span) for e in known.entities}
    assert np.array_equal(found.pair_index, known.pair_index)
    assert np.abs(found.pair_target - known.pair_target).max() < 0.5
    assert np.array_equal(found.measure, known.measure)
    assert np.array_equal(found.status, known.status)


def test_of_candidates_that_exclude_each_other_no_more_than_one_is_meant(read: tuple[list[Reader], Characters]) -> None:
    found = _lesson(read, 0, 1)
    assert ((found.pair_target >= 0) & (found.pair_target <= 1)).all()
    exclusive = found.pair_kind != KINDS.index(Label.INDICATOR)
    for value, kind in {(int(v), int(k)) for (v, _), k in zip(found.pair_index, found.pair_kind, strict=True)}:
        of = (found.pair_index[:, 0] == value) & (found.pair_kind == kind) & exclusive
        assert found.pair_target[of].sum() <= 1 + 1e-5


@pytest.mark.usefixtures("undisturbed")
def test_no_one_thinks_as_a_teacher_but_itself(read: tuple[list[Reader], Characters]) -> None:
    (one, other), characters = read
    mine = taught(chunks([_lesson(read, 0)], shuffle=False), characters)
    with torch.no_grad():
        assert float(mine(one)) < float(mine(other))


@pytest.mark.usefixtures("undisturbed")
def test_exclusive_pairs_are_learnt_at_their_probability(read: tuple[list[Reader], Characters]) -> None:
    batch = collate(chunks([_lesson(read, 0, 1)], shuffle=False), read[1])
    assert batch.groups
    scores = torch.zeros(len(batch.pair_target), requires_grad=True)
    for _ in range(400):
        (slope,) = torch.autograd.grad(batch.groups * shared(scores, batch), scores)
        scores = (scores - slope).detach().requires_grad_()
    held = batch.pair_group >= 0
    total = torch.ones(batch.groups).index_add(0, batch.pair_group[held], scores[held].exp())
    said = scores[held].exp() / total[batch.pair_group[held]]
    assert torch.allclose(said, batch.pair_target[held], atol=0.02)


@pytest.mark.usefixtures("undisturbed")
def test_a_student_comes_to_think_as_its_teachers(read: tuple[list[Reader], Characters]) -> None:
    student, characters = tiny(7)
    both = _lesson(read, 0, 1)
    step = taught(chunks([both], shuffle=False), characters)
    before = step(student).item()
    _learn(student, step, 120)
    assert 0 < step(student).item() < before / 4
    learnt = lesson("made", TEXT, [student], characters)
    assert learnt is not None
    assert (learnt.probabilities.argmax(1) == both.probabilities.argmax(1)).mean() > 0.97


def test_a_sure_score_costs_nothing_and_no_less(read: tuple[list[Reader], Characters]) -> None:
    batch = collate(chunks([_lesson(read, 0)], shuffle=False), read[1])
    batch.pair_target[:] = (torch.arange(len(batch.pair_target)) == int((batch.pair_group >= 0).nonzero()[0])).float()
    for size in (10.0, 100.0, 1e4):
        scores = torch.where(batch.pair_target > 0, size, -size)
        assert 0 <= shared(scores, batch).item() < 1e-3


def test_an_epoch_has_as_many_steps_on_lessons(read: tuple[list[Reader], Characters]) -> None:
    known, found = example(report(3)), _lesson(read, 0)
    assert len(mixed([known] * 20, [found] * 200, read[1])) == 2 * len(mixed([known] * 20, [], read[1]))


def test_what_holds_no_prose_is_no_lesson(read: tuple[list[Reader], Characters]) -> None:
    assert lesson("empty", "", *read) is None
    assert lesson("unclean", "完成 3.2 亿元", *read) is None  # cleaning would move its characters
