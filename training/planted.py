"""Planted errors: how many of them the checks find, and what they say of the same statements without.

`python -m training.planted [--model FOLDER] [--draws N] [--missed]` reads the statements of `training.statements` in
small reports, true and with a slip, and the slips of `SEEDED` in the seed reports, with the whole pipeline, and prints
for each rule how many errors are found and how many untouched statements raise an alarm.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from service.pipeline import Pipeline
from service.records import Finding, Hints, Severity
from service.settings import DEFAULT_MODEL
from training.seeds import SEEDS
from training.statements import DRAWS, Planted, planted

STATEMENTS_PER_REPORT = 8
HINTS = Hints(date(2024, 1, 20), "青岚区", "青岚区2023年工作总结")
HEAD = "青岚区2023年工作总结\n2024年1月20日\n一、2023年工作情况\n"
# Words by which two statements are seen to speak of one indicator.
_WORDS = re.compile(
    r"高新技术企业|高新技术产业|规上工业增加值|规上工业营业收入|规上(?:工业)?企业(?!研发)|研发费用|技术合同|零售额|零售总额|旅游总收入|到位资金|基金收入"
    r"|快递|外资|R&D经费(?!投入)|投入强度|城镇化率|森林覆盖率|增加值率|覆盖率|普惠率|合格率|处理率|占比|科技特派员|非遗|地区生产总值|产业结构|常住人口"
    r"|一般公共预算(?:收入|支出)|进出口|职工|专业技术人|行政村|重点项目|农贸市场|平台|众创空间|工程技术研究中心|固定资产投资|可支配收入|发明专利"
    r"|村集体|信访|事故|污染天数|能耗|房地产|科技活动|技术培训|科技贷款|科技型中小企业"
)

# Slips in the seed reports: file, what stands there, what is written instead, and the rule that should see it.
SEEDED = (
    ("kj-xian-2023", "7.35 | 17.6%", "7.35 | 71.6%", "growth-disagrees"),
    ("kj-xian-2023", "59.4%", "54.9%", "growth-disagrees"),
    ("kj-xian-2023", "22.3%", "32.2%", "growth-disagrees"),
    ("kj-xian-2023", "-2.3%", "2.3%", "growth-disagrees"),
    ("kj-xian-2023", "同比增长14.4%", "同比增长41.4%", "growth-disagrees"),
    ("kj-xian-2023", "2.3个百分点", "3.2个百分点", "difference-disagrees"),
    ("kj-xian-2023", "提高0.15个百分点", "提高0.51个百分点", "difference-disagrees"),
    ("kj-xian-2023", "全市 | 58.37", "全市 | 58.73", "total-disagrees"),
    ("kj-xian-2023", "66.02", "62.06", "total-disagrees"),
    ("kj-xian-2023", "7.66 | 2.13 | 2", "7.66 | 2.13 | 5", "rank-disagrees"),
    ("kj-xian-2023", "21.76 | 2.64 | 1", "21.76 | 1.64 | 1", "rank-disagrees"),
    ("kj-xian-2023", "R&D经费6.18亿元", "R&D经费6.81亿元", "text-table-disagree"),
    ("kj-xian-2023", "投入强度2.06%", "投入强度2.60%", "text-table-disagree"),
    ("kj-xian-2023", "其中经开区41家", "其中经开区141家", "part-exceeds-whole"),
    ("tj-gongbao-2023", "761.90亿元", "716.90亿元", "parts-disagree"),
    ("tj-gongbao-2023", "其中城镇人口132.56万人", "其中城镇人口232.56万人", "part-exceeds-whole"),
    ("tj-gongbao-2023", "其中城镇就业人员69.8万人", "其中城镇就业人员169.8万人", "part-exceeds-whole"),
    ("tj-gongbao-2023", "其中国家级6家", "其中国家级601家", "part-exceeds-whole"),
    ("jy-wunian-2025", "增长2.3倍", "增长3.2倍", "growth-disagrees"),
    ("jy-wunian-2025", "2025年的31.2%", "2025年的32.1%", "text-table-disagree"),
    ("jy-wunian-2025", "2025年的31.2%", "2025年的11.2%", "direction-contradicted"),
    ("jy-wunian-2025", "其中“特岗教师”2140名", "其中“特岗教师”8140名", "part-exceeds-whole"),
    ("ws-zaoyin-2024", "填补区内空白的 31 项", "填补区内空白的 310 项", "part-exceeds-whole"),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was found of one planted error, and what was said of the untouched statement."""

    planted: Planted
    found: bool
    alarms: tuple[Finding, ...]


