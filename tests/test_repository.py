"""What the repository says of itself is so: documents, exports, build files."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

from service.problems import TYPE_PREFIX, kinds
from service.settings import PREFIX, Settings

ROOT = Path(__file__).resolve().parent.parent
READMES = ("README.md", "README.zh.md")
MODULES = sorted([*ROOT.glob("service/**/*.py"), *ROOT.glob("training/*.py")])
MOST_LINES = 500

# Written in pieces, so that this file does not find itself.
HOSTS = re.compile(
    "|".join(("pypi" + r"\.", "python" + "hosted", "conda" + r"\.", "tuna" + r"\.", r"mirrors?\.", "/simple" + "/"))
)


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return tomllib.loads(read("pyproject.toml"))


def tracked() -> list[Path]:
    names = subprocess.run(["git", "-C", ROOT, "ls-files", "-z"], capture_output=True, check=True).stdout.decode()
    return [ROOT / name for name in names.split("\0") if name and (ROOT / name).is_file()]


@pytest.mark.parametrize("readme", READMES)
def test_every_problem_is_documented(readme: str) -> None:
    rows = dict(re.findall(rf"\| `{re.escape(TYPE_PREFIX)}([a-z-]+)` \| (\d+) \|", read(readme)))
    assert rows == {kind.code: str(kind.status) for kind in kinds()}


def test_every_problem_is_its_own() -> None:
    codes = [kind.code for kind in kinds()]
    assert len(codes) == len(set(codes))
    for kind in kinds():
        assert 400 <= kind.status <= 599
        assert re.search("[一-鿿]", kind.title)


@pytest.mark.parametrize("readme", READMES)
def test_every_setting_is_documented_with_its_default(readme: str) -> None:
    rows = dict(re.findall(rf"\| `{PREFIX}([A-Z_]+)` \| (\S+) \|", read(readme)))
    defaults = Settings()
    expected = {name.upper(): str(getattr(defaults, name)) for name in Settings.__dataclass_fields__}
    expected["MODEL"] = defaults.model.relative_to(ROOT).as_posix()
    expected["MODELS"] = defaults.models.relative_to(ROOT).as_posix()
    expected["REFINEMENTS"] = defaults.refinements.relative_to(ROOT).as_posix()
    expected["ARCHIVE"] = defaults.archive.replace(f"{ROOT}/", "")
    assert rows == expected


@pytest.mark.parametrize("readme", READMES)
def test_every_route_is_documented(readme: str) -> None:
    from fakes import FakePipeline

    from service.app import create_app
    from service.registry import Registry

    described = create_app(Settings(), FakePipeline(), Registry(Settings().models, 1)).openapi()["paths"]
    routes = {f"{method.upper()} {path}" for path, methods in described.items() for method in methods}
    assert set(re.findall(r"\| `((?:GET|POST|PUT|DELETE) /\S*)` \|", read(readme))) == routes | {"GET /openapi.json"}


@pytest.mark.parametrize("readme", READMES)
def test_every_command_is_documented_and_every_documented_command_exists(readme: str) -> None:
    from service.cli import _parser

    commands = next(action for action in _parser()._actions if action.dest == "command").choices
    assert commands is not None
    assert set(re.findall(r"^baoshu ([a-z]+)", read(readme), re.M)) == set(commands)
    targets = set(re.findall(r"^([a-z]+):.*## ", read("Makefile"), re.M)) - {"help"}
    assert set(re.findall(r"^make ([a-z]+)", read(readme), re.M)) == targets


@pytest.mark.parametrize("readme", READMES)
def test_every_folder_named_exists(readme: str) -> None:
    folders = re.findall(r"^\| `([a-z]+)/` \|", read(readme), re.M)
    assert {"service", "training", "tests"} <= set(folders)
    assert [folder for folder in folders if not (ROOT / folder).is_dir()] == []


def test_both_readmes_show_the_same_commands() -> None:
    def blocks(text: str) -> list[str]:
        return [re.sub("#.*", "", block) for block in re.findall(r"```(?:sh|python)\n(.*?)```", text, re.S)]

    english, chinese = (blocks(read(readme)) for readme in READMES)
    assert [[line.strip() for line in block.splitlines()] for block in english] == [
        [line.strip() for line in block.splitlines()] for block in chinese
    ]


def test_no_registry_is_named() -> None:
    found = []
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(ROOT)}: {match.group()}" for match in HOSTS.finditer(text)]
    assert found == []


def test_no_passage_is_taken_from_the_real_reports() -> None:
    checker = ROOT.parent / "shared" / "tools" / "copied_text.py"
    if not checker.exists():
        pytest.skip("the real reports are no part of this repository")
    done = subprocess.run([sys.executable, checker, ROOT], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "no copied passages"


def test_the_distribution_is_private_and_complete(project: dict[str, Any]) -> None:
    assert project["project"]["name"] == "baoshu"
    assert "Private :: Do Not Upload" in project["project"]["classifiers"]
    modules = [*ROOT.glob("service/**/*.py"), *ROOT.glob("training/**/*.py")]
    packages = {".".join(module.parent.relative_to(ROOT).parts) for module in modules} | {
        "service.data",
        "service.page",
    }
    assert set(project["tool"]["setuptools"]["packages"]) == packages
    assert project["project"]["license"] == "Apache-2.0"
    assert "Apache License" in read("LICENSE")


def test_the_runtime_is_small(project: dict[str, Any]) -> None:
    runtime = {re.split("[<>=]", item)[0] for item in project["project"]["dependencies"]}
    assert runtime & {"torch", "transformers", "datasets", "spacy", "onnx", "pandas"} == set()
    assert "torch==2.13.0" in project["project"]["optional-dependencies"]["training"]


def test_every_dependency_has_a_range(project: dict[str, Any]) -> None:
    extras = project["project"]["optional-dependencies"].values()
    for item in [*project["project"]["dependencies"], *(item for extra in extras for item in extra)]:
        assert re.fullmatch(r"[a-z0-9-]+(?:\[[a-z]+\])?(>=[\d.]+,<[\d.]+|==[\d.]+)", item), item


def test_entry_points_lead_somewhere(project: dict[str, Any]) -> None:
    declared = project["project"]["entry-points"] | {"console_scripts": project["project"]["scripts"]}
    for group, entries in declared.items():
        installed = {entry.name: entry for entry in entry_points(group=group)}
        for name, value in entries.items():
            assert installed[name].value == value
            assert callable(installed[name].load())


def test_ci_runs_what_developers_run() -> None:
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    assert "set -euo pipefail" in script.read_text()
    assert "make test" in script.read_text()


def test_the_container_runs_without_root_and_tells_its_health() -> None:
    lines = read("Dockerfile").splitlines()
    user = next(line for line in lines if line.startswith("USER "))
    assert user != "USER root"
    assert any(line.startswith("HEALTHCHECK ") for line in lines)
    allowed = [line.removeprefix("!") for line in read(".dockerignore").splitlines() if line.startswith("!")]
    copied = [source for line in lines if line.startswith("COPY ") for source in line.split()[1:-1]]
    for source in copied:
        assert any(name == source or name == f"{source}/**" for name in allowed), source


def test_the_composition_holds_no_secret() -> None:
    composition = read("compose.yaml")
    assert re.findall(r"PASSWORD\w*: (\S+)", composition) == ["/run/secrets/db_password"]
    assert not re.search(r"postgresql://[^@/\s]*:[^@/\s]*@", composition)
    assert "secrets/" in read(".gitignore").splitlines()
    assert "condition: service_healthy" in composition


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_module_is_short_and_says_what_it_is_for(module: Path) -> None:
    source = module.read_text(encoding="utf-8")
    assert len(source.splitlines()) <= MOST_LINES
    if module.name != "__init__.py":
        assert ast.get_docstring(ast.parse(source))


def test_the_records_need_the_standard_library_alone() -> None:
    imported = set()
    for node in ast.walk(ast.parse(read("service/records.py"))):
        if isinstance(node, ast.Import):
            imported |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(node.module or "")
    assert {name.partition(".")[0] for name in imported} <= sys.stdlib_module_names


def test_data_files_are_shipped(project: dict[str, Any]) -> None:
    data = ROOT / "service" / "data"
    patterns = project["tool"]["setuptools"]["package-data"]["service.data"]
    shipped = {path for pattern in patterns for path in data.glob(pattern) if path.is_file()}
    assert {path for path in data.rglob("*") if path.is_file() and path.suffix != ".pyc"} == shipped
    json.loads(read("service/data/example.json"))
