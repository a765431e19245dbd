"""A real Label Studio and a real server of ours: tasks, predictions, annotations, there and back."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from annotated import TEXT, sample
from browsers import PATIENCE_MILLISECONDS, Site, SteeredReader
from fakes import CARD, FakePipeline
from playwright.sync_api import Browser, Page
from playwright.sync_api import TimeoutError as PageTimeoutError
from studio_server import ABSENT, PASSWORD, USER, LabelStudio, installed, running

from service.annotations import labelstudio
from service.annotations.document import Document, text_id
from service.annotations.labelling import labelling_config
from service.archive.keys import Scope, add_key
from service.archive.opening import open_archive
from service.archive.reports import get_report
from service.archive.revisions import Revision, get_revision, history
from service.settings import Settings

# A line end of two characters, blanks, and what takes two places in UTF-16 before anything is marked.
BEFORE = "关于𠮷水的通报\r\n\n　　一、概况  😀\n"
SECONDS = 60.0
# On a busy machine its page at times makes the annotation twice and shows neither: then it is opened again.
OPENINGS = 5
SHORT = {"data": {"text": "共有企业44家。"}}
IMAGE = {"data": {"image": "https://a.example/1.png"}}


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabelStudio]:
    program = installed()
    if program is None:
        pytest.skip(ABSENT)
    with running(program, tmp_path_factory.mktemp("label-studio")) as server:
        yield server


@pytest.fixture(scope="module")
def ours(
    studio: LabelStudio, migrated_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Site, str]]:
    """A server of ours behind keys, and the address by which Label Studio may write."""
    del studio  # where there is none, nothing is started
    file = tmp_path_factory.mktemp("ours") / "archive.db"
    shutil.copy(migrated_file, file)
    settings = Settings(archive=f"sqlite:///{file}")
    archive = open_archive(settings.archive)
    with archive.writing() as connection:
        key = add_key(connection, "标注室", [Scope.WRITE])
    archive.close()
    site = Site(settings, SteeredReader(FakePipeline()))
    site.start()
    yield site, site.address.replace("//", f"//label-studio:{key}@") + "label-studio"
    site.stop()


def exported(studio: LabelStudio, project: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = studio.call("GET", f"/api/projects/{project}/export?exportType=JSON")
    return found


def kept(site: Site, text: str, many: int) -> list[tuple[Revision, Document]]:
    """The revisions of a text, the newest first, when there are so many: Label Studio does not wait for a webhook."""
    archive = open_archive(site.settings.archive)
    try:
        until = time.monotonic() + SECONDS
        while True:
            with archive.reading() as connection:
                report = get_report(connection, text_id(text))
                found = [get_revision(connection, report, r.number) for r in history(connection, report)]
            if len(found) >= many or time.monotonic() > until:
                return found
            time.sleep(0.2)
    finally:
        archive.close()


def connected(studio: LabelStudio, address: str, texts: list[str]) -> tuple[int, list[int]]:
    """A project that is pre-annotated by us."""
    project, tasks = studio.project("年度通报", labelling_config(), [{"data": {"text": text}} for text in texts])
    backend = studio.call("POST", "/api/ml", {"url": address, "project": project, "title": "报数"})
    assert (backend["readable_state"], backend["model_version"]) == ("Connected", CARD.id)
    everything = {"selectedItems": {"all": True, "excluded": []}, "ordering": [], "project": str(project)}
    studio.call("POST", f"/api/dm/actions?id=retrieve_tasks_predictions&project={project}", everything)
    return project, tasks


def open_task(page: Page, address: str) -> None:
    """Open a task that has predictions, and wait for their marks."""
    for _ in range(OPENINGS):
        page.goto(address)
        page.wait_for_load_state("networkidle")
        with suppress(PageTimeoutError):
            page.locator(".htx-highlight").first.wait_for()
            return
    pytest.fail(f"no marks at {address}")


def test_what_we_write_is_imported_shown_exported_and_read_again(studio: LabelStudio) -> None:
    said = sample(area="吉水县", model="baoshu-1.2")
    doubted = replace(said, observations=tuple(replace(o, score=0.75) for o in said.observations))
    tasks = json.loads(labelstudio.write([doubted]).data)
    project, (task,) = studio.project("写出读回", labelling_config(), tasks)
    (prediction,) = studio.predictions(task)
    assert (prediction["model_version"], prediction["score"]) == ("baoshu-1.2", 0.75)
    assert prediction["result"] == tasks[0]["predictions"][0]["result"]
    studio.annotate(task, prediction["result"], parent_prediction=prediction["id"])
    taken = labelstudio.read(json.dumps(exported(studio, project)).encode())
    assert taken.losses == ()
    (document,) = taken.documents
    assert document == replace(doubted, meta={**said.meta, "annotator": "label-studio:1"})


def test_it_is_pre_annotated_and_what_is_annotated_there_is_kept_here(
    studio: LabelStudio, ours: tuple[Site, str]
) -> None:
    site, address = ours
    project, tasks = connected(studio, address, [TEXT, "共有企业44家。"])
    versions = studio.call("GET", f"/api/ml?project={project}")
    assert studio.call("GET", f"/api/ml/{versions[0]['id']}/versions") == {"versions": [CARD.id]}
    for task in tasks:
        (prediction,) = studio.predictions(task)
        text = studio.call("GET", f"/api/tasks/{task}")["data"]["text"]
        assert prediction["model_version"] == CARD.id
        regions = [r["value"] for r in prediction["result"] if r.get("from_name") == "label"]
        assert regions
        assert all(text[r["start"] : r["end"]] == r["text"] for r in regions)
        if text == TEXT:
            result, parent = prediction["result"], prediction["id"]
            mine = task
    annotation = studio.annotate(mine, result, parent_prediction=parent)
    ((first, document),) = kept(site, TEXT, 1)
    assert (first.annotator, first.state, first.model, first.corrections) == ("标注室:1", "done", CARD.id, 0)
    assert [(o.value.of(TEXT), o.quantity.low) for o in document.observations] == [("5.6亿元", 5.6e8), ("8.5%", 8.5)]
    gone = next(r["id"] for r in result if r["value"]["text"] == "8.5%")
    studio.call("PATCH", f"/api/annotations/{annotation}/", {"result": [r for r in result if r["id"] != gone]})
    (second, document), _ = kept(site, TEXT, 2)
    assert (second.number, second.base, second.line, second.corrections) == (2, 1, "", 2)
    assert [o.value.of(TEXT) for o in document.observations] == ["5.6亿元"]
    studio.call("DELETE", f"/api/annotations/{annotation}/")
    assert len(kept(site, TEXT, 2)) == 2


def test_it_tells_who_connects_it_what_is_wrong(studio: LabelStudio, ours: tuple[Site, str]) -> None:
    site, address = ours
    project, _ = studio.project("没有密钥", labelling_config(), [SHORT])
    backend = {"url": site.address + "label-studio", "project": project, "title": "报数"}
    assert "authentication" in studio.ask("POST", "/api/ml", backend).text
    project, _ = studio.project("图像标注", '<View><Image name="image" value="$image"/></View>', [IMAGE])
    answer = studio.ask("POST", "/api/ml", {"url": address, "project": project, "title": "报数"})
    assert answer.status_code == 400
    assert "400 Client Error" in answer.text
    basic = {
        "auth_method": "BASIC_AUTH",
        "basic_auth_user": "baoshu",
        "basic_auth_pass": address.split(":")[2].split("@")[0],
    }
    project, _ = studio.project("密钥作口令", labelling_config(), [SHORT])
    added = studio.call("POST", "/api/ml", {**backend, **basic, "project": project})
    assert added["readable_state"] == "Connected"


def test_its_page_writes_offsets_in_code_points(
    studio: LabelStudio,
    browser: Browser,
) -> None:
    before = len(BEFORE)
    text = BEFORE + TEXT
    said = sample()
    moved = labelstudio.result_of(said)
    for result in moved:
        if "value" in result:
            result["value"]["start"] += before
            result["value"]["end"] += before
    project, (task,) = studio.project(
        "在页面上标注", labelling_config(), [{"data": {"text": text}, "predictions": [{"result": moved}]}]
    )
    page = browser.new_page(viewport={"width": 1600, "height": 1000})
    page.set_default_timeout(PATIENCE_MILLISECONDS)
    page.goto(f"{studio.address}/user/login/")
    page.fill("input[name=email]", USER)
    page.fill("input[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "login" not in url)
    open_task(page, f"{studio.address}/projects/{project}/data?task={task}")
    shown = page.locator(".htx-highlight").all_text_contents()
    assert shown == [text[before + e.span.start : before + e.span.end] for e in said.in_order().entities]
    page.keyboard.press("7")  # the seventh label
    page.locator(".lsf-label_selected", has_text="INDICATOR").wait_for()
    box = page.locator("[class*=htx-richtext]").evaluate(
        """root => {
            const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
            while (walker.nextNode()) {
                const at = walker.currentNode.data.indexOf("概况");
                if (at < 0) continue;
                const range = document.createRange();
                range.setStart(walker.currentNode, at);
                range.setEnd(walker.currentNode, at + 2);
                const {left, right, top, bottom} = range.getBoundingClientRect();
                return {left, right, y: (top + bottom) / 2};
            }
        }"""
    )
    page.mouse.move(box["left"] + 1, box["y"])
    page.mouse.down()
    page.mouse.move(box["right"] - 1, box["y"], steps=6)
    page.mouse.up()
    page.locator(".htx-highlight", has_text="概况").wait_for()
    with page.expect_response(lambda r: r.request.method == "POST" and f"/tasks/{task}/annotations" in r.url) as sent:
        page.get_by_role("button", name="Submit").click()
    assert sent.value.ok
    page.close()
    (annotation,) = studio.call("GET", f"/api/tasks/{task}/annotations/")
    document, losses = labelstudio.document_of({"text": text}, annotation)
    assert losses == []
    assert [e.span.of(text) for e in document.entities] == ["概况", *shown]
    assert [o.quantity for o in document.observations] == [o.quantity for o in said.in_order().observations]
    assert all(o.indicator[0].of(text) == "技术合同成交额" for o in document.observations)
