"""Pinyin syllables as some web pages leave them in brackets after a character: `發(fā)布`.

In: the letters between the brackets.  Out: whether they are one syllable, and whether it carries a tone mark.
Source: the table of syllables of 汉语拼音方案 (GB/T 16159-2012, ISO 7098:2015), with ü also written v.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

# Every initial with the finals it takes; "" is a syllable without initial.
_FINALS = {
    "": "a o e ai ei ao ou an en ang eng er",
    "b": "a o ai ei ao an en ang eng i ie iao ian in ing u",
    "p": "a o ai ei ao ou an en ang eng i ie iao ian in ing u",
    "m": "a o e ai ei ao ou an en ang eng i ie iao iu ian in ing u",
    "f": "a o ei ou an en ang eng u",
    "d": "a e ai ei ao ou an en ang eng ong i ia ie iao iu ian ing u uo ui uan un",
    "t": "a e ai ei ao ou an ang eng ong i ie iao ian ing u uo ui uan un",
    "n": "a e ai ei ao ou an en ang eng ong i ie iao iu ian in iang ing u uo uan ü üe",
    "l": "a o e ai ei ao ou an ang eng ong i ia ie iao iu ian in iang ing u uo uan un ü üe",
    "g": "a e ai ei ao ou an en ang eng ong u ua uo uai ui uan un uang",
    "k": "a e ai ei ao ou an en ang eng ong u ua uo uai ui uan un uang",
    "h": "a e ai ei ao ou an en ang eng ong u ua uo uai ui uan un uang",
    "j": "i ia ie iao iu ian in iang ing iong u ue uan un",
    "q": "i ia ie iao iu ian in iang ing iong u ue uan un",
    "x": "i ia ie iao iu ian in iang ing iong u ue uan un",
    "zh": "a e ai ei ao ou an en ang eng ong i u ua uo uai ui uan un uang",
    "ch": "a e ai ao ou an en ang eng ong i u ua uo uai ui uan un uang",
    "sh": "a e ai ei ao ou an en ang eng i u ua uo uai ui uan un uang",
    "r": "e ao ou an en ang eng ong i u ua uo ui uan un",
    "z": "a e ai ei ao ou an en ang eng ong i u uo ui uan un",
    "c": "a e ai ao ou an en ang eng ong i u uo ui uan un",
    "s": "a e ai ao ou an en ang eng ong i u uo ui uan un",
    "y": "a o e ai ao ou an ang ong i in ing u ue uan un",
    "w": "a o ai ei an en ang eng u",
}
_TONES = frozenset("\u0300\u0301\u0304\u030c")
_DIAERESIS = "\u0308"


def syllable(letters: str) -> bool | None:
    """None where `letters` are no lower-case pinyin syllable; else whether they carry a tone mark.

    Tone marks may be part of a letter or stand after it as combining characters.
    """
    base: list[str] = []
    tones = 0
    for mark in unicodedata.normalize("NFD", letters):
        if mark in _TONES:
            tones += 1
        elif mark == _DIAERESIS and base and base[-1] == "u":
            base[-1] = "ü"
        else:
            base.append(mark)
    if tones > 1 or "".join(base) not in _syllables():
        return None
    return tones == 1


@lru_cache(maxsize=1)
def _syllables() -> frozenset[str]:
    plain = {initial + final for initial, finals in _FINALS.items() for final in finals.split()}
    return frozenset(plain | {full.replace("ü", "v") for full in plain} | {"lue", "nue"})
