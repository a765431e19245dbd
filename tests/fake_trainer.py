"""In the place of `training.refine`: does what the file beside its corrections tells it to.

`say` in the corrected documents' titles is the plan: wait until `go` stands in the run's folder, then end in a way.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

parser = argparse.ArgumentParser()
for name in ("corrected", "model", "models", "out"):
    parser.add_argument(f"--{name}", type=Path, required=True)
for name in ("threads", "nice", "version"):
    parser.add_argument(f"--{name}")
given = parser.parse_args()


def write(name: str, said: dict[str, object]) -> None:
    part = given.out / f"{name}.part"
    part.write_text(json.dumps(said), encoding="utf-8")
    part.replace(given.out / name)


started = given.out / "started"
times = len(started.read_text()) + 1 if started.exists() else 1
started.write_text("x" * times)
write("progress.json", {"stage": "train", "done": times, "total": 4})
while not (given.out / "go").exists():
    time.sleep(0.01)
write("progress.json", {"stage": "measure", "done": 4, "total": 4})
plan = (given.out / "go").read_text(encoding="utf-8")
figure = {"figure": "link", "before": 0.9, "after": 0.8, "low": -0.2, "high": -0.1, "asked": 9, "verdict": "worse"}
measured = [{"set": "held out", "documents": 2, "figures": [figure]}]
if plan == "refused":
    write("result.json", {"state": "refused", "model": "toy-9", "reasons": ["指标链接变差"], "measured": measured})
elif plan == "candidate":
    write("result.json", {"state": "candidate", "model": "toy-9", "reasons": [], "measured": []})
else:
    raise SystemExit(f"as told: {plan}")
