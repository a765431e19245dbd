"""Jobs at the command line: reports read by a model, here and now; jobs listed, looked at, ended.

In: a model and a selection of reports, or a job.  Out: lines at the terminal.  A job is in the archive before anything
is read.  Whoever interrupts it, or kills it, loses nothing: the same command goes on with it, and so does a server
where the engine is the local one.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Literal, NoReturn

from sqlalchemy import Connection
from tqdm import tqdm

from service.archive.jobs import (
    Failure,
    Progress,
    Selection,
    cancel,
    create_job,
    failures,
    list_jobs,
    progress,
    settle,
)
from service.archive.leases import OPEN_JOBS
from service.archive.models import model_key
from service.archive.opening import Archive
from service.archive.paging import every
from service.archive.reports import full_id
from service.archive_response import failures_json, job_json
from service.current import current_id
from service.drawer import ID_SHOWN, items, opened
from service.errors import InvalidRequest
from service.registry import ModelFolder, Registry
from service.settings import Settings
from service.terminal import minute, plain, say, table, tell

Engine = Literal["local", "ray"]
Form = Literal["table", "jsonl"]

# How many jobs, or failures of one, a person looks at.
PAGE = 20
STATES = {"queued": "等待", "running": "进行中", "done": "完成", "cancelled": "已取消"}


def reextract(
    settings: Settings,
    *,
    model: str | None,
    where: Sequence[tuple[str, str]],
    missing_only: bool,
    engine: Engine,
    workers: int | None,
    address: str | None,
) -> bool:
    """Read reports with a model (None: the current one), or go on with that; whether all are read now.

    `where`: conditions that a report must meet, by name: `q`, `area`, `added_since` (a date, or an instant in ISO
    8601), `report` (the beginning of an id; one of several).  `workers`: processes, or actors of Ray, where none leaves
    their number to Ray.  `address`: of a Ray cluster.  Raises what the engine raises, `NotFound` and `ModelRefused` for
    the model, `InvalidRequest` for a condition.
    """
    registry = Registry(settings.models, settings.threads, default=settings.model)
    with opened(settings) as archive:
        with archive.reading() as connection:
            folder = registry.find(model or current_id(connection, registry))
            selection = _selection(connection, where, missing_only=missing_only)
        registry.verify(folder.path)
        with archive.writing() as connection:
            job = _open_job(connection, folder, selection, engine) or create_job(
                connection, model_key(connection, folder.card), selection, engine=engine
            )
            begun = progress(connection, job)
        tell(_heading(begun))
        if settle(archive, job):
            with archive.reading() as connection:
                ended = progress(connection, job)
        else:
            ended = _run(settings, archive, begun, folder, engine, workers, address)
        return _told(archive, ended)


def show(settings: Settings, *, form: Form, limit: int | None) -> bool:
    """List the jobs, the newest first: `limit` of them, 0 for all.  True."""
    with opened(settings) as archive:
        found = items(
            archive, lambda c, after, many: list_jobs(c, after=after, limit=many), form=form, limit=limit, page=PAGE
        )
        if form == "jsonl":
            for job in found:
                say(json.dumps(job_json(job), ensure_ascii=False))
            return True
        head = ("任务", "状态", "模型", "引擎", "已读", "失败", "共计", "每秒", "剩余", "建立", "范围")
        for line in table(head, [_row(job) for job in found], right=("任务", "已读", "失败", "共计", "每秒", "剩余")):
            say(line)
    return True


def look(settings: Settings, job: int, *, form: Form, limit: int | None) -> bool:
    """Show a job with what it could not read.  True.  Raises `NotFound`."""
    with opened(settings) as archive:
        with archive.reading() as connection:
            found = progress(connection, job)
            first = failures(connection, job)
        if form == "jsonl":
            say(json.dumps({**job_json(found), "failures": failures_json(first)}, ensure_ascii=False))
            return True
        say(_summary(found))
        for failure in items(
            archive, lambda c, after, many: failures(c, job, after=after, limit=many), form=form, limit=limit, page=PAGE
        ):
            say(f"  {_line(failure)}")
    return True


def end(settings: Settings, job: int) -> bool:
    """Cancel a job; whether it was not over.  Raises `NotFound`."""
    with opened(settings) as archive, archive.writing() as connection:
        cancelled = cancel(connection, job)
        found = progress(connection, job)
    say(_summary(found))
    if not cancelled:
        tell(f"任务 {job} 已经结束，没有改动。")
    return cancelled


def _selection(connection: Connection, where: Sequence[tuple[str, str]], *, missing_only: bool) -> Selection:
    said: dict[str, str] = {}
    ids: list[str] = []
    for name, value in where:
        if name == "report":
            ids.append(full_id(connection, value))
        elif name in said:
            raise InvalidRequest(f"--where {name} 只能给出一次。")
        else:
            said[name] = value
    return Selection(
        reports=tuple(ids) or None,
        q=said.get("q"),
        missing_only=missing_only,
        area=said.get("area"),
        added_since=_instant(said["added_since"]) if "added_since" in said else None,
    )


def _instant(text: str) -> datetime:
    """A day begins at midnight here; what names no zone is of this one.  Raises `InvalidRequest`."""
    try:
        return datetime.fromisoformat(text).astimezone()
    except ValueError:
        raise InvalidRequest(f"时刻“{text[:40]}”不是 ISO 8601 格式；应如 2026-01-31 或 2026-01-31T08:00。") from None


def _open_job(connection: Connection, folder: ModelFolder, selection: Selection, engine: Engine) -> int | None:
    """A job for the very same that is not over, the newest of them."""
    wanted = (folder.id, engine, selection.as_json())
    found = every(lambda after: list_jobs(connection, states=OPEN_JOBS, after=after))
    return next((job.id for job in found if (job.model, job.engine, job.selection) == wanted), None)


def _run(
    settings: Settings,
    archive: Archive,
    begun: Progress,
    folder: ModelFolder,
    engine: Engine,
    workers: int | None,
    address: str | None,
) -> Progress:
    ended = begun.done + begun.failed
    with tqdm(total=begun.total, initial=ended, unit="份", disable=None, file=sys.stderr) as bar:
        on_progress = _follow(bar)
        if engine == "ray":
            from service.archive.passes import run_job_on_ray

            return run_job_on_ray(
                archive.url, begun.id, folder.path, address=address, actors=workers, on_progress=on_progress
            )
        from service.archive import local

        many = workers or settings.workers
        return local.run_job(archive.url, begun.id, folder.path, workers=many, on_progress=on_progress)


def _follow(bar: tqdm[NoReturn]) -> Callable[[Progress], None]:
    def follow(now: Progress) -> None:
        bar.total = now.total
        if now.failed:
            bar.set_postfix_str(f"未能读取 {now.failed}", refresh=False)
        bar.update(now.done + now.failed - bar.n)
        bar.refresh()

    return follow


def _heading(job: Progress) -> str:
    heading = f"任务 {job.id}：模型 {job.model} 读取 {job.total} 份报告，其中 {job.done} 份已读"
    if job.state == "running":
        return f"{heading}；继续 {minute(job.created_at)} 建立的任务，此后存入的报告须再运行一次。"
    return f"{heading}。"


def _told(archive: Archive, job: Progress) -> bool:
    """Say how a job ended; whether it ended well."""
    say(_summary(job))
    if job.failed:
        with archive.reading() as connection:
            first = failures(connection, job.id, limit=PAGE)
        for failure in first.items:
            tell(_line(failure))
        if first.next is not None:
            tell(f"其余见 baoshu jobs {job.id} --limit 0。")
    if not job.over:
        tell("已中断；读完的均已保存，再次运行同一命令即继续。")
    return job.state == "done" and not job.failed


def _summary(job: Progress) -> str:
    counts = [f"已读 {job.done} 份"]
    for name, count in (("未能读取", job.failed), ("未读", job.waiting + job.leased), ("取消", job.cancelled)):
        if count:
            counts.append(f"{name} {count} 份")
    return f"任务 {job.id}（{job.model}，{STATES[job.state]}）：{'，'.join(counts)}，共 {job.total} 份。"


def _line(failure: Failure) -> str:
    return f"{plain(failure.source or failure.report_id[:ID_SHOWN])}：{plain(failure.detail)}"


def _row(job: Progress) -> tuple[str, ...]:
    rate = f"{job.rate:.2f}" if job.rate is not None else ""
    left = str(timedelta(seconds=round(job.seconds_left))) if job.seconds_left is not None else ""
    chosen = " ".join(f"{name}={value}" for name, value in job.selection.items() if name != "reports")
    if (named := job.selection.get("reports")) is not None:
        chosen = f"{chosen} 指定 {len(named)} 份".strip()
    counts = (f"{job.done}", f"{job.failed}", f"{job.total}")
    return f"{job.id}", STATES[job.state], job.model, job.engine, *counts, rate, left, minute(job.created_at), chosen
