"""The command line, in the process and with a pipeline without a model."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import openpyxl
import pytest
from exported import file_of
from fakes import FakePipeline, extraction_of
from pysdmx.io import read_sdmx

from service.cli import main
from service.errors import NotReady
from service.exports.figures import ReadReport
from service.exports.forms import Form
from service.records import Hints
from service.response import to_json

TEXTS = {"甲": "营 收3.2 亿元。", "乙": "共12家。"}


@pytest.fixture(autouse=True)
def _settings(monkeypatch: pytest.MonkeyPatch, pipeline: FakePipeline) -> None:
    """No settings but a short limit, and the fake pipeline in the place of the real one."""
    monkeypatch.setenv("BAOSHU_MAX_CHARACTERS", "60")
    monkeypatch.setenv("BAOSHU_MODEL", "/nowhere/model")

    def load(model: Path, threads: int) -> FakePipeline:
        if model != Path("/nowhere/model"):
            raise NotReady(f"{model} 中没有模型。")
        assert threads > 0
        return pipeline

    monkeypatch.setitem(sys.modules, "service.pipeline", SimpleNamespace(Pipeline=SimpleNamespace(load=load)))


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    for name, text in TEXTS.items():
        (tmp_path / f"{name}.txt").write_text(text, encoding="gb18030")
    return [str(tmp_path / f"{name}.txt") for name in TEXTS]


def from_file(text: str, hints: Hints = Hints()) -> Any:
    return to_json(extraction_of(text, hints), with_text=True)


def read_from(file: str) -> ReadReport:
    path = Path(file)
    return ReadReport(path.stem, TEXTS[path.stem], to_json(extraction_of(TEXTS[path.stem])), file)


def test_one_file_gives_the_answer_itself(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["extract", files[0]]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out) == from_file(TEXTS["甲"])
    assert told.err == ""


def test_several_files_give_an_array(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["extract", *files]) == 0
    assert json.loads(capsys.readouterr().out) == [
        {"file": file, "id": name, "response": from_file(text)}
        for file, (name, text) in zip(files, TEXTS.items(), strict=True)
    ]


def test_a_line_each(files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "answers.jsonl"
    assert main(["extract", "--format", "jsonl", "--output", str(output), *files]) == 0
    lines = output.read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["response"] for line in lines] == [from_file(text) for text in TEXTS.values()]
    assert capsys.readouterr().out == ""


def test_a_table(files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    expected = file_of(Form.CSV, *(read_from(file) for file in files)).decode()
    assert main(["extract", "--format", "csv", *files]) == 0
    assert list(csv.reader(io.StringIO(capsys.readouterr().out))) == list(csv.reader(io.StringIO(expected)))
    output = tmp_path / "table.csv"
    assert main(["extract", "--format", "csv", "--output", str(output), *files]) == 0
    assert output.read_bytes() == b"\xef\xbb\xbf" + expected.encode()


def test_hints_hold_for_every_file(files: list[str], pipeline: FakePipeline) -> None:
    assert main(["extract", "--area", "小河县", "--published", "2024-03-05", *files]) == 0
    assert {(hints.area, str(hints.published)) for _, hints in pipeline.posted} == {("小河县", "2024-03-05")}
    assert len(pipeline.posted) == 2


def test_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(TEXTS["甲"].encode("utf-16"))))
    assert main(["extract", "-"]) == 0
    assert json.loads(capsys.readouterr().out) == from_file(TEXTS["甲"])


def test_a_file_of_reports(tmp_path: Path, pipeline: FakePipeline, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "many.jsonl"
    lines = [
        {"id": "a", "text": TEXTS["甲"], "entities": []},
        {"text": TEXTS["乙"], "area": "小河县"},
        {"id": "c", "text": ""},
        {"id": "d", "words": "5家"},
    ]
    file.write_text("\n\n".join(json.dumps(line) for line in lines) + "\n{\n", encoding="utf-8")
    assert main(["extract", "--area", "大河县", "--format", "jsonl", str(file)]) == 1
    told = capsys.readouterr()
    answers = [json.loads(line) for line in told.out.splitlines()]
    assert [(answer["id"], answer["response"]["entities"][0]["text"]) for answer in answers] == [
        ("a", "3.2 亿元"),
        ("many-3", "12家"),
    ]
    assert "text" not in answers[0]["response"]["report"]
    assert [hints.area for _, hints in pipeline.posted] == ["大河县", "小河县"]
    complaints = [line for line in told.err.splitlines() if line.startswith("baoshu: ")]
    assert [f"{file}:{number}：" in line for number, line in zip((5, 7, 8), complaints, strict=True)] == [True] * 3


def test_a_broken_file_is_named_and_the_rest_is_read(
    files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "空.txt").write_text("")
    (tmp_path / "长.txt").write_text("5" * 61)
    (tmp_path / "乱.txt").write_bytes(bytes(range(256)) * 8)
    broken = [str(tmp_path / name) for name in ("空.txt", "长.txt", "乱.txt", "无.txt")]
    assert main(["extract", "--format", "jsonl", files[0], *broken, files[1]]) == 1
    told = capsys.readouterr()
    assert [json.loads(line)["id"] for line in told.out.splitlines()] == ["甲", "乙"]
    complaints = [line for line in told.err.splitlines() if line.startswith("baoshu: ")]
    assert [line.removeprefix("baoshu: ").partition("：")[0] for line in complaints] == broken
    assert "60" in complaints[1]


@pytest.mark.parametrize(("form", "expected"), [("json", "[]\n"), ("jsonl", ""), ("csv", file_of(Form.CSV).decode())])
def test_nothing_could_be_read(form: str, expected: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["extract", "--format", form, str(tmp_path / "a.jsonl"), str(tmp_path / "b.txt")]) == 1
    assert capsys.readouterr().out.replace("\r\n", "\n") == expected.replace("\r\n", "\n")


def test_a_fault_of_ours_costs_one_report(
    files: list[str], monkeypatch: pytest.MonkeyPatch, pipeline: FakePipeline, capsys: pytest.CaptureFixture[str]
) -> None:
    read = pipeline.extract

    def extract(text: str, hints: Hints) -> Any:
        if text == TEXTS["甲"]:
            raise RuntimeError("a slip")
        return read(text, hints)

    monkeypatch.setattr(pipeline, "extract", extract)
    assert main(["extract", "--format", "jsonl", *files]) == 1
    told = capsys.readouterr()
    assert [json.loads(line)["id"] for line in told.out.splitlines()] == ["乙"]
    assert f"baoshu: {files[0]}：内部错误" in told.err


def test_an_output_that_cannot_be_written(files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["extract", "--output", str(tmp_path / "no" / "where.json"), files[0]]) == 1
    assert "where.json" in capsys.readouterr().err


def test_no_model(files: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("BAOSHU_MODEL", "/nowhere/else")
    assert main(["extract", files[0]]) == 1
    assert "/nowhere/else" in capsys.readouterr().err


def test_a_wrong_setting(files: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("BAOSHU_PORT", "high")
    assert main(["extract", files[0]]) == 2
    assert "BAOSHU_PORT" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["extract"],
        ["extract", "a.txt", "--format", "xml"],
        ["extract", "a.txt", "--published", "yesterday"],
        ["serve", "--port", "http"],
        ["dance"],
    ],
)
def test_a_wrong_call(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    assert capsys.readouterr().err


@pytest.mark.parametrize("command", ["extract", "serve", "bench", "spacy", "sdmx"])
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main([command, "--help"])
    assert stop.value.code == 0
    assert f"baoshu {command}" in capsys.readouterr().out


def test_several_reports_are_one_workbook(files: list[str], tmp_path: Path) -> None:
    output = tmp_path / "观测.xlsx"
    assert main(["extract", "--format", "xlsx", "--output", str(output), *files]) == 0
    book = openpyxl.load_workbook(output)
    assert book.sheetnames == ["观测", "实体", "发现", "报告"]
    _, *rows = book["观测"].iter_rows(max_col=2, values_only=True)
    assert rows == [("甲", "o1"), ("乙", "o1")]


@pytest.mark.parametrize("form", [Form.PARQUET, Form.SDMX_CSV, Form.HTML])
def test_several_reports_are_one_file(
    files: list[str], tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes], form: Form
) -> None:
    expected = file_of(form, *(read_from(file) for file in files))
    assert main(["extract", "--format", form, *files]) == 0
    assert capsysbinary.readouterr().out == expected
    output = tmp_path / "out"
    assert main(["extract", "--format", form, "--output", str(output), *files]) == 0
    assert output.read_bytes() == expected


@pytest.mark.parametrize("form", ["xlsx", "parquet"])
def test_a_terminal_is_given_no_workbook(
    files: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert main(["extract", "--format", form, *files]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert f"--output 观测.{form}" in told.err


def test_a_workbook_that_is_too_long_is_not_left_behind(
    files: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("service.exports.workbook.MOST_ROWS", 2)
    output = tmp_path / "观测.xlsx"
    assert main(["extract", "--format", "xlsx", "--output", str(output), *files]) == 1
    assert "1 行" in capsys.readouterr().err
    assert not output.exists()


def test_the_structure_of_sdmx(tmp_path: Path) -> None:
    output = tmp_path / "structure.xml"
    assert main(["sdmx", "--output", str(output)]) == 0
    assert len(read_sdmx(output.read_text(encoding="utf-8")).structures or ()) == 14


def test_help_and_the_server_load_no_library_of_a_form() -> None:
    """They are loaded when a file of that form is begun."""
    for module in ("service.cli", "service.app"):
        code = f"import sys, {module}; print([m for m in ('pyarrow', 'xlsxwriter', 'pandas') if m in sys.modules])"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert done.stdout == "[]\n"
