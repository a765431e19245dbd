"""A real server process with the real model."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from test_response import spans

from service.app import example
from service.archive.jobs import Selection, create_job
from service.archive.keys import Scope, add_key
from service.archive.models import model_key
from service.archive.opening import open_archive
from service.archive.reports import add_report
from service.records import ModelCard
from service.settings import DEFAULT_MODEL

ROOT = Path(__file__).resolve().parent.parent
SEEDS = sorted((ROOT / "seeds").glob("*.txt"))
MAX_CHARACTERS = 20_000
# Starting takes a second or two; a busy machine may take much longer.
START_SECONDS = 120

pytestmark = pytest.mark.skipif(not (DEFAULT_MODEL / "manifest.json").exists(), reason="no model in this checkout")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def settings(archive: str, **given: str) -> dict[str, str]:
    """The environment of a server over this archive; `given` by the names of settings."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("BAOSHU_")}
    return environ | {
        "BAOSHU_ARCHIVE": archive,
        "BAOSHU_MAX_CHARACTERS": str(MAX_CHARACTERS),
        "BAOSHU_LOG_LEVEL": "warning",
        **{f"BAOSHU_{name.upper()}": value for name, value in given.items()},
    }


@contextmanager
def serving(archive: str, **given: str) -> Iterator[tuple[httpx2.Client, subprocess.Popen[bytes]]]:
    """A server process and a client of it, which is stopped as a service manager would and must then go."""
    port = free_port()
    command = [sys.executable, "-m", "service.cli", "serve", "--port", str(port)]
    process = subprocess.Popen(command, env=settings(archive, **given), stderr=subprocess.PIPE)
    try:
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=START_SECONDS, trust_env=False) as client:
            wait_for(process, client)
            yield client, process
        process.send_signal(signal.SIGTERM)
        _, told = process.communicate(timeout=30)
        assert process.returncode in (0, -signal.SIGTERM)
        assert b"Traceback" not in told
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx2.Client]:
    """A client of a server over an archive of its own."""
    with serving(f"sqlite:///{tmp_path_factory.mktemp('server') / 'archive.db'}") as (client, _):
        yield client


def wait_for(process: subprocess.Popen[bytes], client: httpx2.Client) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if client.get("/health/ready").status_code == 200:
                return
        except httpx2.TransportError:
            time.sleep(0.05)
    pytest.fail("the server did not start")


def check(answer: dict[str, Any], text: str) -> None:
    """What must hold of every answer."""
    for span in spans(answer):
        assert 0 <= span["start"] < span["end"] <= len(text)
        if "text" in span:
            assert text[span["start"] : span["end"]] == span["text"]
    ledger = answer["ledger"]
    assert ledger["numbers"] == ledger["observed"] + len(ledger["set_aside"]) + len(ledger["unexplained"])
    assert {item["value"]["entity"] for item in answer["observations"]} <= {item["id"] for item in answer["entities"]}


def test_the_example(server: httpx2.Client) -> None:
    answer = server.post("/extract", json=example().model_dump(mode="json", exclude_unset=True)).json()
    check(answer, example().text)
    assert answer["observations"]
    assert answer["model"]["sha256"] == server.get("/version").json()["model"]["sha256"]
    described = server.get("/openapi.json").json()["paths"]["/extract"]["post"]["responses"]["200"]
    assert described["content"]["application/json"]["example"] == answer


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: seed.stem)
def test_a_seed_report_as_text_and_as_file(server: httpx2.Client, seed: Path) -> None:
    # A byte order mark is part of a file's encoding and no part of its text.
    text = seed.read_text(encoding="utf-8").removeprefix("\ufeff")
    as_text = server.post("/extract", json={"text": text}).json()
    check(as_text, text)
    file = (seed.name, text.encode("gb18030"))
    as_file = server.post("/extract", files={"file": file}).json()
    assert as_file["report"].pop("text") == text
    assert as_file == as_text


def test_several_at_once(server: httpx2.Client) -> None:
    texts = [f"全区共有高新技术企业{number}家。" for number in range(100, 108)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda text: server.post("/extract", json={"text": text}).json(), texts))
    for text, answer in zip(texts, answers, strict=True):
        check(answer, text)


