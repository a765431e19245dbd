"""The commands of the archive: their arguments, and who carries them out.

In: the parser's commands, to which these are added.  Out: for each a function `run` of the arguments and the settings,
which says whether all went well.  What a command does stands in `commands_*`, each imported when it runs.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from service.errors import InvalidRequest
from service.records import Hints, Measure, Status
from service.settings import Settings

if TYPE_CHECKING:
    from service.archive.observations import ObservationQuery

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

Run = Callable[[argparse.Namespace, Settings], bool]

# The conditions of `--where`, and what may be done with a key (`archive.keys.Scope`).
CONDITIONS = ("q", "area", "added_since", "report")
SCOPES = ("read", "write", "admin")
# The forms of annotations (`annotations.formats.NAMES`), and the states of a task (`archive.tables.TASK_STATES`).
ANNOTATION_FORMATS = ("jsonl", "doccano", "labelstudio", "docbin", "bio")
TASK_STATES = ("new", "pre_annotated", "in_work", "done", "reviewed")
# How a target may stand (`archive.targets.State`), and what may not agree (`archive.conflicts.Kind`).
STATES = ("met", "missed", "under_way", "no_result")
KINDS = ("between", "within", "growth")
PANEL_FORMS = ("table", "csv", "jsonl")


def add_commands(commands: Commands) -> None:
    """Add all commands of the archive."""
    _add_archive(commands)
    _add_figures(commands)
    _add_across(commands)
    _add_jobs(commands)
    _add_models(commands)
    _add_refine(commands)
    _add_keys(commands)
    _add_annotations(commands)


def day(text: str) -> date:
    """An argument that is a date."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"“{text}”不是 YYYY-MM-DD 形式的日期") from None


def _count(text: str) -> int:
    """An argument that is a whole number, 0 or more."""
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"“{text}”不是大于或等于 0 的整数")
    return int(text)


def _several(text: str) -> int:
    """An argument that is a whole number, 1 or more."""
    if (count := _count(text)) < 1:
        raise argparse.ArgumentTypeError(f"“{text}”不是大于 0 的整数")
    return count


def _condition(text: str) -> tuple[str, str]:
    """`NAME=VALUE`."""
    name, equals, value = text.partition("=")
    if name not in CONDITIONS or not equals or not value.strip():
        raise argparse.ArgumentTypeError(f"“{text}”应为 名称=值，名称为 {'、'.join(CONDITIONS)} 之一")
    return name, value.strip()


def _command(commands: Commands, name: str, run: Run, help_: str, description: str = "") -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=help_, description=description or f"{help_}。")
    parser.set_defaults(run=run)
    return parser


def _group(commands: Commands, name: str, help_: str) -> Commands:
    parser = commands.add_parser(name, help=help_, description=f"{help_}。")
    return parser.add_subparsers(dest="subcommand", required=True, metavar="COMMAND")


def _form(parser: argparse.ArgumentParser, *forms: str, page: str) -> None:
    parser.add_argument("--format", choices=forms, default=forms[0], help=f"输出格式，默认 {forms[0]}")
    parser.add_argument("--limit", type=_count, metavar="N", help=f"最多列出的条数，0 为全部；默认 {page}")


def _add_archive(commands: Commands) -> None:
    group = _group(commands, "archive", "档案中的报告：存入、列出、查找")
    add = _command(
        group,
        "add",
        _add,
        "存入报告",
        "存入报告；文件夹连同其中的文件夹一并存入，- 为标准输入。已有的文本不重复存入，可随时中断，再次运行即继续。",
    )
    add.add_argument("files", nargs="+", metavar="DIR|FILE", help=".txt、.md，或每行一份报告的 .jsonl（含 text 字段）")
    add.add_argument("--area", help="报告所述地区，默认由文中读出")
    add.add_argument("--published", type=day, metavar="YYYY-MM-DD", help="发布日期，默认由文中读出")
    _form(_command(group, "list", _list, "列出报告，新存入的在前"), "table", "jsonl", page="50")
    search = _command(group, "search", _search, "查找含有全部词语的报告")
    search.add_argument("words", nargs="+", metavar="WORD", help="词语")
    _form(search, "table", "jsonl", page="50")


def _add_figures(commands: Commands) -> None:
    figures = _command(
        commands,
        "observations",
        _observations,
        "查询各报告中的观测",
        "查询各报告中的观测，列为清单，或（--panel）列为地区、指标与时期的表格。名称与代码以 * 结尾即为开头相同者。",
    )
    _asked(figures, of="数值", measure="口径；--panel 默认 level")
    figures.add_argument("--status", choices=tuple(map(str, Status)), help="状态；--panel 默认 actual")
    figures.add_argument("--panel", action="store_true", help="列为表格")
    _form(figures, "table", "csv", "jsonl", "xlsx", "parquet", "sdmx-csv", page="table 50，其余全部")


