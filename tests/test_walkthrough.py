"""The walk through the archive in the READMEs, run as it is written."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from test_server import free_port

from service.settings import DEFAULT_MODEL

ROOT = Path(__file__).resolve().parent.parent
SECTIONS = {"README.md": "## A walk through the archive", "README.zh.md": "## 档案库演练"}
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)

# What stands between two blocks of commands: a mark, after the server that the first one starts has come up.
MARK = "@@ end of block"
WAIT = """
for _ in $(seq 600); do curl -s -o /dev/null http://127.0.0.1:8000/health/ready && break; sleep 0.2; done
"""


def blocks(readme: str) -> list[tuple[str, str]]:
    """The fenced blocks of the walk-through, in order: their language, their text."""
    text = (ROOT / readme).read_text(encoding="utf-8")
    section = text.partition(f"{SECTIONS[readme]}\n")[2].partition("\n## ")[0]
    return FENCE.findall(section)


def agrees(told: str, shown: str) -> bool:
    """Whether `told` is what a README shows, where `…` stands for anything within a line and, alone, for any lines."""
    lines = (
        "(?:.*\n)*" if line == "…" else re.escape(line).replace(re.escape("…"), ".*") + "\n"
        for line in shown.splitlines()
    )
    return re.fullmatch("".join(lines), told) is not None


def test_commands_and_what_they_show_stand_in_turn_and_in_both() -> None:
    english, chinese = (blocks(readme) for readme in SECTIONS)
    assert [language for language, _ in english] == ["sh", ""] * 4
    assert [text for language, text in english if not language] == [text for language, text in chinese if not language]


def test_dots_stand_for_anything() -> None:
    assert agrees("甲1\n乙\n丙\n", "甲…\n…\n丙\n")
    assert not agrees("甲1\n乙\n", "甲…\n丙\n")
    assert not agrees("甲1\n乙\n", "甲…\n")


@pytest.mark.skipif(not (DEFAULT_MODEL / "manifest.json").exists(), reason="no model in this checkout")
@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl on this machine")
def test_it_runs_as_written(tmp_path: Path) -> None:
    """In a folder of its own, with models, archive and port of its own, which the environment names."""
    shutil.copytree(DEFAULT_MODEL, tmp_path / "models" / DEFAULT_MODEL.name)
    (tmp_path / "seeds").symlink_to(ROOT / "seeds")
    port = free_port()
    environ = {name: value for name, value in os.environ.items() if not name.startswith("BAOSHU_")}
    environ |= {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{environ['PATH']}",
        "BAOSHU_ARCHIVE": "sqlite:///var/baoshu.db",
        "BAOSHU_MODELS": "models",
        "BAOSHU_MODEL": f"models/{DEFAULT_MODEL.name}",
        "BAOSHU_PORT": str(port),
        "no_proxy": "127.0.0.1",
    }
    found = blocks("README.md")
    script = [f"{commands}echo '{MARK}'\n" for commands, _ in zip(*[iter(text for _, text in found)] * 2, strict=True)]
    script.insert(1, WAIT)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "".join(script).replace("127.0.0.1:8000", f"127.0.0.1:{port}")],
        cwd=tmp_path,
        env=environ,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = done.stdout.replace(f"127.0.0.1:{port}", "127.0.0.1:8000").replace("\r\n", "\n").split(f"{MARK}\n")
    for shown, said in zip([text for language, text in found if not language], told, strict=False):
        assert agrees(said, shown), said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["models", "seeds", "var"]
