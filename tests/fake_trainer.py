"""In the place of `training.refine`: does what the file beside its corrections tells it to.

It waits until `go` stands in the run's folder, then ends as that says: by a word, or by a whole result as JSON, whose
new model is the old one's folder under another version.
"""

from __future__ import annotations

import argparse
import json
import shutil
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
elif plan.startswith("{"):
    result = json.loads(plan)
    if result["state"] == "candidate":
        name, _, version = result["model"].rpartition("-")
        folder = shutil.copytree(given.model, given.models / result["model"])
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        (folder / "manifest.json").write_text(
            json.dumps({**manifest, "name": name, "version": version}), encoding="utf-8"
        )
        (folder / "README.md").write_text(f"# Model card: {name} {version}\n\n<b>not bold</b>\n", encoding="utf-8")
    write("result.json", result)
else:
    raise SystemExit(f"as told: {plan}")