def _add_across(commands: Commands) -> None:
    targets = _command(
        commands,
        "targets",
        _targets,
        "目标台账：各报告的目标与其后报告的结果",
        "目标台账：把报告中的目标与其后报告的结果按指标、地区、时期与口径对应，列出完成情况与双方依据。",
    )
    _asked(targets, of="目标")
    targets.add_argument("--state", choices=STATES, help="只列这种状态的目标")
    _form(targets, "table", "csv", "jsonl", page="table 50，其余全部")
    conflicts = _command(
        commands,
        "conflicts",
        _conflicts,
        "不能同时成立的数据",
        "列出同一指标、地区、时期与口径而数值不一的数据，以及与上年数不符的增速；四舍五入之差不计。",
    )
    _asked(conflicts, of="数据")
    conflicts.add_argument("--status", choices=tuple(map(str, Status)), help="状态")
    conflicts.add_argument("--kind", choices=KINDS, help="报告之间、同一报告内，或增速与上年数")
    _form(conflicts, "table", "csv", "jsonl", page="table 50，其余全部")
    series = _command(
        commands,
        "series",
        _series,
        "一个指标在一个地区的时间序列",
        "一个指标在一个地区的时间序列；口径、单位、时段不同者另列，注明何处不相接，缺少的时期一并标出。",
    )
    _asked(series, of="数据")
    series.add_argument("--status", choices=tuple(map(str, Status)), help="状态，默认 actual")
    series.add_argument("--format", choices=("table", "csv", "jsonl"), default="table", help="输出格式，默认 table")


def _asked(parser: argparse.ArgumentParser, *, of: str, measure: str = "数值的类别") -> None:
    """Which figures, and where to write what is found."""
    parser.add_argument("--indicator", help="指标的代码或名称")
    parser.add_argument("--area", help="地区的名称或 GB/T 2260 代码")
    parser.add_argument("--period", help=f"{of}的时期（EDTF），如 2023、2023-01/2023-09、../2023")
    parser.add_argument("--measure", choices=tuple(map(str, Measure)), help=measure)
    parser.add_argument("--q", metavar="WORDS", help="报告所含的词语")
    parser.add_argument("--report", metavar="ID", help=f"{of}所在报告的编号，可只写开头几位")
    parser.add_argument("--model", help="读取所用的模型，默认当前模型")
    parser.add_argument("--output", type=Path, help="写入该文件，默认标准输出")


def _add_jobs(commands: Commands) -> None:
    again = _command(
        commands,
        "reextract",
        _reextract,
        "以一个模型读取档案中的报告",
        "以一个模型读取档案中的报告；每份报告每个模型只读一次。可随时中断，再次运行同一命令即继续。",
    )
    again.add_argument("--model", help="模型，默认当前模型")
    again.add_argument("--engine", choices=("local", "ray"), default="local", help="本机进程或 Ray，默认 local")
    again.add_argument("--workers", type=_several, metavar="N", help="进程数，默认 BAOSHU_WORKERS；Ray 默认占满集群")
    again.add_argument("--address", help="Ray 集群的地址，默认在本机启动")
    again.add_argument(
        "--where",
        type=_condition,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="只读这样的报告：q=词语、area=地区、added_since=日期或时刻、report=编号；可多次给出",
    )
    again.add_argument("--missing-only", action="store_true", help="只读该模型尚未读过的报告")
    jobs = _command(commands, "jobs", _jobs, "列出任务，或查看、取消其中一个")
    jobs.add_argument("job", nargs="?", type=_several, metavar="ID", help="任务的编号；列出其未能读取的报告")
    jobs.add_argument("--cancel", action="store_true", help="取消该任务；已读的保留")
    _form(jobs, "table", "jsonl", page="20")


def _add_models(commands: Commands) -> None:
    _command(commands, "models", _models, "列出模型")
    diff = _command(commands, "diff", _diff, "比较两个模型所读", "比较两个模型在同一批报告中所读的观测。")
    diff.add_argument("--from", dest="before", metavar="M1", help="原模型，默认当前模型")
    diff.add_argument("--to", dest="after", metavar="M2", required=True, help="新模型")
    diff.add_argument("--indicator", help="只比较该指标，代码或名称")
    diff.add_argument("--area", help="只比较该地区，代码或名称")
    diff.add_argument("--samples", type=_count, default=3, metavar="N", help="每类差异最多列出的样例数，默认 3")
    diff.add_argument("--format", choices=("text", "json"), default="text", help="输出格式，默认 text")
    promote = _command(commands, "promote", _promote, "启用模型", "将模型设为当前模型；运行中的服务随即改用。")
    promote.add_argument("model", metavar="M", help="模型")
    _command(commands, "rollback", _rollback, "退回前一个模型", "撤回最近一次启用，前一个模型重为当前模型。")