def reports(statements: Sequence[Planted]) -> list[list[Planted]]:
    """The statements put together to small reports, none of which speaks of one indicator twice."""
    made: list[list[Planted]] = []
    for statement in statements:
        named = _indicators(statement)
        for report in made:
            if len(report) < STATEMENTS_PER_REPORT and not any(named & _indicators(other) for other in report):
                report.append(statement)
                break
        else:
            made.append([statement])
    return made


def _indicators(statement: Planted) -> set[str]:
    return set(_WORDS.findall(statement.true)) or {statement.rule}


def measure(pipeline: Pipeline, statements: Sequence[Planted]) -> list[Outcome]:
    """Every statement read twice, with the planted error and without."""
    outcomes = []
    for report in reports(statements):
        wrong = _read(pipeline, [s.wrong for s in report])
        true = _read(pipeline, [s.true for s in report])
        for statement, found, said in zip(report, wrong, true, strict=True):
            alarms = tuple(f for f in said if f.severity is not Severity.NOTE)
            outcomes.append(Outcome(statement, any(f.code == statement.rule for f in found), alarms))
    return outcomes


def measure_seeds(pipeline: Pipeline) -> list[Outcome]:
    """The slips of `SEEDED`, each in its whole report; the alarms are those of the report as it is."""
    said = {name: (SEEDS / f"{name}.txt").read_bytes().decode("utf-8") for name, *_ in SEEDED}
    before = {name: pipeline.extract(text).findings for name, text in said.items()}
    outcomes = []
    for name, right, wrong, rule in SEEDED:
        if right not in said[name]:
            raise ValueError(f"seeds/{name}.txt does not say {right!r}")
        after = pipeline.extract(said[name].replace(right, wrong, 1)).findings
        known = {f.message for f in before[name]}
        alarms = tuple(f for f in before[name] if f.severity is not Severity.NOTE)
        found = any(f.code == rule and f.message not in known for f in after)
        outcomes.append(Outcome(Planted(rule, right, f"{name}: {wrong}"), found, alarms))
    return outcomes


def _read(pipeline: Pipeline, statements: Sequence[str]) -> Iterator[list[Finding]]:
    """The findings on each statement of one report."""
    text, spans = HEAD, []
    for said in statements:
        spans.append((len(text), len(text) + len(said)))
        text += said + "\n"
    extraction = pipeline.extract(text, HINTS)
    found = [(f, [extraction.clean.to_original(span).start for span in f.spans]) for f in extraction.findings]
    for start, end in spans:
        yield [f for f, starts in found if any(start <= at < end for at in starts)]


def table(outcomes: Sequence[Outcome]) -> str:
    """Recall and false alarms by rule."""
    made = Counter(o.planted.rule for o in outcomes)
    found = Counter(o.planted.rule for o in outcomes if o.found)
    alarmed = Counter(o.planted.rule for o in outcomes if o.alarms)
    lines = ["| rule | planted | found | recall | alarms on the untouched |", "|---|---|---|---|---|"]
    lines += [f"| {r} | {made[r]} | {found[r]} | {found[r] / made[r]:.2f} | {alarmed[r]} |" for r in sorted(made)]
    total, right, false = len(outcomes), found.total(), alarmed.total()
    return "\n".join([*lines, f"| ALL | {total} | {right} | {right / max(1, total):.2f} | {false} |"])


def main() -> None:
    parser = argparse.ArgumentParser(description="Plant errors and see which are found.")
    parser.add_argument("--model", type=Path, default=DEFAULT_MODEL)
    parser.add_argument("--draws", type=int, default=DRAWS)
    parser.add_argument("--missed", action="store_true", help="show what was missed and what alarmed falsely")
    args = parser.parse_args()
    pipeline = Pipeline.load(args.model)
    statements, slips = measure(pipeline, planted(args.draws)), measure_seeds(pipeline)
    print(f"Statements:\n{table(statements)}\n\nSeed reports:\n{table(slips)}")
    for outcome in (*statements, *slips) if args.missed else ():
        if not outcome.found:
            print(f"missed {outcome.planted.rule}: {outcome.planted.wrong}")
        for alarm in outcome.alarms:
            print(f"alarm {alarm.code}: {alarm.message} {alarm.rule} IN {outcome.planted.true}")


if __name__ == "__main__":
    main()
