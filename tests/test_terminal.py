"""Tables for a terminal: widths of Chinese text, and nothing that a terminal would obey."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service import terminal
from service.errors import InvalidRequest
from service.terminal import bold, clip, plain, table, width, written, written_bytes


def test_a_chinese_character_takes_two_columns() -> None:
    assert [width(text) for text in ("亿元", "a亿", "，", "R&D", "e\u0301")] == [4, 3, 2, 3, 1]


def test_what_a_terminal_would_obey_is_gone() -> None:
    assert plain("甲\x1b[31m乙\r\n丙\u2028丁\u202e戊\x9b0m\t己") == "甲 [31m乙 丙 丁戊 0m 己"


def test_bold_is_for_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    assert bold("甲") == "甲"
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert bold("甲") == "\033[1m甲\033[0m"


def test_a_table() -> None:
    rows = [("青岚区", "5.6"), ("a", "12\n34")]
    assert table(("地区", "值"), rows, right=("值",)) == [
        "地区       值",
        "青岚区    5.6",
        "a       12 34",
    ]
    assert table(("地区", "值"), []) == ["地区  值"]


def test_a_table_fits_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal, "columns", lambda: 40)
    lines = table(("名", "甲", "依据"), [("一", "二" * 30, "三" * 30), ("a", "b", "c")])
    assert [width(line) for line in lines[1:2]] == [40]
    assert lines[1].count("…") == 2
    assert lines[2].split() == ["a", "b", "c"]


@given(st.text(), st.integers(min_value=1, max_value=30))
def test_what_is_clipped_fits(text: str, most: int) -> None:
    clipped = clip(text, most)
    assert width(clipped) <= most
    assert clipped == text or text.startswith(clipped.removesuffix("…"))


@given(st.lists(st.tuples(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60)), max_size=4))
def test_no_line_is_wider_than_the_terminal(rows: list[tuple[str, ...]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(terminal, "columns", lambda: 50)
        lines = table(("甲", "乙", "丙"), rows)
    assert len(lines) == 1 + len(rows)
    assert all(width(line) <= 50 for line in lines)


def test_line_ends_are_written_as_given(tmp_path: Path) -> None:
    with written(tmp_path / "out") as out:
        out.write("甲\r\n乙\n")
    assert (tmp_path / "out").read_bytes() == "甲\r\n乙\n".encode()


def test_of_a_binary_file_nothing_is_left_after_an_error(tmp_path: Path) -> None:
    def write(binary: bool) -> None:
        with written_bytes(tmp_path / "out", "xlsx", binary=binary) as out:
            out.write(b"1")
            raise RuntimeError("a slip")

    with pytest.raises(RuntimeError, match="a slip"):
        write(binary=False)
    assert (tmp_path / "out").read_bytes() == b"1"
    with pytest.raises(RuntimeError, match="a slip"):
        write(binary=True)
    assert not (tmp_path / "out").exists()


def test_a_terminal_is_not_given_what_it_cannot_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    with pytest.raises(InvalidRequest, match="--output"), written_bytes(None, "xlsx", binary=True):
        pass
    with written_bytes(None, "csv", binary=False) as out:
        out.write(b"")