@pytest.mark.parametrize(
    ("request_of", "status", "code"),
    [
        ({"json": {"text": " "}}, 422, "empty-text"),
        ({"json": {"text": "5" * (MAX_CHARACTERS + 1)}}, 413, "text-too-long"),
        ({"content": b" " * 1_000_000, "headers": {"content-type": "application/json"}}, 413, "body-too-large"),
        ({"content": b"{", "headers": {"content-type": "application/json"}}, 400, "invalid-request"),
        ({"files": {"file": ("a.txt", bytes(range(256)) * 8)}}, 422, "undecodable-input"),
        ({"content": b"<a/>", "headers": {"content-type": "text/xml"}}, 415, "unsupported-media"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_refusals(server: httpx2.Client, request_of: dict[str, Any], status: int, code: str) -> None:
    response = server.post("/extract", **request_of)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["type"] == f"urn:baoshu:problem:{code}"


def test_metrics_count_what_was_read(server: httpx2.Client) -> None:
    assert server.post("/extract", json={"text": "全区共有高新技术企业12家。"}).status_code == 200
    lines = dict(line.rsplit(" ", 1) for line in server.get("/metrics").text.splitlines() if not line.startswith("#"))
    assert float(lines['baoshu_requests_total{code="200",method="POST",route="/extract"}']) >= 1
    assert float(lines["baoshu_characters_total"]) >= 14
    assert float(lines['baoshu_stage_seconds_count{stage="tag"}']) >= 1


def test_the_command_line_answers_as_the_server_does(server: httpx2.Client, tmp_path: Path) -> None:
    report = tmp_path / "report.txt"
    report.write_text(example().text, encoding="gb18030")
    command = [sys.executable, "-m", "service.cli", "extract", "--published", str(example().published), str(report)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    answer = json.loads(done.stdout)
    assert answer["report"].pop("text") == example().text
    assert answer == server.post("/extract", json=example().model_dump(mode="json", exclude_unset=True)).json()


def test_a_report_is_kept_read_and_asked_for(server: httpx2.Client) -> None:
    posted = server.post("/reports?extract=true", json=example().model_dump(mode="json", exclude_unset=True)).json()
    answer = server.get(posted["extraction"]).json()
    check(answer, example().text)
    asked = server.get("/observations", params={"report": posted["id"], "limit": 1000}).json()
    assert len(asked["observations"]) == posted["observations"] == len(answer["observations"])
    for figure in asked["observations"][:3]:
        proof = server.get(figure["evidence"]["href"]).json()
        assert proof["observation"] in answer["observations"]
        assert figure["value"] in proof["evidence"]["text"]


@pytest.mark.parametrize("scopes", [[], [Scope.READ, Scope.WRITE]])
def test_a_server_that_others_can_reach_does_not_start_without_a_key(tmp_path: Path, scopes: list[Scope]) -> None:
    archive = f"sqlite:///{tmp_path / 'archive.db'}"
    opened = open_archive(archive)
    with opened.writing() as connection:
        for scope in scopes:
            add_key(connection, scope, [scope])
    opened.close()
    command = [sys.executable, "-m", "service.cli", "serve", "--host", "0.0.0.0", "--port", str(free_port())]
    done = subprocess.run(command, env=settings(archive), capture_output=True, timeout=START_SECONDS)
    assert done.returncode == 2
    told = done.stderr.decode()
    assert "baoshu keys add" in told
    assert "Traceback" not in told


def test_a_server_that_is_told_to_stop_lets_its_followers_go(tmp_path: Path) -> None:
    archive = f"sqlite:///{tmp_path / 'archive.db'}"
    opened = open_archive(archive)
    with opened.writing() as connection:
        add_report(connection, example().text)
        # Nobody here runs it, so that it never ends by itself.
        job = create_job(connection, model_key(connection, ModelCard("a", "1", "0" * 64)), Selection(), engine="ray")
    opened.close()
    with serving(archive) as (client, process), client.stream("GET", f"/jobs/{job}/events") as stream:
        lines = stream.iter_lines()
        assert next(line for line in lines if line.startswith("event:")) == "event: progress"
        process.send_signal(signal.SIGTERM)
        assert [line for line in lines if line.startswith("event:")] == []
        process.wait(30)


def test_the_runtime_needs_none_of_the_training_packages() -> None:
    """Serving, reading and answering import neither torch, nor transformers, nor spaCy."""
    program = (
        "import sys; from service.app import create_app, example; from service.pipeline import Pipeline;"
        "from service.settings import DEFAULT_MODEL, Settings; p = Pipeline.load(DEFAULT_MODEL, threads=1);"
        "create_app(Settings(), p); p.extract(example().text);"
        "print({'torch', 'transformers', 'datasets', 'spacy', 'pandas', 'training'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, check=True, text=True)
    assert done.stdout.strip() == "set()"


def test_nothing_is_reported_to_anyone(tmp_path: Path) -> None:
    """onnxruntime would keep an id of the machine and what it is about to send in the user's folder."""
    program = (
        "from service.pipeline import Pipeline; from service.settings import DEFAULT_MODEL;"
        "from service.app import example; Pipeline.load(DEFAULT_MODEL, threads=1).extract(example().text)"
    )
    environ = {"HOME": str(tmp_path), "PATH": os.environ["PATH"]}
    subprocess.run([sys.executable, "-c", program], env=environ, check=True)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
