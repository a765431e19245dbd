"""What a text is searched by: tokens, passages of a report, terms of a question.

A token is a number, a word in Latin letters, or a piece of Chinese in the archive's unit: a word as the segmenter cuts
it, or a single character.  What ends a phrase (punctuation, blanks) is remembered with the token after it; quotation
marks, hyphens and the `&` of R&D end none.

The segmenter takes 高新技术企业 for one word, and who looks for 企业 wants it too.  So a word is indexed with its tails
(新技术企业, 技术企业, ... 企业) and with a few words after each, and a question's last word may go on: any two
characters of a word find it, and 技术合同成交 finds 技术合同成交额.  What begins in one word and ends in the next is
found only where the segmenter parts the question there as well: 和服 is not in 产品和服务.  Pure; knows nothing of a
store.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, combinations, takewhile
from typing import NamedTuple

from service.errors import InvalidRequest
from service.normalise import normalise
from service.records import Span
from service.words import segmenter

MOST_ASKED = 200  # characters of a question
# A passage ends at the first pause after so many characters, and at the latest after as many more: PostgreSQL keeps 256
# places of a word in one.
PASSAGE, LONGEST_PASSAGE = 500, 1500
LONGEST_TOKEN = 64  # PostgreSQL takes no word of 2,048 bytes; what goes on after this is not looked at
CUTS_KEPT = 1 << 16  # the same words come again and again
SHORTEST_TAIL = 2
AFTER_TAIL = 3  # words indexed after a tail
MOST_JOINED = 5  # words of a term up to which all ways to join neighbours are looked for

_JOINERS = "&'\"“”‘’《》〈〉「」『』·-"
_HAN = "〇々\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_PIECE = re.compile(rf"[0-9]+(?:\.[0-9]+)*|[{_HAN}]+|[^\W_0-9{_HAN}]+")
_IS_HAN = re.compile(f"[{_HAN}]")
_JOINED = re.compile(f"[{re.escape(_JOINERS)}]*")
_BETWEEN = rf"[{re.escape(_JOINERS)}\s]*"

Cut = Callable[[str], Sequence[str]]


class Token(NamedTuple):
    """A token and its place in the clean text; `fresh`: a pause stands before it."""

    word: str
    start: int
    end: int
    fresh: bool


@dataclass(frozen=True, slots=True)
class Term:
    """A term of a question.

    `text` is the term as asked, normalised; `characters` its tokens by characters, `words` by words, None where no
    segmenter is installed.
    """

    text: str
    characters: tuple[str, ...]
    words: tuple[str, ...] | None

    @property
    def ways(self) -> list[tuple[tuple[str, ...], bool]]:
        """The phrases of words that the term may be indexed as, and whether the last word of each may go on.

        A text's longer stretch may have been cut into longer words: neighbours are joined in every way.
        """
        if self.words is None:
            return []
        whole = range(len(self.words) - 1)
        seams = [*_subsets(whole)] if len(self.words) <= MOST_JOINED else [(), tuple(whole)]
        return [(phrase, _is_han(phrase[-1])) for phrase in {_joined(self.words, joined): None for joined in seams}]

    def places(self, text: str) -> Iterator[Span]:
        """Where a text has the term, with joiners and blanks in it or without."""
        letters = (re.escape(c) for c in self.text if not _JOINED.fullmatch(c))
        for found in re.finditer(_BETWEEN.join(letters), text, re.IGNORECASE):
            yield Span(*found.span())


def by_characters(text: str) -> Sequence[str]:
    """Chinese text as its characters."""
    return text


@lru_cache(CUTS_KEPT)
def by_words(text: str) -> Sequence[str]:
    """Chinese text as words, where the segmenter is installed and gives the text back whole; else as characters."""
    cut = segmenter()
    words = tuple(cut(text)) if cut is not None else ()
    return words if "".join(words) == text else text


def tokens(clean: str, cut: Cut) -> Iterator[Token]:
    """The tokens of clean text, in order."""
    end = 0
    for found in _PIECE.finditer(clean):
        fresh = end > 0 and _JOINED.fullmatch(clean, end, found.start()) is None
        piece, start, end = found[0], found.start(), found.end()
        for part in cut(piece) if _is_han(piece) else (piece,):
            yield Token(part.casefold()[:LONGEST_TOKEN], start, start + len(part), fresh)
            start += len(part)
            fresh = False


def passages_of(found: Iterable[Token]) -> Iterator[list[Token]]:
    """Tokens in stretches that are indexed as one; only a phrase longer than a passage may be is parted."""
    passage: list[Token] = []
    for token in found:
        length = token.end - passage[0].start if passage else 0
        if (token.fresh and length > PASSAGE) or length > LONGEST_PASSAGE:
            yield passage
            passage = []
        passage.append(token)
    if passage:
        yield passage


def indexed(passage: Sequence[Token]) -> Iterator[tuple[str, bool]]:
    """The words of a passage, then the tails of its Chinese words, each with whether a pause stands before it."""
    for token in passage:
        yield token.word, token.fresh
    for at, token in enumerate(passage):
        if len(token.word) > SHORTEST_TAIL and _is_han(token.word):
            after = [t.word for t in takewhile(lambda t: not t.fresh, passage[at + 1 : at + 1 + AFTER_TAIL])]
            for start in range(1, len(token.word) - SHORTEST_TAIL + 1):
                yield token.word[start:], True
                yield from ((word, False) for word in after)


def terms_of(q: str) -> list[Term]:
    """The terms of a question, which blanks and punctuation part, each once.

    Raises InvalidRequest where `q` is longer than `MOST_ASKED`.
    """
    if len(q) > MOST_ASKED:
        raise InvalidRequest(f"检索词有 {len(q)} 个字符，最多 {MOST_ASKED} 个；请缩短。")
    terms: dict[str, Term] = {}
    for piece in q.split():  # blanks beside Chinese do not outlast normalising
        clean = normalise(piece).text
        for phrase in _phrases(tokens(clean, by_characters)):
            text = clean[phrase[0].start : phrase[-1].end]
            words = tuple(t.word for t in tokens(text, by_words)) if segmenter() is not None else None
            terms.setdefault(text.casefold(), Term(text, tuple(t.word for t in phrase), words))
    return list(terms.values())


def _phrases(found: Iterable[Token]) -> list[list[Token]]:
    """Tokens between pauses."""
    phrases: list[list[Token]] = []
    for token in found:
        if token.fresh or not phrases:
            phrases.append([])
        phrases[-1].append(token)
    return phrases


def _is_han(word: str) -> bool:
    return _IS_HAN.match(word) is not None


def _subsets(seams: Sequence[int]) -> Iterator[tuple[int, ...]]:
    return chain.from_iterable(combinations(seams, size) for size in range(len(seams) + 1))


def _joined(words: Sequence[str], seams: Sequence[int]) -> tuple[str, ...]:
    """The words with those on both sides of each seam made one, where both are Chinese."""
    made = [words[0]]
    for at, word in enumerate(words[1:]):
        if at in seams and _is_han(made[-1]) and _is_han(word):
            made[-1] += word
        else:
            made.append(word)
    return tuple(made)
