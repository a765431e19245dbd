"""What Label Studio 1.23 sends to an ML backend and to a webhook, as it was seen to, about texts of ours."""

from __future__ import annotations

from typing import Any

from service.annotations.labelling import labelling_config

# 𠮷 takes two places in UTF-16: an offset counted so would be off by one behind it.
TEXT = "𠮷水县技术合同成交额5.6亿元，增长8.5%。"
SHORT = "共有企业44家。"
AT = "2026-03-05T08:25:16.101469Z"
LATER = "2026-03-05T08:26:00.000001Z"


def setup(config: str | None = None) -> dict[str, Any]:
    """Sent when the backend is added, and before each call for predictions."""
    return {
        "project": "2.1772697148",
        "schema": labelling_config() if config is None else config,
        "hostname": "http://localhost:8080",
        "access_token": "0123456789abcdef0123456789abcdef01234567",
        "extra_params": None,
    }


def task(id: int, text: object, variable: str = "text", **data: Any) -> dict[str, Any]:  # noqa: A002
    """A task, as in both."""
    return {
        "id": id,
        "data": {variable: text, **data},
        "meta": {},
        "created_at": "2026-03-05T08:20:48.000000Z",
        "updated_at": "2026-03-05T08:20:48.000000Z",
        "is_labeled": False,
        "overlap": 1,
        "inner_id": id,
        "total_annotations": 0,
        "total_predictions": 0,
        "project": 2,
        "updated_by": None,
        "file_upload": None,
        "comment_authors": [],
    }


def predict(*tasks: dict[str, Any], config: str | None = None) -> dict[str, Any]:
    """Sent for "Retrieve Predictions"."""
    return {
        "tasks": list(tasks),
        "project": "2.1772697148",
        "label_config": labelling_config() if config is None else config,
        "params": {"login": "", "password": "", "context": None},
    }


def annotation(id: int, result: list[dict[str, Any]], at: str = AT, **changes: Any) -> dict[str, Any]:  # noqa: A002
    """What someone has submitted, or updated."""
    return {
        "id": id,
        "result": result,
        "was_cancelled": False,
        "ground_truth": False,
        "created_at": AT,
        "updated_at": at,
        "lead_time": 7.8,
        "prediction": {},
        "result_count": 9,
        "task": 5,
        "project": 2,
        "completed_by": 1,
        "updated_by": 1,
        "parent_prediction": 4,
        "parent_annotation": None,
        **changes,
    }


def webhook(action: str, said: Any, about: Any, config: str | None = None) -> dict[str, Any]:
    """An event with its payload."""
    project = {"id": 2, "title": "通报", "label_config": labelling_config() if config is None else config}
    return {"action": action, "annotation": said, "task": about, "project": project}


def by_page(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Results as the page writes them when a prediction is submitted: without scores, whole numbers as such."""
    written = []
    for result in results:
        kept = {key: value for key, value in result.items() if key != "score"}
        if kept["type"] == "number" and kept["value"]["number"] == int(kept["value"]["number"]):
            kept["value"] = {**kept["value"], "number": int(kept["value"]["number"])}
        written.append(kept if kept["type"] == "relation" else {**kept, "origin": "prediction"})
    return written
