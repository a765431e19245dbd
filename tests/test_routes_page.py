"""The page's files and how they are served; no browser needed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from test_app import problem

from service.routes_page import FIRST_FILE, FOLDER, POLICY, WORKBENCH, add_page, version_of

FILES = sorted(path for path in FOLDER.rglob("*") if path.suffix in {".html", ".css", ".js", ".svg"})
PAGES = {"/": FIRST_FILE, "/workbench": WORKBENCH}
SCRIPTS = [path for path in FILES if path.suffix == ".js"]
MOST_LINES = 500
TYPES = {".js": "javascript", ".css": "text/css", ".svg": "image/svg+xml", ".html": "text/html"}

# WCAG 2.1, 1.4.3: letters on their paper; 1.4.11: what is no letter but must be seen.
LETTERS, SIGNS = 4.5, 3.0
PAIRS = [
    *((ink, paper, LETTERS) for ink in ("ink", "quiet", "accent") for paper in ("paper", "desk", "accent-paper")),
    *((name, f"{name}-paper", LETTERS) for name in ("level", "increment", "growth", "diff", "rank")),
    *((name, f"{name}-paper", LETTERS) for name in ("error", "warning", "note")),
    ("paper", "accent", LETTERS),
    ("paper", "error", LETTERS),
    ("increment", "paper", LETTERS),
    ("note", "desk", LETTERS),
    ("field", "paper", SIGNS),
    ("error", "paper", LETTERS),
    ("warning", "paper", LETTERS),
]


@pytest.mark.parametrize("address", PAGES)
def test_the_pages(client: TestClient, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-cache"
    assert "unsafe" not in POLICY
    assert "{version}" not in answer.text
    again = client.get(address, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["content-security-policy"] == POLICY
    assert client.head(address).headers["etag"] == answer.headers["etag"]
    problem(client.post(address), 405, "method-not-allowed")


@pytest.mark.parametrize("address", PAGES)
def test_their_files_are_there_and_stay(client: TestClient, address: str) -> None:
    wanted = re.findall(r'(?:href|src)="(page/[^"]+)"', client.get(address).text)
    assert {Path(name).suffix for name in wanted} == {".js", ".css", ".svg"}
    folder = "/".join(wanted[0].split("/")[:2])
    assert folder == f"page/{version_of(FOLDER)}"
    assert all(name.startswith(f"{folder}/") for name in wanted)
    for path in FILES:
        answer = client.get(f"/{folder}/{path.relative_to(FOLDER).as_posix()}")
        assert answer.status_code == 200
        assert TYPES[path.suffix] in answer.headers["content-type"]
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.content == path.read_bytes()
        again = client.get(answer.url.path, headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
    for name in ("none.js", "../app.py", "%2e%2e/app.py", ""):
        problem(client.get(f"/{folder}/{name}"), 404, "not-found")
    problem(client.get("/page/0000000000000000/main.js"), 404, "not-found")


def test_a_changed_file_has_a_new_address(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text('<script src="page/{version}/a.js"></script>', encoding="utf-8")
    (tmp_path / "workbench").mkdir()
    (tmp_path / WORKBENCH).write_text("{version}", encoding="utf-8")
    (tmp_path / "a.js").write_text("1", encoding="utf-8")
    app = FastAPI()
    add_page(app, tmp_path)
    before = version_of(tmp_path)
    assert TestClient(app).get("/").text == f'<script src="page/{before}/a.js"></script>'
    assert TestClient(app).get("/workbench").text == before
    (tmp_path / "a.js").write_text("2", encoding="utf-8")
    after = version_of(tmp_path)
    assert after != before
    (tmp_path / "workbench" / "b.js").write_text("3", encoding="utf-8")
    assert version_of(tmp_path) not in {before, after}


def test_nothing_is_loaded_from_elsewhere() -> None:
    for path in FILES:
        hosts = set(re.findall(r"(?:https?:)?//[\w-]+\.[\w.:-]+", path.read_text(encoding="utf-8")))
        # The name of SVG, and what to type at a terminal.
        assert hosts <= {"http://www.w3.org", "http://127.0.0.1:8000"}, path.name


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.relative_to(FOLDER).as_posix())
def test_every_script_is_short_says_what_it_is_for_and_takes_no_markup(script: Path) -> None:
    source = script.read_text(encoding="utf-8")
    assert len(source.splitlines()) <= MOST_LINES
    assert source.startswith("// ")
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|DOMParser", source
    )
    for name in re.findall(r'from "(\.[^"]+)"', source):
        assert (script.parent / name).is_file(), name
    for names, module in re.findall(r'import \{([^}]+)\} from "(\.[^"]+)"', source):
        exported = (script.parent / module).read_text(encoding="utf-8")
        for name in re.findall(r"\w+", names):
            assert re.search(rf"export (?:async )?(?:class|function|const) {name}\b", exported), (module, name)
            assert len(re.findall(rf"\b{name}\b", source)) > 1, f"{name} is not used"


def test_every_script_and_sheet_is_used() -> None:
    reached: set[Path] = set()
    for name in PAGES.values():
        page = (FOLDER / name).read_text(encoding="utf-8")
        assert not re.search(r"<script(?![^>]*src=)|\son\w+=|style=", page)
        waiting = [FOLDER / file for file in re.findall(r'"page/\{version\}/([^"]+)"', page)]
        while waiting:
            path = waiting.pop()
            if path not in reached:
                reached.add(path)
                source = path.read_text(encoding="utf-8")
                waiting += [(path.parent / file).resolve() for file in re.findall(r'from "(\.[^"]+)"', source)]
    assert reached == set(FILES) - {FOLDER / name for name in PAGES.values()}


@pytest.mark.parametrize(("ink", "paper", "least"), PAIRS)
def test_letters_stand_out_from_their_paper(ink: str, paper: str, least: float) -> None:
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", (FOLDER / "base.css").read_text(encoding="utf-8")))
    assert contrast(colours[ink], colours[paper]) >= least


def test_words_of_a_figure_stand_out_from_theirs() -> None:
    rules = re.findall(
        r"\.role-\w+ \{ background: (#\w{6}); color: (#\w{6}); \}", (FOLDER / "report.css").read_text(encoding="utf-8")
    )
    assert len(rules) == 3
    for paper, ink in rules:
        assert contrast(ink, paper) >= LETTERS


def test_the_palette_has_the_known_contrast_of_black_on_white() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=0.001)


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2.1."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
