"""A coordinator in a process of its own, for tests that kill it.

`python archive_coordinator.py URL JOB LEASE_SECONDS [MODEL]`; without a model the fake reads.  Exits 0 where the job is
over and 3 where it is not.
"""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

from archive_reader import READER

from service.archive.local import run_job
from service.archive.worker import PIPELINE

NOT_OVER = 3


def main(url: str, job: str, lease: str, model: str = "") -> int:
    seconds = timedelta(seconds=float(lease))
    reader = PIPELINE if model else READER
    # Here it is the tests that kill, again and again, and not the reports.
    end = run_job(url, int(job), Path(model), workers=2, lease=seconds, reader=reader, attempts=1_000_000)
    return 0 if end.over else NOT_OVER


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
