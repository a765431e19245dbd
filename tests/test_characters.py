"""Characters to ids."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from service.characters import BLANK, SPECIAL, Characters

VOCABULARY = {name: i for i, name in enumerate((*SPECIAL, BLANK, "0", "亿", "元", "(", "A", "1"))}
CHARACTERS = Characters.build(VOCABULARY)


def _ids(text: str) -> list[int]:
    return [int(i) for i in CHARACTERS.encode(text)]


def test_digits_share_one_id() -> None:
    assert _ids("305") == [VOCABULARY["0"]] * 3
    assert _ids("5①") == [VOCABULARY["0"]] * 2


def test_compatibility_forms_blanks_and_strangers() -> None:
    assert _ids("(A亿") == [VOCABULARY["("], VOCABULARY["A"], VOCABULARY["亿"]]
    assert _ids(" \n\u3000\x07") == [VOCABULARY[BLANK]] * 4
    assert _ids("鄞𠮷") == [VOCABULARY["[UNK]"]] * 2


@given(st.text())
def test_one_id_for_each_code_point(text: str) -> None:
    ids = CHARACTERS.encode(text)
    assert ids.shape == (len(text),)
    assert ids.dtype == np.int64
    assert set(ids.tolist()) <= set(VOCABULARY.values())