def _add_keys(commands: Commands) -> None:
    group = _group(commands, "keys", "接口的密钥：生成、列出、撤销")
    add = _command(group, "add", _add_key, "生成密钥", "生成密钥，只显示这一次。")
    add.add_argument("name", metavar="NAME", help="名称，供辨认")
    add.add_argument(
        "--scope",
        choices=SCOPES,
        action="append",
        help="权限：read 查询，write 存入与任务，admin 删除与选用模型；高者含低者，默认 read",
    )
    _command(group, "list", _list_keys, "列出密钥")
    _command(group, "revoke", _revoke_key, "撤销密钥").add_argument("name", metavar="NAME", help="名称")


def _add_refine(commands: Commands) -> None:
    refine = _command(
        commands,
        "refine",
        _refine,
        "以校正过的标注训练新模型",
        "从现有模型出发，以档案中校正过的标注训练新模型，与原模型对照评测；没有变差才放入模型目录，启用另行 promote。"
        "中断后以 --resume 继续。",
    )
    refine.add_argument("--model", metavar="M", help="从该模型出发，默认当前模型")
    refine.add_argument("--corrected", type=Path, metavar="FILE", help="改用该 JSONL 文件中的标注，而非档案中的")
    refine.add_argument(
        "--state",
        action="append",
        choices=("in_work", "done", "reviewed"),
        help="采用该状态的标注，可重复；默认 done 与 reviewed",
    )
    refine.add_argument("--version", metavar="V", help="新模型的版本号，默认在原版本后加 -r1、-r2…")
    refine.add_argument("--resume", type=_several, metavar="N", help="继续第 N 次训练")


def _add_annotations(commands: Commands) -> None:
    group = _group(commands, "annotations", "标注：写出、读入、待标注的报告")
    export = _command(
        group,
        "export",
        _export_annotations,
        "写出标注",
        "写出每份报告共用的最新标注；格式容纳不下的，逐条说明。jsonl 供训练使用。",
    )
    export.add_argument("--format", choices=ANNOTATION_FORMATS, default="jsonl", help="格式，默认 jsonl")
    export.add_argument("--state", choices=TASK_STATES, action="append", default=[], help="只写出该状态的，可多次给出")
    export.add_argument("--output", type=Path, help="写入该文件，默认标准输出")
    take = _command(
        group,
        "import",
        _import_annotations,
        "读入标注",
        "读入标注文件，- 为标准输入。报告以全文辨认，档案没有的随即存入；依据旧版本的另存，不覆盖新版本。",
    )
    take.add_argument("files", nargs="+", metavar="FILE", help="标注文件")
    take.add_argument("--format", choices=ANNOTATION_FORMATS, default="jsonl", help="格式，默认 jsonl")
    take.add_argument("--annotator", metavar="NAME", help="文件未注明标注者时由谁负责，默认当前用户")
    take.add_argument("--state", choices=("in_work", "done"), default="done", help="读入后的状态，默认 done")
    queue = _command(group, "queue", _queue, "列出待标注的报告，最值得标注的在前")
    queue.add_argument("--state", choices=TASK_STATES, help="只列该状态的")
    queue.add_argument("--assignee", metavar="NAME", help="只列归该标注者的")
    _form(queue, "table", "jsonl", page="50")
    order = _command(
        group,
        "rank",
        _rank,
        "重排待标注的报告",
        "按模型的疑问重排尚未开始标注的报告：与已标注的或排在前面的相似的句子不再计入。",
    )
    order.add_argument("--model", metavar="M", help="以该模型的疑问为准，默认当前模型")
    _command(group, "labelling", _labelling, "写出 Label Studio 项目的标注配置")


def _add(given: argparse.Namespace, settings: Settings) -> bool:
    from service.commands_reports import add

    return add(settings, given.files, Hints(published=given.published, area=given.area))


def _list(given: argparse.Namespace, settings: Settings) -> bool:
    from service.commands_reports import show

    return show(settings, form=given.format, limit=given.limit)


def _search(given: argparse.Namespace, settings: Settings) -> bool:
    from service.commands_reports import find

    return find(settings, given.words, form=given.format, limit=given.limit)


