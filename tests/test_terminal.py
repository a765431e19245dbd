"""Tables for a terminal: widths of Chinese text, and nothing that a terminal would obey."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service import terminal
from service.terminal import bold, clip, plain, table, width, written


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


def test_a_file_for_a_spreadsheet_begins_with_a_mark(tmp_path: Path) -> None:
    for as_csv, first in ((True, b"\xef\xbb\xbf"), (False, b"")):
        with written(tmp_path / "out", as_csv=as_csv) as out:
            out.write("甲\r\n")
        assert (tmp_path / "out").read_bytes() == first + "甲\r\n".encode()
