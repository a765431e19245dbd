"""A job on Ray in a process of its own, so that no test's process has Ray in it; and the reader that its actors use.

`python archive_driver.py URL JOB SCRATCH OPTIONS`, the options of `run_job_on_ray` as JSON; besides, `fruitless`: how
often readers may die in vain.  Writes what it found as a line of JSON: the state of the job at the end and how often
progress was told, or the code of an error and its detail.

A report that says `〔PATH〕` is read when there is a file at that path.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from pathlib import Path
from unittest.mock import patch

from archive_reader import Reader

from service.archive import cluster, passes
from service.archive.crew import MOST_FRUITLESS
from service.archive.jobs import Progress
from service.errors import BaoshuError
from service.extractor import Extractor, Observe
from service.records import Extraction, Hints

_GATE = re.compile("〔(.+)〕")


class GatedReader(Reader):
    def extract(self, text: str, hints: Hints = Hints(), observe: Observe | None = None) -> Extraction:
        gate = _GATE.search(text)
        while gate is not None and not os.path.exists(gate[1]):
            time.sleep(0.02)
        return super().extract(text, hints, observe)


def load(model: Path, threads: int) -> Extractor:  # noqa: ARG001
    return GatedReader()


def main(url: str, job: str, scratch: str, options: str) -> None:
    cluster.SCRATCH = scratch
    told: list[Progress] = []
    try:
        given = {"reader": "archive_driver:load", **json.loads(options)}
        with patch.object(passes, "MOST_FRUITLESS", given.pop("fruitless", MOST_FRUITLESS)):
            end = passes.run_job_on_ray(url, int(job), Path(), on_progress=told.append, **given)
        found = {"state": end.state, "told": len(told)}
    except BaoshuError as error:
        found = {"error": error.code, "detail": error.detail}
    print(json.dumps(found, ensure_ascii=False))  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
