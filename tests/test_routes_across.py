"""Targets, conflicts and series over HTTP, in both stores."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import pytest
from archive_sentences import Report, fig, grown, keep, plan
from fakes import CARD, FakePipeline
from fastapi.testclient import TestClient
from test_app import problem

from service.across_table import CONFLICTS, SERIES, TARGETS
from service.app import create_app
from service.archive.opening import Archive
from service.settings import Settings

SALES = "技术合同成交额"
ADDRESSES = ("/targets", "/conflicts", "/series?indicator=x&area=y")


@pytest.fixture
def asked(archive: Archive) -> Iterator[TestClient]:
    """The service over an archive of three reports."""
    keep(
        archive,
        Report(
            "2023年总结",
            "2024-01-10",
            [
                ("2023年，技术合同成交额34.2亿元，同比增长14.7%。", [fig("34.2亿元", SALES), grown("14.7%", SALES)]),
                ("力争技术合同成交额达到40亿元以上。", [plan("40亿元", SALES, bound="at_least")]),
            ],
        ),
        Report("2022年总结", "2023-01-10", [("2022年，技术合同成交额31.5亿元。", [fig("31.5亿元", SALES, "2022")])]),
        Report(
            "2024年总结",
            "2025-01-10",
            [
                ("2024年，技术合同成交额42亿元。", [fig("42亿元", SALES, "2024")]),
                ("2023年为34.5亿元。", [fig("34.5亿元", SALES, "2023")]),
            ],
        ),
    )
    with TestClient(create_app(Settings(archive=archive.url), FakePipeline()), raise_server_exceptions=False) as client:
        yield client


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_a_target_with_both_quotations_and_their_addresses(asked: TestClient) -> None:
    body = asked.get("/targets").json()
    assert (body["model"], body["next"]) == (CARD.id, None)
    (target,) = body["targets"]
    told = {name: target[name] for name in ("state", "upward", "way", "value", "completion", "difference", "close")}
    assert told == {
        "state": "met",
        "upward": True,
        "way": "last",
        "value": 4200000000,
        "completion": 1.05,
        "difference": 200000000,
        "close": False,
    }
    (result,) = target["results"]
    for figure, quotation in (
        (target["figure"], "力争技术合同成交额达到40亿元以上。"),
        (result["figure"], "2024年，技术合同成交额42亿元。"),
    ):
        assert figure["evidence"]["text"] == quotation
        text = asked.get(figure["report"]["href"]).json()["text"]
        assert text[figure["evidence"]["start"] : figure["evidence"]["end"]] == quotation
        assert asked.get(figure["evidence"]["href"]).status_code == 200
    assert target["figure"]["worth"] == {"low": 4000000000, "high": None}
    assert result["figure"]["published"] == "2025-01-10"
    assert asked.get("/targets?state=missed").json()["targets"] == []
    assert asked.get("/targets?model=other").json() == {"model": "other", "targets": [], "next": None}


def test_a_figure_that_was_revised_and_a_growth_that_does_not_lead_back(asked: TestClient) -> None:
    revised, growth = asked.get("/conflicts").json()["conflicts"]
    assert (revised["kind"], revised["revised"], revised["implied"]) == ("between", True, None)
    assert [[figure["value"] for figure in side["figures"]] for side in revised["sides"]] == [
        ["34.5亿元"],
        ["34.2亿元"],
    ]
    assert revised["message"] == (
        "青岚区2023年技术合同成交额：《2024年总结》（2025-01-10）为34.5亿元，《2023年总结》（2024-01-10）为34.2亿元；"
        "后出的报告作了修订。"
    )
    assert (growth["kind"], growth["value"]["value"], growth["growth"]["value"]) == ("growth", "34.2亿元", "14.7%")
    assert growth["message"] == (
        "青岚区2022年技术合同成交额：《2023年总结》（2024-01-10）由34.2亿元、增长14.7%推算为29.7603亿至29.8735亿元，"
        "《2022年总结》（2023-01-10）为31.5亿元。"
    )
    assert asked.get("/conflicts?kind=growth").json()["conflicts"] == [growth]


def test_a_series_with_growth_beside_growth(asked: TestClient) -> None:
    body = asked.get("/series", params={"indicator": SALES, "area": "青岚区"}).json()
    (line,) = body["lines"]
    assert (line["unit"], line["definition"], line["rhythm"], line["gaps"], body["breaks"]) == (
        "元",
        [],
        "year",
        [],
        [],
    )
    assert [(p["period"], p["figure"]["value"], len(p["others"])) for p in line["points"]] == [
        ("2022", "31.5亿元", 0),
        ("2023", "34.5亿元", 1),
        ("2024", "42亿元", 0),
    ]
    change = line["points"][1]["change"]
    assert (change["stated"]["value"], change["agree"], change["unit"]) == ("14.7%", False, "%")
    assert line["points"][0]["change"] is None
    assert "34.5亿元" in line["points"][1]["conflict"]


def test_each_as_a_table(asked: TestClient) -> None:
    (target,) = table(asked.get("/targets?format=csv").text)
    assert tuple(target) == TARGETS
    assert (target["state"], target["target_value"], target["result_value"]) == ("met", "40亿元", "42亿元")
    assert target["result_evidence"].startswith("http://testserver/reports/")
    assert asked.get(target["target_evidence"]).status_code == 200
    rows = table(asked.get("/conflicts", headers={"accept": "text/csv"}).text)
    assert tuple(rows[0]) == CONFLICTS
    assert [(row["conflict"], row["role"], row["value"]) for row in rows] == [
        ("1", "side 1", "34.5亿元"),
        ("1", "side 2", "34.2亿元"),
        ("2", "side 1", "31.5亿元"),
        ("2", "value", "34.2亿元"),
        ("2", "growth", "14.7%"),
    ]
    response = asked.get("/series", params={"indicator": SALES, "area": "青岚区", "format": "csv"})
    rows = table(response.text)
    assert tuple(rows[0]) == SERIES
    assert [(row["period"], row["value"], row["stated"], row["agree"]) for row in rows] == [
        ("2022", "31.5亿元", "", ""),
        ("2023", "34.5亿元", "14.7%", "false"),
        ("2024", "42亿元", "", ""),
    ]
    assert response.headers["content-disposition"].startswith("attachment")


def test_gaps_and_breaks_in_a_table(asked: TestClient, archive: Archive) -> None:
    told = fig("20亿元", SALES, "2019")
    apart = fig("9亿元", SALES, "2023-01/2023-06")
    keep(archive, Report("旧", "2020-01-10", [("成交额20亿元。", [told]), ("上半年成交额9亿元。", [apart])]))
    rows = table(asked.get("/series", params={"indicator": SALES, "area": "青岚区", "format": "csv"}).text)
    assert [row["period"] for row in rows if row["gap"] == "true"] == ["2020", "2021"]
    assert [row["break"] for row in rows if row["break"]] == [
        "2023年1-6月起不与前一序列相接：时段由“年度”变为“1月起累计”。"
    ]


def test_pages_and_their_cursors(asked: TestClient) -> None:
    first = asked.get("/conflicts?limit=1").json()
    second = asked.get("/conflicts", params={"limit": 1, "after": first["next"]}).json()
    assert [one["kind"] for one in (*first["conflicts"], *second["conflicts"])] == ["between", "growth"]
    problem(asked.get("/targets", params={"after": first["next"]}), 400, "invalid-request")
    problem(asked.get("/targets?format=csv&limit=5"), 400, "invalid-request")


@pytest.mark.parametrize(
    "address",
    [
        "/series",
        "/series?indicator=x",
        "/targets?status=plan",
        "/conflicts?kind=x",
        "/targets?state=x",
        "/targets?area=y&b=1",
    ],
)
def test_what_is_asked_wrongly(asked: TestClient, address: str) -> None:
    problem(asked.get(address), 400, "invalid-request")


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_form_that_is_not_offered(asked: TestClient, address: str) -> None:
    problem(asked.get(address, headers={"accept": "image/png"}), 406, "not-acceptable")


def test_each_is_described_with_its_form(client: TestClient) -> None:
    described: dict[str, Any] = client.get("/openapi.json").json()
    for path, form in (("/targets", "TargetsJson"), ("/conflicts", "ConflictsJson"), ("/series", "SeriesJson")):
        operation = described["paths"][path]["get"]
        content = operation["responses"]["200"]["content"]
        assert content["application/json"]["schema"]["$ref"].endswith(form)
        assert "text/csv" in content
        assert all(parameter.get("description") or parameter["schema"] for parameter in operation["parameters"])
        assert operation["description"]
