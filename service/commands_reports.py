"""Reports of the archive at the command line: put in, listed, found.

In: names of files, words.  Out: lines at the terminal.  Each report is kept by itself, so that who is interrupted has
kept what was read, and who begins again goes on: a text that is there already stays as it is.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NoReturn

from tqdm import tqdm

from service.archive.opening import Archive
from service.archive.reports import StoredReport, add_report, list_reports
from service.archive.search import Hit, search
from service.archive_response import hit_json, report_json
from service.drawer import ID_SHOWN, items, opened
from service.errors import ArchiveUnavailable, BaoshuError
from service.files import Limits
from service.records import Hints
from service.settings import Settings
from service.sources import LINES, STDIN, SUFFIXES, Source, Unread, look_up, read, sources
from service.terminal import bold, day, flat, plain, say, table, tell

Form = Literal["table", "jsonl"]

NO_TITLE = "（无标题）"

_log = logging.getLogger("baoshu")


@dataclass(slots=True)
class _Kept:
    """What became of the reports so far."""

    added: int = 0
    known: int = 0
    failures: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"存入 {self.added} 份，已有 {self.known} 份，未能存入 {len(self.failures)} 份"


def add(settings: Settings, names: Sequence[str], hints: Hints) -> bool:
    """Keep the reports of these files and folders; whether all of them are kept now.

    Raises `ArchiveUnavailable`; what was kept before stays.
    """
    kept = _Kept()
    found = look_up(names, kept.failures)
    interrupted = False
    with opened(settings) as archive, _bar(found.files) as bar:
        try:
            for source in sources(found.files, kept.failures):
                _keep(archive, source, hints, settings.limits, kept)
                bar.set_postfix_str(str(kept), refresh=False)
                bar.update(_size(source) or 0)
        except KeyboardInterrupt:
            interrupted = True
    for failure in kept.failures:
        tell(failure)
    if found.passed_over:
        others = "、".join(f"{suffix or '无后缀'} {count} 个" for suffix, count in sorted(found.passed_over.items()))
        tell(f"文件夹中的其他文件没有读取：{others}；只读 {'、'.join(SUFFIXES)}。")
    say(f"{kept}。")
    if interrupted:
        tell("已中断；存入的均已保存，再次运行同一命令即继续。")
    return not kept.failures and not interrupted


def show(settings: Settings, *, form: Form, limit: int | None) -> bool:
    """List the reports, the newest first: `limit` of them, 0 for all.  True."""
    with opened(settings) as archive:
        found = items(archive, lambda c, after, many: list_reports(c, after=after, limit=many), form=form, limit=limit)
        if form == "jsonl":
            for report in found:
                say(json.dumps(report_json(report), ensure_ascii=False))
            return True
        for line in table(
            ("编号", "存入", "字数", "标题", "来源"), [_row(report) for report in found], right=("字数",)
        ):
            say(line)
    return True


def find(settings: Settings, words: Sequence[str], *, form: Form, limit: int | None) -> bool:
    """Show the reports that have all the words, the newest first, each with the place where it has them.  True."""
    q = " ".join(words)
    none = True
    with opened(settings) as archive:
        found = items(archive, lambda c, after, many: search(c, q, after=after, limit=many), form=form, limit=limit)
        for hit in found:
            none = False
            if form == "jsonl":
                say(json.dumps(hit_json(hit), ensure_ascii=False))
                continue
            say("  ".join((hit.report[:ID_SHOWN], plain(hit.title or NO_TITLE), plain(hit.source or ""))).rstrip())
            say(f"    {_snippet(hit)}")
    if none:
        tell(f"没有含“{plain(q)}”的报告。")
    return True


def _keep(archive: Archive, source: Source, hints: Hints, limits: Limits, kept: _Kept) -> None:
    """Keep the reports of a source, each in a transaction of its own.  Raises `ArchiveUnavailable` and nothing else."""
    try:
        for reading in read(source, hints, limits):
            if isinstance(reading, Unread):
                kept.failures.append(f"{reading.source}：{reading.problem.title}。{reading.problem.detail}")
                continue
            with archive.writing() as connection:
                _, is_new = add_report(
                    connection, reading.text, source=reading.source, hints=reading.hints, document=reading.document
                )
            kept.added += is_new
            kept.known += not is_new
    except ArchiveUnavailable:
        raise
    except BaoshuError as error:
        kept.failures.append(f"{source}：{error.title}。{error.detail}")
    except OSError as error:
        kept.failures.append(f"{source}：{error.strerror or error}")
    except Exception:
        # A fault of ours on one report must not cost the others; the trace says where to look.
        _log.exception("%s failed", source)
        kept.failures.append(f"{source}：内部错误，没有存入。")


def _bar(files: Sequence[str]) -> tqdm[NoReturn]:
    """Counts bytes, since how many reports a file of lines has is not known before it is read."""
    sizes = [_size(Source(file)) for file in files]
    total = None if None in sizes else sum(size or 0 for size in sizes)
    alone = len(files) == 1 and Path(files[0]).suffix.lower() != LINES
    return tqdm(total=total, unit="B", unit_scale=True, disable=True if alone else None, file=sys.stderr)


def _size(source: Source) -> int | None:
    """In bytes; 0 for what cannot be read, None where that is not known."""
    if source.line is not None:
        return len(source.line)
    try:
        return None if source.file == STDIN else Path(source.file).stat().st_size
    except OSError:
        return 0


def _row(report: StoredReport) -> tuple[str, ...]:
    return (
        report.id[:ID_SHOWN],
        day(report.added_at),
        f"{report.characters}",
        report.title or NO_TITLE,
        report.source or "",
    )


def _snippet(hit: Hit) -> str:
    """The place in one line, its matches in bold on a terminal."""
    parts: list[str] = []
    at = 0
    for match in hit.matches:
        start, end = match.start - hit.start, match.end - hit.start
        if start >= at:
            parts += [flat(hit.snippet[at:start]), bold(flat(hit.snippet[start:end]))]
            at = end
    return " ".join("".join([*parts, flat(hit.snippet[at:])]).split())
