"""Annotations at the command line: out of the archive into files, and back, and what is to be annotated.

In: names of formats and files.  Out: a file, lines at the terminal; what a format could not hold goes to standard
error.  What becomes of a document that is taken in stands in `annotation_files`.
"""

from __future__ import annotations

import getpass
import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from service.annotation_files import documents, take_in
from service.annotation_response import task_json
from service.annotations.exchange import Loss
from service.annotations.formats import FormatName, format_named
from service.annotations.labelling import labelling_config
from service.archive.ranking import ranking
from service.archive.tasks import counts, list_tasks, prioritise
from service.drawer import ID_SHOWN, items, meant, opened
from service.errors import BaoshuError
from service.settings import Settings
from service.sources import STDIN
from service.terminal import plain, say, table, tell

Form = Literal["table", "jsonl"]

NO_TITLE = "（无标题）"
# More losses than this are counted, not listed.
LOSSES_SHOWN = 20
STATES = {"new": "未读", "pre_annotated": "已预标注", "in_work": "标注中", "done": "已完成", "reviewed": "已审定"}


def export(settings: Settings, *, form: FormatName, states: Sequence[str], output: Path | None) -> bool:
    """Write the annotations of the archive in a format; what it cannot hold is told.  True."""
    kind = format_named(form)
    with opened(settings) as archive, archive.reading() as connection:
        found = list(documents(connection, states))
    written = kind.write(found)
    if output is None:
        sys.stdout.buffer.write(written.data)
        sys.stdout.buffer.flush()
    else:
        output.write_bytes(written.data)
    _tell(written.losses)
    tell(f"写出 {len(found)} 份标注。")
    return True


def take(
    settings: Settings,
    files: Sequence[str],
    *,
    form: FormatName,
    annotator: str | None,
    state: Literal["in_work", "done"],
) -> bool:
    """Take the annotations of files in, each by itself; whether all were taken, and none was kept aside.

    `annotator`: who answers for those that name nobody; who asks, for None.
    """
    kind = format_named(form)
    found: Counter[str] = Counter()
    losses: list[Loss] = []
    with opened(settings) as archive:
        for file in files:
            data = sys.stdin.buffer.read() if file == STDIN else Path(file).read_bytes()
            taken = kind.read(data)
            losses += taken.losses
            for document in taken.documents:
                try:
                    with archive.writing() as connection:
                        done = take_in(
                            connection,
                            document,
                            annotator=annotator or _who(),
                            state=state,
                            max_characters=settings.max_characters,
                        )
                except BaoshuError as error:
                    found["failed"] += 1
                    tell(f"{file}：{document.id[:ID_SHOWN]}：{error.detail}")
                    continue
                found["taken"] += 1
                found["added"] += done.added
                found["faulty"] += bool(done.errors)
                if done.saved.conflict is not None:
                    found["aside"] += 1
                    number, newer = done.saved.revision.number, done.saved.conflict.number
                    tell(f"{done.report[:ID_SHOWN]}：已有更新的版本 {newer}，此份另存为版本 {number}。")
    _tell(losses)
    said = f"读入 {found['taken']} 份标注（新报告 {found['added']} 份，另存 {found['aside']} 份"
    say(f"{said}，有错误 {found['faulty']} 份），未能读入 {found['failed']} 份。")
    return not found["failed"] and not found["aside"]


def queue(settings: Settings, *, state: str | None, assignee: str | None, form: Form, limit: int | None) -> bool:
    """List what is to be annotated, what teaches most first: `limit` tasks, 0 for all.  True."""
    with opened(settings) as archive:
        found = items(
            archive,
            lambda c, after, many: list_tasks(c, state=state, assignee=assignee, after=after, limit=many),
            form=form,
            limit=limit,
        )
        if form == "jsonl":
            for task in found:
                say(json.dumps(task_json(task), ensure_ascii=False))
            return True
        with archive.reading() as connection:
            all_ = counts(connection)
        rows = [
            (
                task.report[:ID_SHOWN],
                STATES[task.state],
                task.assignee or "",
                f"{task.priority:g}",
                f"{task.revision}",
                plain(task.title or NO_TITLE),
                plain(task.reason or ""),
            )
            for task in found
        ]
        head = ("编号", "状态", "标注者", "优先", "版本", "标题", "缘由")
        for line in table(head, rows, right=("优先", "版本")):
            say(line)
        say("，".join(f"{STATES[name]} {number}" for name, number in all_.items()) + "。")
    return True


def order(settings: Settings, *, model: str | None) -> bool:
    """Set the priority of all reports that nobody has begun, by what a model (None: the current one) doubts in them and
    what others teach already.  True.  Raises `NotFound` for a model that has read nothing."""
    with opened(settings) as archive:
        with archive.reading() as connection:
            ranked = list(ranking(connection, meant(connection, settings, model)))
        with archive.writing() as connection:
            prioritise(connection, ranked)
    say(f"排定 {len(ranked)} 份待标注的报告；以 baoshu annotations queue 查看。")
    return True


def labelling() -> bool:
    """Write the labelling configuration of a Label Studio project.  True."""
    sys.stdout.write(labelling_config())
    return True


def _tell(losses: Sequence[Loss]) -> None:
    for loss in losses[:LOSSES_SHOWN]:
        tell(f"{loss.document[:ID_SHOWN]}：{loss.message}")
    if len(losses) > LOSSES_SHOWN:
        tell(f"另有 {len(losses) - LOSSES_SHOWN} 处没有列出。")


def _who() -> str:
    """Who asks, as the machine knows him; a container may know nobody."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "cli"
