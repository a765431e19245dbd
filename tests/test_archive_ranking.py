"""The queue put in order over the whole archive: what is begun stays out, and teaches."""

from __future__ import annotations

import json
from typing import Any

import pytest
from archive_commands import OLD, Run
from fakes import extraction_of

from service.annotations.teaching import OVERHEAD
from service.archive.extractions import store_extraction
from service.archive.models import model_key
from service.archive.opening import Archive
from service.archive.ranking import ranking
from service.archive.reports import add_report, get_report
from service.archive.tasks import get_task, list_tasks, set_state
from service.errors import NotFound
from service.records import ModelCard
from service.response import to_json

CARD = ModelCard("made", "1", "a" * 64)
SAME, OTHER = "全年实现技术合同成交额{}亿元。", "新增省级以上创新平台{}家。"


def _read(archive: Archive, text: str, doubt: float) -> str:
    """A report that the model has read, with one figure that it doubts."""
    answer: Any = to_json(extraction_of(text))
    for one in (*answer["entities"], *answer["observations"]):
        one["score"] = 1.0
    answer["observations"][0]["score"] = 1 - doubt
    with archive.writing() as connection:
        report, _ = add_report(connection, text)
        store_extraction(connection, report.key, model_key(connection, CARD), answer, seconds=0.1)
    return report.id


def test_a_report_has_its_priority_as_soon_as_it_is_read(archive: Archive) -> None:
    sure, unsure = _read(archive, OTHER.format(3), 0.0), _read(archive, SAME.format(5), 0.6)
    with archive.reading() as connection:
        assert [task.report for task in list_tasks(connection).items] == [unsure, sure]
        first = get_task(connection, unsure)
        new = 600 / (len(SAME.format(5)) + OVERHEAD)
        assert first.reason == f"预计改动 0.6 处，每千字新增 {new:.1f} 处；疑问最多：“{SAME.format(5)}”"
        assert (get_task(connection, sure).priority, get_task(connection, sure).reason) == (0, "模型没有疑问")


def test_over_all_reports_nothing_is_asked_for_twice(archive: Archive) -> None:
    first, again = _read(archive, SAME.format(5), 0.6), _read(archive, SAME.format(7), 0.5)
    other = _read(archive, OTHER.format(3), 0.2)
    with archive.reading() as connection:
        assert [id_ for id_, _, _ in ranking(connection, CARD.id)] == [first, other, again]
    with archive.writing() as connection:
        set_state(connection, get_report(connection, first).key, "done")
    with archive.reading() as connection:
        ranked = list(ranking(connection, CARD.id))
        assert [(id_, priority > 0) for id_, priority, _ in ranked] == [(other, True), (again, False)]
        with pytest.raises(NotFound):
            list(ranking(connection, "made-7"))


@pytest.mark.usefixtures("figures")
def test_the_command(run: Run) -> None:
    code, said, _ = run("annotations", "rank", "--model", OLD)
    assert (code, said) == (0, "排定 3 份待标注的报告；以 baoshu annotations queue 查看。\n")
    _, listed, _ = run("annotations", "queue", "--format", "jsonl")
    priorities = [json.loads(line)["priority"] for line in listed.splitlines()]
    assert priorities == sorted(priorities, reverse=True)
    assert run("annotations", "rank", "--model", "toy-9")[0] == 1