def _observations(given: argparse.Namespace, settings: Settings) -> bool:
    from service import commands_figures

    query = _query(given, given.status)
    if not given.panel:
        return commands_figures.show(settings, query, form=given.format, limit=given.limit, output=given.output)
    if given.limit is not None:
        raise InvalidRequest("--panel 总是列出全部，不可与 --limit 同用。")
    if given.format not in PANEL_FORMS:
        raise InvalidRequest(f"--panel 不能给出 {given.format}；可用的格式为 {'、'.join(PANEL_FORMS)}。")
    return commands_figures.lay_out(settings, query, form=given.format, output=given.output)


def _targets(given: argparse.Namespace, settings: Settings) -> bool:
    from service.archive.targets import State
    from service.commands_across import show_targets

    state = State(given.state) if given.state else None
    query = _query(given, None)
    return show_targets(settings, query, state=state, form=given.format, limit=given.limit, output=given.output)


def _conflicts(given: argparse.Namespace, settings: Settings) -> bool:
    from service.archive.conflicts import Kind
    from service.commands_across import show_conflicts

    kind = Kind(given.kind) if given.kind else None
    query = _query(given, given.status)
    return show_conflicts(settings, query, kind=kind, form=given.format, limit=given.limit, output=given.output)


def _series(given: argparse.Namespace, settings: Settings) -> bool:
    from service.commands_across import show_series

    return show_series(settings, _query(given, given.status), form=given.format, output=given.output)


def _query(given: argparse.Namespace, status: str | None) -> ObservationQuery:
    from service.archive.observations import ObservationQuery

    return ObservationQuery(
        given.model or "",
        indicator=given.indicator,
        area=given.area,
        period=given.period,
        status=status,
        measure=given.measure,
        q=given.q,
        report=given.report,
    )


def _reextract(given: argparse.Namespace, settings: Settings) -> bool:
    from service.commands_jobs import reextract

    if given.address and given.engine != "ray":
        raise InvalidRequest("--address 只用于 --engine ray。")
    return reextract(
        settings,
        model=given.model,
        where=given.where,
        missing_only=given.missing_only,
        engine=given.engine,
        workers=given.workers,
        address=given.address,
    )


def _jobs(given: argparse.Namespace, settings: Settings) -> bool:
    from service import commands_jobs

    if given.job is None:
        if given.cancel:
            raise InvalidRequest("--cancel 须指明任务，例如 baoshu jobs 3 --cancel。")
        return commands_jobs.show(settings, form=given.format, limit=given.limit)
    if given.cancel:
        return commands_jobs.end(settings, given.job)
    return commands_jobs.look(settings, given.job, form=given.format, limit=given.limit)


def _models(_: argparse.Namespace, settings: Settings) -> bool:
    from service.commands_models import show

    return show(settings)


def _diff(given: argparse.Namespace, settings: Settings) -> bool:
    from service.commands_models import compare

    return compare(
        settings,
        given.before,
        given.after,
        indicator=given.indicator,
        area=given.area,
        samples=given.samples,
        form=given.format,
    )


def _promote(given: argparse.Namespace, settings: Settings) -> bool:
    from service.commands_models import promote

    return promote(settings, given.model)


def _rollback(_: argparse.Namespace, settings: Settings) -> bool:
    from service.commands_models import roll_back

    return roll_back(settings)


def _refine(given: argparse.Namespace, settings: Settings) -> bool:
    from service.commands_refine import refine, resume

    if given.resume is not None:
        return resume(settings, given.resume)
    return refine(
        settings,
        model=given.model,
        corrected=given.corrected,
        states=given.state or ("done", "reviewed"),
        version=given.version,
    )


def _add_key(given: argparse.Namespace, settings: Settings) -> bool:
    from service.commands_keys import add

    return add(settings, given.name, given.scope or SCOPES[:1])


def _list_keys(_: argparse.Namespace, settings: Settings) -> bool:
    from service.commands_keys import show

    return show(settings)


def _revoke_key(given: argparse.Namespace, settings: Settings) -> bool:
    from service.commands_keys import revoke

    return revoke(settings, given.name)


def _export_annotations(given: argparse.Namespace, settings: Settings) -> bool:
    from service.commands_annotations import export

    return export(settings, form=given.format, states=given.state, output=given.output)


def _import_annotations(given: argparse.Namespace, settings: Settings) -> bool:
    from service.commands_annotations import take

    return take(settings, given.files, form=given.format, annotator=given.annotator, state=given.state)


def _queue(given: argparse.Namespace, settings: Settings) -> bool:
    from service.commands_annotations import queue

    return queue(settings, state=given.state, assignee=given.assignee, form=given.format, limit=given.limit)


def _rank(given: argparse.Namespace, settings: Settings) -> bool:
    from service.commands_annotations import order

    return order(settings, model=given.model)


def _labelling(given: argparse.Namespace, settings: Settings) -> bool:  # noqa: ARG001 (as all commands)
    from service.commands_annotations import labelling

    return labelling()
