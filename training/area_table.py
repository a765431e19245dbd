"""Writes `service/data/areas.csv` from published lists of administrative divisions.

    python -m training.area_table LISTS service/data/areas.csv

In: a folder with `provinces.csv`, `cities.csv` and `areas.csv`, each with `code` and `name` (codes of two, four and
six digits).  Out: `code,name,level`, six-digit codes of GB/T 2260, sorted.  Left out: groupings that are no place
(市辖区), and statistical codes for development zones (71-80 in the last two places), which GB/T 2260 does not have.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

LEVELS = (("provinces.csv", "province"), ("cities.csv", "city"), ("areas.csv", "county"))
GROUPINGS = frozenset({"市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"})
STATISTICAL = range(71, 81)  # last two digits that only the statistical bureau's code list uses
OUTSIDE_LISTS = (("710000", "台湾省"), ("810000", "香港特别行政区"), ("820000", "澳门特别行政区"))


def rows(folder: Path) -> list[tuple[str, str, str]]:
    """`(code, name, level)` of every division in the lists, sorted by code."""
    found = {(code, name, "province") for code, name in OUTSIDE_LISTS}
    for file, level in LEVELS:
        with (folder / file).open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                code, name = row["code"].ljust(6, "0"), row["name"]
                zone = level == "county" and (int(code[4:]) in STATISTICAL or name.endswith("委员会"))
                if name not in GROUPINGS and not zone:
                    found.add((code, name, level))
    return sorted(found)


def main(folder: str, target: str) -> None:
    with Path(target).open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(("code", "name", "level"))
        writer.writerows(rows(Path(folder)))


if __name__ == "__main__":
    main(*sys.argv[1:3])
