"""Annotations out of the archive and into it: over HTTP, and at the command line."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from annotated import TEXT, sample
from archive_commands import Run
from fastapi.testclient import TestClient
from test_app import problem

from service import archive_cli
from service.annotations import jsonl
from service.annotations.document import Document
from service.annotations.form import document_json
from service.annotations.formats import NAMES, format_named
from service.annotations.labelling import labelling_config
from service.archive.tables import TASK_STATES
from service.records import Measure

SAID = sample(area="吉水县", published="2024-01-08", title="通报", year="2023")
AT = f"/annotations/{SAID.id}"


def increment() -> Document:
    """The sample corrected."""
    first = replace(SAID.observations[0], measure=Measure.INCREMENT)
    return replace(SAID, observations=(first, *SAID.observations[1:]))


def saved(client: TestClient, document: Document = SAID, **fields: Any) -> None:
    body = {"annotator": "甲", "document": document_json(document), "state": "done", **fields}
    assert client.put(AT, json=body).status_code == 200


@pytest.fixture
def kept(client: TestClient) -> TestClient:
    """The service with one annotated report."""
    client.post("/reports", json={"text": TEXT, "source": "kj.txt"})
    saved(client)
    return client


@pytest.mark.parametrize("name", NAMES)
def test_every_format_goes_out_and_comes_back(kept: TestClient, name: str) -> None:
    answer = kept.get("/annotations/export", params={"format": name})
    assert answer.headers["content-disposition"].endswith(f'annotations{format_named(name).suffix}"')
    told = kept.get("/annotations/export", params={"format": name, "losses": "true"}).json()
    assert (told["format"], told["documents"]) == (name, 1)
    assert answer.headers["baoshu-losses"] == str(len(told["losses"]))
    assert bool(told["losses"]) == (name == "bio")
    back = kept.post(f"/annotations/import?format={name}&annotator=乙", files={"file": ("a", answer.content)}).json()
    (done,) = back["imported"]
    assert (done["report"], done["added"], back["losses"]) == (SAID.id, False, [])
    if name == "bio":  # it says less than the archive has, and not of which revision
        assert done["conflict"] == f"{AT}?revision=1"
    else:
        assert (done["conflict"], done["revision"]["revision"], done["errors"]) == (None, 1, 0)


def test_a_line_says_what_it_is_of_and_whose(kept: TestClient) -> None:
    (document,) = jsonl.read(kept.get("/annotations/export").content).documents
    assert document == replace(
        SAID, meta={**SAID.meta, "revision": "1", "annotator": "甲", "state": "done", "source": "kj.txt"}
    )
    assert kept.get("/annotations/export?state=in_work&state=reviewed").content == b""
    assert kept.get("/annotations/export?state=in_work&state=done").content != b""


def test_what_was_corrected_elsewhere_goes_on_from_its_revision(kept: TestClient) -> None:
    (document,) = jsonl.read(kept.get("/annotations/export").content).documents
    data = jsonl.write([replace(increment(), meta=document.meta)]).data
    (done,) = kept.post("/annotations/import?state=in_work", content=data).json()["imported"]
    assert (done["revision"]["revision"], done["revision"]["base"], done["revision"]["corrections"]) == (2, 1, 1)
    assert kept.get(AT).json()["task"]["state"] == "in_work"
    # Meanwhile that file is old.
    stale = jsonl.write([replace(SAID, meta=document.meta)]).data
    (aside,) = kept.post("/annotations/import", content=stale).json()["imported"]
    assert (aside["conflict"], aside["revision"]["line"]) == (f"{AT}?revision=2", "甲")
    assert kept.get(AT).json()["revision"]["revision"] == 2


def test_a_report_that_is_not_there_is_added(client: TestClient) -> None:
    body = client.post("/annotations/import?annotator=乙", content=jsonl.write([SAID]).data).json()
    (done,) = body["imported"]
    assert (done["added"], done["revision"]["annotator"], done["revision"]["state"]) == (True, "乙", "done")
    report = client.get(f"/reports/{SAID.id}").json()
    assert report["hints"] == {"title": "通报", "published": "2024-01-08", "area": "吉水县"}


def test_work_with_errors_comes_in_unfinished(client: TestClient) -> None:
    wrong = replace(SAID, observations=(replace(SAID.observations[0], period="去年"), *SAID.observations[1:]))
    (done,) = client.post("/annotations/import?annotator=乙", content=jsonl.write([wrong]).data).json()["imported"]
    assert (done["errors"], done["revision"]["state"]) == (1, "in_work")


def test_what_cannot_be_taken_in_is_refused_whole(client: TestClient) -> None:
    named = "/annotations/import?annotator=乙"
    problem(client.post(named, content=b"{"), 400, "invalid-request")
    problem(client.post("/annotations/import", content=jsonl.write([SAID]).data), 400, "invalid-request")
    long = replace(SAID, id="x", text="营" * 101, entities=(), observations=())
    problem(client.post(named, content=jsonl.write([SAID, long]).data), 413, "text-too-long")
    problem(client.post(named, files={"other": ("a", b"")}), 400, "invalid-request")
    problem(client.post(named, content=b"x" * 100_000), 413, "body-too-large")
    problem(client.post(f"{named}&format=xml", content=b""), 400, "invalid-request")
    assert client.get("/reports").json()["reports"] == []


def test_the_labelling_configuration_is_served(client: TestClient) -> None:
    assert client.get("/annotations/labelling").text == labelling_config()


# At the command line


def test_the_commands_know_the_formats_and_states() -> None:
    assert archive_cli.ANNOTATION_FORMATS == NAMES
    assert archive_cli.TASK_STATES == TASK_STATES


@pytest.mark.usefixtures("store")
def test_files_go_in_and_out(run: Run, place: Path) -> None:
    (place / "in.jsonl").write_bytes(jsonl.write([SAID]).data)
    code, said, _ = run("annotations", "import", "--annotator", "甲", "in.jsonl")
    assert (code, said) == (0, "读入 1 份标注（新报告 1 份，另存 0 份，有错误 0 份），未能读入 0 份。\n")
    code, _, told = run("annotations", "export", "--format", "bio", "--output", "out.bio")
    assert (code, "4 条观测没有写出" in told, "写出 1 份标注" in told) == (0, True, True)
    assert (place / "out.bio").read_text().startswith("-DOCSTART-\tO\n\n𠮷\tB-AREA\n")
    run("annotations", "export", "--state", "done", "--output", "out.jsonl")
    (document,) = jsonl.read((place / "out.jsonl").read_bytes()).documents
    assert (document.observations, document.meta["annotator"]) == (SAID.observations, "甲")
    (place / "newer.jsonl").write_bytes(jsonl.write([increment()]).data)
    code, said, told = run("annotations", "import", "--annotator", "乙", "newer.jsonl")
    assert (code, "另存 1 份" in said, "已有更新的版本 1" in told) == (1, True, True)
    code, _, told = run("annotations", "import", "--format", "labelstudio", "in.jsonl")
    assert (code, "不是 JSON" in told or "data.text" in told) == (2, True)


@pytest.mark.usefixtures("figures")
def test_the_queue_is_listed(run: Run) -> None:
    code, said, _ = run("annotations", "queue", "--state", "pre_annotated")
    lines = said.splitlines()
    assert (code, len(lines)) == (0, 5)
    assert lines[-1] == "未读 0，已预标注 3，标注中 0，已完成 0，已审定 0。"
    _, said, _ = run("annotations", "queue", "--format", "jsonl", "--limit", "2")
    assert [json.loads(one)["state"] for one in said.splitlines()] == ["pre_annotated"] * 2
    assert run("annotations", "queue", "--assignee", "甲")[1].splitlines()[1:] == [lines[-1]]


@pytest.mark.usefixtures("place")
def test_the_labelling_configuration_is_written(run: Run) -> None:
    assert run("annotations", "labelling") == (0, labelling_config(), "")
