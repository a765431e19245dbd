"""How many reports a second an engine reads, by number of workers.

`python -m service.archive.throughput [--engines local ray] [--workers 1 2] [--copies 1] FILE...` puts the reports of
the files (`.txt`, or `.jsonl` with a `text` in each line) into an archive of its own, for each engine and number of
workers a fresh one, reads them with the model and prints reports and characters a second: from the moment that the
first worker, its model loaded, leases its first report, to the end of the job.  Ray is started on this machine, unless
`--address` names a cluster.  `--archive` measures in that archive instead, which keeps what it is given; `--copies`
reads every report so many times, told apart by a last line, for a longer and steadier measurement.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import uuid
from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from pathlib import Path

from service.archive.jobs import Progress, Selection, create_job
from service.archive.local import run_job
from service.archive.models import model_key
from service.archive.opening import open_archive
from service.archive.passes import run_job_on_ray
from service.archive.reports import add_report
from service.manifest import read_manifest
from service.settings import DEFAULT_MODEL

LOCAL, RAY = "local", "ray"


def texts_of(files: Iterable[Path]) -> Iterator[str]:
    """The reports of the files."""
    for file in files:
        text = file.read_text(encoding="utf-8")
        if file.suffix == ".jsonl":
            yield from (json.loads(line)["text"] for line in text.splitlines() if line.strip())
        else:
            yield text


def measure(
    url: str,
    texts: Sequence[str],
    model: Path,
    *,
    workers: int,
    threads: int,
    engine: str = LOCAL,
    address: str | None = None,
) -> Progress:
    """Read `texts`, which the archive must not have, in one job; how it ended.  `address` is that of a Ray cluster."""
    archive = open_archive(url)
    try:
        with archive.writing() as connection:
            ids = tuple(add_report(connection, text)[0].id for text in texts)
            key = model_key(connection, read_manifest(model).card)
            job = create_job(connection, key, Selection(ids), engine=engine)
        if engine == RAY:
            return run_job_on_ray(url, job, model, address=address, actors=workers, threads=threads)
        return run_job(url, job, model, workers=workers, threads=threads)
    finally:
        archive.close()


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--engines", nargs="+", choices=(LOCAL, RAY), default=[LOCAL])
    parser.add_argument("--address", help="of a Ray cluster")
    parser.add_argument("--workers", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--threads", type=int, default=1, help="of the model in each worker")
    parser.add_argument("--copies", type=int, default=1)
    parser.add_argument("--model", type=Path, default=DEFAULT_MODEL)
    parser.add_argument("--archive", metavar="URL")
    given = parser.parse_args(arguments)
    texts = list(dict.fromkeys(texts_of(given.files)))
    alone = 0.0
    for engine, workers in product(given.engines, given.workers):
        run = uuid.uuid4().hex[:8]
        copies = [f"{text}\n（{run}之{copy}）" for copy in range(given.copies) for text in texts]
        with tempfile.TemporaryDirectory() as folder:
            url = given.archive or f"sqlite:///{folder}/archive.db"
            end = measure(
                url,
                copies,
                given.model,
                workers=workers,
                threads=given.threads,
                engine=engine,
                address=given.address,
            )
        if end.started_at is None or end.finished_at is None:  # interrupted
            return
        seconds = (end.finished_at - end.started_at).total_seconds()
        rate = end.done / seconds
        alone = alone or rate / workers
        print(
            f"{engine}, {workers} workers: {end.done} reports of {end.total} in {seconds:.1f} s, {rate:.2f} reports/s, "
            f"{sum(map(len, copies)) / seconds:.0f} characters/s, {rate / alone / workers:.0%} of the first per worker"
        )


if __name__ == "__main__":
    main()
