"""How much there is to learn from a report: what a model doubts in it, and whether that is new.

In: texts with what a model has read in them, or pieces of them.  Out: an order, and for each how many corrections a
thousand characters may bring, each counted as far as its sentence is unlike those that come before: uncertainty
sampling weighed by novelty (Settles 2009, "Active Learning Literature Survey", sections 3.1 and 5.1).  A doubt is one
minus the score of an entity or an observation, which for the latter is a calibrated probability, so that doubts add up
to the number of corrections to be expected.  What the model saw nothing in has no score: that it does not know.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from service.records import Span
from service.schema import ExtractionJson

_SENTENCE = re.compile(r"[^。！？；\n]+[。！？；]?")
_DIGITS = re.compile(r"[\d.,，%％]+")
# So many characters in a row tell phrases apart, and find the same ones again with other figures.
GRAM = 4
# Of a very long report the sentences with most doubts speak for it.
MOST_SENTENCES = 500
# A report is read as a whole: its title and what stands around a doubt cost as much as this many characters.
OVERHEAD = 300
# A doubt smaller than this is none: nobody corrects one entity in a hundred.
LEAST = 0.01
QUOTED = 30


@dataclass(frozen=True, slots=True)
class Lesson:
    """A sentence: `doubt`, the corrections to be expected; `shape`, its stretches of `GRAM` characters, hashed."""

    span: Span
    doubt: float
    shape: frozenset[int]

    def worth(self, known: set[int] | frozenset[int]) -> float:
        """Its doubt, as far as it is new."""
        return self.doubt * (len(self.shape - known) / len(self.shape) if self.shape else 1.0)


@dataclass(frozen=True, slots=True)
class Ranked:
    """`worth`: new corrections a thousand characters; `expected`: corrections in all; `first`: the sentence with most
    to learn, None where there is nothing."""

    id: str
    worth: float
    expected: float
    first: Lesson | None

    def reason(self, text: str) -> str:
        """Why it stands where it does, in Chinese."""
        if self.first is None:
            return "模型没有疑问"
        said = " ".join(self.first.span.of(text).split())
        quoted = said if len(said) <= QUOTED else f"{said[: QUOTED - 1]}…"
        return f"预计改动 {self.expected:.1f} 处，每千字新增 {self.worth:.1f} 处；疑问最多：“{quoted}”"


def lessons(text: str, answer: ExtractionJson) -> list[Lesson]:
    """The sentences of a text that the model doubts something in, in reading order.  Linear in the text."""
    doubts = sorted(
        [(e["start"], 1 - e["score"]) for e in answer["entities"]]
        + [(o["value"]["start"], 1 - o["score"]) for o in answer["observations"]]
    )
    found: list[Lesson] = []
    at = 0
    for match in _SENTENCE.finditer(text):
        doubt = 0.0
        while at < len(doubts) and doubts[at][0] < match.end():
            doubt += doubts[at][1] if doubts[at][1] >= LEAST else 0.0
            at += 1
        if doubt:
            found.append(Lesson(Span(*match.span()), doubt, shape(match.group())))
    return found


def shape(sentence: str) -> frozenset[int]:
    """What a sentence is known by, whatever its figures are."""
    folded = _DIGITS.sub("0", sentence.strip())
    return frozenset(hash(folded[n : n + GRAM]) for n in range(max(1, len(folded) - GRAM + 1)))


def known(sentences: Iterable[str]) -> set[int]:
    """What has been taught already."""
    return {gram for sentence in sentences for part in _SENTENCE.findall(sentence) for gram in shape(part)}


def alone(id_: str, characters: int, found: Sequence[Lesson]) -> Ranked:
    """A report by itself, each kind of sentence in it counted once."""
    return _value(id_, characters, _chief(found), frozenset())


def rank(
    reports: Mapping[str, tuple[int, Sequence[Lesson]]], taught: set[int] | frozenset[int] = frozenset()
) -> Iterator[Ranked]:
    """Reports (their characters and lessons, by id) in the order in which they teach most, given what is `taught`.

    Greedy: each is what is worth most after those before it.  What is known only grows, so worth only falls, and one
    that was found to be worth less is looked at again when its turn comes (Minoux 1978).
    """
    seen = set(taught)
    chief = {id_: (characters, _chief(found)) for id_, (characters, found) in reports.items()}
    heap = [(-_value(id_, *given, seen).worth, id_, -1) for id_, given in chief.items()]
    heapq.heapify(heap)
    turn = 0
    while heap:
        _, id_, looked = heapq.heappop(heap)
        if looked != turn:
            heapq.heappush(heap, (-_value(id_, *chief[id_], seen).worth, id_, turn))
            continue
        yield _value(id_, *chief[id_], seen)
        seen |= {gram for lesson in chief[id_][1] for gram in lesson.shape}
        turn += 1


def _chief(found: Sequence[Lesson]) -> list[Lesson]:
    return heapq.nlargest(MOST_SENTENCES, found, key=lambda lesson: lesson.doubt)


def _value(id_: str, characters: int, found: Sequence[Lesson], known: set[int] | frozenset[int]) -> Ranked:
    """`found` has the largest doubts first: of two sentences of one kind the one with more counts."""
    new = 0.0
    here: set[int] = set()
    first: tuple[float, Lesson] | None = None
    for lesson in found:
        fresh = lesson.shape - known
        share = len(fresh - here) / len(lesson.shape) if lesson.shape else 1.0
        worth = lesson.doubt * share
        here |= fresh
        new += worth
        if first is None or worth > first[0]:
            first = (worth, lesson)
    expected = sum(lesson.doubt for lesson in found)
    return Ranked(id_, 1000 * new / (characters + OVERHEAD), expected, first[1] if first else None)
