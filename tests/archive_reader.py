"""A reader without a model for worker processes, and the reports that it reads.

What a report says decides what happens to it: `慢<n>` takes n tenths of a second, `毒` kills the process that reads it,
`坏` cannot be read, `崩` is a fault of ours, and of `零` is read what PostgreSQL cannot keep.  Any other takes a few
milliseconds.  Light to import: a worker process that is started a hundred times should not load a web server.
"""

from __future__ import annotations

import os
import re
import signal
import time
from pathlib import Path

from fakes import CARD, extraction_of

from service.errors import EmptyText
from service.extractor import Extractor, Observe
from service.records import Extraction, Hints, ModelCard

READER = "archive_reader:load"
OTHER_MODEL = "archive_reader:load_other"
BROKEN = "archive_reader:load_broken"

_SLOW = re.compile("慢([0-9]+)")


def report_text(number: int, mark: str = "") -> str:
    """A report of its own, with two to five figures."""
    figures = "，".join(f"第{at}类企业{number + at}家" for at in range(1 + number % 4))
    return f"青岚区统计公报之{number}。{mark}{figures}。投资{number}.5亿元，增长{number % 97}%。"


class Reader:
    def __init__(self, card: ModelCard = CARD) -> None:
        self.model = card

    def extract(self, text: str, hints: Hints = Hints(), observe: Observe | None = None) -> Extraction:  # noqa: ARG002
        if "毒" in text:
            os.kill(os.getpid(), signal.SIGKILL)
        if "坏" in text:
            raise EmptyText
        if "崩" in text:
            raise RuntimeError("a fault of ours")
        if "零" in text:
            hints = Hints(title="\0")
        slow = _SLOW.search(text)
        time.sleep(int(slow[1]) / 10 if slow else 0.001 + len(text) % 5 / 1000)
        return extraction_of(text, hints)


def load(model: Path, threads: int) -> Extractor:  # noqa: ARG001
    return Reader()


def load_other(model: Path, threads: int) -> Extractor:  # noqa: ARG001
    return Reader(ModelCard("fake", "1.2.3", "f" * 64))


def load_broken(model: Path, threads: int) -> Extractor:  # noqa: ARG001
    os._exit(9)
